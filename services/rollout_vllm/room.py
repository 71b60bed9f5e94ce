"""How much a replica takes: never so much that another one idles or that vLLM has to throw work out of its cache."""

from __future__ import annotations

_TIGHT = 0.9  # share of the KV cache beyond which vLLM soon preempts
_EASY = 0.7
_LEAST = 1


class Room:
    """Counts completions under way against a limit that follows the KV cache.

    The limit begins at ``most`` (what vLLM runs at once) and may rise a quarter above it, so that vLLM never waits for
    us; it falls by a quarter whenever the cache is tight. Besides, no replica holds more than its share of the
    fleet's unfinished groups, so one that joins finds work.
    """

    def __init__(self, most: int) -> None:
        self._ceiling = most + most // 4
        self._limit = most
        self._replicas = 1
        self._taken = 0
        self._size = 1  # completions of the latest group

    def adapt(self, kv_usage: float, replicas: int) -> None:
        """Hear the latest figures."""
        self._replicas = max(1, replicas)
        if kv_usage > _TIGHT:
            self._limit = max(_LEAST, self._limit * 3 // 4)
        elif kv_usage < _EASY:
            self._limit = min(self._ceiling, self._limit + max(1, self._ceiling // 10))

    def enter(self, completions: int) -> None:
        """A group was taken."""
        self._taken += completions
        self._size = completions

    def leave(self, completions: int) -> None:
        """A group is done."""
        self._taken -= completions

    def free(self, groups: int, unfinished: int) -> bool:
        """Whether one more group may be taken by a replica that has ``groups`` of the fleet's ``unfinished``."""
        return self.groups_free(groups, unfinished) > 0

    def groups_free(self, groups: int, unfinished: int) -> int:
        """How many more groups may be taken. One always may where none is held: a group can be larger than the limit."""
        share = -(-unfinished // self._replicas)
        by_share = max(share, 1) - groups
        by_limit = (self._limit - self._taken) // self._size if groups else 1
        return max(0, min(by_share, by_limit))
