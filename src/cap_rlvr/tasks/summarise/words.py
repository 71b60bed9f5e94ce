"""Words of legal prose: tokens, stems, function words, sentences, negations, and how rare a word is in case law.

The word lists and counts in `data/` are frozen with the task's version; a score depends on them and on nothing else.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import re2

_re2 = cast(Any, re2)
_DATA = Path(__file__).with_name("data")
_TOKEN = _re2.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|[0-9]+(?:,[0-9]{3})*")
_SENTENCE_END = _re2.compile(r"[.?!]+[\"')\]]*(?:\s+|$)|\n+")
_LAST_WORD = _re2.compile(r"([A-Za-z]+)$")
_ABBREVIATIONS = frozenset(
    (
        "v vs no nos art arts sec secs mr mrs ms dr jr sr st co inc ltd corp hon rep reps app crim tex cal mich ala wash "
        "ct dist div supp stat ch chap subd ed cir rev ann code civ proc pen rule cl par pp p vol id ib cf etc viz sup "
        "dept assn bros messrs esq prof gen col capt lieut sgt gov supt wm geo chas thos jas jno jos edw rob benj sam so atl pac"
    ).split()
)
FUNCTION_WORDS = frozenset(
    (
        "a about above after again against all also although am an and another any are as at be because been before being below "
        "between both but by can cannot could did do does doing down during each either else even ever every few for from "
        "further had has have having he her here hers herself him himself his how however i if in into is it its itself "
        "just least less many may me might mine more most much must my myself neither no nobody none nor not nothing now "
        "of off on once one only onto or other others otherwise ought our ours out over own rather s same shall she should "
        "since so some such than that the their theirs them themselves then there thereby therefore therein thereof these "
        "they this those though through thus to too under until unto up upon us very was we were what whatever when where "
        "whereas whereby wherein whether which while who whoever whom whose why will with within without would yet you "
        "your yours"
    ).split()
)
_NEGATIONS = frozenset("no not never neither nor none nothing nobody cannot without".split())
_NEGATED_STEMS = frozenset(  # a stem with a negative prefix: the bare stem and a negation
    (
        "unlawful invalid insufficient inadmissible improper unconstitutional incompetent unreasonable unauthorized "
        "immaterial irrelevant incorrect unable unwarranted unnecessary illegal inapplicable unfair"
    ).split()
)
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
RAREST = 10  # the weight of a word that the frozen counts don't list
MIN_SALIENT = 4  # weight below which a word is too common to say what a decision is about


class Token(NamedTuple):
    """One word of a text: in lower case, and where it starts."""

    word: str
    start: int


def tokens(text: str) -> list[Token]:
    """The words and numbers of a text, in order; a possessive loses its `'s`, a number its commas."""
    return [Token(_plain(hit.group()), hit.start()) for hit in _TOKEN.finditer(text)]


def words(text: str) -> list[str]:
    """The words and numbers of a text in lower case."""
    return [_plain(word) for word in _TOKEN.findall(text)]


def _plain(word: str) -> str:
    return word.lower().removesuffix("'s").replace(",", "")


@lru_cache(maxsize=32_768)
def stem(word: str) -> str:
    """A word without its commonest endings, so that `affirms`, `affirmed` and `affirming` are one term."""
    for ending, put, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: len(word) - len(ending)] + put
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        return word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


_ENDINGS = (
    ("fulness", "ful", 3), ("ations", "at", 3), ("ation", "at", 3), ("ities", "ity", 3), ("ingly", "", 4),
    ("edly", "", 4), ("ments", "ment", 3), ("ions", "ion", 3), ("ies", "y", 2), ("ied", "y", 2), ("sses", "ss", 2),
    ("ing", "", 3), ("ors", "or", 3), ("ers", "er", 3), ("ed", "", 3), ("ly", "", 4), ("es", "e", 3), ("ss", "ss", 2),
    ("us", "us", 2), ("is", "is", 2), ("s", "", 3),
)  # fmt: skip


def is_content(word: str) -> bool:
    """Whether a word may carry meaning: no number, no function word, three letters or more."""
    return len(word) > 2 and word not in FUNCTION_WORDS and not word[0].isdigit()


def weight(term: str) -> int:
    """How rare a stem is in case law: 0 (in most decisions) to RAREST."""
    return _rarity().get(term, RAREST)


def salient(text_words: list[str]) -> list[str]:
    """The stems of the words that say what a text is about, in order, repeats kept."""
    stems = (stem(word) for word in text_words if is_content(word))
    return [term for term in stems if weight(term) >= MIN_SALIENT and term not in _of_any_brief()]


def sentences(text: str) -> list[tuple[int, int]]:
    """The half-open ranges of a text's sentences; a line end ends one, an abbreviation's full stop does not."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        following = text[end.end() : end.end() + 1]
        if not end.group().startswith("\n") and following and not _ends(text, end.start(), following):
            continue
        if text[start : end.end()].strip():
            spans.append((start, end.end()))
        start = end.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans


def _ends(text: str, stop: int, following: str) -> bool:
    if text[stop] != ".":
        return True
    if following.islower() or following in ",;:)":
        return False
    last = _LAST_WORD.search(text[max(0, stop - 12) : stop])
    return not last or (len(last.group(1)) > 1 and last.group(1).lower() not in _ABBREVIATIONS)


def negations(text_words: list[str]) -> int:
    """How often a text negates: `not`, `never`, `without` … and negated adjectives such as `insufficient`."""
    return sum(word in _NEGATIONS or word.endswith("n't") or word in _NEGATED_STEMS for word in text_words)


def number(word: str) -> str | None:
    """A number as digits, also where it is spelled (`thirty`); None for any other word."""
    return word if word[0].isdigit() else _NUMBER_WORDS.get(word)


@cache
def read_list(name: str) -> tuple[str, ...]:
    """The lines of a frozen word list in `data/`, without comments."""
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def _rarity() -> dict[str, int]:
    return {term: int(rank) for term, rank in (line.split() for line in read_list("rarity.txt"))}


@cache
def _of_any_brief() -> frozenset[str]:
    """The stems of words that every brief uses: they say nothing of this case, for good or ill."""
    return frozenset(stem(word) for line in read_list("brief_words.txt") for word in line.split())
