"""At the edges of a step: refuse a lost lease, stop on a signal, and write down what the step did."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from cap_rlvr.wire.runs import RolloutRecord, StepRecord, StepSeconds
from services.trainer.adapters import saved_digest
from services.trainer.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.trainer.fleet_trainer import FleetTrainer, Step

_SAMPLED_GROUPS = 2  # of each task and step go to rollouts.jsonl


class StopSignal:
    """SIGTERM and SIGINT as a flag that the trainer looks at after each step. A context manager."""

    def __init__(self) -> None:
        self.raised = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignal:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.raised:  # the second time, a person means now
            raise KeyboardInterrupt
        self.raised = True


class StopAndCheck(TrainerCallback):
    """After each step: no lease, no checkpoint; a signal: one checkpoint and the end."""

    def __init__(self, stop: StopSignal, check: Callable[[], None] = lambda: None) -> None:
        self._stop = stop
        self._check = check

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:  # noqa: ARG002
        self._check()
        if self._stop.raised:
            control.should_save = True
            control.should_training_stop = True
        return control


class StepLog(TrainerCallback):
    """Writes a StepRecord and some RolloutRecords for each step of ``trainer``, which is set once it exists."""

    def __init__(self, recorder: Recorder) -> None:
        self.trainer: FleetTrainer | None = None
        self._recorder = recorder
        self._ended = 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._ended = time.time()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        if self.trainer is None or self.trainer.step is None or "loss" not in (logs or {}):
            return
        step = self.trainer.step
        if not self.trainer.accelerator.is_main_process:
            return
        record = _record(step, state.global_step, logs, self._ended - step.started)
        replicas = len(self.trainer.services.fleet.replicas())
        self._recorder.step(record.model_copy(update={"replicas": replicas}))
        self._recorder.rollouts(_samples(step, state.global_step))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if not state.is_world_process_zero:
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        self._recorder.event(
            "checkpoint", f"saved {folder.name}", step=state.global_step, adapter_digest=saved_digest(folder)
        )


def _record(step: Step, number: int, logs: dict[str, Any], total: float) -> StepRecord:
    rollouts = step.rollouts
    waited = step.sync_seconds + rollouts.queue_seconds + rollouts.generation_seconds + step.reward_seconds
    scored = [
        (row["task"], result)
        for row, result in zip(step.inputs, step.results, strict=True)
        if result.reward is not None
    ]
    rewards = [float(result.reward or 0) for _, result in scored]
    mean = sum(rewards) / max(1, len(rewards))
    tasks = sorted({task for task, _ in scored})
    generating = max(1e-9, rollouts.had - rollouts.asked)
    return StepRecord(
        step=number,
        policy=step.policy.name,
        seconds=StepSeconds(
            queue=rollouts.queue_seconds,
            generation=rollouts.generation_seconds,
            reward=step.reward_seconds,
            sync=step.sync_seconds,
            optimiser=max(0.0, total - waited),
            total=total,
        ),
        loss=float(logs["loss"]),
        learning_rate=float(logs.get("learning_rate", 0.0)),
        gradient_norm=float(logs.get("grad_norm", 0.0)),
        reward_mean=mean,
        reward_std=(sum((value - mean) ** 2 for value in rewards) / max(1, len(rewards))) ** 0.5,
        reward_by_task={task: _mean(result.reward for name, result in scored if name == task) for task in tasks},
        strict_by_task={task: _mean(result.strict for name, result in scored if name == task) for task in tasks},
        rows=len(step.results),
        null_rows=step.null_rows,
        dropped_groups=step.dropped_groups,
        zero_variance_share=float(logs.get("frac_reward_zero_std") or 0.0),
        truncated_share=rollouts.truncated_share,
        completion_tokens_mean=rollouts.tokens / max(1, len(step.results)),
        generated_tokens_per_second=rollouts.tokens / generating,
        replicas=0,
        groups_by_worker=rollouts.by_worker,
        request_ids=tuple(group.request_id for group in rollouts.groups),
        logprob_gap=step.logprob_gap,
        entropy=float(logs.get("entropy") or 0.0),
        kl=logs.get("kl"),
    )


def _samples(step: Step, number: int) -> list[RolloutRecord]:
    size = len(step.rollouts.groups[0].completions)
    seen: dict[str, int] = {}
    records: list[RolloutRecord] = []
    for index, group in enumerate(step.rollouts.groups):
        task = step.inputs[index * size]["task"]
        seen[task] = seen.get(task, 0) + 1
        if seen[task] > _SAMPLED_GROUPS:
            continue
        for at in range(index * size, (index + 1) * size):
            row, result = step.inputs[at], step.results[at]
            records.append(
                RolloutRecord(
                    step=number,
                    policy=step.policy.name,
                    worker=group.worker,
                    row_id=row["example_id"],
                    task=task,
                    prompt=row["prompt"],
                    completion=step.completions[at],
                    reward=result.reward,
                    strict=result.strict,
                    reason=result.reason.text if result.reason else result.failure_reason or "",
                    parts=result.parts,
                    advantage=step.advantages[at],
                )
            )
    return records


def _mean(values: Any) -> float:
    numbers = [float(value or 0) for value in values]
    return sum(numbers) / max(1, len(numbers))
