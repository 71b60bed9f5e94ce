"""Whether a text is prose: finite verbs, a natural share of function words, a word order that English has, few repeats."""

from __future__ import annotations

from collections.abc import Set
from functools import cache, lru_cache
from itertools import pairwise

from cap_rlvr.tasks.summarise.words import FUNCTION_WORDS, read_list, word_list, words

_PIECES = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) != "'"} | {
    ord(mark): f" {mark} " for mark in ".,;:?!"
}
_FINITE = word_list("finite_verbs")
_AFTER_VERB = word_list("after_a_verb")
_PAST = word_list("past_verbs")
_MAX_CITATION = 12  # words
_SIGNALS = frozenset({"see", "accord", "cf", "citing"})
_SHAPES = ("ing", "ed", "ly", "ion", "ment", "ity", "or", "er", "al", "ous", "ive", "s")
NUMBER, OTHER, COMMA, STOP = "<n>", "<w>", ",", "."
LEAST, MOST = -50, 30  # tenths of a bit: one odd joint, or one very common one, decides nothing
FAIR = -3  # tenths of a bit, between the joints of prose (6 on average) and those of cuts (-12)


def has_finite_verb(sentence: str) -> bool:
    """Whether a sentence has a verb that can carry it; a citation (`See art. 10`, `Reed v. State`) needs none."""
    said = words(sentence)
    if said[:1] and said[0] in _SIGNALS and ("v" in said or any(word[0].isdigit() for word in said)):
        return True
    if "v" in said and len(said) <= _MAX_CITATION:
        return True
    if any(word in _FINITE or (len(word) > 4 and word.endswith("ed")) for word in said):
        return True
    return any(one.endswith("s") and len(one) > 3 and other in _AFTER_VERB for one, other in pairwise(said))


def tells_what_happened(said: list[str]) -> bool:
    """Whether words have a verb in the past: facts are told so."""
    return any(word in _PAST or (len(word) > 4 and word.endswith("ed")) for word in said)


def function_share(said: list[str]) -> float:
    """The share of function words among a text's words."""
    return sum(word in FUNCTION_WORDS for word in said) / len(said) if said else 0.0


def repeated(said: list[str]) -> float:
    """The share of a text's words that stand in a run of five which came before."""
    seen: set[tuple[str, ...]] = set()
    again: set[int] = set()
    for start in range(len(said) - 4):
        run = tuple(said[start : start + 5])
        if run in seen:
            again.update(range(start, start + 5))
        seen.add(run)
    return len(again) / len(said) if said else 0.0


def distinct_trigrams(said: list[str]) -> float:
    """The share of a text's runs of three words that are unlike the others."""
    runs = list(zip(said, said[1:], said[2:], strict=False))
    return len(set(runs)) / len(runs) if runs else 1.0


def pieces(text: str) -> list[str]:
    """A text as words and marks of punctuation, as the word-order model reads it."""
    plain = text if text.isascii() else text.encode("ascii", "replace").decode().replace("?", " ")
    return [piece for piece in (one.strip("'") for one in plain.lower().translate(_PIECES).split()) if piece]


@lru_cache(maxsize=8192)
def symbol(piece: str, common: frozenset[str]) -> str:
    """What the model knows of a piece: function words and ``common`` words as they are, others by their endings."""
    if not piece[0].isalpha():
        return NUMBER if piece[0].isdigit() else COMMA if piece == "," else STOP
    if piece in FUNCTION_WORDS or piece in common:
        return piece
    ending = next((shape for shape in _SHAPES if piece.endswith(shape) and len(piece) > len(shape) + 2), None)
    return f"-{ending}" if ending else OTHER


def joints(text: str, taken: Set[tuple[str, str]]) -> tuple[float, float]:
    """How well a writer joins words, in bits: (what a joint is worth on average, what the worst stretch of them loses).

    A joint is the step from a word to the next, but for the pairs in ``taken``, which somebody else has joined. It is
    worth how much likelier the next word (or its kind) is there than anywhere, in English as it was counted: cuts of any
    size are good English inside, and their joints are worth less than nothing. A stretch loses what its joints fall
    short of `FAIR`, so that salad is seen between good sentences as well, the longer it is the surer.
    """
    found = _gains(pieces(text), taken)
    loss = worst = 0
    for gain in found:
        loss = max(0, loss + FAIR - gain)
        worst = max(worst, loss)
    return sum(found) / max(1, len(found)) / 10, worst / 10


def _gains(read: list[str], taken: Set[tuple[str, str]]) -> list[int]:
    """What each joint is worth in tenths of a bit, marks of punctuation between two words counted with them."""
    model, common = _model()
    found: list[int] = []
    before, known, gain = "", STOP, 0
    for piece in read:
        kind = symbol(piece, common)
        gain += model.get((known, kind), LEAST)
        known = kind
        if piece[0].isalnum():
            word = piece.removesuffix("'s")
            if before and (before, word) not in taken:
                found.append(max(LEAST, min(MOST, gain)))
            before, gain = word, 0
    return found


def same_kind(said: list[str]) -> float:
    """The share of neighbouring words that are both function words or both not: terms dealt among glue have none."""
    kinds = [word in FUNCTION_WORDS for word in said]
    return sum(one == other for one, other in pairwise(kinds)) / max(1, len(kinds) - 1)


def commonest_step(text: str) -> float:
    """The share of the commonest pair of neighbouring function words: a list joined by `and the` is full of one."""
    said = words(text)
    counts: dict[tuple[str, str], int] = {}
    for pair in pairwise(said):
        if pair[0] in FUNCTION_WORDS and pair[1] in FUNCTION_WORDS:
            counts[pair] = counts.get(pair, 0) + 1
    return max(counts.values(), default=0) / max(1, len(said))


def words_an_item(text: str) -> float:
    """The mean number of words between commas, semicolons, `and` and `or`: a list of terms has few."""
    said = words(text)
    breaks = text.count(",") + text.count(";") + sum(word in ("and", "or") for word in said)
    return len(said) / (1 + breaks)


@cache
def _model() -> tuple[dict[tuple[str, str], int], frozenset[str]]:
    """The frozen gains of each step in tenths of a bit, and the words that are symbols of their own."""
    model: dict[tuple[str, str], int] = {}
    for line in read_list("word_order.txt"):
        first, *following = line.split()
        for step in following:
            other, _, gain = step.rpartition("=")
            model[first, other] = int(gain)
    return model, frozenset(first for first, _ in model if first.isalpha())
