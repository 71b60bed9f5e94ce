"""What a scorer of retrieval must know: the candidates, which of them are gold, and what chance would earn."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, cast

import numpy as np
from pydantic import Field, field_validator, model_validator

from cap_rlvr.law.citations import find_locators
from cap_rlvr.task import GroundTruth, Vectors
from cap_rlvr.wire.frozen import Frozen, digest

MOST_ASKED = 5
PARTIAL = 0.2  # the most that a case which is not gold may be worth in its slot
PICKS = 1_000
PERCENTILE = 0.95
HUB = 1_000.0  # citations of a case, by which its discount grows
MAX_CHANCE = 0.8  # beyond it nothing is left to tell skill from luck


class Listed(Frozen):
    """One candidate. ``cites`` are its own citations, ``courts`` what may stand for its court beside the year (none: not
    known), ``indegree`` how many cases of the corpus cite it, and ``similarity`` (0 to 1) the scaled cosine of its stored
    vector to the query's: None where there are no vectors.
    """

    id: str = Field(min_length=1, max_length=200)
    case_id: str = ""
    name: str = ""
    cites: tuple[str, ...] = ()
    year: int | None = None
    courts: tuple[str, ...] = ()
    indegree: int = Field(default=0, ge=0, le=1_000_000_000)
    similarity: float | None = Field(default=None, ge=0, le=1)


class RetrievalTruth(GroundTruth):
    """``candidates`` (ids alone will do) and ``positives`` (ids of at least two of them) must be there.

    ``n``: how many are asked for, by default min(5, positives). ``chance``: what the luckiest of twenty random picks
    earns per slot; computed where it is missing. ``query``: the case that is asked about. ``closed_book``: no list was
    shown, so only citations count.
    """

    candidates: tuple[Listed, ...] = Field(min_length=3, max_length=500)
    positives: tuple[str, ...] = Field(min_length=2)
    n: int | None = Field(default=None, ge=2, le=MOST_ASKED)
    chance: float | None = Field(default=None, ge=PARTIAL, le=MAX_CHANCE)
    query: str = ""
    closed_book: bool = False

    @field_validator("candidates", mode="before")
    @classmethod
    def _ids_alone(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            return value
        return [{"id": one} if isinstance(one, str) else one for one in cast("list[Any]", value)]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        ids = [one.id for one in self.candidates]
        if len({plain(one) for one in ids}) < len(ids):
            raise ValueError("candidates: two have the same id")
        unknown = sorted(set(self.positives) - set(ids))
        if unknown or len(set(self.positives)) < len(self.positives):
            raise ValueError(f"positives: {unknown[:1] or 'one'} is no candidate, or is named twice")
        if self.n is not None and self.n > len(self.positives):
            raise ValueError("n: more are asked for than there are positives")
        if self.chance is None and chance_of(self) > MAX_CHANCE:
            raise ValueError("positives: so many of the candidates are gold that a random pick would do")
        return self

    def __hash__(self) -> int:  # by what tells rows apart, since a truth is looked up for each completion
        return hash((self.positives, self.query, *(one.id for one in self.candidates)))

    @property
    def asked(self) -> int:
        """How many cases are asked for."""
        return self.n or min(MOST_ASKED, len(self.positives))

    @property
    def has_vectors(self) -> bool:
        return any(one.similarity is not None for one in self.candidates)


@dataclass(frozen=True)
class Key:
    """A truth as the scorer uses it.

    ``relevance`` is by candidate; ``by_place`` gives for a volume and page the reporters as spelled, with candidates.
    """

    relevance: tuple[float, ...]
    gold: frozenset[int]
    by_id: dict[str, int]
    by_place: dict[tuple[str, str], tuple[tuple[str, int], ...]]
    chance: float


@lru_cache(maxsize=1024)  # the completions of one group are judged against one truth
def key_of(truth: RetrievalTruth) -> Key:
    """Read a truth once."""
    positives = set(truth.positives)
    places: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for index, one in enumerate(truth.candidates):
        for cite in one.cites:
            for place in find_locators(cite)[:1]:
                places[place.volume, place.page].append((place.reporter, index))
    return Key(
        relevance=tuple(relevance(one, one.id in positives) for one in truth.candidates),
        gold=frozenset(index for index, one in enumerate(truth.candidates) if one.id in positives),
        by_id={plain(one.id): index for index, one in enumerate(truth.candidates)},
        by_place={place: tuple(found) for place, found in places.items()},
        chance=chance_of(truth) if truth.chance is None else truth.chance,
    )


def plain(text: str) -> str:
    """An id for comparison."""
    return " ".join(text.split()).casefold()


def relevance(one: Listed, gold: bool) -> float:
    """1 for gold; else at most PARTIAL, less the further off and the more often cited by everyone."""
    if gold:
        return 1.0
    return PARTIAL * (one.similarity or 0.0) / math.log2(2 + one.indegree / HUB)


@lru_cache(maxsize=1024)
def chance_of(truth: RetrievalTruth) -> float:
    """The 95th percentile of the mean relevance of 1,000 random picks of n candidates, keyed by the ids; PARTIAL at least.

    The floor makes an answer without any gold worth nothing, whatever its vectors say.
    """
    positives = set(truth.positives)
    values = np.array([relevance(one, one.id in positives) for one in truth.candidates])
    seed = int(digest([[one.id for one in truth.candidates], sorted(positives)])[:16], 16)
    draws = np.random.Generator(np.random.PCG64(seed)).random((PICKS, len(values)))
    picked = np.argpartition(draws, truth.asked - 1, axis=1)[:, : truth.asked]
    means = np.sort(values[picked].mean(axis=1))
    return max(PARTIAL, round(float(means[math.ceil(PERCENTILE * PICKS) - 1]), 6))


def with_vectors(truth: RetrievalTruth, vectors: Vectors) -> RetrievalTruth:
    """The truth with the scaled cosines of stored vectors, and with what chance earns then.

    Where the query or every candidate is without a vector it stays as it is.
    """
    near = {
        one.id: found
        for one in truth.candidates
        if one.case_id and truth.query and (found := vectors.similarity(truth.query, one.case_id)) is not None
    }
    if not near:
        return truth
    listed = tuple(one.model_copy(update={"similarity": near.get(one.id)}) for one in truth.candidates)
    seen = truth.model_copy(update={"candidates": listed, "chance": None})
    return seen.model_copy(update={"chance": chance_of(seen)})
