"""How like a query the other cases of a pool look: BM25 of its text against their texts and against their summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.tasks.retrieval.extract import Offer

_WORD = re.compile(r"[a-z]{3,}")
_STEM = 7
_STOP = frozenset(
    re.findall(
        r"\w+",
        "the and for that was were this with from which his her not had has have are its their they been would said such "
        "any all but who upon there under other than him she may shall will into when where case name court",
    )
)


class Likeness:
    """BM25 over a pool. Scores are by place in the pool."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._texts = _Index([offer.text for offer in offers])
        self._blurbs = _Index([offer.blurb for offer in offers])
        self._queries = [terms(offer.text) for offer in offers]

    def texts(self, place: int) -> NDArray[np.float64]:
        """How like the case's text is to every other's."""
        return self._texts.scores(self._queries[place])

    def blurbs(self, place: int) -> NDArray[np.float64]:
        """How like the case's text is to every other's summary: what a reader of the prompt can see."""
        return self._blurbs.scores(self._queries[place])


class _Index:
    def __init__(self, texts: Iterable[str]) -> None:
        import bm25s

        corpus = [terms(text) or ["nothing"] for text in texts]
        self._known = {term for words in corpus for term in words}
        self._bm25 = bm25s.BM25(method="lucene")
        self._bm25.index(cast(Any, corpus), show_progress=False)

    def scores(self, query: list[str]) -> NDArray[np.float64]:
        known = [term for term in dict.fromkeys(query) if term in self._known]
        return np.asarray(self._bm25.get_scores(known), dtype=np.float64).round(6)


def terms(text: str) -> list[str]:
    """The content words of a text, each by its first letters."""
    return [word[:_STEM] for word in _WORD.findall(text.lower()) if word not in _STOP]


def standing(scores: NDArray[np.float64], gold: Sequence[int], others: Sequence[int]) -> float:
    """The share of others that look less like the query than a gold case does, over all pairs: .5 tells nothing."""
    below = [(scores[one] > scores[other]) + 0.5 * (scores[one] == scores[other]) for one in gold for other in others]
    return float(np.mean(below)) if below else 0.5
