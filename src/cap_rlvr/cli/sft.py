"""`cap-rlvr sft`: the supervised warm start."""

from __future__ import annotations

from pathlib import Path

import typer

from cap_rlvr.cli import trainer_program as program

app = typer.Typer(add_completion=False)


@app.command()
def sft(
    run: program.Run = "default",
    workspace: program.Folder = Path("workspace"),
    config: program.Config = program.CONFIG,
    task: program.Tasks = "all",
    model: program.Model = "",
    resume: program.Resume = True,
) -> None:
    """Warm-start a model on the unified supervised set, into models/sft.

    Without a model, a small Qwen3 is made from nothing and trained in full; a pretrained one gets a LoRA adapter.

    Example: cap-rlvr sft --task bluebook --workspace workspace
    """
    flags = program.flags_of(run, workspace, config, task, model)
    program.become("sft", flags | {"resume": "" if resume else "no"}, {})
