"""Rows of like length together: padding is the dearest part of a batch that mixes short and long prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cap_rlvr.wire.frozen import keyed_order, keyed_unit


@dataclass(frozen=True)
class BatchSampler:
    """Batches for the warm start: each of one task, of like length, within a budget of rows and padded tokens.

    ``groups`` maps a task to its row indices, ``weights`` to its share of the batches (batches are about equal in
    tokens). The whole sequence of ``steps`` batches follows from the seed, so a resume may skip to any place.
    """

    lengths: Sequence[int]
    groups: dict[str, list[int]]
    weights: dict[str, float]
    rows: int
    tokens: int
    steps: int
    seed: int

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        streams = {task: self._stream(task) for task in sorted(self.groups)}
        total = sum(self.weights[task] for task in streams)
        owed = dict.fromkeys(streams, 0.0)
        for _ in range(self.steps):
            owed = {task: owed[task] + self.weights[task] / total for task in streams}
            task = max(streams, key=lambda name: owed[name])
            owed[task] -= 1
            yield next(streams[task])

    def _stream(self, task: str) -> Iterator[list[int]]:
        epoch = 0
        while True:
            batches = self._batches(self.groups[task], task, epoch)
            yield from keyed_order(batches, self.seed, task, epoch, "batches")
            epoch += 1

    def _batches(self, indices: list[int], task: str, epoch: int) -> list[list[int]]:
        """Sort by length with keyed noise, and cut where the budget is full.

        The noise is wide: batches of one length alone hold one kind of row, and copying is then learned later.
        """
        noisy = sorted(
            indices, key=lambda index: self.lengths[index] * (0.5 + keyed_unit(self.seed, task, epoch, index))
        )
        batches: list[list[int]] = [[]]
        longest = 0
        for index in noisy:
            longest = max(longest, self.lengths[index])
            if batches[-1] and (len(batches[-1]) == self.rows or longest * (len(batches[-1]) + 1) > self.tokens):
                batches.append([])
                longest = self.lengths[index]
            batches[-1].append(index)
        return batches


def length_buckets(attention_GL: Tensor, waste: float = 1.5) -> list[tuple[Tensor, slice]]:  # noqa: N803
    """Split rows with prompts padded on the left and completions on the right into buckets: (row indices, the columns
    that any of them attends to).

    A bucket begins where its longest prompt is over ``waste`` times its shortest.
    """
    padding_G = attention_GL.argmax(dim=1)  # noqa: N806  (the first attended column)
    width = attention_GL.shape[1]
    ends_G = width - attention_GL.flip(1).argmax(dim=1)  # noqa: N806
    order = torch.argsort(padding_G)
    buckets: list[tuple[Tensor, slice]] = []
    start = 0
    for end in range(1, len(order) + 1):
        longest = width - int(padding_G[order[start]])
        if end == len(order) or longest > waste * (width - int(padding_G[order[end]])):
            rows = order[start:end]
            buckets.append((rows, slice(int(padding_G[rows[0]]), int(ends_G[rows].max()))))
            start = end
    return buckets
