"""NeMo Gym: a resources server's `/verify` and `/aggregate_metrics`.

A row of its data sets, with our fields in it or in `verifier_metadata`:

    {"responses_create_params": {"input": [{"role": "user", "content": PROMPT}]}, "task": "holding", "example_id": …}

Its clients count whatever is not a 200 as 0.0, so what can't be judged is a 200 with `mask_sample` true; the 0.0 that
stands beside it fills a field that must be a number, and is masked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from cap_rlvr.wire.errors import BadInput

TASK_INDEX = "_ng_task_index"
# Names by task index; each takes some 50 microseconds. A thousand tasks with twenty names make a fifth of it.
MOST_FIGURES = 100_000
_MOST = 1e12  # of a number: more is no count of tokens, and sums would end at infinity, which is no JSON
_OF_ALL = ("reward_strict", "failure_kind")  # beside the components, where an earlier reply is sent again


def completion_of(response: Any) -> str | None:
    """The assistant's text in a response of OpenAI's Responses API, without reasoning; None for what is none.

    Texts of one message are joined as they are, messages by newlines, as in a chat.
    """
    output = cast("dict[str, Any]", response).get("output") if isinstance(response, dict) else None
    if not isinstance(output, list):
        return None
    messages = [_text(item) for item in cast("list[Any]", output) if _is_message(item)]
    return "\n".join(messages)


def _is_message(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    fields = cast("dict[str, Any]", item)
    return fields.get("type", "message") == "message" and fields.get("role", "assistant") == "assistant"


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = cast("list[Any]", content) if isinstance(content, list) else []
    texts = [cast("dict[str, Any]", part).get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def verified(row: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """The reply of `/verify` to a row and its result: the whole row, and what it earned.

    `reward_components` are shares of the reward, which they sum to: a part behind a closed gate has earned nothing, so
    that no one can be paid for it alone. Each is a flat number too (`reward_page` …), since aggregates read no mappings.
    """
    if result["status"] != "scored":
        reason = cast("dict[str, str] | None", result.get("reason"))
        return masked(row, str(result.get("failure_reason")), reason["text"] if reason else "")
    components = _shares(result)
    return {
        **_as_asked(row),
        **{f"reward_{name}": share for name, share in components.items()},
        "reward": result["reward"],
        "reward_components": components,
        "reward_strict": float(bool(result["strict"])),
        "reward_reason": result["reason"]["text"],
        "mask_sample": False,
        "failure_reason": None,
    }


def masked(row: Mapping[str, Any], code: str, text: str) -> dict[str, Any]:
    """The reply to a row that could not be judged. `failure_kind` is in the form that NeMo Gym keeps for servers' own."""
    return {
        **_as_asked(row),
        "reward": 0.0,
        "reward_components": {},
        "reward_reason": text,
        "mask_sample": True,
        "failure_reason": code,
        "failure_kind": f"cap_rlvr:{code}",
    }


def _as_asked(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what only an earlier reply of ours put into it: reverification sends that whole."""
    earlier = row.get("reward_components")
    if not isinstance(earlier, Mapping) or "mask_sample" not in row:
        return dict(row)
    ours = {*_OF_ALL, *(f"reward_{name}" for name in cast("Mapping[str, Any]", earlier))}
    return {name: value for name, value in row.items() if name not in ours}


def _shares(result: Mapping[str, Any]) -> dict[str, float]:
    worth = {name: part["value"] * part["weight"] for name, part in result["parts"].items()}
    total = sum(worth.values())
    return {name: result["reward"] * one / total if total else 0.0 for name, one in worth.items()}


def aggregate(replies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The reply of `/aggregate_metrics`: mean, max, min, median and deviation by task index and over all.

    Only what is ours and the usage of tokens is told. Of masked samples only their share counts (`mean/mask_sample`).
    Raises BadInput for more than MOST_FIGURES.
    """
    if not replies:
        return {"group_level_metrics": [], "agent_metrics": {}, "key_metrics": {}}
    groups: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    figures: set[tuple[int, str]] = set()
    for reply in replies:
        index = reply.get(TASK_INDEX)
        group = index if isinstance(index, int) else 0
        groups[group].append(reply)
        figures |= {(group, name) for name, _ in _numbers(reply)} | {(group, "mask_sample")}
        if len(figures) > MOST_FIGURES:
            raise BadInput(
                f"there are over {MOST_FIGURES} names by task index", "verify_responses", "Send fewer at a time"
            )
    overall = _figures(replies)
    means = {name: value for name, value in overall.items() if name.startswith("mean/")}
    by_group = [{**_figures(groups[index]), TASK_INDEX: index} for index in sorted(groups)]
    return {"group_level_metrics": by_group, "agent_metrics": overall, "key_metrics": means}


def _figures(replies: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for reply in replies:
        is_masked = bool(reply.get("mask_sample"))
        values["mask_sample"].append(float(is_masked))
        if not is_masked:
            for name, value in _numbers(reply):
                values[name].append(value)
    told: dict[str, float] = {}
    for name, found in sorted(values.items()):
        sample_N = np.asarray(found, dtype=np.float64)  # noqa: N806  (shape suffix)
        told[f"mean/{name}"] = float(sample_N.mean())
        told[f"max/{name}"] = float(sample_N.max())
        told[f"min/{name}"] = float(sample_N.min())
        told[f"median/{name}"] = float(np.median(sample_N))
        told[f"std/{name}"] = float(sample_N.std(ddof=1)) if len(found) > 1 else 0.0
    return told


def _numbers(reply: Mapping[str, Any]) -> Iterable[tuple[str, float]]:
    """The reward and its parts, and the usage of tokens."""
    response = reply.get("response")
    usage = cast("dict[str, Any]", response).get("usage") if isinstance(response, dict) else None
    told = {name: value for name, value in reply.items() if name == "reward" or name.startswith("reward_")}
    if isinstance(usage, dict):
        told |= cast("dict[str, Any]", usage)
    for name, value in told.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST:
            yield name, float(value)
