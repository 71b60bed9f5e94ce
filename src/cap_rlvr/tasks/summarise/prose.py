"""Whether a text is prose: finite verbs, a natural share of function words, a word order that English has, few repeats."""

from __future__ import annotations

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
START, NUMBER, OTHER, STOP = "<s>", "<n>", "<w>", "."
WINDOW = 40  # transitions: a shorter salad hides in good prose only at the price of being short


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


def symbols(text: str) -> list[str]:
    """A text as the word-order model sees it: function words as they are, other words by their endings."""
    plain = text if text.isascii() else text.encode("ascii", "replace").decode().replace("?", " ")
    return [_symbol(piece) for piece in plain.lower().translate(_PIECES).split()]


def surprise(text: str) -> tuple[float, float]:
    """How unlike English the order of a text's words is, in bits a step: (mean over the text, over its worst window)."""
    model, unseen = _model()
    steps = symbols(text)
    bits = [model.get((one, other), unseen) for one, other in zip([STOP, *steps], steps, strict=False)]
    if not bits:
        return 0.0, 0.0
    mean = sum(bits) / len(bits)
    if len(bits) <= WINDOW:
        return mean / 10, mean / 10
    running = sum(bits[:WINDOW])
    worst = running
    for index in range(WINDOW, len(bits)):
        running += bits[index] - bits[index - WINDOW]
        worst = max(worst, running)
    return mean / 10, worst / WINDOW / 10


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


@lru_cache(maxsize=8192)
def _symbol(piece: str) -> str:
    if not piece[0].isalpha():
        return NUMBER if piece[0].isdigit() else "," if piece == "," else STOP
    if piece in FUNCTION_WORDS:
        return piece
    ending = next((shape for shape in _SHAPES if piece.endswith(shape) and len(piece) > len(shape) + 2), None)
    return f"-{ending}" if ending else OTHER


@cache
def _model() -> tuple[dict[tuple[str, str], int], int]:
    """The frozen costs of each step in tenths of a bit, and the cost of one that was never seen."""
    model: dict[tuple[str, str], int] = {}
    for line in read_list("word_order.txt"):
        first, *following = line.split()
        for step in following:
            other, _, cost = step.rpartition("=")
            model[first, other] = int(cost)
    return model, max(model.values(), default=100) + 10
