"""The RQ jobs of the queue `train`: thin supervisors that run the trainer as a child of their own.

The child owns the models and the lease; the job only waits for it, passes a stop on, and reports how it ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from cap_rlvr.clients.children import dies_with_parent
from cap_rlvr.clients.jobs import report_progress
from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.jobs import TrainJob
from cap_rlvr.wire.workspace import Workspace
from services.trainer.settings import read_settings

_GRACE_S = 120.0  # for a checkpoint of a large model
_LOOK_S = 1.0


def sft(job: dict[str, Any]) -> dict[str, Any]:
    """Warm-start the model of a job (fields of TrainJob)."""
    return _supervise("services.trainer.sft", TrainJob.model_validate(job))


def grpo(job: dict[str, Any]) -> dict[str, Any]:
    """Train the warm-started model of a job by GRPO."""
    return _supervise("services.trainer.grpo", TrainJob.model_validate(job))


def evaluate(job: dict[str, Any], stage: str) -> dict[str, Any]:
    """Evaluate one stage of a job's model on held-out rows."""
    return _supervise("services.trainer.evaluate", TrainJob.model_validate(job), "--stage", stage)


def command(module: str, job: TrainJob, processes: int) -> list[str]:
    """How the trainer is started: one process plainly, several by accelerate."""
    flags = ["--run", job.run, "--workspace", job.workspace, "--config", job.config]
    flags += ["--task", ",".join(job.tasks)] if job.tasks else []
    flags += ["--model", job.model] if job.model else []
    flags += [] if job.resume else ["--resume", "no"]
    if processes == 1:  # what accelerate would do for one process is nothing but seconds of imports
        return [sys.executable, "-m", module, *flags]
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", str(processes)]
    return [*launch, "-m", module, *flags]


def _supervise(module: str, job: TrainJob, *more: str) -> dict[str, Any]:
    """Run the trainer and wait for it.

    Raises BadInput or Unavailable with the child's last words. A stop of the worker becomes SIGTERM to the child's
    whole group, which then has time to save a checkpoint.
    """
    folder = Workspace(Path(job.workspace)).run(job.run)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{module.rpartition('.')[2]}.log"
    with log.open("ab") as output:
        began = output.tell()
        child = subprocess.Popen(
            [*command(module, job, read_settings().processes), *more],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  (it only makes two system calls)
        )
        try:
            code = _wait(child, log)
        except BaseException:  # also Redis going away while the job tells how far it is
            _end(child)
            raise
    if code:
        words = _last_words(log, began)
        raise (BadInput if code == 2 else Unavailable)(words, str(log))
    return {"run": job.run, "log": str(log)}


def _wait(child: subprocess.Popen[bytes], log: Path) -> int:
    while True:
        try:
            return child.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            report_progress(log=str(log), says=_last_words(log, 0))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop the child's whole group, gently first."""
    for number, patience in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(child.pid, number)
            child.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _last_words(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 2000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:500] if lines else ""
