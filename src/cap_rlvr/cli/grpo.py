"""`cap-rlvr grpo`: GRPO against a fleet and a reward service that are up."""

from __future__ import annotations

from pathlib import Path

import typer

from cap_rlvr.cli import trainer_program as program

app = typer.Typer(add_completion=False)


@app.command()
def grpo(  # noqa: PLR0913, PLR0917  (a command line's options)
    redis_url: program.RedisUrl,
    reward_url: program.RewardUrl,
    run: program.Run = "default",
    workspace: program.Folder = Path("workspace"),
    config: program.Config = program.CONFIG,
    task: program.Tasks = "all",
    model: program.Model = "",
    resume: program.Resume = True,
) -> None:
    """Train the warm-started model by GRPO, into models/grpo. Ctrl-C saves a checkpoint; the same call goes on.

    Replicas of models/sft (or of the pretrained model) and the reward service must be up: see rollouts and serve.

    Example: cap-rlvr grpo --task bluebook --redis-url redis://127.0.0.1:6379/0 --reward-url http://127.0.0.1:8100
    """
    flags = program.flags_of(run, workspace, config, task, model)
    addresses = {"REDIS_URL": redis_url, "REWARD_URL": reward_url}
    program.become("grpo", flags | {"resume": "" if resume else "no"}, addresses)
