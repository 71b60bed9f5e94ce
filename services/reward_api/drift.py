"""What training looks like from here: sums by task that alarms compare over hours (see `alarms/`).

The labels are bounded: tasks, parse modes, and whether an item named its policy, as a training run's do. Names of
policies are no labels, since there is one a step: the number in the newest is a gauge.
"""

from __future__ import annotations

import re
from collections import Counter as Tally
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cap_rlvr.wire.scoring import ParseMode, RewardItem
from services.reward_api.scoring import Judged

# `policy-v12-1a2b3c4d`, `step-1200`, `v7`, `300`.
_VERSION = re.compile(r"(?:\bv|step[-_ ]?|\A)(\d{1,9})(?!\w)", re.ASCII | re.IGNORECASE)
_POLICY = ("named", "none")
_LONGEST_NAME = 200  # of a policy, as far as it is looked at; versions are remembered by it


@dataclass
class _Sums:
    scored: int = 0
    null: int = 0
    points: float = 0.0
    strict: int = 0
    characters: int = 0
    modes: Tally[str] = field(default_factory=lambda: Tally[str](dict.fromkeys(get_args(ParseMode), 0)))


# Metric, help, field. All begin at 0, so that the first items count in a rate.
_COUNTERS = (
    ("reward_scored_items", "Items with a reward", "scored"),
    ("reward_null_items", "Items without a reward", "null"),
    ("reward_points", "Sum of rewards", "points"),
    ("reward_strict_items", "Items that were fully right", "strict"),
    ("reward_completion_characters", "Characters of completions that were scored", "characters"),
)


class Drift(Collector):
    """Counts every item of `/reward` and of other systems' calls, answered from the cache or not."""

    def __init__(self, tasks: Collection[str]) -> None:
        self._sums = {(task, policy): _Sums() for task in tasks for policy in _POLICY}
        self._newest: dict[str, int] = {}

    def observe(self, items: Sequence[RewardItem], judged: Judged) -> None:
        """Count a batch that was judged."""
        for item, verdict in zip(items, judged.verdicts, strict=True):
            sums = self._sums.get((item.task, "none" if item.policy is None else "named"))
            if sums is None:
                continue
            if item.policy is not None and (version := version_of(item.policy[:_LONGEST_NAME])) is not None:
                self._newest[item.task] = version
            if verdict.reward is None:
                sums.null += 1
                continue
            sums.scored += 1
            sums.points += verdict.reward
            sums.strict += verdict.strict
            sums.characters += len(item.completion if isinstance(item.completion, str) else item.text())
            sums.modes[verdict.parse_mode] += 1

    def collect(self) -> Iterable[Metric]:
        """For `/metrics`."""
        for name, told, what in _COUNTERS:
            counter = CounterMetricFamily(name, told, labels=["task", "policy"])
            for labels, sums in self._sums.items():
                counter.add_metric(labels, getattr(sums, what))
            yield counter
        parsed = CounterMetricFamily(
            "reward_parsed_items", "Scored items by how they were read", labels=["task", "policy", "mode"]
        )
        for (task, policy), sums in self._sums.items():
            for mode, count in sums.modes.items():
                parsed.add_metric((task, policy, mode), count)
        yield parsed
        newest = GaugeMetricFamily("reward_policy_version", "The number in the policy named last", labels=["task"])
        for task, version in self._newest.items():
            newest.add_metric([task], version)
        yield newest


@lru_cache(256)
def version_of(policy: str) -> int | None:
    """The version or step in a policy's name, or None where it has none."""
    found = _VERSION.search(policy)
    return int(found[1]) if found else None
