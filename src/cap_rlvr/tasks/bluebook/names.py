"""Whether the case name in a citation is this case's: side by side, so that neither half a name nor a swap passes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import re2
from rapidfuzz import fuzz

MATCH = 80.0
MOST_STRANGE = 0.34

_re2 = cast(Any, re2)
_VERSUS = _re2.compile(r"(?i)\s+(?:v|vs|versus)\.?\s+")
_NON_ADVERSARY = _re2.compile(r"(?:In re|Ex parte|Matter of|Estate of|The) [A-Z]")
_SMALL = frozenset({"v", "vs", "of", "the", "and", "for", "ex", "rel", "et", "al", "re", "parte", "in", "on", "by"})
_WORD = _re2.compile(r"[a-z0-9]+")
# Words that a citation leaves out or adds freely (Indigo Book R11.3): they neither help nor harm a match.
_FREE = frozenset(
    {"the", "a", "an", "of", "and", "et", "al", "in", "re", "ex", "rel", "parte", "matter"}
    | {"state", "people", "commonwealth", "united", "states", "us", "petitioner", "error"}
    | {"plaintiff", "plaintiffs", "defendant", "defendants", "appellant", "appellants"}
    | {"appellee", "appellees", "respondent", "respondents"}
)


def names_agree(given: str, names: Iterable[str], context: str = "") -> bool:
    """Whether a name as given is one of the case's names.

    Each side must reach a token-set ratio of 80 with the same side of a known name, and not hold many words that
    no known name has (``context``, the court's name, may explain some: `State of Texas` for `State`). Where no name
    is known, what is given must at least look like one (not `It is not`).
    """
    known = [name for name in names if name]
    if not known:
        return _looks_like_name(given)
    pool = set(_words(" ".join(known) + " " + context))
    return any(_agree(_sides(given), _sides(name), pool) for name in known)


def _looks_like_name(given: str) -> bool:
    parties = bool(_VERSUS.search(given)) or bool(_NON_ADVERSARY.match(given))
    small = [word for word in given.split() if word[0].islower() and word.rstrip(".,") not in _SMALL]
    return parties and not small


def _agree(given: list[str], known: list[str], pool: set[str]) -> bool:
    if len(given) != len(known):
        return False
    return all(_side_agrees(here, there, pool) for here, there in zip(given, known, strict=True))


def _side_agrees(given: str, known: str, pool: set[str]) -> bool:
    mine, theirs = _words(given), _words(known)
    core, other = [word for word in mine if word not in _FREE], [word for word in theirs if word not in _FREE]
    if core and other:
        strange = [word for word in core if not any(fuzz.ratio(word, one) >= MATCH for one in pool)]
        if len(strange) / len(core) > MOST_STRANGE:
            return False
        return fuzz.token_set_ratio(" ".join(core), " ".join(other)) >= MATCH
    if core or other:  # `State of Texas` for `State`: what one side adds must be explained by the court or the names
        return bool(set(mine) & set(theirs)) and all(word in pool for word in core)
    return fuzz.token_set_ratio(" ".join(mine), " ".join(theirs)) >= MATCH


def _sides(name: str) -> list[str]:
    return [side for side in _VERSUS.split(name) if side.strip()]


def _words(text: str) -> list[str]:
    return [hit.group() for hit in _WORD.finditer(text.lower())]
