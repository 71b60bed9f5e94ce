"""What the reward service is measured with: completions as a policy in training writes them, each one new.

A prepared row comes with a group of completions, as in GRPO: of eight, three are right (the gold or an honest form of
it), four are attacks or corrupted golds from the task's own probes, one is junk. A number in the thinking makes each
completion new, so that no result cache answers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cap_rlvr import registry
from cap_rlvr.quality.items import Kind, items_of
from cap_rlvr.quality.samples import Example, prepared
from cap_rlvr.wire.frozen import keyed_order

CHEAP = ("bluebook", "entail", "holding")
KINDS: tuple[Kind, ...] = ("gold", "attack", "form", "attack", "junk", "attack", "form", "chain")
MARK = "<number>"
_OPEN_SPLITS = ("train", "eval")
_SEED = "reward_service"
_THINKING = "The reporter, the volume and the page stand in the text above, so they can be taken from it as they are. "


@dataclass(frozen=True)
class Asked:
    """One completion for one prepared row."""

    task: str
    example_id: str
    completion: str

    def item(self, mark: str = "") -> dict[str, Any]:
        """The item of a request; a mark stands in its thinking."""
        thought = f"<think>{mark} {_THINKING}</think>" if mark else ""
        return {"task": self.task, "example_id": self.example_id, "completion": thought + self.completion}

    def constant(self, mark: str) -> dict[str, Any]:
        """The same completion for the scorer that returns a constant."""
        return {"task": "constant", "ground_truth": {}, "completion": self.item(mark)["completion"]}

    def gym_row(self, mark: str) -> dict[str, Any]:
        """The same as a row of NeMo Gym, with the response to it."""
        content = [{"type": "output_text", "text": self.item(mark)["completion"], "annotations": []}]
        message = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": content}
        return {
            "responses_create_params": {"input": [{"role": "user", "content": _THINKING * 10}]},
            "response": {"id": "r", "object": "response", "model": "policy", "output": [message]},
            "task": self.task,
            "example_id": self.example_id,
        }


def groups(workspace: Path, task: str, rows: int) -> list[list[Asked]]:
    """A group of eight for each of so many rows of the open splits, in a fixed order."""
    found = [one for one in prepared(registry.get(task), workspace) if one.row.split in _OPEN_SPLITS]
    by_id = {one.row.id: one for one in found}
    chosen = [by_id[name] for name in keyed_order(sorted(by_id), _SEED)[:rows]]
    return [list(_group(task, chosen, at)) for at in range(len(chosen))]


def _group(task: str, examples: Sequence[Example], at: int) -> Iterator[Asked]:
    by_kind: dict[Kind, set[str]] = {}
    for item in items_of(registry.get(task), examples, at, _SEED):
        if not any("\ud800" <= char <= "\udfff" for char in item.completion):  # not to be written as UTF-8
            by_kind.setdefault(item.kind, set()).add(item.completion)
    example_id = examples[at].row.id
    drawn = {kind: itertools.cycle(keyed_order(sorted(texts), _SEED, example_id)) for kind, texts in by_kind.items()}
    for kind in KINDS:
        yield Asked(task, example_id, next(drawn.get(kind, drawn["gold"])))


def mixed(pools: Mapping[str, list[list[Asked]]], tasks: Sequence[str]) -> list[Asked]:
    """Groups of all these tasks in turn, as often from a task with few rows as from one with many."""
    turns = max(len(pools[task]) for task in tasks)
    return [one for turn in range(turns) for task in tasks for one in pools[task][turn % len(pools[task])]]


def mixes(pools: Mapping[str, list[list[Asked]]]) -> dict[str, list[Asked]]:
    """Each task alone, the three cheap ones, and all."""
    return {
        **{task: mixed(pools, [task]) for task in pools},
        "cheap three": mixed(pools, [task for task in CHEAP if task in pools]),
        "all five": mixed(pools, list(pools)),
    }


def all_groups(workspace: Path, rows: int, done: Callable[[str], None]) -> dict[str, list[list[Asked]]]:
    """Groups of every task that has rows; ``done`` is told of each."""
    pools: dict[str, list[list[Asked]]] = {}
    for task in registry.names():
        found = groups(workspace, task, rows)
        if found:
            pools[task] = found
        done(f"{len(found)} rows of {task}")
    return pools
