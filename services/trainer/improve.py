"""A GRPO run from its first step to `models/grpo`: model, services, lease, checkpoints, resume."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from accelerate import PartialState
from datasets import Dataset
from peft import PeftModel, get_peft_model
from transformers import PrinterCallback, set_seed

from cap_rlvr.clients.broker import connect
from cap_rlvr.clients.policies import PolicyStore
from cap_rlvr.clients.reward import RewardClient
from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id
from cap_rlvr.wire.errors import BadData, BadInput, CapError, Unavailable
from cap_rlvr.wire.frozen import digest
from cap_rlvr.wire.jobs import GrpoConfig
from cap_rlvr.wire.manifest import read_manifest
from services.trainer.adapters import adapter_digest, lora_config
from services.trainer.chat import Chat, prompt_ids
from services.trainer.dataset import Question, training_questions
from services.trainer.entry import Ready
from services.trainer.fleet_trainer import FleetTrainer, Services
from services.trainer.lean_trl import GRPOConfig
from services.trainer.loading import context_of, load_model, load_tokenizer, resumable, trainer_options
from services.trainer.model import save_model
from services.trainer.publish import Publisher
from services.trainer.recorder import Recorder
from services.trainer.schedule import PromptSchedule, share_out
from services.trainer.step_log import StepLog, StopAndCheck, StopSignal
from services.trainer.writer_lease import WriterLease


def improve(ready: Ready) -> None:
    """Run GRPO to its last step, or continue it there.

    Raises BadInput where there is no warm start, Unavailable where it had to stop; it can be resumed after either.
    """
    check_start(ready)
    main = PartialState().is_main_process  # the others neither publish nor ask nor write
    recorder = Recorder(ready.run_folder, main)
    redis = connect(ready.settings.redis_url)
    with StopSignal() as stop, ExitStack() as held:
        check = nobody_checks
        if main:
            lease = WriterLease(redis, ready.job.run)
            held.enter_context(lease.acquire(on_wait=lambda text: recorder.event("waiting", text)))
            check = lease.check
        publisher = Publisher(
            store=PolicyStore(ready.policy_store),
            redis=redis,
            run=ready.job.run,
            base_digest=base_digest(ready.served),
            keep=ready.config.grpo.keep_policies,
            check=check,
        )
        services = Services(
            fleet=RolloutClient(redis, fleet_id(base_digest(ready.served))),
            scorer=RewardClient(ready.settings.reward_url),
            publisher=publisher,
            check=check,
            tell=recorder.event,
        )
        run(ready, services, recorder, stop)


def nobody_checks() -> None:
    """The lease of a process that writes nothing."""


def check_start(ready: Ready) -> None:
    """Refuse to begin without a warm start."""
    folder = ready.workspace.models / "sft"
    try:
        read_manifest(folder)
    except BadData:
        raise BadInput("there is no warm start", str(folder), "Run cap-rlvr sft first") from None


def run(ready: Ready, services: Services, recorder: Recorder, stop: StopSignal) -> None:
    """Train against the given services: the real ones, or their stand-ins in a test."""
    output = ready.run_folder / "grpo"
    trainer = build(ready, services, recorder, stop)
    # An adapter that was trained on another warm start is worth nothing on this one.
    identity = digest([services.publisher.base_digest, read_manifest(ready.workspace.models / "sft").digest])
    checkpoint = resumable(output, identity, ready.job.resume, recorder.writes)
    done = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    void = recorder.supersede_steps(done)
    recorder.event("grpo", "GRPO begins", step=done, superseded_steps=void, tasks=list(ready.tasks))
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except CapError as error:
        recorder.event("stopped", str(error), step=trainer.state.global_step)
        _save_before_leaving(trainer, output, services)
        raise
    at = trainer.state.global_step
    if at < ready.config.grpo.steps:
        raise Unavailable("stopped by a signal", f"GRPO, step {at}", "Run it again: it goes on from there")
    if trainer.accelerator.is_main_process:
        _finish(ready, trainer, services, recorder)


def build(ready: Ready, services: Services, recorder: Recorder, stop: StopSignal) -> FleetTrainer:
    """The trainer for a job: model with its adapter, rows, schedule, callbacks."""
    wanted = ready.config.grpo
    tasks = ready.trained
    every = [one for task in tasks for one in training_questions(ready.workspace, task, ready.config.rows, "grpo")]
    indices = {task: [i for i, one in enumerate(every) if one.row.task == task] for task in tasks}
    schedule = PromptSchedule(indices, share_out(wanted.prompts, tasks, wanted.task_prompts), ready.config.model.seed)
    tokenizer = load_tokenizer(ready.served)
    check_lengths(tokenizer, every, context_of(ready.served), wanted)
    log = StepLog(recorder)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(ready.run_folder / "tensorboard" / "grpo")
    adapter = sft_adapter(ready)
    trainer = FleetTrainer(
        policy_model(ready),
        _arguments(ready, wanted),
        wanted,
        schedule,
        services,
        reference=adapter,
        train_dataset=Dataset.from_dict(
            {
                "prompt": [one.prompt for one in every],
                "task": [one.row.task for one in every],
                "example_id": [one.row.id for one in every],
            }
        ),
        processing_class=tokenizer,
        callbacks=[StopAndCheck(stop, services.check), log],
    )
    trainer.remove_callback(PrinterCallback)  # the recorder speaks
    log.trainer = trainer
    return trainer


def check_lengths(tokenizer: Chat, rows: list[Question], context: int, wanted: GrpoConfig) -> None:
    """Refuse, before a replica does in the middle of a run, a prompt that leaves no room for its completion."""
    longest: dict[str, Question] = {}
    for one in rows:
        known = longest.setdefault(one.row.task, one)
        if len(one.prompt) > len(known.prompt):
            longest[one.row.task] = one
    for task, one in longest.items():
        length, room = len(prompt_ids(tokenizer, one.prompt)), context - wanted.completion_tokens(task)
        if length > room:
            raise BadInput(
                f"a prompt has {length} tokens and the model's context leaves {room}",
                f"row {one.row.id}",
                "Shorten the rows or lower grpo.max_completion_tokens (task_completion_tokens)",
            )


def sft_adapter(ready: Ready) -> Path | None:
    """The warm start where it is an adapter (of a pretrained model), else None: then it is the base itself."""
    return ready.workspace.models / "sft" if ready.config.model.path else None


def policy_model(ready: Ready) -> PeftModel:
    """The served base with the adapter that GRPO begins with: the warm start's, or a new one that changes nothing."""
    base = load_model(ready.served, ready.config.model.dtype)
    adapter = sft_adapter(ready)
    set_seed(ready.config.model.seed)
    if adapter is None:
        return cast(PeftModel, get_peft_model(base, lora_config(ready.config.grpo.lora)))
    return PeftModel.from_pretrained(base, str(adapter), is_trainable=True)


def _arguments(ready: Ready, wanted: GrpoConfig) -> GRPOConfig:
    rows = wanted.prompts * wanted.completions
    micro = min(wanted.micro_rows, rows // ready.settings.processes)
    if rows % (micro * ready.settings.processes):
        raise BadInput(
            f"{rows} completions a step are not whole micro-batches of {micro} on {ready.settings.processes} processes",
            "grpo.micro_rows",
            "Choose a divisor",
        )
    parts = rows // (micro * ready.settings.processes)
    return GRPOConfig(
        output_dir=str(ready.run_folder / "grpo"),
        max_steps=wanted.steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=parts,
        steps_per_generation=parts,
        num_generations=wanted.completions,
        max_completion_length=wanted.longest_completion(ready.trained),
        learning_rate=wanted.learning_rate,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=wanted.warmup_steps,
        beta=wanted.beta,
        temperature=wanted.temperature,
        # Every token weighs the same, so that rows which leave the batch leave no trace in its denominator.
        loss_type="dapo",
        scale_rewards="group",
        weight_decay=0.0,
        logging_steps=1,
        save_steps=wanted.checkpoint_steps,
        **trainer_options(ready),
    )


def _save_before_leaving(trainer: FleetTrainer, output: Path, services: Services) -> None:
    """Keep what was reached, unless this process may not write any more or has it already."""
    at = trainer.state.global_step
    if at == 0 or (output / f"checkpoint-{at}").is_dir():
        return
    try:
        services.check()
    except CapError:
        return
    trainer.save_now()


def _finish(ready: Ready, trainer: FleetTrainer, services: Services, recorder: Recorder) -> None:
    services.check()
    model = trainer.peft_model()
    policy = services.publisher.publish(model, trainer.state.global_step)
    target = ready.workspace.models / "grpo"
    shutil.rmtree(target, ignore_errors=True)
    if "ref" in model.peft_config:
        model.delete_adapter("ref")
    settings: dict[str, Any] = {"run": ready.job.run, "grpo": ready.config.grpo.model_dump(mode="json")}
    parents = {
        "sft": read_manifest(ready.workspace.models / "sft").digest,
        "policy": policy.digest,
        **{f"rows of {task}": _rows_digest(ready, task) for task in ready.tasks},
    }
    save_model(model, trainer.processing_class, target, settings, parents)
    recorder.event("grpo", "GRPO done", policy=policy.name, adapter_digest=adapter_digest(model))


def _rows_digest(ready: Ready, task: str) -> str:
    return read_manifest(ready.workspace.tasks / task).digest
