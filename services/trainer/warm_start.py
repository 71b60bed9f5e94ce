"""The warm start: TRL's SFTTrainer on the unified set, loss on the completion alone.

A model made from nothing is trained in full into `models/sft`, which is then the base that the fleet serves. A
pretrained one gets a LoRA adapter there, which is policy-v0 of the GRPO that continues it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from accelerate import PartialState
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers import PrinterCallback, TrainerCallback

from cap_rlvr.wire.errors import BadData, BadInput, Unavailable
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.jobs import SftConfig
from cap_rlvr.wire.manifest import MANIFEST, read_manifest
from cap_rlvr.wire.runs import SftRecord
from services.trainer.adapters import lora_config
from services.trainer.chat import completion_ids, prompt_ids
from services.trainer.dataset import SftRow, sft_rows
from services.trainer.entry import Ready
from services.trainer.lean_trl import SFTConfig, SFTTrainer
from services.trainer.lengths import BatchSampler
from services.trainer.loading import context_of, load_model, load_tokenizer, resumable, trainer_options
from services.trainer.model import make_base, save_model
from services.trainer.recorder import Recorder
from services.trainer.step_log import StopAndCheck, StopSignal

_LOG_STEPS = 5


class WarmStartTrainer(SFTTrainer):
    """SFTTrainer whose batches are of like length and of known order over the whole run."""

    def __init__(self, sampler: BatchSampler, **rest: Any) -> None:
        self._sampler = sampler
        super().__init__(**rest)

    def get_train_dataloader(self) -> DataLoader[Any]:
        columns = self._remove_unused_columns(cast(Any, self.train_dataset), description="training")
        loader: DataLoader[Any] = DataLoader(
            cast(Any, columns), batch_sampler=cast(Any, self._sampler), collate_fn=self.data_collator
        )
        return cast("DataLoader[Any]", self.accelerator.prepare(loader))


class SftLog(TrainerCallback):
    """Writes an SftRecord for each logged step."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._at = time.time()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        if "loss" not in (logs or {}) or not state.is_world_process_zero:
            return
        now = time.time()
        seconds, self._at = now - self._at, now
        record = SftRecord(
            step=state.global_step,
            loss=float(logs["loss"]),
            learning_rate=float(logs.get("learning_rate", 0.0)),
            tokens=int(logs.get("num_tokens", 0)),
            seconds=seconds / args.logging_steps,
        )
        self._recorder.sft(record)


def warm_start(ready: Ready) -> None:
    """Train `models/sft` unless it is there already, made from the same rows by the same settings.

    Raises BadInput where rows or settings can't be used, Unavailable where a signal stopped it (it can be resumed).
    """
    target = ready.workspace.models / "sft"
    rows = sft_rows(ready.workspace, ready.trained, ready.config.rows)
    # Of the rows that train, not of their file: other rows of a task that is evaluated only are no other warm start.
    parents = {"rows": digest([[row.prompt, row.completion] for row in rows])}
    recorder = Recorder(ready.run_folder, PartialState().is_main_process)
    with PartialState().main_process_first():
        base = _base(ready, rows, parents, recorder)
    parents["base"] = read_manifest(base).digest if (base / MANIFEST).exists() else file_digest(base / "config.json")
    settings = {
        "sft": ready.config.sft.model_dump(mode="json"),
        "tasks": list(ready.trained),
        "seed": ready.config.model.seed,
    }
    if _done(target, settings, parents):
        recorder.event("sft", "the warm start is there already", step=ready.config.sft.steps_for(ready.trained))
        return
    with StopSignal() as stop:
        trainer = _trainer(ready, base, rows, recorder, stop)
        output = ready.run_folder / "sft"
        checkpoint = resumable(output, digest([settings, parents]), ready.job.resume, recorder.writes)
        recorder.event("sft", "warm start begins", rows=len(rows), resumed=checkpoint.name if checkpoint else "")
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if stop.raised and trainer.state.global_step < ready.config.sft.steps_for(ready.trained):
            raise Unavailable("stopped by a signal", f"warm start, step {trainer.state.global_step}", "Run it again")
    if trainer.accelerator.is_main_process:
        shutil.rmtree(target, ignore_errors=True)
        tokenizer = trainer.processing_class
        parents["sets"] = read_manifest(ready.workspace.sft / "unified").digest  # the way back to the corpus
        manifest = save_model(trainer.accelerator.unwrap_model(trainer.model), tokenizer, target, settings, parents)
        recorder.event("sft", "warm start done", digest=manifest.digest, **manifest.counts)


def _base(ready: Ready, rows: list[SftRow], parents: dict[str, str], recorder: Recorder) -> Path:
    """The model to start from: the pretrained folder, or `models/base`, made here if need be."""
    if ready.config.model.path:
        return Path(ready.config.model.path)
    folder = ready.workspace.models / "base"
    seed = ready.config.model.seed
    if not _done(folder, {"seed": seed}, parents):
        shutil.rmtree(folder, ignore_errors=True)
        manifest = make_base(_balanced_texts(rows), folder, seed, parents)
        recorder.event("model", "a small model was made from nothing", digest=manifest.digest, **manifest.counts)
    return folder


def _balanced_texts(rows: list[SftRow]) -> Iterator[str]:
    """The rows' texts, as many characters of each task: a small vocabulary is spent where the most text is."""
    sizes: Counter[str] = Counter()
    for row in rows:
        sizes[row.task] += len(row.prompt)
    taken: Counter[str] = Counter()
    for row in rows:
        if taken[row.task] < min(sizes.values()):
            taken[row.task] += len(row.prompt)
            yield f"{row.prompt} {row.completion}"


def _trainer(ready: Ready, base: Path, rows: list[SftRow], recorder: Recorder, stop: StopSignal) -> WarmStartTrainer:
    wanted = ready.config.sft
    tokenizer = load_tokenizer(base)
    tokens = [(prompt_ids(tokenizer, row.prompt), completion_ids(tokenizer, row.completion)) for row in rows]
    lengths = [len(prompt) + len(completion) for prompt, completion in tokens]
    context = context_of(base)
    if max(lengths) > context:
        raise BadInput(f"a row has {max(lengths)} tokens, the model takes {context}", str(base), "Shorten the rows")
    columns = {
        "input_ids": [prompt + completion for prompt, completion in tokens],
        "completion_mask": [[0] * len(prompt) + [1] * len(completion) for prompt, completion in tokens],
    }
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(ready.run_folder / "tensorboard" / "sft")
    trainer = WarmStartTrainer(
        _sampler(wanted, [row.task for row in rows], lengths, ready.config.model.seed),
        model=load_model(base, ready.config.model.dtype),
        args=_arguments(ready, wanted, context),
        train_dataset=Dataset.from_dict(columns),
        processing_class=tokenizer,
        peft_config=lora_config(wanted.lora) if ready.config.model.path else None,
        callbacks=[SftLog(recorder), StopAndCheck(stop)],
    )
    trainer.remove_callback(PrinterCallback)  # the recorder speaks
    return trainer


def _sampler(wanted: SftConfig, tasks: list[str], lengths: list[int], seed: int) -> BatchSampler:
    groups = {task: [index for index, name in enumerate(tasks) if name == task] for task in sorted(set(tasks))}
    return BatchSampler(
        lengths=lengths,
        groups=groups,
        weights={task: wanted.weights.get(task, 1.0) for task in groups},
        rows=wanted.batch_rows,
        tokens=wanted.batch_tokens,
        steps=wanted.steps_for(list(groups)),
        seed=seed,
    )


def _arguments(ready: Ready, wanted: SftConfig, context: int) -> SFTConfig:
    steps = wanted.steps_for(ready.trained)
    decay = max(1, int(steps * wanted.decay_share))
    return SFTConfig(
        output_dir=str(ready.run_folder / "sft"),
        max_steps=steps,
        per_device_train_batch_size=wanted.batch_rows,
        learning_rate=wanted.learning_rate,
        # Constant, then a short decay: copying is learned late and suddenly, and not at all under an early anneal.
        lr_scheduler_type="warmup_stable_decay",
        lr_scheduler_kwargs={"num_decay_steps": decay, "min_lr_ratio": wanted.decay_to},
        warmup_steps=wanted.warmup_steps,
        completion_only_loss=True,
        max_length=context,
        logging_steps=_LOG_STEPS,
        save_steps=wanted.checkpoint_steps,
        adam_beta2=0.95,
        weight_decay=0.1 if not ready.config.model.path else 0.0,
        **trainer_options(ready),
    )


def _done(folder: Path, settings: dict[str, Any], parents: dict[str, str]) -> bool:
    try:
        manifest = read_manifest(folder)
    except BadData:
        return False
    return manifest.settings == settings and parents.items() <= manifest.parents.items()
