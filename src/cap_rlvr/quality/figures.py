"""From what was judged to the table's lines, for the pooled rows and for each source."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from cap_rlvr.quality.judging import SLACK, Judged, Judgement
from cap_rlvr.quality.lines import Line, Name, line, unmeasured

ROWS = 25  # of a scope, under which its shares and means say too little
FAMILIES = 20  # of attacks, each on so many rows
FORMS = 12


def lines_of(made: Judgement, scope: str, least: int = ROWS) -> list[Line]:
    """The lines that follow from single scores; those over rows as a whole are in constants.py, surface.py, repeat.py."""
    rows = len({one.row for one in made.of(scope, "gold")})
    found: list[Line] = []
    for name, measure in _MEASURES.items():
        if rows < least:
            found.append(unmeasured(made.task, name, scope, rows, f"too few rows: {rows} of {least}"))
        else:
            found.append(measure(made, name, scope))
    return found


def untimed(lines: Sequence[Line]) -> list[Line]:
    """The lines with costs told but not judged: in a check beside other work they would say how busy the machine is."""
    return [
        unmeasured(one.task, one.name, one.scope, one.n, f"{one.value:.1f} ms, judged in the longer forms")
        if one.name in {"cost_p99", "cost_worst"} and one.value is not None
        else one
        for one in lines
    ]


def _ceiling(made: Judgement, name: Name, scope: str) -> Line:
    golds = made.of(scope, "gold")
    value = float(np.mean([one.reward for one in golds]))
    low = [one for one in golds if one.reward < one.limit - SLACK]
    return line(made.task, name, scope, value, len(golds), f"{len(low)} golds below their ceiling" if low else "")


def _junk(made: Judgement, name: Name, scope: str) -> Line:
    found = made.of(scope, "junk")
    rewards = [one.reward for one in found]
    value = float(np.mean(rewards)) if name == "junk_mean" else percentile(rewards, 0.99)
    return line(made.task, name, scope, value, len(found), _by_family(found, lambda one: one.reward > 0))


def _false_accepts(made: Judgement, name: Name, scope: str) -> Line:
    found = made.of(scope, "attack")
    families = {one.family for one in found}
    if len(families) < FAMILIES:
        why = f"too few families of attacks: {len(families)} of {FAMILIES}"
        return unmeasured(made.task, name, scope, len(found), why)

    def above(one: Judged) -> bool:
        return one.reward > one.limit + SLACK

    value = sum(map(above, found)) / len(found)
    return line(made.task, name, scope, value, len(found), _by_family(found, above))


def _false_rejects(made: Judgement, name: Name, scope: str) -> Line:
    found = made.of(scope, "form")
    families = {one.family for one in found}
    if len(families) < FORMS:
        return unmeasured(made.task, name, scope, len(found), f"too few honest forms: {len(families)} of {FORMS}")

    def below(one: Judged) -> bool:
        return one.reward < one.limit - SLACK

    value = sum(map(below, found)) / len(found)
    return line(made.task, name, scope, value, len(found), _by_family(found, below))


def _auc(made: Judgement, name: Name, scope: str) -> Line:
    golds = [one.reward for one in made.of(scope, "gold")]
    links = [one for one in made.of(scope, "chain") if not one.family.endswith(".0")]
    if not links:
        return unmeasured(made.task, name, scope, 0, "no corruptions")
    if name == "auc":
        return line(made.task, name, scope, auc(golds, [one.reward for one in links]), len(links))
    by_family: dict[str, list[float]] = defaultdict(list)
    for one in links:
        by_family[one.family].append(one.reward)
    each = {family: auc(golds, rewards) for family, rewards in by_family.items()}
    worst = min(each, key=lambda family: each[family])
    return line(made.task, name, scope, each[worst], len(by_family[worst]), f"chain.link {worst} of {len(each)}")


def _chains(made: Judgement, name: Name, scope: str) -> Line:
    """Links stand one after the other, each chain beginning with link 0."""
    chains: list[list[Judged]] = []
    for one in made.of(scope, "chain"):
        if one.family.endswith(".0"):
            chains.append([])
        chains[-1].append(one)
    if not chains:
        return unmeasured(made.task, name, scope, 0, "no chains")
    broken = [one for one in chains if not _falls([link.reward for link in one])]
    names = sorted({one[0].family.partition(".")[0] for one in broken})
    note = f"{len(broken)} rise: chain {', '.join(names)}" if broken else ""
    return line(made.task, name, scope, 1 - len(broken) / len(chains), len(chains), note)


def _falls(rewards: Sequence[float]) -> bool:
    return all(late <= early + SLACK for early, late in itertools.pairwise(rewards))


def _cost(made: Judgement, name: Name, scope: str) -> Line:
    """Milliseconds. The 99th percentile is over what a policy writes: gold, forms, corruptions, junk; the worst over attacks."""
    found = [one for one in made.judged if scope in ("pooled", one.source)]
    usual = [one.seconds for one in found if one.kind != "attack"]
    if name == "cost_p99":
        return line(made.task, name, scope, 1e3 * percentile(usual, 0.99), len(usual))
    attacks = [one for one in found if one.kind == "attack"]
    if not attacks:
        return unmeasured(made.task, name, scope, 0, "no attacks")
    worst = max(attacks, key=lambda one: one.seconds)
    return line(made.task, name, scope, 1e3 * worst.seconds, len(attacks), worst.family)


_MEASURES: dict[Name, Callable[[Judgement, Name, str], Line]] = {
    "ceiling": _ceiling,
    "junk_mean": _junk,
    "junk_p99": _junk,
    "false_accepts": _false_accepts,
    "false_rejects": _false_rejects,
    "auc": _auc,
    "auc_worst": _auc,
    "chains": _chains,
    "cost_p99": _cost,
    "cost_worst": _cost,
}


def auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The share of pairs in which the right one earns more, ties counted half (Mann and Whitney)."""
    ordered = np.sort(np.asarray(wrong))
    below = np.searchsorted(ordered, right, side="left")
    upto = np.searchsorted(ordered, right, side="right")
    return float((below + upto).sum() / 2 / (len(right) * len(ordered)))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so great a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def _by_family(found: Sequence[Judged], bad: Callable[[Judged], bool]) -> str:
    """The families of the bad ones with their counts, the most frequent first; empty where there are none."""
    counts: dict[str, int] = defaultdict(int)
    for one in found:
        if bad(one):
            counts[one.family] += 1
    worst = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{family} {count}" for family, count in worst[:3])
