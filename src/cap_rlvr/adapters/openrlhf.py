"""OpenRLHF's remote reward model: `--reward.remote_url http://HOST:PORT/compat/openrlhf/get_reward`.

It sends whole conversations (`query`: prompt and answer, decoded with their special tokens), their `prompts` and the data
set's `labels`, and reads one number where it sent one query. Its reply has no place for "could not be judged", and a
0.0 there would be trained on: such a batch is refused, which its client tries five times and then reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cap_rlvr.adapters.labels import written
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
