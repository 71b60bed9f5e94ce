"""The jobs in this process, on a real task; the worker process is tried in tests/e2e/test_prep.py."""

import errno
from pathlib import Path
from typing import Any

import pytest
from toy_corpus import case, snapshot, write_volume

from cap_rlvr.clients.preparation import read_yields
from cap_rlvr.corpus import list_units
from cap_rlvr.wire.errors import Unavailable
from services.prep_worker import jobs


def dated(page: int) -> dict[str, Any]:
    return case(page, citations=[{"type": "official", "cite": f"52 Tex. Crim. {page}"}], volume="52")


def test_from_a_volume_to_supervised_sets(tmp_path: Path) -> None:
    volume = write_volume(tmp_path / "source", [dated(page) for page in range(1, 40)], "52")
    workspace = str(tmp_path / "workspace")
    units = [unit.model_dump(mode="json") for unit in list_units(volume)]
    found = [jobs.find_unit(unit, ["bluebook"], workspace) for unit in units]
    corpus = jobs.gather_corpus([unit["unit"] for unit in found], workspace)
    rows = jobs.assemble_task("bluebook", workspace, "7")
    sets = jobs.write_sft(["bluebook"], workspace, "separate")
    assert corpus["cases"] == 39
    assert sum(rows["rows"].values()) >= 30
    assert sets == {split: rows["rows"][split] for split in ("train", "eval")}
    counted = jobs.sft_statistics(["bluebook"], workspace)["bluebook"]["train"]
    assert counted["lines"] == sets["train"]
    lines = read_yields(Path(workspace), ["bluebook"])
    assert sum(line["cases"] for line in lines) == 39


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, record: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "candidates.jsonl")

    unit = list_units(write_volume(tmp_path / "source", [dated(1)], "52"))[0].model_dump(mode="json")
    monkeypatch.setattr("services.prep_worker.find.Lines.write", full)
    with pytest.raises(Unavailable, match=r"^candidates.jsonl: No space left on device. Free some disk space"):
        jobs.find_unit(unit, ["bluebook"], str(tmp_path / "workspace"))
    assert snapshot(tmp_path / "workspace") == {}
