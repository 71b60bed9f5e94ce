"""LoRA adapters as files and in a model: made, loaded by name, and compared by digest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, cast

import peft
import safetensors.torch
import torch
from peft import LoraConfig, PeftModel
from torch import Tensor

from cap_rlvr.clients.policies import WEIGHTS, check_adapter
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.jobs import LoraConfig as Wanted


def lora_config(wanted: Wanted) -> LoraConfig:
    """PEFT's configuration, refused at once where a replica could not serve it."""
    config = LoraConfig(
        r=wanted.rank,
        lora_alpha=wanted.alpha,
        target_modules=list(wanted.targets),
        lora_dropout=0.0,  # the sampler has no dropout, so the trainer must have none
        bias="none",
        task_type="CAUSAL_LM",
    )
    check_adapter(cast(dict[str, Any], config.to_dict()))
    return config


def tensors_digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 (hex) over names, types, shapes and bytes, in sorted order."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def adapter_digest(model: PeftModel, name: str = "default") -> str:
    """The digest of an adapter's weights as they are in the model now."""
    return tensors_digest(peft.get_peft_model_state_dict(model, adapter_name=name))


def saved_digest(folder: Path) -> str:
    """The digest of a saved adapter's weights: equal to `adapter_digest` of the model that saved it."""
    return tensors_digest(_read(folder))


def load_adapter(model: PeftModel, folder: Path, name: str = "default") -> str:
    """Load saved weights into the adapter ``name`` and return their digest.

    Raises BadData where the file is missing, does not fit the model, or does not read back as it was saved.
    """
    weights = _read(folder)
    outcome = cast(Any, peft.set_peft_model_state_dict(model, weights, adapter_name=name))
    if outcome.unexpected_keys:
        raise BadData("the adapter does not fit this model", str(folder), "Use the config that it was trained with")
    wanted, found = tensors_digest(weights), adapter_digest(model, name)
    if wanted != found:
        raise BadData("the adapter does not read back as it was saved", str(folder), "Use an earlier checkpoint")
    return found


def _read(folder: Path) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    try:
        return safetensors.torch.load_file(path)
    except (OSError, ValueError) as error:
        raise BadData(f"no readable adapter ({error})", str(path), "Use an earlier checkpoint") from None
