"""What the tests of the reward service and of its client share."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def write_rows(workspace: Path, words: dict[str, list[str]], task: str = "toy") -> None:
    """Rows `train-0` … by split, whose truth is the word, with their manifest."""
    folder = workspace / "tasks" / task
    folder.mkdir(parents=True, exist_ok=True)
    for split, values in words.items():
        common = {"case_id": "c", "task": task, "split": split, "source_kind": "synthetic"}
        lines = [
            {"id": f"{split}-{number}", **common, "inputs": f"say {number}", "word": word}
            for number, word in enumerate(values)
        ]
        partial = folder / f".{split}"
        partial.write_text("".join(json.dumps(line) + "\n" for line in lines))
        partial.replace(folder / f"{split}.jsonl")
    files = digest_files(folder, [f"{split}.jsonl" for split in words])
    write_manifest(folder, Manifest(kind="rows", version="1", files=files))


def held(words: list[str], split: Any = "test", task: str = "toy") -> list[str]:
    """The ids under which a service shows the rows of a closed split with these words, in the order of the rows."""
    from services.reward_api.examples import RowIndex

    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder), {split: words}, task)
        page = RowIndex(Path(folder) / "tasks" / task, [split]).page(split, len(words), None)
    return [row.id for row in sorted(page.rows, key=lambda row: int(row.inputs.split()[1]))]


def item(completion: Any, word: str = "yes", **more: Any) -> dict[str, Any]:
    """An item of the toy task with its truth inline."""
    return {"task": "toy", "completion": completion, "ground_truth": {"word": word}, **more}


@dataclass
class Service:
    """A running service."""

    url: str
    process: "subprocess.Popen[str]"
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@contextmanager
def serving(
    folder: Path,
    cpu: float = 1.0,
    wall: float = 4.5,
    deadline: float = 25.0,
    max_pending: int = 8192,
    **environment: str,
) -> Iterator[Service]:
    """The toy service as a process of its own; its rows lie in the folder, its log too."""
    log = folder / "service.log"
    command = [sys.executable, str(HERE / "toy_server.py"), str(cpu), str(wall), str(deadline), str(max_pending)]
    paths = os.pathsep.join([str(HERE), str(ROOT / "src"), str(ROOT)])
    settings = {
        "PYTHONPATH": paths,
        "REWARD_WORKSPACE": str(folder),
        "REWARD_PORT": "0",
        "REWARD_WORKERS": "2",
        **environment,
    }
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert process.stdout
    try:
        greeting = process.stdout.readline()
        found = re.search(r"http://[0-9.]+:\d+", greeting)
        assert found, greeting + log.read_text()
        yield Service(found.group(), process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()
