"""From the options of `cap-rlvr run` to a finished report."""

from __future__ import annotations

import shutil
from pathlib import Path

from rich.console import Console

from cap_rlvr.cli.loop.checks import check_model, check_room, check_tasks, check_writable
from cap_rlvr.cli.loop.hub import local_model
from cap_rlvr.cli.loop.phases import LAST, Loop
from cap_rlvr.cli.loop.runbook import Runbook, machine
from cap_rlvr.cli.loop.screen import Screen
from cap_rlvr.cli.loop.services import Services, running
from cap_rlvr.cli.loop.source import choose, given_source
from cap_rlvr.wire.frozen import digest
from cap_rlvr.wire.jobs import TrainJob, read_config
from cap_rlvr.wire.runs import RunRecord
from cap_rlvr.wire.workspace import Workspace


def begin(  # noqa: PLR0913, PLR0917  (the options of the command, already checked for type)
    console: Console,
    source: Path | None,
    folder: Path,
    model: str,
    tasks: tuple[str, ...],
    replicas: int,
    config: Path,
    fresh: bool,
) -> Path:
    """Check everything, then run every phase that is not done; returns the report's path."""
    settings = read_config(config)
    names = check_tasks(tasks, settings, config)
    model = check_model(settings, model)
    real = given_source(source) if source else None
    check_writable(folder)
    workspace = Workspace(folder.resolve())
    room = check_room(workspace.root, replicas)
    model = local_model(model, workspace.models, console.print)
    run_id = f"run-{digest([str(source), model, names, settings.model_dump(mode='json')])[:8]}"
    if fresh:
        shutil.rmtree(workspace.run(run_id), ignore_errors=True)
    job = TrainJob(run=run_id, workspace=str(workspace.root), config=str(config.resolve()), tasks=names, model=model)
    record = RunRecord(
        id=run_id,
        source=str(source or "default"),
        source_kinds=(),
        model=model or "small Qwen3 made here",
        tasks=names,
        seed=settings.model.seed,
        config=settings.model_dump(mode="json"),
        machine=machine(),
    )
    console.print(f"Run {run_id}: {', '.join(names)} from {record.source}; {room}.")
    with Screen(console) as screen:
        book = Runbook(workspace.run(run_id), record, screen.event)
        if book.is_done(LAST):
            screen.say(
                "This run is finished: looking whether its source or code has changed since. --fresh (make run FRESH=1) does it again."
            )
        elif not model:
            trained = settings.trained(names)
            minutes = _minutes(len(trained), settings.sft.steps_for(trained), settings.grpo.steps)
            screen.say(f"About {minutes} minutes from the beginning, on two cores without a GPU.")
        with running(workspace, book) as services:
            _phases(Loop(services, book, screen, settings, job), real, replicas)
    from cap_rlvr.report.page import write_report

    return write_report(book.folder)


def _phases(loop: Loop, real: Path | None, replicas: int) -> None:
    workers = machine()["cores"]
    loop.services.start_prep(workers)
    source = choose(real, loop.workspace, loop.services.prep, loop.screen, loop.services.children.check)
    loop.book.note(source=source.name)
    loop.prepare(source)
    loop.services.stop_prep(workers)
    if loop.is_done:
        return
    loop.warm_start()
    _fleet(loop.services, loop, replicas)
    loop.evaluate("before_sft")
    loop.evaluate("after_sft")
    loop.train()
    loop.evaluate("after_grpo")


def _fleet(services: Services, loop: Loop, replicas: int) -> None:
    # GRPO continues a pretrained model's warm start, which is an adapter of its own rank.
    adapter = loop.config.sft.lora if loop.job.model else loop.config.grpo.lora
    services.start_fleet(loop.served_model(), adapter.rank, replicas)
    with loop.book.phase("fleet"):
        loop.screen.begin("vLLM starts")
        services.await_fleet()
        loop.screen.end()


def _minutes(tasks: int, sft_steps: int, grpo_steps: int) -> int:
    """A rough forecast from this project's own runs of two and of five tasks: seconds a step, and what else there is."""
    return round((60 + 130 * tasks + (0.3 + 0.3 * tasks) * sft_steps + (1 + 3.2 * tasks) * grpo_steps) / 60)
