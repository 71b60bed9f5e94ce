"""How like a holding is to a text, in the views that a shortcut might take instead of reading."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from cap_rlvr.tasks.holding.excerpt import MASK

VIEWS = 5
UNSEEN = 1.0  # the weight of a term that no option or first excerpt has
NEAR_WORDS = 45  # on each side of the mask: the sentence with the holding and its neighbours
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a the an of to in on at and or by for from with without under upon as that this these those there is was were "
        "be been are has have had do does did not no nor it its he his she her they their we our such which who whom "
        "whose what when where while if so than then but may must can could would should shall will any all",
    )
)

Vector = Mapping[str, float]
Terms = Counter[str]


def terms(text: str) -> Terms:
    """The words and numbers of a text."""
    return Counter(re.findall(r"[a-z]+|\d+", text.lower()))


def near_mask(shown: str) -> str:
    """The words just before and after the mask of an excerpt."""
    before, _, after = shown.partition(MASK)
    return " ".join([*before.split()[-NEAR_WORDS:], *after.split()[:NEAR_WORDS]])


def rarity(texts: Iterable[Terms]) -> Vector:
    """The smoothed inverse document frequency of each term."""
    known = list(texts)
    frequency = Counter(term for text in known for term in text)
    return {term: math.log((1 + len(known)) / (1 + seen)) + 1 for term, seen in frequency.items()}


class Seen:
    """A text as the views see it: its content words, and its TF-IDF vectors of unit length."""

    def __init__(self, words: Terms, weights: Vector) -> None:
        self.content = frozenset(words) - _FUNCTION_WORDS
        self.damped = _unit({word: (1 + math.log(words[word])) * weights.get(word, UNSEEN) for word in self.content})
        self.plain = _unit({word: count * weights.get(word, UNSEEN) for word, count in words.items()})


def views(whole: Seen, near: Seen, option: Seen) -> tuple[float, ...]:
    """An option's likeness to an excerpt and to what is near its mask, the first view being the one that ranks are of.

    TF-IDF cosine with damped counts and content words only; the same with plain counts of all words; with what is near
    the mask; the share of the option's content words that the excerpt has; and their number.
    """
    shared = len(option.content & whole.content)
    return (
        _cosine(whole.damped, option.damped),
        _cosine(whole.plain, option.plain),
        _cosine(near.damped, option.damped),
        shared / max(1, len(option.content)),
        float(shared),
    )


def _unit(weights: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: weight / length for term, weight in weights.items()}


def _cosine(one: Vector, other: Vector) -> float:
    return sum(weight * one.get(term, 0.0) for term, weight in other.items())
