"""What a second call of a run takes from the first, and what it does again."""

from pathlib import Path
from typing import Any, cast

import pytest

from cap_rlvr.cli.loop import phases
from cap_rlvr.cli.loop.phases import Loop
from cap_rlvr.cli.loop.runbook import Runbook
from cap_rlvr.cli.loop.source import Source
from cap_rlvr.clients.preparation import Prepared
from cap_rlvr.wire.jobs import GrpoConfig, RunConfig, SftConfig, TrainJob
from cap_rlvr.wire.runs import PhaseRecord, RunRecord


def loop_of(folder: Path, monkeypatch: pytest.MonkeyPatch, rows: str) -> Loop:
    """A loop that has gone through everything, with rows of the digest ``rows`` prepared by the next call."""
    made = Prepared(corpus={"digest": "c"}, tasks={"bluebook": {"digest": rows}})
    monkeypatch.setattr(phases, "check", lambda _: [])
    monkeypatch.setattr(phases, "prepare", lambda *_: made)
    monkeypatch.setattr(phases, "read_yields", lambda *_: [])
    done = tuple(PhaseRecord(name=name, seconds=1.0) for name in ("prep", "warm start", "evaluate after grpo"))
    lineage = {"rows of bluebook": "b", "sft": "none"}
    record = RunRecord(
        id="r",
        source="s",
        source_kinds=(),
        model="m",
        tasks=("bluebook",),
        seed=0,
        config={},
        machine={},
        phases=done,
        lineage=lineage,
    )
    book = Runbook(folder / "runs" / "r", record, lambda _: None)
    config = RunConfig(sft=SftConfig(steps=1), grpo=GrpoConfig(steps=1))
    job = TrainJob(run="r", workspace=str(folder), config="c", tasks=("bluebook",))
    services: Any = type("Services", (), {"prep": None})()
    return Loop(services, book, cast(Any, None), config, job)


def test_finished_run_stays_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = loop_of(tmp_path, monkeypatch, "b")
    loop.prepare(Source("s", (tmp_path,)))
    assert loop.is_done


def test_other_rows_begin_the_run_again_after_prep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = loop_of(tmp_path, monkeypatch, "other")
    loop.prepare(Source("s", (tmp_path,)))
    assert [phase.name for phase in loop.book.record.phases] == ["prep"]
    assert loop.book.record.lineage == {"corpus": "c", "rows of bluebook": "other"}


def test_another_runs_warm_start_begins_the_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = loop_of(tmp_path, monkeypatch, "b")
    monkeypatch.setattr(phases, "_digest", lambda _: "another run's")
    loop.prepare(Source("s", (tmp_path,)))
    assert not loop.is_done


def test_pretrained_model_is_served_from_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = loop_of(tmp_path, monkeypatch, "b")
    assert loop.served_model() == tmp_path / "models" / "sft"
    loop.job = loop.job.model_copy(update={"model": "/models/qwen"})
    assert loop.served_model() == Path("/models/qwen")
