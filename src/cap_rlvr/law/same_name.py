"""Whether the case name in a citation is this case's: side by side, so that neither half a name nor a swap passes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from cap_rlvr import linear
from cap_rlvr.law.words import runs

MATCH = 80.0
MOST_STRANGE = 0.5

_VERSUS = linear.compile(r"(?i)\s+(?:v|vs|versus)\.?\s+")
_NON_ADVERSARY = linear.compile(r"(?:In re|Ex parte|Matter of|Estate of|The) [A-Z]")
_SMALL = frozenset({"v", "vs", "of", "the", "and", "for", "ex", "rel", "et", "al", "re", "parte", "in", "on", "by"})
_UNITED_STATES = linear.compile(r"\bu\. ?s\.(?: ?a\.)?|\busa?\b")
# What stands in no name but its own: three marks in a row, or a mark that names do without.
_ODD = linear.compile(r"[^\pL\pN ]{3}|[^\pL\pN .,'&/()-]")
# Words that deny or doubt what follows them: in a name only where the case's own has them.
_NEGATIONS = frozenset(
    {"not", "no", "never", "non", "none", "nor", "neither", "unlike", "contra", "anti", "but", "or", "except", "wrong"}
    | {"without", "cf", "compare", "false", "maybe", "perhaps"}
)
# Words that many names share: they may stand in a name, but don't make it this one.
_COMMON = frozenset(
    {"inc", "co", "corp", "ltd", "llc", "llp", "lp", "pc", "na", "company", "corporation", "incorporated", "limited"}
    | {"assn", "association", "bros", "brothers", "jr", "sr", "ii", "iii", "dba", "aka", "etc"}
)
# Words that a citation leaves out or adds freely (Indigo Book R11.3): they neither help nor harm a match.
_FREE = frozenset(
    {"the", "a", "an", "of", "and", "et", "al", "in", "re", "ex", "rel", "parte", "matter"}
    | {"state", "people", "commonwealth", "united", "states", "us", "petitioner", "error"}
    | {"plaintiff", "plaintiffs", "defendant", "defendants", "appellant", "appellants"}
    | {"appellee", "appellees", "respondent", "respondents"}
)
# The one word that may stand for a whole side, with no more beside it than whose state it is.
_SOVEREIGNS = frozenset({"state", "people", "commonwealth", "united", "states", "us"})
_WHOSE = linear.compile(
    r"(?i)\b(?:states?|commonwealth|people) of (?:the )?(?:state of )?((?:(?:new|north|south|west|rhode|puerto) )?\pL+)"
)


def names_agree(given: str, names: Iterable[str], context: str = "") -> bool:
    """Whether a name as given is one of the case's names.

    Each side must reach a token-set ratio of 80 with the same side of a known name, hold what tells that side from
    others, and hold little else: no word more often than the case does, none of the other side's, few strange ones,
    and those abbreviations of known words (``context``, the court's name, may explain some: `State of Texas` for
    `State`). Where no name is known, what is given must at least look like one (not `It is not`). Every letter must be
    Latin: the comparison is loose, and a look-alike of another script is no slip.
    """
    known = [name for name in names if name]
    if not is_latin(given):
        return False
    if not known:
        return _looks_like_name(given)
    odd = {hit.group() for hit in _ODD.finditer(given)}
    if any(all(marks not in name for name in known) for marks in odd):
        return False
    mine = _sides(given)
    alike = [sides for sides in map(_sides, known) if len(sides) == len(mine)]
    own = [_counted(sides[index] for sides in alike) for index in range(len(mine))]
    free = set(_words(context)) | _FREE
    small = {word for run in runs(given) if run[0].islower() for word in _words(run)}
    for index, side in enumerate(mine):
        others = set[str]().union(*(words for other, words in enumerate(own) if other != index)) - own[index].keys()
        if not _holds_nothing_else(_words(side), own[index], others, free, small):
            return False
    free |= {word for name in known for hit in _WHOSE.finditer(name) for word in _words(hit.group(1))}
    return any(all(_side_agrees(one, other, free) for one, other in zip(mine, sides, strict=True)) for sides in alike)


def is_latin(name: str) -> bool:
    """Whether every letter is Latin: a look-alike of another script is no slip."""
    return all(char.isascii() or not char.isalpha() or unicodedata.name(char, "").startswith("LATIN") for char in name)


def _looks_like_name(given: str) -> bool:
    parties = bool(_VERSUS.search(given)) or bool(_NON_ADVERSARY.match(given))
    words = given.split()
    small = [word for word in words if word[0].islower() and word.rstrip(".,") not in _SMALL]
    numbers = [word for word in words if word[0].isdigit()]  # two of them may be another citation's
    return parties and not small and len(numbers) < 2 and not _ODD.search(given)


def _counted(sides: Iterable[str]) -> Counter[str]:
    """The words of one side of all known names, each as often as the name that has it most often does."""
    most: Counter[str] = Counter()
    for side in sides:
        most |= Counter(_words(side))
    return most


def _holds_nothing_else(
    given: Sequence[str], own: Counter[str], others: set[str], free: set[str], small: set[str]
) -> bool:
    for word, count in Counter(given).items():
        may_be_twice = word in _SMALL or word not in own
        if count > max(own[word], 1 + may_be_twice):
            return False
    core = set(given) - free
    if core & others:
        return False
    absent = own.keys() - set(given)  # a slip or an abbreviation stands for one of the case's words, not beside it
    strange = [word for word in core - own.keys() if not any(fuzz.ratio(word, one) >= MATCH for one in absent)]
    if not _NEGATIONS.isdisjoint(core - own.keys()) or not small.isdisjoint(strange):  # a name's words are capital
        return False
    if any(not any(_shortens(word, one) or _writes_out(word, one) for one in absent) for word in strange):
        return False
    return len(strange) <= MOST_STRANGE * len(core)


def _writes_out(word: str, own: str) -> bool:
    """Whether a word may be what one of the case's is short for. An initial, or `Co.`, is short for too many to tell."""
    if own in _COMMON:
        return word in _COMMON | {"county"} and _shortens(own, word)
    return len(own) > 1 and _shortens(own, word)


def abbreviates(one: str, other: str) -> bool:
    """Whether one of two words is short for the other: the same first letter, then letters in their order."""
    return _shortens(one, other) or _shortens(other, one)


def _shortens(short: str, long: str) -> bool:
    letters = iter(long)
    return short[:1] == long[:1] and all(letter in letters for letter in short)


def _side_agrees(given: str, known: str, free: set[str]) -> bool:
    mine, theirs = _words(given), _words(known)
    core, other = [word for word in mine if word not in _FREE], [word for word in theirs if word not in _FREE]
    if core and other:
        return fuzz.token_set_ratio(" ".join(core), " ".join(other)) >= MATCH and _tells(core, other)
    # `State of Texas` for `State`; but not `State` for `State Bank`, nor `Ex parte` for `Ex parte Reed`.
    if core or other:
        return bool(set(mine) & set(theirs) & _SOVEREIGNS) and free.issuperset(core + other)
    return fuzz.token_set_ratio(" ".join(mine), " ".join(theirs)) >= MATCH


def _tells(given: Sequence[str], known: Sequence[str]) -> bool:
    """Whether the given words hold the last telling word of a known side (a surname), or over half of all of them."""
    telling = [word for word in known if word not in _COMMON and len(word) > 1] or list(known)
    held = [any(fuzz.ratio(word, one) >= MATCH or abbreviates(word, one) for one in given) for word in telling]
    return held[-1] or sum(held) > len(held) / 2


def _sides(name: str) -> list[str]:
    return [side for side in _VERSUS.split(name) if side.strip()]


@lru_cache(maxsize=1024)  # the completions of one group are judged against the same names
def _words(text: str) -> tuple[str, ...]:
    """Words in small letters without accents and apostrophes, `U.S.` written out: `Ass'n` and `Assn` are one word."""
    plain = unicodedata.normalize("NFD", text).replace("'", "").replace("\u2019", "").lower()
    if not plain.isascii():
        plain = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(runs(_UNITED_STATES.sub("united states", plain)))
