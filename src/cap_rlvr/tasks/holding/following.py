"""Which decisions speak of one another: a statement of one that follows another may be just as right beside its gold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cap_rlvr.wire.case import Case

_LOCATOR = re.compile(r"\b\d{1,4}\s+[A-Z][\w.'’ ]{0,24}?\s\d{1,5}\b|\b\d{4}[- ][A-Z]{2,6}[- ]\d+\b")
_PARTY = r"[A-Z][\w'’&-]+"
_PARTIES = re.compile(
    rf"({_PARTY})\.?(?:,?\s+et\s+al\.?|\s\([^()]{{1,30}}\))?,?\s+(?:v|vs)\.?\s+(?:[Tt]he\s+|THE\s+)?({_PARTY})"
)
_ALONE = re.compile(rf"\b(?i:ex parte|in re|matter of)\s+({_PARTY})")


def known_as(case: Case) -> tuple[str, ...]:
    """What other decisions call a case: its citations, and the names on either side of its `v`."""
    names = _names(f"{case.name_abbreviation}\n{case.name}")
    return tuple(sorted({*names, *map(_plain, (one.cite for one in case.citations))}))


def speaks_of(case: Case) -> tuple[str, ...]:
    """What a case calls the decisions that it names; a name is enough, since a volume cites its own cases as `ante`."""
    texts = (case.head_matter, *(opinion.text for opinion in case.opinions))
    cited = (one.cite for one in case.cites_to if one.category.startswith("reporters"))
    found = {name for text in texts for name in (*_names(text), *_plains(_LOCATOR.findall(text)))}
    return tuple(sorted((found | set(_plains(cited))) - set(known_as(case))))


def _names(text: str) -> Iterator[str]:
    for left, right in _PARTIES.findall(text):
        yield f"{left.lower()} v {right.lower()}"
    for name in _ALONE.findall(text):
        yield f"re {name.lower()}"


def _plains(cites: Iterable[str]) -> Iterator[str]:
    return map(_plain, cites)


def _plain(cite: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cite.lower())
