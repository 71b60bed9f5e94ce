"""A learner set on a reward: GRPO over templates, fillers and moves, a softmax for each choice, on the CPU.

The policy does not see the row, as a hack that generalises need not. A step draws one row and a group of outputs for
it; each choice's logit moves by the group's advantage (reward above the limit, less the mean, over the spread) times its score function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.quality.adversaries import Adversary, Target, fill, slots_of, target_of
from cap_rlvr.quality.moves import MOVES
from cap_rlvr.quality.results import Attacker
from cap_rlvr.quality.samples import Example
from cap_rlvr.quality.tally import Tally
from cap_rlvr.task import Task
from cap_rlvr.wire.frozen import keyed_unit

GROUP = 16
RATE = 1.0
FLOOR = 0.02  # of the draws are uniform, so that no choice is ever lost
_PLACES = 8  # fillers of a slot, and seeds, that the policy tells apart; a row's own list is cut into so many
_ROWS = 40
_NO_MOVE = "none"
Floats = NDArray[np.float64]


class Policy:
    """One softmax for each choice: the template (or a seed), each slot's filler, and two moves."""

    def __init__(self, templates: int, slots: Sequence[str], seed: int) -> None:
        self.moves = (_NO_MOVE, *sorted(MOVES))
        sizes = {"start": templates + _PLACES, "move 1": len(self.moves), "move 2": len(self.moves)}
        sizes |= {f"slot {name}": _PLACES for name in slots}
        self.logits: dict[str, Floats] = {name: np.zeros(size) for name, size in sizes.items()}
        self.random = np.random.Generator(np.random.PCG64(seed))

    def chances(self, choice: str) -> Floats:
        raised = np.exp(self.logits[choice] - self.logits[choice].max())
        return (1 - FLOOR) * raised / raised.sum() + FLOOR / len(raised)

    def draw(self) -> dict[str, int]:
        return {
            name: int(self.random.choice(len(values), p=self.chances(name))) for name, values in self.logits.items()
        }

    def learn(self, drawn: Sequence[dict[str, int]], rewards: Sequence[float]) -> None:
        """One step by the group's advantages; a group without spread teaches nothing."""
        rewards_G = np.asarray(rewards)  # noqa: N806  (one of each of the group)
        if rewards_G.std() < 1e-9:
            return
        advantages_G = (rewards_G - rewards_G.mean()) / rewards_G.std()  # noqa: N806
        for name, values in self.logits.items():
            chances = self.chances(name)
            step = np.zeros_like(values)
            for choices, advantage in zip(drawn, advantages_G, strict=True):
                step -= advantage * chances
                step[choices[name]] += advantage
            self.logits[name] = values + RATE * step / len(drawn)


def learn(
    task: Task[Any],
    adversary: Adversary,
    examples: Sequence[Example],
    steps: int,
    seed: str,
    done: Callable[[int], None],
) -> Attacker:
    """Train an attacker for so many steps, a group of sixteen outputs each."""
    rows = min(_ROWS, len(examples), max(1, steps // 4))
    targets = [target_of(task, adversary, examples, at * len(examples) // rows, seed) for at in range(rows)]
    templates = max(len(one.material.templates) for one in targets)
    slots = sorted({slot for one in targets for template in one.material.templates for slot in slots_of(template)})
    policy = Policy(templates, slots, int(keyed_unit("learned", seed, task.name) * 2**53))
    tally = Tally(task, adversary)
    means: list[float] = []
    for _ in range(steps):
        target = targets[int(policy.random.integers(len(targets)))]
        drawn = [policy.draw() for _ in range(GROUP)]
        rewards = [tally.excess(target, _output(policy, target, choices, templates)) for choices in drawn]
        policy.learn(drawn, rewards)
        means.append(float(np.mean(rewards)))
        done(1)
    quarter = max(1, steps // 4)
    before, after = (round(float(np.mean(part)), 4) for part in (means[:quarter], means[-quarter:]))
    return tally.result("learned", steps, before, after)


def _output(policy: Policy, target: Target, choices: dict[str, int], templates: int) -> str:
    """The text that the choices make of a row's own material."""
    material, start = target.material, choices["start"]
    if start < templates and material.templates:
        template = material.templates[start % len(material.templates)]
        chosen = {
            name: _placed(material.slots.get(name) or ("",), choices[f"slot {name}"]) for name in slots_of(template)
        }
        text = fill(template, chosen)
    else:
        text = _placed(target.seeds, start % _PLACES)
    for place in ("move 1", "move 2"):
        name = policy.moves[choices[place]]
        if name != _NO_MOVE:
            text = MOVES[name](text, 0.5)
    return text


def _placed(values: Sequence[str], place: int) -> str:
    """The filler at an eighth of a list: so that lists of any length have eight places."""
    return values[place * len(values) // _PLACES]
