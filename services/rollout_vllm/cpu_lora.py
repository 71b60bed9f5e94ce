"""vLLM's LoRA arithmetic on CPU, by group instead of by token: vLLM's worker class, with another arithmetic (`--worker-cls`).

vLLM 0.32 on CPU gathers a copy of the adapter for every token of a batch, which costs three to four times the rest of
a small model. Here each adapter present in the batch is multiplied once with all of its rows. It also corrects what
vLLM gets wrong: a row without an adapter has index -1, which the gather reads as the *last* slot, so that the bare
base, in one batch with policies, answers with an adapter's weights once all slots have been used.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from vllm.lora.punica_wrapper.punica_cpu import PunicaWrapperCPU
from vllm.platforms.cpu import CpuPlatform
from vllm.v1.worker.cpu_worker import CPUWorker


class GroupedLora(PunicaWrapperCPU):
    """Adds LoRA to linear layers. A step's groups are found once and serve all layers."""

    _groups: list[tuple[int, torch.Tensor | None]]

    def update_metadata(self, *args: Any, **kwargs: Any) -> None:
        """Note which rows of the coming step belong to which adapter; None is all rows."""
        super().update_metadata(*args, **kwargs)
        indices = self.token_lora_indices
        present = cast(list[int], torch.unique(indices).tolist())
        alone = len(present) == 1
        self._groups = [(i, None if alone else (indices == i).nonzero().squeeze(1)) for i in present if i >= 0]

    def add_lora_linear(  # noqa: PLR0913  (vLLM's signature)
        self,
        y: torch.Tensor,
        x: torch.Tensor,
        lora_a_stacked: tuple[torch.Tensor, ...],
        lora_b_stacked: tuple[torch.Tensor, ...],
        scale: float,
        output_slices: tuple[int, ...],
        *,
        buffer: tuple[torch.Tensor, ...] | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """``y[rows, slice] += scale * x[rows] @ A.T @ B.T`` for each adapter present and each slice of the output.

        ``lora_a_stacked`` holds (slots, 1, rank, in) and ``lora_b_stacked`` (slots, 1, out, rank) for each slice.
        """
        y_TO = y.view(-1, y.shape[-1])  # noqa: N806
        x_TI = x.view(-1, x.shape[-1])  # noqa: N806
        for slot, rows in self._groups:
            x_RI = x_TI if rows is None else x_TI[rows]  # noqa: N806
            begin = 0
            for a, b, width in zip(lora_a_stacked, lora_b_stacked, output_slices, strict=True):
                delta = ((x_RI @ a[slot, 0].T) @ b[slot, 0].T).mul_(scale)
                part = y_TO[:, begin : begin + width]
                if rows is None:
                    part += delta
                else:
                    part.index_add_(0, rows, delta.to(part.dtype))
                begin += width


class GroupedLoraWorker(CPUWorker):
    """vLLM's worker on CPU, which takes its LoRA arithmetic from here."""

    def init_device(self) -> None:
        def ours(_cls: type[CpuPlatform]) -> str:
            return f"{GroupedLora.__module__}.{GroupedLora.__qualname__}"

        setattr(CpuPlatform, "get_punica_wrapper", classmethod(ours))  # noqa: B010  (an assignment of another type)
        super().init_device()
