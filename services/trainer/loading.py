"""Models, tokenizers and trainer options, the same for the warm start, GRPO and evaluation."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from services.trainer.chat import Chat
from services.trainer.entry import Ready


def load_tokenizer(folder: Path) -> Chat:
    """The tokenizer of a model folder; prompts are padded on their left."""
    tokenizer = cast(Any, AutoTokenizer).from_pretrained(folder)
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return cast(Chat, tokenizer)


def load_model(folder: Path, dtype: str) -> Any:
    """The causal language model of a folder."""
    return cast(Any, AutoModelForCausalLM).from_pretrained(folder, dtype=getattr(torch, dtype))


def context_of(base: Path) -> int:
    """The longest sequence that the model takes, in tokens."""
    return int(cast(Any, AutoConfig.from_pretrained(base)).max_position_embeddings)


def last_checkpoint(output: Path) -> Path | None:
    """The newest whole checkpoint of a trainer's output folder, or None; the state is what Transformers writes last."""
    found = [path for path in output.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def resumable(output: Path, identity: str, resume: bool, writes: bool) -> Path | None:
    """The checkpoint to go on from: the newest of ``output``, where it was made for the same ``identity``.

    None: begin anew, in a folder that the process which ``writes`` has emptied and marked.
    """
    marker = output / "identity"
    same = resume and marker.is_file() and marker.read_text() == identity
    checkpoint = last_checkpoint(output) if same else None
    if checkpoint is None and writes:
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir(parents=True)
        marker.write_text(identity)
    return checkpoint


def trainer_options(ready: Ready) -> dict[str, Any]:
    """What every Transformers trainer here is told: seed, device, loggers; no progress bar, our recorder speaks."""
    accelerated = torch.cuda.is_available()
    report_to = ready.settings.report_to
    return {
        "seed": ready.config.model.seed,
        "use_cpu": not accelerated,
        "bf16": accelerated and ready.config.model.dtype == "bfloat16",
        "gradient_checkpointing": accelerated,
        "report_to": [] if report_to == "none" else report_to.split(","),
        "run_name": ready.job.run,
        "disable_tqdm": True,
        "save_total_limit": 2,
        "save_strategy": "steps",
        "dataloader_num_workers": 0,
        "dataloader_pin_memory": accelerated,
        "logging_first_step": True,
    }
