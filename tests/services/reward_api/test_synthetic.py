import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from toy_registry import TOY
from toys import ROOT

from cap_rlvr import registry
from cap_rlvr.wire.manifest import digest_files, read_manifest
from cap_rlvr.wire.rows import SPLITS, Row
from services.reward_api.examples import RowIndex
from services.reward_api.row_files import read_row
from services.reward_api.synthetic import _write_rows, build


@pytest.mark.slow
def test_rows_of_every_task_with_manifests(tmp_path: Path) -> None:
    build(tmp_path, 100)  # fewer give retrieval too few cases to choose from
    for name in registry.names():
        folder = tmp_path / "tasks" / name
        manifest = read_manifest(folder)
        assert manifest.files == digest_files(folder, [f"{split}.jsonl" for split in SPLITS])
        assert sum(manifest.counts.values()) == sum(
            len((folder / f"{split}.jsonl").read_bytes().splitlines()) for split in SPLITS
        )
        assert manifest.counts["train"]


def test_of_two_rows_with_one_id_the_first_is_served(tmp_path: Path) -> None:
    common = {"task": "toy", "inputs": "say it", "source_kind": "synthetic", "truth": {"word": "yes"}}
    rows = [Row.model_validate({"id": "a", "case_id": case, **common}) for case in ("c/1/1", "c/1/2")]
    _write_rows(replace(TOY, assemble=lambda _blocks, _seed: iter(rows)), [], tmp_path)
    index = RowIndex(tmp_path)
    assert sum(index.counts.values()) == 1
    place = index.find("a")
    assert place
    assert read_row(place).case_id == "c/1/1"


@pytest.mark.slow
def test_the_printed_curl_line_scores_one_and_nothing_is_left_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "REWARD_SYNTHETIC": "10", "REWARD_PORT": "0", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "services.reward_api"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines: list[str] = []
        while not lines or not lines[-1].startswith("curl "):
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        url = re.search(r"http://[0-9.:]+", lines[-1])
        assert url
        answered = subprocess.run(lines[-1], shell=True, capture_output=True, text=True, check=True).stdout
        assert '"reward":1.0' in answered
        assert httpx.get(f"{url.group()}/readyz").json()["ready"]
        process.terminate()
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []
