"""Courts in the parenthetical of a citation: what is written there, and what is left out.

The rule (Indigo Book, 2016, R12.1, R12.2 and R12.3.3): the court is named in the parenthetical, what the reporter's
title makes apparent (state or court) is not said again, and no department, district or county is given. So the whole
is left out for the highest court of a state whose name is the title. Practice differs where the title names a lower
court itself (`30 Wash. App. 392 (1981)`, or `(Ct. App. 1981)`): both are accepted, the shorter is canonical. A county
is accepted too, because other manuals want it (Florida's rule 9.800: `Fla. Dade Cty. Ct.`).

CAP's court abbreviations are close to citation style, so the table is one of *kinds* of courts: a jurisdiction
followed by a kind, or a place followed by a kind. A court that fits no line of it is in no table, and is not scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from cap_rlvr import linear
from cap_rlvr.law.reporters import squeezed
from cap_rlvr.wire.case import Court, Jurisdiction

STATES = (
    "Ala.", "Alaska", "Ariz.", "Ark.", "Cal.", "Colo.", "Conn.", "Del.", "D.C.", "Fla.", "Ga.", "Haw.", "Idaho", "Ill.",
    "Ind.", "Iowa", "Kan.", "Ky.", "La.", "Me.", "Md.", "Mass.", "Mich.", "Minn.", "Miss.", "Mo.", "Mont.", "Neb.",
    "Nev.", "N.H.", "N.J.", "N.M.", "N.Y.", "N.C.", "N.D.", "Ohio", "Okla.", "Or.", "Pa.", "R.I.", "S.C.", "S.D.",
    "Tenn.", "Tex.", "Utah", "Vt.", "Va.", "Wash.", "W. Va.", "Wis.", "Wyo.", "P.R.", "Guam", "V.I.", "Am. Samoa",
)  # fmt: skip

# What the parenthetical says for a kind of court, after the jurisdiction. First the canonical form, then accepted ones.
STATE_KINDS: Mapping[str, tuple[str, ...]] = {
    "Ct. App.": ("Ct. App.",),
    "App. Ct.": ("App. Ct.",),
    "App.": ("App.",),
    "Ct. Crim. App.": ("Crim. App.", "Ct. Crim. App."),
    "Crim. App.": ("Crim. App.", "Ct. Crim. App."),
    "Ct. Civ. App.": ("Civ. App.", "Ct. Civ. App."),
    "Civ. App.": ("Civ. App.", "Ct. Civ. App."),
    "Comm'n App.": ("Comm'n App.",),
    "Ct. Spec. App.": ("Ct. Spec. App.",),
    "App. Div.": ("App. Div.",),
    "App. Term": ("App. Term",),
    "Sup. Ct.": ("Sup. Ct.",),
    "Sup. Jud. Ct.": ("Sup. Jud. Ct.",),
    "Dist. Ct. App.": ("Dist. Ct. App.",),
    "Super. Ct. App. Div.": ("Super. Ct. App. Div.", "App. Div."),
    "Commw. Ct.": ("Commw. Ct.",),
    "Ch.": ("Ch.", "Ch. Ct."),
    "Ct. Ch.": ("Ch.", "Ch. Ct.", "Ct. Ch."),
    "Ct. Err. & App.": ("Ct. Err. & App.",),
    "Ct. Err.": ("Ct. Err.",),
    "Gen. Ct.": ("Gen. Ct.",),
    "Tax Ct.": ("Tax Ct.", "T.C."),
    "T.C.": ("Tax Ct.", "T.C."),
    "Land Ct.": ("Land Ct.",),
    "Ct. Cl.": ("Ct. Cl.",),
    "Prerog. Ct.": ("Prerog. Ct.",),
}
TRIAL_KINDS: Mapping[str, tuple[str, ...]] = {
    "Super. Ct.": ("Super. Ct.",),
    "Sup. Ct.": ("Sup. Ct.",),
    "Cir. Ct.": ("Cir. Ct.",),
    "Cty. Cir. Ct.": ("Cir. Ct.",),
    "Cty. Super. Ct.": ("Super. Ct.",),
    "Cty. Ct.": ("Cnty. Ct.", "Cty. Ct.", "County Ct."),
    "Cnty. Ct.": ("Cnty. Ct.", "Cty. Ct.", "County Ct."),
    "County Ct.": ("Cnty. Ct.", "Cty. Ct.", "County Ct."),
    "Dist. Ct.": ("Dist. Ct.",),
    "Ct. Com. Pl.": ("Ct. Com. Pl.", "Ct. C.P.", "C.P."),
    "Ct. C.P.": ("Ct. Com. Pl.", "Ct. C.P.", "C.P."),
    "Ct. Gen. Sess.": ("Ct. Gen. Sess.",),
    "Ct. Spec. Sess.": ("Ct. Spec. Sess.",),
    "Ct. Oyer & Terminer": ("Ct. Oyer & Terminer", "Oyer & Terminer"),
    "City Ct.": ("City Ct.",),
    "Civ. Ct.": ("Civ. Ct.",),
    "Crim. Ct.": ("Crim. Ct.",),
    "Fam. Ct.": ("Fam. Ct.",),
    "Mun. Ct.": ("Mun. Ct.",),
    "Magis. Ct.": ("Magis. Ct.",),
    "Just. Ct.": ("Just. Ct.", "J. Ct."),
    "Prob. Ct.": ("Prob. Ct.",),
    "Sur. Ct.": ("Sur. Ct.", "Surr. Ct."),
    "Surr. Ct.": ("Sur. Ct.", "Surr. Ct."),
    "Orphans' Ct.": ("Orphans' Ct.",),
    "Ch. Ct.": ("Ch. Ct.", "Ch."),
}  # fmt: skip

# Courts that CAP abbreviates unlike any citation manual, by CAP's abbreviation: the whole parenthetical.
WHOLE: Mapping[str, tuple[str, ...]] = {
    "Alaska Dist. Ct.": ("D. Alaska", "D. Alaska Terr."),
    "Ct. Cust. & Pat. App.": ("C.C.P.A.",),
    "C.C.P.A.": ("C.C.P.A.",),
    "Ct. Cl.": ("Ct. Cl.",),
    "Cl. Ct.": ("Cl. Ct.",),
    "Fed. Cl.": ("Fed. Cl.",),
    "T.C.": ("T.C.",),
    "B.T.A.": ("B.T.A.",),
    "Vet. App.": ("Vet. App.",),
    "C.M.A.": ("C.M.A.",),
    "C.A.A.F.": ("C.A.A.F.",),
    "Ct. Int'l Trade": ("Ct. Int'l Trade",),
    "Cust. Ct.": ("Cust. Ct.",),
}
_FEDERAL = linear.compile(
    r"(?:\d{1,2}(?:st|nd|rd|d|th)|D\.C\.|Fed\.) Cir\.|(?:Bankr\. )?(?:[NSEWMC]\.)?D\. ?[A-Z][A-Za-z. ]*|"
    r"(?:Bankr\. )?[NSEWMC]\.D\.[A-Z][A-Za-z. ]*|C\.C\.(?:[NSEWMC]\.)?D\. ?[A-Z][A-Za-z. ]*|J\.P\.M\.L\."
)

# What the rest of a reporter's title says of the court, after its jurisdiction.
_TITLE_COURTS: Mapping[str, tuple[str, ...]] = {
    "App.": ("Ct. App.", "App. Ct.", "App.", "Ct. Spec. App."),
    "App. Ct.": ("App. Ct.",),
    "Ct. App.": ("Ct. App.",),
    "Super.": ("Super. Ct.",),
    "Super. Ct.": ("Super. Ct.",),
    "Commw.": ("Commw. Ct.",),
    "Civ. App.": ("Civ. App.", "Ct. Civ. App."),
    "Crim. App.": ("Crim. App.", "Ct. Crim. App."),
    "Cir. Ct.": ("Cir. Ct.",),
    "Cir.": ("Cir. Ct.",),
    "Tax": ("Tax Ct.", "T.C."),
    "Ch.": ("Ch.", "Ch. Ct."),
    "Misc.": (),
}
# Titles that stand for one court in practice without its name: both forms are accepted, the longer is canonical.
_CRIMINAL = {"Crim.": ("Crim. App.", "Ct. Crim. App.")}
_CRIMINAL_STATES = {"Tex.", "Okla.", "Tenn.", "Ala."}
_SERIES = {"2d", "3d", "4th", "5th", "6th", "7th"}
_MIXED_SUPER = {"N.J."}  # N.J. Super. reports three divisions: the title does not name the court


@dataclass(frozen=True)
class Conveyed:
    """What a reporter's title says. ``court``: None nothing, () the highest court, else names of the court."""

    jurisdiction: str | None = None
    optional: bool = False
    court: tuple[str, ...] | None = None
    silent: bool = True


# Reports of one federal court, named after it.
_FEDERAL_TITLES = (
    "Ct. Cl.", "Cl. Ct.", "Fed. Cl.", "T.C.", "B.T.A.", "Vet. App.", "C.C.P.A.", "C.M.A.", "Cust. Ct.",
    "Ct. Int'l Trade",
)  # fmt: skip

_CONVEYED: Mapping[str, Conveyed] = {
    **dict.fromkeys(("U.S.", "S. Ct.", "L. Ed.", "L. Ed. 2d"), Conveyed("U.S.", court=())),
    **dict.fromkeys(("A.D.", "A.D.2d", "A.D.3d", "Misc.", "Misc. 2d", "Misc. 3d"), Conveyed("N.Y.", optional=True)),
    "La. Ann.": Conveyed("La.", court=()),
    "Ohio St.": Conveyed("Ohio", court=()),
    "Ohio St. 2d": Conveyed("Ohio", court=()),
    "Ohio St. 3d": Conveyed("Ohio", court=()),
    "Va. Cir.": Conveyed("Va.", court=("Cir. Ct.",)),
    "Wash. C.C.": Conveyed(),
    "U.S. App. D.C.": Conveyed("D.C. Cir.", court=()),
    **{name: Conveyed(name, court=()) for name in _FEDERAL_TITLES},
    "Alaska": Conveyed("Alaska"),  # the territory's reports: of its district court, not of today's supreme court
}


@cache
def conveyed(reporter: str) -> Conveyed:
    """What the title of a reporter (canonical abbreviation) says of jurisdiction and court."""
    if reporter in _CONVEYED:
        return _CONVEYED[reporter]
    for state in sorted(STATES, key=len, reverse=True):
        rest = reporter.removeprefix(state)
        if rest == reporter or (rest and not (rest[0] == " " or rest[0].isupper() or rest[0].isdigit())):
            continue
        words = [word for word in rest.split() if word not in _SERIES]
        if words and words[0].startswith("Terr"):
            return Conveyed()
        return _of_title(state, " ".join(words) if rest.strip() not in _SERIES else "")
    return Conveyed()


def _of_title(state: str, rest: str) -> Conveyed:
    if not rest:
        return Conveyed(state, court=())
    if rest in _CRIMINAL and state in _CRIMINAL_STATES:
        return Conveyed(state, court=_CRIMINAL[rest], silent=False)
    if rest in _TITLE_COURTS and not (rest == "Super." and state in _MIXED_SUPER):
        return Conveyed(state, court=_TITLE_COURTS[rest] or None)
    return Conveyed(state)


@dataclass(frozen=True)
class Parentheticals:
    """The court's part of the parenthetical. Empty text means that no court is named there.

    ``accepted`` is correct form, its first the canonical one; ``naming`` names the right court in faulty form.
    """

    accepted: tuple[str, ...]
    naming: tuple[str, ...]

    @property
    def conveyed(self) -> bool:
        """Whether the reporter conveys the court, so that the parenthetical need not."""
        return "" in self.accepted


def parentheticals(court: Court, jurisdiction: Jurisdiction, reporter: str) -> Parentheticals | None:
    """What the parenthetical may say of this court in this reporter; None where the court is in no table."""
    known = _kinds(court, jurisdiction)
    if known is None:
        return None
    place, names, specific = known
    return _forms(place, names, specific, conveyed(reporter), court.name)


def parentheticals_read(text: str, reporter: str) -> Parentheticals:
    """The same, from a parenthetical as someone wrote it (`Crim. App.`, `Ga. Super. Ct.`, empty)."""
    title = conveyed(reporter)
    state = next((state for state in sorted(STATES, key=len, reverse=True) if text == state), None)
    if not text:
        return Parentheticals(("", *(title.court or ())), ())
    if state:
        return _forms(state, (), (), title, "")
    place, name = _split_state(text)
    names = next((kinds for kinds in (STATE_KINDS.get(name), TRIAL_KINDS.get(name)) if kinds), (name,))
    if not place and title.jurisdiction and title.jurisdiction in STATES:
        place = title.jurisdiction
    accepted = _forms(place, names, (), title, "")
    first = (text, *(form for form in accepted.accepted if form != text))
    return Parentheticals(first, tuple(form for form in accepted.naming if form != text))


# The seats and numbers by which divisions of one court are told apart: the only places that are taken on sight.
_TEXAS_SEATS = (
    "Amarillo", "Austin", "Beaumont", "Corpus Christi", "Dallas", "Eastland", "El Paso", "Fort Worth", "Galveston",
    "Houston", "San Antonio", "Texarkana", "Tyler", "Waco",
)  # fmt: skip
_DIVISION = linear.compile(
    rf"-(?:{'|'.join(_TEXAS_SEATS)})(?: \[1(?:st|4th) Dist\.\])?|,? \d{{1,2}}(?:st|nd|rd|d|th) (?:Dist\.|Dep't|Div\.)"
)
_CIRCUIT = linear.compile(r"(?:\d{1,2}(?:st|nd|rd|d|th)|D\.C\.|Fed\.) Cir\.")
_DISTRICT = linear.compile(r"(?:Bankr\. )?(?:[NSEWMC]\.)?D\. ?(.+)")


def names_court(text: str, forms: Iterable[str]) -> bool:
    """Whether a parenthetical, its date left out, is one of these but for spaces, or a division of one.

    Letters and full stops count: `Or.` is a court, `or` is none.
    """
    keys = {_court_key(form) for form in forms}
    return _court_key(text) in keys or _court_key(_undivided(text)) in keys


def may_hold(reporter: str, text: str) -> bool:
    """Whether a parenthetical names a court of the tables, and none that a reporter's title rules out.

    `Tex. Crim. App.`, `9th Cir.`, `S.D.N.Y.`, `Tex. App.-Dallas`; not `not analogous`, nor `Ohio` in Texas's reports.
    """
    text = squeezed(_undivided(text))
    title = conveyed(reporter).jurisdiction
    kinds = _state_courts()
    place, name = (text, "") if text in STATES else _split_state(text)
    district = _DISTRICT.fullmatch(text)
    if title in STATES:
        return (
            (place in ("", title) and name in kinds) or text == title or bool(district and district.group(1) == title)
        )
    if title:
        return text == title
    state = bool(place) and (not name or name in kinds)
    federal = bool(_CIRCUIT.fullmatch(text)) or bool(district and district.group(1) in STATES)
    return state or federal or text == "U.S." or text in _whole_courts()


def _undivided(text: str) -> str:
    hits = [hit for hit in _DIVISION.finditer(text) if hit.end() == len(text)]
    return text[: hits[0].start()] if hits else text


def _court_key(text: str) -> str:
    return text.replace(" ", "").replace("\u2019", "'")


@cache
def _state_courts() -> frozenset[str]:
    return frozenset(form for table in (STATE_KINDS, TRIAL_KINDS) for forms in table.values() for form in forms)


@cache
def _whole_courts() -> frozenset[str]:
    return frozenset(form for forms in WHOLE.values() for form in forms)


def _split_state(text: str) -> tuple[str, str]:
    for state in sorted(STATES, key=len, reverse=True):
        if text.startswith(f"{state} "):
            return state, text.removeprefix(f"{state} ")
    return "", text


_Kind = tuple[str, tuple[str, ...], tuple[str, ...]]


def _kinds(court: Court, jurisdiction: Jurisdiction) -> _Kind | None:
    """(jurisdiction as cited, names of the court without its place, the same with it), or None: in no table."""
    short = " ".join(court.name_abbreviation.replace("\u2019", "'").split())
    if short in STATES or short == "U.S.":
        return short, (), ()
    if short in WHOLE or _FEDERAL.fullmatch(short):
        return "", WHOLE.get(short, (short,)), ()
    place, name = _split_state(short)
    if place and (name in STATE_KINDS or name in TRIAL_KINDS):
        return place, STATE_KINDS.get(name) or TRIAL_KINDS[name], ()
    return _local(place, name, jurisdiction.name) if jurisdiction.name in STATES else None


def _local(place: str, name: str, state: str) -> _Kind | None:
    for kind in sorted(TRIAL_KINDS, key=len, reverse=True):
        if name.endswith(f" {kind}") and place in ("", state):
            where = name.removesuffix(f" {kind}")
            names = TRIAL_KINDS[kind]
            counties = () if "Cnty. Ct." in names else (f"{names[0]} {where} Cnty.", f"{where} Cnty. {names[0]}")
            return state, names, (*(f"{where} {one}" for one in names), *counties)
    return None


def _forms(
    place: str, names: tuple[str, ...], specific: tuple[str, ...], title: Conveyed, full_name: str
) -> Parentheticals:
    whole = tuple(f"{place} {name}".strip() for name in (*names, *specific)) or (place,)
    bare = (*names, *specific)
    says_place = bool(place) and title.jurisdiction == place
    if says_place:
        accepted = _conveyed_forms(bare, whole, title)
    else:  # a federal court has no place: the title that names it conveys it whole (`10 T.C. 25 (1948)`)
        accepted = ("",) if not place and title.jurisdiction in names else whole
    naming = [form for form in (*whole, *bare, full_name) if form and form not in accepted]
    return Parentheticals(tuple(dict.fromkeys(accepted)), tuple(dict.fromkeys(naming)))


def _conveyed_forms(bare: tuple[str, ...], whole: tuple[str, ...], title: Conveyed) -> tuple[str, ...]:
    if not bare:  # the highest court: its jurisdiction is said, unless the title means another court
        return ("",) if title.court in ((), None) else whole
    if title.court and set(title.court) & set(bare):
        return ("", *bare) if title.silent else (*bare, "")
    return (*whole, *bare) if title.optional else bare
