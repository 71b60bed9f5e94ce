"""The generator's data: reporters, court systems, law and phrases, read once from the TOML files of this package."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from cap_rlvr.corpus.synthetic.chance import Chance

_DATA = resources.files("cap_rlvr.corpus.synthetic") / "data"
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, eq=False)
class Series:
    """A series whose volume numbers run evenly from its first year to its last: a reporter as a parallel citation."""

    short: str
    category: str
    years: tuple[int, int]
    volumes: tuple[int, int]

    def number(self, day: int) -> int | None:
        """The volume that was current on a day (proleptic ordinal), None where the series did not exist."""
        first, last = date(self.years[0], 1, 1).toordinal(), date(self.years[1], 12, 31).toordinal()
        if not first <= day <= last:
            return None
        low, high = self.volumes
        return low + (day - first) * (high - low + 1) // (last - first + 1)

    def days(self, number: int) -> tuple[int, int]:
        """The first and last day on which a volume was current."""
        first, last = date(self.years[0], 1, 1).toordinal(), date(self.years[1], 12, 31).toordinal()
        low, high = self.volumes
        span = last - first + 1
        return (
            first + (number - low) * span // (high - low + 1),
            first + (number - low + 1) * span // (high - low + 1) - 1,
        )


@dataclass(frozen=True, eq=False)
class CourtEntry:
    id: int
    abbreviation: str
    name: str


@dataclass(frozen=True, eq=False)
class Reporter(Series):
    """A reporter whose volumes the corpus holds, with the courts that it reports."""

    slug: str
    id: int
    title: str
    system: str
    level: str
    courts: tuple[CourtEntry, ...]
    parallel: tuple[Series, ...]

    @property
    def names_court(self) -> bool:
        """Whether the reporter's name tells the court, so that citations leave the court out."""
        return len(self.courts) == 1


@dataclass(frozen=True, eq=False)
class System:
    """A court system: what its parties, papers and authors are called."""

    name: str
    jurisdiction: tuple[int, str, str]
    words: Mapping[str, Any]

    def __getitem__(self, word: str) -> str:
        return self.words[word]


@dataclass(frozen=True, eq=False)
class Side:
    """One way in which a point of law comes out: the fact that it turns on, the holding, the reasons."""

    hold: tuple[str, ...]
    turn: tuple[str, ...]
    why: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Doctrine:
    """A point of law with its fact pattern. ``yes`` is the claimant's side (in a criminal case the accused's)."""

    name: str
    area: str
    form: str
    heads: str
    roles: tuple[str, str]
    kinds: tuple[str, str]
    suit: str
    question: str
    facts: tuple[str, ...]
    rule: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]]
    yes: Side
    no: Side


@dataclass(frozen=True, eq=False)
class SidePoint:
    """A second, procedural question. ``yes`` is the appellant's side."""

    forms: tuple[str, ...]
    touches: str
    question: str
    fact: str
    yes: Side
    no: Side


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_DATA / name).read_text(encoding="utf-8"))


@cache
def parallels() -> dict[str, Series]:
    return {
        short: Series(short, row["category"], tuple(row["years"]), tuple(row["volumes"]))
        for short, row in _read("systems.toml")["parallels"].items()
    }


@cache
def systems() -> dict[str, System]:
    return {
        name: System(name, tuple(row["jurisdiction"]), row) for name, row in _read("systems.toml")["system"].items()
    }


@cache
def reporters() -> dict[str, Reporter]:
    """The reporters by slug, in the order in which a growing corpus takes them up."""
    rows = {row["slug"]: row for row in _read("reporters.toml")["reporter"]}
    return {slug: _reporter(row, rows) for slug, row in rows.items()}


def _reporter(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> Reporter:
    courts = row["courts"]
    if isinstance(courts, str):
        courts = rows[courts]["courts"]
    return Reporter(
        short=row["short"],
        category=row["category"],
        years=tuple(row["years"]),
        volumes=tuple(row["volumes"]),
        slug=row["slug"],
        id=row["id"],
        title=row["title"],
        system=row["system"],
        level=row["level"],
        courts=tuple(CourtEntry(*court) for court in courts),
        parallel=tuple(parallels()[short] for short in row.get("parallel", [])),
    )


@cache
def doctrines() -> tuple[Doctrine, ...]:
    """All points of law, in file order."""
    files = sorted(path.name for path in (_DATA / "law").iterdir() if path.name.endswith(".toml"))
    return tuple(_doctrine(row, table["area"]) for table in map(_law, files) for row in table["doctrine"])


def _law(name: str) -> dict[str, Any]:
    return _read(f"law/{name}")


def _doctrine(row: Mapping[str, Any], area: str) -> Doctrine:
    return Doctrine(
        **{key: row[key] for key in ("name", "form", "heads", "suit", "question")},
        area=area,
        roles=tuple(row["roles"]),
        kinds=tuple(row["kinds"]),
        facts=tuple(row["facts"]),
        rule=tuple(row["rule"]),
        slots=_slots(row["slots"]),
        yes=_side(row["yes"]),
        no=_side(row["no"]),
    )


def _side(row: Mapping[str, Any]) -> Side:
    return Side(tuple(row["hold"]), tuple(row.get("turn", ())), tuple(row.get("why", ())), _slots(row.get("slots", {})))


def _slots(table: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {slot: tuple(values) for slot, values in table.items()}


@cache
def side_points() -> tuple[SidePoint, ...]:
    return tuple(
        SidePoint(
            forms=tuple(row["forms"]),
            touches=row["touches"],
            question=row["question"],
            fact=row["fact"],
            yes=_side(row["yes"]),
            no=_side(row["no"]),
        )
        for row in _read("sides.toml")["side"]
    )


@cache
def side_slots() -> dict[str, tuple[str, ...]]:
    return _slots(_read("sides.toml")["slots"])


@cache
def word_slots() -> dict[str, tuple[str, ...]]:
    """Slots that any sentence may use."""
    return _slots(_phrase_file()["words"])


@cache
def phrases(group: str, name: str) -> tuple[str, ...]:
    """The templates of one kind of sentence; KeyError for a name that phrases.toml lacks."""
    return tuple(_phrase_file()[group][name])


@cache
def _phrase_file() -> dict[str, Any]:
    return _read("phrases.toml")


@cache
def name_parts(kind: str) -> tuple[str, ...]:
    """One list of name parts; a string is split at bars or spaces."""
    value = _read("names.toml")[kind]
    if isinstance(value, str):
        value = value.split("|") if "|" in value else value.split()
    return tuple(value)


@cache
def _parsed(template: str) -> tuple[str, ...]:
    return tuple(_SLOT.split(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values into a template's slots. Raises KeyError naming a slot that has no value."""
    parts = _parsed(template)
    if len(parts) == 1:
        return template
    out = list(parts)
    for place in range(1, len(parts), 2):
        out[place] = values[parts[place]]
    return "".join(out)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def phrase(chance: Chance, group: str, name: str, values: Mapping[str, str]) -> str:
    """One of the templates of that kind, filled."""
    return fill(chance.pick(phrases(group, name)), values)
