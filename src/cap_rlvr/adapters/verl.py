"""The reward function of verl, which its settings name.

    custom_reward_function.path=pkg://cap_rlvr.adapters.verl
    custom_reward_function.name=compute_score
    +custom_reward_function.reward_kwargs.url=http://127.0.0.1:8100      # left out: judged in verl's own processes

`reward_model.ground_truth` of a row is a label (see `labels.py`), best as JSON text; `data_source` is the task's name,
alone or behind a slash (`cap-rlvr/holding`). Example ids need the service. A key is read from CAP_RLVR_KEY.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cap_rlvr import registry
from cap_rlvr.adapters.labels import Labels, written
from cap_rlvr.clients.reward import RewardClient, key_from_environment
from cap_rlvr.rewards.in_process import InProcess
from cap_rlvr.wire.errors import BadInput, Unavailable

# verl asks for each answer by itself, from many threads at once.
_PARALLEL = 16


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Any = None,
    url: str | None = None,
    **_: Any,
) -> dict[str, float]:
    """`score`, and `acc` and `parsed` for verl's metrics: the same keys for every task, as it collects them by the first.

    Raises BadInput for a label that can't be judged, Unavailable where our own side failed: verl can't mask a row, and
    0 would be trained on.
    """
    del extra_info  # it decides nothing
    task = data_source.rpartition("/")[2]
    label = Labels(registry).item(
        ground_truth, written(solution_str), "ground_truth", task if task in registry.names() else ""
    )
    (result,) = _scorer(url).score([label])
    if result.reward is None:
        text = result.reason.text if result.reason else "no reason was given"
        kind = BadInput if result.status == "unscorable" else Unavailable
        raise kind(text, "ground_truth" if kind is BadInput else url or "the scorer", str(result.failure_reason))
    return {
        "score": result.reward,
        "acc": float(bool(result.strict)),
        "parsed": float(result.parse_mode != "none"),
    }


@cache
def _scorer(url: str | None) -> RewardClient | InProcess:
    if url is None:
        return InProcess()
    return RewardClient(url, key=key_from_environment(), parallel=_PARALLEL)
