"""The reward function of verl, which its settings name.

    custom_reward_function.path=pkg://cap_rlvr.adapters.verl
    custom_reward_function.name=compute_score
    +custom_reward_function.reward_kwargs.url=http://127.0.0.1:8100      # left out: judged in verl's own processes

`reward_model.ground_truth` of a row is a label (see `labels.py`), best as JSON text; `data_source` is the task's name,
alone or behind a slash (`cap-rlvr/holding`). Example ids need the service. A key is read from CAP_RLVR_API_KEY.
"""

from __future__ import annotations

from typing import Any

from cap_rlvr import registry
from cap_rlvr.adapters.labels import Labels, written
from cap_rlvr.adapters.scorers import insist_scored, scorer_at


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Any = None,
    url: str | None = None,
    **_: Any,
) -> dict[str, float]:
    """`score`, and `acc` and `parsed` for verl's metrics: the same keys for every task, as it collects them by the first.

    Raises BadInput for a label that can't be judged, Unavailable where our own side failed: verl has no mask.
    """
    del extra_info  # it decides nothing
    named = data_source.rpartition("/")[2]
    task = named if named in registry.names() else ""
    item = Labels(registry).item(ground_truth, written(solution_str), "ground_truth", task)
    (result,) = results = scorer_at(url).score([item])
    (score,) = insist_scored(results, "ground_truth")
    return {"score": score, "acc": float(bool(result.strict)), "parsed": float(result.parse_mode != "none")}
