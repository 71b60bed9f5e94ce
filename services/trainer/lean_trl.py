"""TRL's trainers, imported without vLLM.

Where both are installed, importing TRL's GRPO loads all of vLLM (tens of seconds and a warning about its version),
which the trainer never uses: its completions come from the fleet.
"""

from __future__ import annotations

import importlib
import os
from typing import Any


def _no_vllm(min_version: str | None = None) -> bool:  # noqa: ARG001  (TRL's signature)
    return False


_checks: Any = importlib.import_module("trl.import_utils")
_checks.is_vllm_available = _no_vllm
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"  # we know that `rollout_func` may change: TRL is pinned

from trl.trainer.grpo_config import GRPOConfig  # noqa: E402
from trl.trainer.grpo_trainer import GRPOTrainer  # noqa: E402
from trl.trainer.sft_config import SFTConfig  # noqa: E402
from trl.trainer.sft_trainer import SFTTrainer  # noqa: E402

__all__ = ["GRPOConfig", "GRPOTrainer", "SFTConfig", "SFTTrainer"]
