"""What every entry point does before anything heavy is imported: read flags, settings, config; refuse what can't work."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cap_rlvr.wire.errors import BadInput, CapError
from cap_rlvr.wire.files import free_bytes
from cap_rlvr.wire.jobs import RunConfig, TrainJob, read_config
from cap_rlvr.wire.workspace import Workspace
from services.trainer.dataset import tasks_of
from services.trainer.settings import Settings, read_settings

# Weights, Adam's two moments and a copy while saving, for each of two checkpoints; the small model needs far less.
_DISK_PER_MODEL_BYTE = 0.2
_DISK_FLOOR = 500 * 2**20


@dataclass(frozen=True)
class Ready:
    """A job whose settings, files and disk have been found good."""

    job: TrainJob
    config: RunConfig
    settings: Settings
    workspace: Workspace
    tasks: tuple[str, ...]

    @property
    def run_folder(self) -> Path:
        return self.workspace.run(self.job.run)

    @property
    def trained(self) -> tuple[str, ...]:
        """The tasks whose rows train; the others are evaluated only. Raises BadInput where there are none."""
        trained = self.config.trained(self.tasks)
        if not trained:
            raise BadInput("no task would be trained", f"{self.job.config}: rows.kinds", "Name kinds of rows for one")
        return trained

    @property
    def served(self) -> Path:
        """The model folder that the fleet serves, and that adapters belong to."""
        return self.config.model.served(self.workspace)

    @property
    def policy_store(self) -> str:
        return self.settings.policy_store or str(self.workspace.policies)


def prepare(job: TrainJob, *needed: str) -> Ready:
    """Check a job. Raises BadInput in one sentence; ``needed`` names the settings that it can't do without."""
    settings = read_settings()
    settings.need(*needed)
    config = read_config(Path(job.config))
    if job.model:
        config = config.model_copy(update={"model": config.model.model_copy(update={"path": job.model})})
    workspace = Workspace(Path(job.workspace))
    check_model(config.model.path)
    tasks = tasks_of(workspace, job.tasks)
    check_disk(workspace.root, config.model.path)
    return Ready(job, config, settings, workspace, tasks)


def check_model(path: str) -> None:
    """Refuse a model folder that isn't there or is no causal language model that we can train and serve."""
    if not path:
        return
    folder = Path(path)
    if not folder.is_dir():
        raise BadInput(
            "no such model folder", path, "Give a local folder (huggingface-cli download NAME --local-dir FOLDER)"
        )
    for name in ("config.json", "tokenizer_config.json"):
        if not (folder / name).is_file():
            raise BadInput(f"the model folder has no {name}", path, "Give a complete Hugging Face model folder")
    if not any(folder.glob("*.safetensors")):
        raise BadInput("the model folder has no safetensors weights", path, "Convert them to safetensors")


def check_disk(root: Path, model: str) -> None:
    """Refuse to begin where checkpoints would fill the disk."""
    weights = sum(path.stat().st_size for path in Path(model).glob("*.safetensors")) if model else 0
    wanted = _DISK_FLOOR + int(weights * _DISK_PER_MODEL_BYTE)
    free = free_bytes(root)
    if free < wanted:
        raise BadInput(
            f"{free / 2**30:.1f} GiB are free and {wanted / 2**30:.1f} are needed", str(root), "Make room on the disk"
        )


def read_job(program: str, arguments: Sequence[str] | None = None) -> TrainJob:
    """The flags of `sft` and `grpo`."""
    parser = flags(program)
    return job_of(parser.parse_args(arguments))


def flags(program: str) -> argparse.ArgumentParser:
    """The flags that every entry point has."""
    parser = argparse.ArgumentParser(program)
    parser.add_argument("--run", required=True, help="id of the run: its folder under runs/")
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--config", required=True, help="one of configs/*.toml")
    parser.add_argument("--task", default="", help="names with commas between them; default: all prepared tasks")
    parser.add_argument("--model", default="", help="a local Qwen3 folder, in place of the config's")
    parser.add_argument("--resume", choices=("yes", "no"), default="yes", help="no begins again")
    return parser


def job_of(flags: argparse.Namespace) -> TrainJob:
    """The job that the flags describe."""
    return TrainJob(
        run=flags.run,
        workspace=flags.workspace,
        config=flags.config,
        tasks=tuple(name for name in flags.task.split(",") if name),
        model=flags.model,
        resume=flags.resume == "yes",
    )


def guarded(main: Callable[[], None]) -> None:
    """Run an entry point; an error of ours is one sentence on stderr and exit code 2 (bad input) or 1."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        main()
    except CapError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(2 if isinstance(error, BadInput) else 1)
