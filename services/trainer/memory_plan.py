"""Trainer and vLLM on one GPU: how much of its memory each may have, computed before either starts.

    python -m services.trainer.memory_plan --model FOLDER --config configs/one_gpu.toml --gpu-gib 80

prints the share to give a replica as ROLLOUT_GPU_MEMORY. The figures are sums of what is known to be allocated, plus
margins; they have not been measured on every card.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import GrpoConfig, read_config
from services.trainer.entry import guarded

GIB = 2**30
_BF16 = 2
_TRAINED_PARAMETER = 16  # bytes: float32 weight, its gradient, Adam's two moments
_LIVE_LAYER = 14  # activations of the layer being recomputed, in hidden sizes, beside three of the MLP's width
_CONTEXT_GIB = 1.5  # CUDA context and library workspaces of one process
_ENGINE_GIB = 2.5  # vLLM's context, CUDA graphs and activation peak
_KEPT_FREE = 0.04  # of the card: fragmentation, and what others hold
_IN_FLIGHT = 64  # sequences that a replica works on at once (its own default)


@dataclass(frozen=True)
class ModelShape:
    """The numbers of a Qwen3's `config.json` that decide its memory."""

    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    head: int
    intermediate: int
    vocabulary: int
    tied: bool

    @classmethod
    def read(cls, folder: Path) -> ModelShape:
        """From a model folder. Raises BadInput that names the missing field."""
        try:
            data: dict[str, Any] = json.loads((folder / "config.json").read_text())
            return cls(
                hidden=data["hidden_size"],
                layers=data["num_hidden_layers"],
                heads=data["num_attention_heads"],
                key_value_heads=data["num_key_value_heads"],
                head=data["head_dim"],
                intermediate=data["intermediate_size"],
                vocabulary=data["vocab_size"],
                tied=data.get("tie_word_embeddings", False),
            )
        except FileNotFoundError:
            raise BadInput("no config.json", str(folder), "Give a local model folder") from None
        except KeyError as error:
            raise BadInput(f"config.json has no {error}", str(folder), "Give a Qwen3 model") from None

    @property
    def _linears(self) -> list[tuple[int, int]]:
        """(in, out) of the seven linear layers of a block."""
        queries, keys = self.heads * self.head, self.key_value_heads * self.head
        hidden, wide = self.hidden, self.intermediate
        return [
            (hidden, queries), (hidden, keys), (hidden, keys), (queries, hidden),
            (hidden, wide), (hidden, wide), (wide, hidden),
        ]  # fmt: skip

    @property
    def parameters(self) -> int:
        """All weights (norms are left out: less than a thousandth)."""
        embeddings = self.vocabulary * self.hidden * (1 if self.tied else 2)
        return self.layers * sum(a * b for a, b in self._linears) + embeddings

    def adapter_parameters(self, rank: int) -> int:
        """LoRA of that rank on every linear layer."""
        return self.layers * rank * sum(a + b for a, b in self._linears)

    @property
    def key_value_bytes(self) -> int:
        """Cache for one token, bf16."""
        return 2 * self.layers * self.key_value_heads * self.head * _BF16


@dataclass(frozen=True)
class MemoryPlan:
    """GiB on one card. ``engine_share`` is vLLM's `--gpu-memory-utilization`."""

    gpu_gib: float
    trainer_gib: float
    engine_gib: float
    cached_tokens: int
    engine_share: float


def plan(shape: ModelShape, wanted: GrpoConfig, gpu_gib: float, prompt_tokens: int) -> MemoryPlan:
    """Share one card. vLLM gets what the trainer leaves, up to a cache for all sequences at full length.

    Raises BadInput where not even a quarter of that cache would fit.
    """
    longest = max(wanted.max_completion_tokens, *wanted.task_completion_tokens.values(), 0)
    length = prompt_tokens + longest
    trainer = _trainer_bytes(shape, wanted, length) / GIB + _CONTEXT_GIB
    fixed = shape.parameters * _BF16 / GIB + _ENGINE_GIB
    full = min(_IN_FLIGHT, wanted.prompts * wanted.completions) * length * shape.key_value_bytes / GIB
    left = gpu_gib * (1 - _KEPT_FREE) - trainer - fixed
    if left < full / 4:
        raise BadInput(
            f"the trainer needs {trainer:.1f} GiB and vLLM {fixed + full / 4:.1f}, the card has {gpu_gib:.0f}",
            "one GPU",
            "Take a smaller model, a lower grpo.micro_rows or shorter completions",
        )
    cache = min(left, full)
    engine = fixed + cache
    return MemoryPlan(
        gpu_gib=gpu_gib,
        trainer_gib=round(trainer, 2),
        engine_gib=round(engine, 2),
        cached_tokens=int(cache * GIB / shape.key_value_bytes),
        engine_share=round(engine / gpu_gib, 3),
    )


def _trainer_bytes(shape: ModelShape, wanted: GrpoConfig, length: int) -> float:
    """Frozen weights, the adapter with its optimiser (twice the weights with a reference), checkpointed activations."""
    adapter = shape.adapter_parameters(wanted.lora.rank)
    reference = adapter * 4 if wanted.beta > 0 else 0
    tokens = wanted.micro_rows * length
    kept = tokens * shape.hidden * shape.layers * _BF16
    live = tokens * (_LIVE_LAYER * shape.hidden + 3 * shape.intermediate) * _BF16
    # The fused head works on pieces of 256 tokens or so; its float32 logits are small beside the rest.
    head = 256 * shape.vocabulary * 4 * 3
    return shape.parameters * _BF16 + adapter * _TRAINED_PARAMETER + reference + kept + live + head


def main() -> None:
    parser = argparse.ArgumentParser("memory_plan")
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--gpu-gib", required=True, type=float)
    parser.add_argument("--prompt-tokens", type=int, default=1024)
    given = parser.parse_args()
    wanted = read_config(given.config).grpo
    found = plan(ModelShape.read(given.model), wanted, given.gpu_gib, given.prompt_tokens)
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    guarded(main)
