"""Names of cases: one spelling for comparison, and the parties on each side."""

from __future__ import annotations

import re
import unicodedata

_VERSUS = re.compile(r"\s+(?:v|vs|against|versus)\b\.?\s+", re.IGNORECASE)
_ENDINGS = re.compile(
    r"[,;]?\s+(?:et\.? ?al\.?|et ux\.?|et vir\.?|and others|(?:plaintiffs?|defendants?|appell(?:ant|ee)s?|petitioners?|"
    r"respondents?|claimants?|libell?ants?)(?: in error)?(?: and (?:appell(?:ant|ee)s?|respondents?))?)\b\.?",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\b(?:the|a|an)\b")
_NOT_WORD = re.compile(r"[^a-z0-9&]+")


def plain_name(name: str) -> str:
    """A name for comparison: lower case, no accents, articles, roles, `et al.` or punctuation, `v` between the sides.

    `Jerry OVERTURF vs. The State, Appellee.` -> `jerry overturf v state`
    """
    folded = unicodedata.normalize("NFKD", name.replace("’", "'")).encode("ascii", "ignore").decode()
    folded = _VERSUS.sub(" v ", _ENDINGS.sub(" ", folded)).lower().replace("'", "").replace(".", " ")
    return " ".join(_NOT_WORD.sub(" ", _ARTICLE.sub(" ", folded)).split())


def sides(name: str) -> tuple[str, ...]:
    """The parties of a case's name as written, roles and `et al.` left out: two for `A v. B`, one for `In re A`."""
    return tuple(side.strip(" ,.;") for side in _VERSUS.split(_ENDINGS.sub("", name), maxsplit=1) if side.strip(" ,.;"))
