"""What `sft`, `grpo` and `eval` share: options, and how the trainer is started in this process's place."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cap_rlvr.wire.errors import BadInput

CONFIGS = Path(__file__).parents[3] / "configs"  # of the checkout: they are no part of the installed library
CONFIG = CONFIGS / "small.toml"

Run = Annotated[str, typer.Option(help="The run's id: its folder under runs/. The same id goes on where it stopped.")]
Folder = Annotated[Path, typer.Option("--workspace", help="The folder that holds everything made.")]
Config = Annotated[
    Path, typer.Option(help="The run's settings, one of configs/*.toml.", show_default="configs/small.toml")
]
Tasks = Annotated[str, typer.Option("--task", help="Names with commas between them, or all.")]
Model = Annotated[str, typer.Option("--model", help="A local Qwen3 folder in place of the config's.")]
Resume = Annotated[bool, typer.Option(help="Go on from the last checkpoint, where there is one.")]
RedisUrl = Annotated[str, typer.Option(envvar=["TRAINER_REDIS_URL", "REDIS_URL"], help="The fleet's broker.")]
RewardUrl = Annotated[str, typer.Option(envvar=["TRAINER_REWARD_URL", "REWARD_URL"], help="The reward service.")]


def become(program: str, flags: dict[str, str], settings: dict[str, str]) -> None:
    """Replace this process by `python -m services.trainer.<program>`, so that signals reach the trainer itself.

    ``flags`` and ``settings`` that are empty are left out. Raises BadInput where the trainer is not installed, or
    TRAINER_PROCESSES is no number of processes.
    """
    if importlib.util.find_spec("trl") is None:
        raise BadInput("the trainer is not installed", f"cap-rlvr {program}", "Type: make setup")
    os.environ.update({f"TRAINER_{name}": value for name, value in settings.items() if value})
    processes = _processes()
    accelerate = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", str(processes), "-m"]
    launch = [] if processes == 1 else accelerate
    words = [word for name, value in flags.items() if value for word in (f"--{name}", value)]
    command = [sys.executable, "-m", *launch, f"services.trainer.{program}", *words]
    os.execv(sys.executable, command)  # noqa: S606  (no shell is wanted)


def _processes() -> int:
    given = os.environ.get("TRAINER_PROCESSES", "1")
    if not given.isdecimal() or int(given) < 1:
        raise BadInput(f"{given!r} is no number of processes", "TRAINER_PROCESSES", "Give 1, or the number of GPUs")
    return int(given)


def flags_of(run: str, workspace: Path, config: Path, tasks: str, model: str) -> dict[str, str]:
    """The flags that every program of the trainer takes."""
    names = "" if tasks == "all" else tasks
    return {
        "run": run,
        "workspace": str(workspace),
        "config": str(config),
        "task": names,
        "model": model,
    }
