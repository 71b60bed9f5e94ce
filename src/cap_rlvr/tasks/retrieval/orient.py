"""Who asks about whom: each pair of coupled cases is used in one direction only, so that no split can hold its reverse."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from cap_rlvr.wire.frozen import keyed_unit

LEAST = 2  # gold cases of a row


def orient(pairs: Iterable[tuple[int, int]], seed: str, most: int) -> dict[int, list[int]]:
    """Give each pair to one of its two cases, so that many cases get two or more: the poorest choose first.

    A case that can't get two gets none; one gets ``most`` at most. The order of choosing, and of equals, is keyed.
    """
    free: dict[int, set[int]] = {}
    for one, other in pairs:
        free.setdefault(one, set()).add(other)
        free.setdefault(other, set()).add(one)
    luck = {case: keyed_unit(seed, "orient", case) for case in free}
    given: dict[int, list[int]] = {}
    waiting = [(len(free[case]), luck[case], case) for case in free]
    heapify(waiting)
    while waiting:
        count, _, case = heappop(waiting)
        if case in given or count != len(free[case]) or count < LEAST:
            continue  # what was put back since then stands in its right place
        # From those that already have theirs first, then from the richest: they miss it least.
        by_need = sorted(free[case], key=lambda one: (one not in given, -len(free[one]), luck[one]))
        given[case] = by_need[:LEAST]
        for other in given[case]:
            free[case].discard(other)
            free[other].discard(case)
            heappush(waiting, (len(free[other]), luck[other], other))
    _deal_the_rest(free, given, luck, most)
    return {case: sorted(given[case]) for case in sorted(given)}


def _deal_the_rest(free: dict[int, set[int]], given: dict[int, list[int]], luck: dict[int, float], most: int) -> None:
    """Each pair that is left goes to the one of its cases that has fewer."""
    left = sorted({tuple(sorted((case, other))) for case, others in free.items() for other in others})
    for one, other in sorted(left, key=lambda pair: (luck[pair[0]] + luck[pair[1]]) % 1):
        able = [case for case in (one, other) if case in given and len(given[case]) < most]
        if able:
            case = min(able, key=lambda place: (len(given[place]), luck[place]))
            given[case].append(other if case == one else one)
