"""OpenRLHF's remote reward model: `--reward.remote_url http://HOST:PORT/compat/openrlhf/get_reward`.

It sends whole conversations (`query`: prompt and answer, decoded with their special tokens), their `prompts` and the data
set's `labels`, and reads one number where it sent one query. Its reply has no place for "could not be judged", and a
0.0 there would be trained on: such a batch is refused, which its client tries five times and then reports.

`--reward.remote_url rewards.py` does the same without HTTP to us in between, where `rewards.py` says

    from cap_rlvr.adapters.openrlhf import reward_func
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from cap_rlvr.adapters.labels import Labels, written
from cap_rlvr.wire.errors import BadInput

_LONGEST_BOS = 64  # characters of special tokens that may stand before the prompt


def completion_of(query: str, prompt: str, field: str) -> str:
    """What follows the prompt. Raises BadInput where the query does not begin with it (a cut prompt is another question)."""
    at = query.find(prompt, 0, len(prompt) + _LONGEST_BOS)
    if at < 0:
        raise BadInput("it does not begin with its prompt", field, "Is the prompt longer than the model's context?")
    return written(query[at + len(prompt) :])


def reply(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The reply to scored results: a number for one, lists for more or none."""
    columns: dict[str, list[float]] = {
        "rewards": [result["reward"] for result in results],
        "strict": [float(bool(result["strict"])) for result in results],
        "parsed": [float(result["parse_mode"] != "none") for result in results],
    }
    shown: dict[str, Any] = {name: column[0] if len(column) == 1 else column for name, column in columns.items()}
    rewards = shown.pop("rewards")
    return {"rewards": rewards, "scores": rewards, "extra_logs": shown}


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any) -> dict[str, Any]:
    """The same reply from a function: judged here, or by the service that REWARD_URL names.

    Raises BadInput for a query or label that can't be judged, Unavailable where our own side failed.
    """
    from cap_rlvr import registry  # here, since the service needs this module without the client
    from cap_rlvr.adapters.scorers import insist_scored, scorer_at

    reader = Labels(registry)
    items = [
        reader.item(label, completion_of(query, prompt, f"queries.{at}"), f"labels.{at}")
        for at, (query, prompt, label) in enumerate(zip(queries, prompts, labels, strict=True))
    ]
    results = scorer_at(os.environ.get("REWARD_URL")).score(items)
    insist_scored(results, "labels")
    return reply([result.model_dump(include={"reward", "strict", "parse_mode"}) for result in results])
