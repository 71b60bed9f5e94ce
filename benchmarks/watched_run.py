"""A real `cap-rlvr run` with small groups, beside the workspace that `make run` made, watched while things happen to it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from psutil import Process

ROOT = Path(__file__).parents[1]
STEP_S = 420.0  # longest wait for a step: a replica that starts again on a busy machine
T = TypeVar("T")


class WatchedRun:
    """The run's process and the folder that it writes to."""

    def __init__(self, process: subprocess.Popen[bytes], workspace: Path) -> None:
        self.process = process
        self.workspace = workspace
        self.folder = self.wait(lambda: next(iter(workspace.glob("runs/*")), None), 120)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps written so far, those done twice included."""
        path = self.folder / "steps.jsonl"
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    @property
    def last_step(self) -> int:
        return max((record["step"] for record in self.steps), default=0)

    @property
    def services(self) -> dict[str, str]:
        """Where the run's broker, reward service and fleet are."""
        return json.loads((self.folder / "services.json").read_bytes())

    def wait(self, ready: Callable[[], T | None], seconds: float) -> T:
        """What ``ready`` gives as soon as it gives something; ends the program where that takes too long."""
        end = time.monotonic() + seconds
        while not (found := ready()):
            if self.process.poll() is not None:
                sys.exit(f"the run ended with code {self.process.returncode}")
            if time.monotonic() > end:
                sys.exit(f"nothing happened for {seconds:.0f} s")
            time.sleep(0.1)
        return found

    def wait_for_step(self, step: int, seconds: float = STEP_S) -> None:
        self.wait(lambda: self.last_step >= step, seconds)

    def interrupt(self) -> list[str]:
        """Ctrl-C; returns the command lines of processes that it left behind."""
        family = Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(120)
        return [" ".join(child.cmdline()) for child in family if child.is_running()]


@contextmanager
def watched_run(workspace: Path, source: Path, settings: dict[str, dict[str, int]]) -> Generator[WatchedRun]:
    """Run the loop with `configs/small.toml` changed by ``settings`` (section -> name -> value).

    It starts from the rows and the warm start of ``workspace``, and writes to a folder of its own inside. Ctrl-C and
    SIGTERM end the run too, even where a shell has started this program in the background.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    scratch = workspace / "watched"
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "models").mkdir(parents=True)
    for name in ("raw", "cases", "tasks", "sft", "models/base", "models/sft"):
        if not (workspace / name).is_dir():
            sys.exit(f"{workspace / name} is not there: type make run first")
        (scratch / name).symlink_to((workspace / name).resolve())
    config = scratch / "small.toml"
    config.write_text(changed((ROOT / "configs" / "small.toml").read_text(), settings))
    tasks = sorted(manifest.parent.name for manifest in (workspace / "tasks").glob("*/MANIFEST.json"))
    command = [sys.executable, "-m", "cap_rlvr.cli", "run", "--tasks", ",".join(tasks), "--config", str(config)]
    process = subprocess.Popen([*command, "--workspace", str(scratch), "--source", str(source)])
    try:
        yield WatchedRun(process, scratch)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(120)


def changed(text: str, settings: dict[str, dict[str, int]]) -> str:
    """The TOML with other values."""
    section, lines = "", []
    for line in text.splitlines():
        section = line.strip("[] ") if line.startswith("[") else section
        name = line.split("=")[0].strip()
        if name in settings.get(section, {}):
            line = f"{name} = {settings[section][name]}"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def write_result(name: str, result: dict[str, Any]) -> None:
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
