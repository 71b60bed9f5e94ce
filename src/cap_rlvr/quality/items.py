"""The frozen sets of a task, row by row: G honest forms, X attacks, C chains of corruptions, junk, and the gold itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cap_rlvr.quality.hacks import hacks_of
from cap_rlvr.quality.junk import junk
from cap_rlvr.quality.samples import Example
from cap_rlvr.task import Task
from cap_rlvr.wire.frozen import keyed_unit

Kind = Literal["gold", "form", "attack", "chain", "junk"]


@dataclass(frozen=True, slots=True)
class Item:
    """One output to score. ``limit``: the most it may earn (a form or the gold: the least; a link of a chain: 1)."""

    kind: Kind
    family: str
    completion: str
    limit: float


def items_of(task: Task[Any], examples: Sequence[Example], at: int, seed: str) -> Iterator[Item]:
    """All outputs for one row. Chains come link by link, their family `<chain>.<link>`, link 0 the gold."""
    example = examples[at]
    truth, key = example.truth, f"{seed}/{example.row.id}"
    yield Item("gold", "canonical", task.gold(truth), task.ceiling)
    for form in task.probes.surface_forms(truth):
        yield Item("form", form.family, form.completion, form.limit)
    for attack in task.probes.attacks(truth, another(examples, at, key).truth, key):
        yield Item("attack", attack.family, attack.completion, attack.limit)
    for hack in hacks_of(task.name):
        if hack.ground_truth is None:
            yield Item("attack", f"seen/{hack.seen}", hack.completion, hack.limit)
    for number, chain in enumerate(task.probes.chains(truth, key)):
        for link, completion in enumerate(chain):
            yield Item("chain", f"{number}.{link}", completion, 1.0)
    for family, completion in junk(task.prompt(example.row.inputs), key):
        yield Item("junk", family, completion, 0.0)


def another(examples: Sequence[Example], at: int, key: str) -> Example:
    """Another example of the same source where there is one, drawn by the key; itself where it is alone."""
    own = examples[at]
    others = [place for place, one in enumerate(examples) if place != at and one.source == own.source]
    others = others or [place for place in range(len(examples)) if place != at] or [at]
    return examples[others[int(keyed_unit(key, "other") * len(others))]]
