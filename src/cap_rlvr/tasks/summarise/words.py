"""Words of legal prose: tokens, stems, function words, sentences, negations, and how rare a word is in case law.

The word lists and counts in `data/` are frozen with the task's version; a score depends on them and on nothing else.
"""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path

from cap_rlvr import linear

_DATA = Path(__file__).with_name("data")
_APART = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) not in "',"}
_SENTENCE_END = linear.compile(r"[.?!]+[\"')\]]*(?:\s+|$)|\n+")
_LAST_WORD = linear.compile(r"([A-Za-z]+)$")


@cache
def _lists() -> dict[str, str]:
    return tomllib.loads((_DATA / "lists.toml").read_text(encoding="utf-8"))


def word_list(name: str) -> frozenset[str]:
    """A frozen set of words in `data/lists.toml`."""
    return frozenset(_lists()[name].split())


_ABBREVIATIONS = word_list("abbreviations")
_BEFORE_NUMBERS = word_list("abbreviations_before_numbers")
FUNCTION_WORDS = word_list("function_words")
_NEGATIONS = word_list("negations")
_NEGATED_STEMS = word_list("negated_adjectives")
_NUMBER_WORDS = dict(pair.split("=") for pair in _lists()["numbers"].split())
RAREST = 10  # the weight of a word that the frozen counts don't list
MIN_SALIENT = 4  # weight below which a word is too common to say what a decision is about


def words(text: str) -> list[str]:
    """The words and numbers of a text in lower case, in order; a possessive loses its `'s`, a number its commas."""
    found: list[str] = []
    for piece in _ascii(text).translate(_APART).split():
        if piece.isalpha():
            found.append(piece)
        else:
            found += _words_in(piece)
    return found


def _ascii(text: str) -> str:
    """A text in lower case with a question mark for every character that is not ASCII, so that homoglyphs break words."""
    return (text if text.isascii() else text.encode("ascii", "replace").decode()).lower()


def _words_in(piece: str) -> list[str]:
    """The words in a piece with apostrophes, commas or digits in it."""
    parts = piece.strip(",").split(",")
    if len(parts) > 1 and all(part.isdigit() for part in parts) and all(len(part) == 3 for part in parts[1:]):
        return ["".join(parts)]
    plain = (part.strip("'").removesuffix("'s") for part in parts)
    return [word for word in plain if word]


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
    return [term for term in map(_salient_stem, text_words) if term]


@lru_cache(maxsize=32_768)
def _salient_stem(word: str) -> str:
    """The stem of a word that is salient; empty for any other."""
    term = stem(word) if is_content(word) else ""
    return term if term and weight(term) >= MIN_SALIENT and term not in _of_any_brief() else ""


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
    if not last:
        return True
    word = last.group(1).lower()
    return len(word) > 1 and word not in _ABBREVIATIONS and not (word in _BEFORE_NUMBERS and following.isdigit())


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
