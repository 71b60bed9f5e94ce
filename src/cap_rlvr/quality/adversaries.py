"""What an attacker may use against a task, from the task's own `adversary.py` where it has one.

    material(truth, other, key) -> Material   templates, and what their slots can be filled with: all that is wrong
    most(truth, completion) -> float          the most that any text may earn

``most`` is the judge of the attackers, and owes nothing to the scorer: it looks only whether a text holds gold content
at all, and is loose on purpose, so that a text above it is a hole without doubt, whatever moves made it. A task without
the file is not searched, and the report says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cap_rlvr import tasks
from cap_rlvr.quality.items import another
from cap_rlvr.quality.samples import Example
from cap_rlvr.task import Material, Task
from cap_rlvr.wire.frozen import keyed_order

SEEDS = 40  # attacks of a row that moves start from
_LONGEST_SEED = 4_000
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Adversary:
    """A task's attacker."""

    material: Callable[[Any, Any, str], Material]
    most: Callable[[Any, str], float]


@dataclass(frozen=True)
class Target:
    """One row under attack: what there is to build from, and texts to start from, all under their limit's judge."""

    example: Example
    material: Material
    seeds: tuple[str, ...]


def adversary_of(task: Task[Any]) -> Adversary | None:
    """The task's attacker, None where its folder has no `adversary.py`."""
    name = f"{tasks.__name__}.{task.name}.adversary"
    if importlib.util.find_spec(name) is None:
        return None
    module = importlib.import_module(name)
    return Adversary(module.material, module.most)


def target_of(task: Task[Any], adversary: Adversary, examples: Sequence[Example], at: int, seed: str) -> Target:
    """A row as the attackers see it. Seeds are its own attacks and another row's honest forms, as far as they are wrong."""
    own, key = examples[at], f"{seed}/{examples[at].row.id}"
    other = another(examples, at, f"{key}/red")
    probes = [
        *task.probes.attacks(own.truth, other.truth, key),
        *task.probes.surface_forms(other.truth),
        *task.probes.attacks(other.truth, own.truth, key),
    ]
    texts = dict.fromkeys(one.completion for one in probes if _usable(one.completion))
    wrong = [text for text in texts if adversary.most(own.truth, text) < 1]
    material = adversary.material(own.truth, other.truth, key)
    return Target(own, material, tuple(keyed_order(wrong, key)[:SEEDS]) or ("",))


def _usable(text: str) -> bool:
    """Short enough to be moved about, and without half characters, which nothing can hash."""
    return len(text) <= _LONGEST_SEED and text.encode("utf-8", "replace").decode() == text


def fill(template: str, chosen: dict[str, str]) -> str:
    """A template with its slots filled; a slot that nothing fills stays empty."""
    return _SLOT.sub(lambda slot: chosen.get(slot[1], ""), template)


def slots_of(template: str) -> list[str]:
    """The slots of a template, each once, in order."""
    return list(dict.fromkeys(_SLOT.findall(template)))
