import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
# Scoring processes are started anew and must find the toy registry too.
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])


def write_rows(workspace: Path, words: dict[str, list[str]], task: str = "toy") -> None:
    """Rows `train-0` … by split, whose truth is the word, with their manifest."""
    from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest

    folder = workspace / "tasks" / task
    folder.mkdir(parents=True, exist_ok=True)
    for split, values in words.items():
        lines = [
            {
                "id": f"{split}-{number}",
                "case_id": "c",
                "task": task,
                "split": split,
                "inputs": f"say {number}",
                "source_kind": "synthetic",
                "word": word,
            }
            for number, word in enumerate(values)
        ]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    files = digest_files(folder, [f"{split}.jsonl" for split in words])
    write_manifest(folder, Manifest(kind="rows", version="1", files=files))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workspace")
    write_rows(root, {"train": ["yes", "no", "maybe"], "eval": ["yes"], "test": ["hidden"]})
    return root


@pytest.fixture(scope="module")
def client(workspace: Path) -> Iterator[TestClient]:
    from services.reward_api.app import create_app
    from services.reward_api.settings import Settings

    app = create_app(Settings(workspace=workspace, workers=2), registry="toy_registry")
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def item(completion: str, word: str = "yes", **more: Any) -> dict[str, Any]:
    return {"task": "toy", "completion": completion, "ground_truth": {"word": word}, **more}
