"""Which split a cluster of cases falls in, told by its name and the seed alone, so that every task and stage agrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from cap_rlvr.wire.frozen import keyed_unit
from cap_rlvr.wire.rows import SPLITS, Candidate, Split

Label = TypeVar("Label", bound=str)
FRACTIONS = (0.62, 0.13, 0.25)  # a quarter for test: 200 held-out bluebook rows and more from a thousand cases


MIN_TO_TRAIN = 20  # real cases of a kind; one with fewer is only evaluated, so its cases are held out by every task


def split_of(cluster: str, seed: str, held_out: bool = False) -> Split:
    """The split of a cluster: keyed, salted with the seed, in the fractions above.

    ``held_out``: it holds a case of a kind too rare to train on, so that eval and test share it out in their proportion.
    A cluster bears the name of its first case, so for nearly every case its own id gives the same answer.
    """
    at = keyed_unit("split", seed, cluster)
    train = FRACTIONS[0]
    if held_out and at < train:
        at = train + at / train * (1 - train)
    return SPLITS[0] if at < train else SPLITS[1] if at < train + FRACTIONS[1] else SPLITS[2]


def even_shares(counts: Mapping[Label, int], most: float) -> dict[Label, int]:
    """How many rows of each label to keep, so that none has more than a share ``most`` of those kept.

    None at all where too few labels have any: with ``most`` .24, at least five must.
    """
    kept = dict(counts)
    while True:
        whole = sum(kept.values())
        within = {label: min(count, int(most * whole)) for label, count in kept.items()}
        if within == kept:
            return kept
        kept = within


def split_of_candidate(candidate: Candidate, seed: str) -> Split:
    """The split that prep has found for a candidate's cluster; where nothing was clustered, that of its case alone."""
    return candidate.split or split_of(candidate.case_id, seed)
