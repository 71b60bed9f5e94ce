"""Reporters: what a spelled abbreviation means, when its volumes appeared, and what its title says of the court.

The abbreviations and dates are those of reporters-db; eyecite is the judge of what a spelling means. Because only
spellings that stand in the index are ever put before it, no text of a model's reaches its expressions, and the
number of its verdicts is finite (they are kept).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

YEAR_MARGIN = 1
MAX_WORDS = 10


@dataclass(frozen=True)
class Reporter:
    """One series of a reporter. ``years``: when its cases were decided; no end: still published; None: not known."""

    abbreviation: str
    title: str
    years: tuple[int, int | None] | None
    kind: str


@dataclass(frozen=True)
class Override:
    """Where reporters-db is wrong, silent or ambiguous about a reporter of CAP's.

    ``spellings`` are the ways to write it that count as this reporter, the first of them canonical.
    """

    spellings: tuple[str, ...]
    title: str
    years: tuple[int, int]


# By CAP's short name. Nominative reporters: CAP uses the reporter's surname, reporters-db other people of that name.
OVERRIDES: Mapping[str, Override] = {
    "Charlton": Override(
        ("Charlton", "R.M. Charlt.", "R. M. Charlt.", "Charlt."), "Charlton's Reports (R.M. Charlton)", (1811, 1837)
    ),
    "Charlton Rep.": Override(
        ("T.U.P. Charlt.", "T. U. P. Charlt.", "Charlton Rep."), "Charlton's Reports (T.U.P. Charlton)", (1805, 1824)
    ),
    "Jefferson": Override(("Jeff.", "Jefferson"), "Jefferson's Reports", (1730, 1772)),
    "Howison": Override(("Howison",), "Howison's Criminal Trials", (1850, 1851)),
    "P.R.": Override(("P.R.", "P.R.R."), "Puerto Rico Reports", (1894, 1972)),
    "Davis L. Ct. Cas.": Override(("Davis L. Ct. Cas.",), "Davis's Land Court Decisions", (1898, 1927)),
}
# CAP's slugs that neither OVERRIDES nor reporters-db's spellings tell. `wv-ct-cl` is left out on purpose: its cases are
# cited as `Ct. Cl.` too, and a text row, which names no court, would read as the federal one's.
SLUGS: Mapping[str, str] = {"us-ct-cl": "Ct. Cl.", "day": "Day"}
# Titles that reporters-db gives no other words than another series' or none that lawyers use.
TITLES: Mapping[str, str] = {
    "U.S.": "United States Reports",
    "Fed. Cl.": "Federal Claims Reporter",
    "Abb. Pr. (n.s.)": "Abbott's Practice Reports, New Series",
    "Mart. (N.S.)": "Louisiana Reports, Martin, New Series",
    "Ohio C.C. (n.s.)": "Ohio Circuit Court Reports, New Series",
    "Ohio N.P. (n.s.)": "Ohio Nisi Prius Reports, New Series",
}
# What opinions cite most: 19 in 20 of the citations of the decisions that the tests read.
COMMON = (
    "A.2d", "A.D.", "A.D.2d", "Ariz.", "B.R.", "Cal.", "Cal. 2d", "Cal. 3d", "Cal. App.", "Cal. App. 2d", "Cal. App. 3d",
    "Cal. Rptr.", "Conn.", "F.", "F. Supp.", "F. Supp. 2d", "F. Supp. 3d", "F.2d", "F.3d", "F.4th", "Ga.", "Ill. 2d",
    "Ill. App. 3d", "Kan.", "L. Ed.", "L. Ed. 2d", "Mass.", "Mich.", "N.C.", "N.E.", "N.E.2d", "N.M.", "N.W.", "N.W.2d", "N.Y.",
    "N.Y.2d", "N.Y.S.2d", "Neb.", "Ohio St. 3d", "Or.", "P.", "P.2d", "P.3d", "S. Ct.", "S.E.", "S.E.2d", "S.W.", "S.W.2d",
    "So. 2d", "Tex. Crim.", "U.S.", "Va.", "Va. App.", "Wall.", "Wash. 2d", "Wash. App.", "Wend.", "Wheat.", "Wis. 2d",
)  # fmt: skip
_EARLY_US = (
    ("Dall.", 1, 4), ("Cranch", 5, 13), ("Wheat.", 14, 25), ("Pet.", 26, 41), ("How.", 42, 65), ("Black", 66, 67),
    ("Wall.", 68, 90),
)  # fmt: skip
_SAME = {spelling: name for name, override in OVERRIDES.items() for spelling in override.spellings}
_ORDINALS = {"2d": "Second", "3d": "Third", "4th": "Fourth", "5th": "Fifth", "6th": "Sixth", "7th": "Seventh"}


def squeezed(text: str) -> str:
    """Runs of white space made one space."""
    return " ".join(text.split())


@cache
def _index() -> tuple[dict[str, tuple[Reporter, ...]], dict[str, tuple[str, ...]]]:
    """(abbreviation -> series of that abbreviation, any spelling -> abbreviations it may stand for)."""
    from reporters_db import REPORTERS  # 2 MB of JSON: read only where citations are

    series: dict[str, list[Reporter]] = defaultdict(list)
    spellings: dict[str, set[str]] = defaultdict(set)
    reporters: dict[str, list[dict[str, Any]]] = REPORTERS
    for roots in reporters.values():
        for root in roots:
            for abbreviation, dates in root["editions"].items():
                series[abbreviation].append(_series(abbreviation, root, dates))
                spellings[squeezed(abbreviation)].add(abbreviation)
            for spelling, abbreviation in root["variations"].items():
                spellings[squeezed(spelling)].add(abbreviation)
    return (
        {name: tuple(found) for name, found in series.items()},
        {name: tuple(sorted(found)) for name, found in spellings.items()},
    )


def _series(abbreviation: str, root: dict[str, Any], dates: dict[str, Any]) -> Reporter:
    start, end = dates.get("start"), dates.get("end")
    return Reporter(
        abbreviation=abbreviation,
        title=_titled(root["name"], abbreviation),
        years=(start.year, end.year if end else None) if start else None,
        kind=root["cite_type"],
    )


def _titled(title: str, abbreviation: str) -> str:
    ordinal = _ORDINALS.get(abbreviation.rsplit(" ", 1)[-1].rsplit(".", 1)[-1])
    return f"{title}, {ordinal} Series" if ordinal else title


def is_spelling(text: str) -> bool:
    """Whether squeezed text is a known way to write some reporter."""
    return text in _index()[1] or text in _SAME


def most_words(first: str) -> int:
    """How many words the longest spelling has that begins with this word; 0 where none does."""
    return _longest().get(first, 0)


@cache
def _longest() -> dict[str, int]:
    longest: dict[str, int] = defaultdict(int)
    for spelling in (*_index()[1], *_SAME):
        words = spelling.split()
        longest[words[0]] = max(longest[words[0]], len(words))
    return dict(longest)


@cache
def meanings(spelling: str) -> frozenset[str]:
    """The canonical abbreviations that a spelling may stand for, by the override table, else by eyecite.

    Empty where it is in neither. Only call it with spellings from the index, so that the cache stays finite.
    """
    if spelling in _SAME:
        return frozenset([OVERRIDES[_SAME[spelling]].spellings[0]])
    if spelling not in _index()[1]:
        return frozenset()
    from eyecite.models import CitationToken
    from eyecite.tokenizers import default_tokenizer  # slow to import

    tokens = default_tokenizer.tokenize(f"1 {spelling} 1")[0]
    found = [token for token in tokens if isinstance(token, CitationToken)]
    editions = [edition for token in found for edition in (*token.exact_editions, *token.variation_editions)]
    return frozenset(edition.short_name for edition in editions)


def named_by(spelling: str) -> tuple[str, ...]:
    """The abbreviations that a spelling may stand for by the index alone: more than `meanings`, at no cost."""
    return (OVERRIDES[_SAME[spelling]].spellings[0],) if spelling in _SAME else _index()[1].get(spelling, ())


def but_for_spaces(spelling: str, abbreviation: str) -> bool:
    """Whether a spelling is an abbreviation but for its spaces: `Fla.Supp.2d`, which no index has."""
    return bool(abbreviation) and spelling.replace(" ", "") == abbreviation.replace(" ", "")


def early_volume(volume: str) -> str:
    """The early reporter's own volume that a volume of the United States Reports is: `19 How.` for `60`; else empty."""
    number = int(volume) if volume.isdigit() else 0
    for name, first, last in _EARLY_US:
        if first <= number <= last:
            return f"{number - first + 1} {name}"
    return ""


def may_mean(spelling: str, abbreviation: str) -> bool:
    """Whether a spelling may stand for a series: the index is asked before eyecite, whose first look costs 10 ms."""
    if but_for_spaces(spelling, abbreviation):
        return True
    if spelling not in _SAME and abbreviation not in _index()[1].get(spelling, ()):
        return False
    return abbreviation in meanings(spelling)


@cache
def canonical(spelling: str) -> str | None:
    """The one abbreviation meant by a spelling, or None where it is unknown or ambiguous."""
    spelling = squeezed(spelling)
    if spelling in OVERRIDES:
        return OVERRIDES[spelling].spellings[0]
    if spelling in _index()[0] and spelling in meanings(spelling):
        return spelling
    found = sorted(meanings(spelling))
    return found[0] if len(found) == 1 else None


def warm_up() -> None:
    """Have eyecite compile what it needs for the common reporters, at 10 ms each: for processes that fork others."""
    for abbreviation in COMMON:
        canonical(abbreviation)


def title(abbreviation: str) -> str:
    """The series' title in words, or the abbreviation itself where none is known."""
    override = OVERRIDES.get(_SAME.get(abbreviation, ""))
    if override:
        return override.title
    known = _index()[0].get(abbreviation)
    if abbreviation in TITLES:
        return TITLES[abbreviation]
    return known[0].title if known else abbreviation


def accepted_spellings(abbreviation: str) -> tuple[str, ...]:
    """The spellings that count as correct form: the canonical one and, for nominatives, those of other manuals."""
    override = OVERRIDES.get(_SAME.get(abbreviation, ""))
    return override.spellings if override else (abbreviation,)


def possible_year(abbreviation: str, year: int, volume_years: tuple[int, int] | None = None) -> bool:
    """Whether a case in this reporter can be of this year: by edition dates or the volume's own, give or take one.

    reporters-db's dates are those of publication for some series and far too narrow for others, hence the union.
    Where no date is known at all every year is possible.
    """
    spans: list[tuple[int, int | None]] = [volume_years] if volume_years else []
    override = OVERRIDES.get(_SAME.get(abbreviation, ""))
    if override:
        spans.append(override.years)
    else:
        spans += [one.years for one in _index()[0].get(abbreviation, ()) if one.years]
    if not spans:
        return True
    return any(first - YEAR_MARGIN <= year <= (last or LATEST_YEAR) + YEAR_MARGIN for first, last in spans)


LATEST_YEAR = 2026  # for series still published; a constant, because a score must not read the clock


@cache
def _by_slug() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for spelling, names in _index()[1].items():
        found[slug(spelling)].update(names)
    for name, override in OVERRIDES.items():
        found[slug(name)] = {override.spellings[0]}
    found.update({name: {abbreviation} for name, abbreviation in SLUGS.items()})
    return {name: tuple(sorted(names)) for name, names in found.items()}


def slug(text: str) -> str:
    """CAP's slug of a reporter's name: `Fla. Supp. 2d` -> `fla-supp-2d`, `F.2d` -> `f2d`."""
    kept = "".join(char for char in text.lower() if char.isalnum() or char in " -")
    return "-".join(kept.replace("-", " ").split())


def from_slug(name: str) -> str | None:
    """The abbreviation that a CAP slug stands for, or None where it is unknown or ambiguous."""
    found = _by_slug().get(name, ())
    exact = [one for one in found if slug(one) == name] or list(found)
    printed = [one for one in exact if any(series.kind != "neutral" for series in _index()[0].get(one, ()))] or exact
    return printed[0] if len(printed) == 1 else None


def variants(abbreviation: str) -> tuple[str, ...]:
    """Other spellings that eyecite knows for a series and for it alone, sorted."""
    found = (spelling for spelling, names in _index()[1].items() if names == (abbreviation,))
    return tuple(sorted(one for one in found if one != abbreviation and meanings(one) == frozenset([abbreviation])))
