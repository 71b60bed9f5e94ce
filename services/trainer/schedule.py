"""Which rows a GRPO step trains on: a pure function of seed, epoch and step.

It is at once the sampler and the resume (ask for the step that comes next): there is no state to save, so none can be
wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import keyed_order


class PromptSchedule:
    """``rows_by_task`` maps a task to its row indices in the training set; ``slots`` to its prompts in each step.

    Each task walks through its own rows, epoch after epoch, in an order keyed by (seed, task, epoch): a task with
    few rows comes round more often, and no row comes twice before all others of its task have come once.
    """

    def __init__(self, rows_by_task: Mapping[str, Sequence[int]], slots: Mapping[str, int], seed: int) -> None:
        self._rows = {task: list(rows_by_task[task]) for task in sorted(slots) if slots[task] > 0}
        self._slots = {task: slots[task] for task in self._rows}
        self._seed = seed
        self._orders: dict[tuple[str, int], list[int]] = {}

    def rows(self, step: int) -> list[int]:
        """The row indices of a step (from 0), one a group, tasks in sorted order."""
        return [
            self._order(task, draw // len(rows))[draw % len(rows)]
            for task, rows in self._rows.items()
            for draw in range(step * self._slots[task], (step + 1) * self._slots[task])
        ]

    def _order(self, task: str, epoch: int) -> list[int]:
        key = (task, epoch)
        if key not in self._orders:
            self._orders = {k: v for k, v in self._orders.items() if k[0] != task or k[1] >= epoch - 1}
            self._orders[key] = keyed_order(self._rows[task], self._seed, task, epoch)
        return self._orders[key]


class ScheduleSampler:
    """The schedule as TRL's train sampler wants it: the whole run is one epoch of a known length.

    Each step's rows are repeated ``completions`` times in place, and the block ``repeats`` times, since the trainer
    draws it once for each of its micro-batches. A resume skips whole blocks, so it lands on the right step whatever
    the epoch.
    """

    def __init__(self, schedule: PromptSchedule, steps: int, completions: int, repeats: int) -> None:
        self._schedule = schedule
        self._steps = steps
        self._completions = completions
        self._repeats = repeats

    def __iter__(self) -> Iterator[int]:
        for step in range(self._steps):
            block = [row for row in self._schedule.rows(step) for _ in range(self._completions)]
            for _ in range(self._repeats):
                yield from block

    def __len__(self) -> int:
        return self._steps * len(self._schedule.rows(0)) * self._completions * self._repeats


def share_out(prompts: int, tasks: Sequence[str], wanted: Mapping[str, int]) -> dict[str, int]:
    """Prompts of a step by task: what ``wanted`` says, the rest split evenly over the tasks that it does not name.

    Raises BadInput where the sum is not ``prompts``.
    """
    slots = {task: wanted[task] for task in tasks if task in wanted}
    others = [task for task in sorted(tasks) if task not in wanted]
    left = prompts - sum(slots.values())
    for index, task in enumerate(others):
        slots[task] = left // len(others) + (index < left % len(others))
    if not others and left > 0 and slots:
        # A run narrowed to fewer tasks than the config names: the first of them fills the step.
        slots[max(slots, key=lambda task: (slots[task], task))] += left
    elif left < 0 or min(slots.values(), default=0) < 0 or sum(slots.values()) != prompts:
        raise BadInput(
            f"the tasks' prompts do not fit in a step of {prompts}", "grpo.task_prompts", "Lower them or raise prompts"
        )
    return slots
