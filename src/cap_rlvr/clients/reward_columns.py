"""Between TRL's columns and reward items: what goes in, and what is logged of the results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.scoring import RewardItem, RewardResult

LogMetric = Callable[[str, float], None]
LogExtra = Callable[[str, list[Any]], None]


def columns_to_items(completions: Sequence[Any], task: Sequence[str], columns: Mapping[str, Any]) -> list[RewardItem]:
    """One item a completion (text, or a list of chat messages). Raises BadInput without a column of truths."""
    example_ids = columns.get("example_id")
    truths = columns.get("ground_truth")
    if example_ids is None and truths is None:
        raise BadInput("neither column is in the data set", "example_id, ground_truth", "Add one of them")
    nothing: list[None] = [None] * len(completions)
    step = getattr(columns.get("trainer_state"), "global_step", None)  # so that the service can tell training's drift
    return [
        RewardItem(
            task=name,
            completion=completion if isinstance(completion, str) else _chat(completion),
            example_id=example_id,
            ground_truth=truth if example_id is None else None,
            policy=None if step is None else f"step-{step}",
        )
        for completion, name, example_id, truth in zip(
            completions, task, example_ids or nothing, truths or nothing, strict=True
        )
    ]


def _chat(completion: Sequence[Mapping[str, Any]]) -> str:
    """The assistant's words; TRL's messages may carry more fields than ours."""
    return "\n".join(str(message.get("content") or "") for message in completion if message.get("role") == "assistant")


def log_results(results: Sequence[RewardResult], log_metric: LogMetric | None, log_extra: LogExtra | None) -> None:
    """Means over scored items as metrics (`holding/strict`, `bluebook/part/page` …); status and reason as columns."""
    if log_metric is not None:
        for name, values in _metrics(results).items():
            log_metric(name, fmean(values))
    if log_extra is not None:
        log_extra("reward_status", [result.status for result in results])
        log_extra("reward_reason", [result.reason.code if result.reason else "" for result in results])
        log_extra("reward_answer", [result.answer or "" for result in results])


def _metrics(results: Sequence[RewardResult]) -> dict[str, list[float]]:
    values: dict[str, list[float]] = defaultdict(list)
    for result in results:
        values["reward/scored_share"].append(float(result.status == "scored"))
        if result.reward is None:
            continue
        values[f"{result.task}/reward"].append(result.reward)
        values[f"{result.task}/strict"].append(float(bool(result.strict)))
        values[f"{result.task}/parsed"].append(float(result.parse_mode != "none"))
        for part, worth in result.parts.items():
            values[f"{result.task}/part/{part}"].append(worth.value)
    return values
