"""`cap-rlvr eval`: a stage's policy on held-out rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cap_rlvr.cli import trainer_program as program

app = typer.Typer(add_completion=False)


@app.command(name="eval")
def evaluate(  # noqa: PLR0913, PLR0917  (a command line's options)
    stage: Annotated[str, typer.Option(help="before_sft, after_sft or after_grpo.")],
    redis_url: program.RedisUrl,
    reward_url: program.RewardUrl,
    run: program.Run = "default",
    workspace: program.Folder = Path("workspace"),
    config: program.Config = program.CONFIG,
    task: program.Tasks = "all",
    model: program.Model = "",
) -> None:
    """Answer the held-out rows greedily through the fleet, score them, and write runs/<run>/eval/<stage>.jsonl.

    Example: cap-rlvr eval --stage after_grpo --redis-url redis://127.0.0.1:6379/0 --reward-url http://127.0.0.1:8100
    """
    flags = program.flags_of(run, workspace, config, task, model)
    program.become("evaluate", flags | {"stage": stage}, {"REDIS_URL": redis_url, "REWARD_URL": reward_url})
