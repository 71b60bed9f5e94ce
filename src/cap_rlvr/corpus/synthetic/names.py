"""Fictional names: surnames, persons, companies and places, put together from parts."""

from __future__ import annotations

from dataclasses import dataclass

from cap_rlvr.corpus.synthetic.chance import Chance
from cap_rlvr.corpus.synthetic.tables import name_parts


@dataclass(frozen=True, slots=True)
class Party:
    """``full`` stands in the caption, ``brief`` in the abbreviated case name, ``short`` in the opinion's text."""

    full: str
    brief: str
    short: str


def surname(chance: Chance) -> str:
    """One of about 24,000 surnames, one in ten of them a real and common one."""
    if chance.happens(10):
        return chance.pick(name_parts("plain"))
    return _joined(chance.pick(name_parts("root")), chance.pick(name_parts("ending")))


def _joined(root: str, ending: str) -> str:
    return root + (ending[1:] if root[-1] == ending[0] else ending)


def given_name(chance: Chance) -> str:
    name = chance.pick(name_parts("first_a"))
    if chance.happens(55):
        return f"{name} {chance.pick('ABCDEFGHIJKLMNOPRSTW')}."
    return name


def lawyer(chance: Chance) -> str:
    return f"{given_name(chance)} {surname(chance)}"


def firm(chance: Chance) -> str:
    return f"{surname(chance)}, {surname(chance)} & {surname(chance)}"


def place(chance: Chance) -> str:
    end = chance.pick(name_parts("place_end"))
    root = chance.pick(name_parts("root")) if end[0] != " " else surname(chance)
    return root + end


def venue(chance: Chance) -> str:
    return f"{place(chance)} County"


def street(chance: Chance) -> str:
    return f"{chance.pick(name_parts('street'))} {chance.pick(name_parts('street_form'))}"


def couple(chance: Chance) -> tuple[Party, Party]:
    """Wife and husband, whom an opinion calls by their first names."""
    last = surname(chance)
    first, second = (chance.pick(name_parts(kind)) for kind in ("wife", "husband"))
    return Party(f"{first} {last}", last, first), Party(f"{second} {last}", last, second)


def person(chance: Chance) -> Party:
    last = surname(chance)
    return Party(f"{given_name(chance)} {last}", last, last)


def company(chance: Chance, kind: str) -> Party:
    """A business of some kind (`company`, `insurer`, `bank`) or a `town`."""
    if kind == "town":
        name = f"{chance.pick(('City', 'Town', 'Town', 'County'))} of {place(chance)}"
        return Party(name, name, f"the {name.split(maxsplit=1)[0].lower()}")
    head = surname(chance) if chance.happens(60) else place(chance)
    if kind in {"insurer", "bank"}:
        name = f"{head} {chance.pick(name_parts(kind))}"
        return Party(name, name, head)
    form = chance.pick(name_parts("form"))
    if form in {"& Sons", "Bros."}:
        return Party(f"{head} {form}", f"{head} {form}", head)
    trade = chance.pick(name_parts("trade"))
    comma = "," if form in {"Inc.", "Ltd."} and chance.happens(50) else ""
    name = f"{head} {trade}{comma} {form}"
    return Party(name, name, f"{head} {trade}")


def party(chance: Chance, kind: str) -> Party:
    if kind == "either":
        kind = chance.pick(("person", "company"))
    return person(chance) if kind == "person" else company(chance, kind)
