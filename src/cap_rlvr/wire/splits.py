"""Which split a cluster of cases falls in, told by its name and the seed alone, so that every task and stage agrees."""

from __future__ import annotations

from cap_rlvr.wire.frozen import keyed_unit
from cap_rlvr.wire.rows import SPLITS, Split

FRACTIONS = (0.62, 0.13, 0.25)  # a quarter for test: 200 held-out bluebook rows and more from a thousand cases


def split_of(cluster: str, seed: str) -> Split:
    """The split of a cluster: keyed, salted with the seed, in the fractions above.

    A cluster bears the name of its first case, so for nearly every case its own id gives the same answer.
    """
    at = keyed_unit("split", seed, cluster)
    return SPLITS[0] if at < FRACTIONS[0] else SPLITS[1] if at < FRACTIONS[0] + FRACTIONS[1] else SPLITS[2]
