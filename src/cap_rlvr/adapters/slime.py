"""The reward function of slime, in place of its `remote_rm`: `--custom-rm-path cap_rlvr.adapters.slime.reward`.

A whole group goes in one request where slime hands over a group (`--group-rm`). `--rm-url` names the service, without
`/compat/slime`; without it the scorers run here. A sample's `label` is read as `labels.py` says.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from cap_rlvr import registry
from cap_rlvr.adapters.labels import Labels, written
from cap_rlvr.adapters.scorers import insist_scored, scorer_at
from cap_rlvr.clients.reward import RewardClient


class Sample(Protocol):
    """What is read of slime's sample."""

    response: str
    label: Any


async def reward(args: Any, sample: Sample | list[Sample], **_: Any) -> float | list[float]:
    """A number for a sample, a list for a list.

    Raises BadInput for a label that can't be judged, Unavailable where our own side failed: slime has no mask.
    """
    samples = sample if isinstance(sample, list) else [sample]
    labels = Labels(registry)
    items = [labels.item(one.label, written(one.response), f"label of sample {at}") for at, one in enumerate(samples)]
    scorer = scorer_at(getattr(args, "rm_url", None))
    if isinstance(scorer, RewardClient):
        results = await scorer.ascore(items)
    else:
        results = await asyncio.to_thread(scorer.score, items)
    rewards = insist_scored(results, "label")
    return rewards if isinstance(sample, list) else rewards[0]
