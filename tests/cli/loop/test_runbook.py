"""A run's record says which phases are done, so that the next call goes on after them."""

from pathlib import Path

import pytest

from cap_rlvr.cli.loop.runbook import Runbook, machine
from cap_rlvr.wire.runs import EventRecord, RunRecord

RECORD = RunRecord(
    id="r", source="s", source_kinds=(), model="m", tasks=("bluebook",), seed=0, config={}, machine=machine()
)


def test_second_call_knows_what_is_done(tmp_path: Path) -> None:
    seen: list[EventRecord] = []
    book = Runbook(tmp_path / "r", RECORD, seen.append)
    with book.phase("prep"):
        assert not book.is_done("prep")
    book.descend(rows="ab")
    again = Runbook(tmp_path / "r", RECORD, seen.append)
    assert again.is_done("prep")
    assert again.record.lineage == {"rows": "ab"}
    assert [event.text.split(" in ")[0] for event in seen] == ["prep begins", "prep done"]
    assert len((tmp_path / "r" / "events.jsonl").read_text().splitlines()) == 2


def test_seconds_of_a_phase_add_up_over_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 60.0, 100.0, 102.0))
    monkeypatch.setattr("cap_rlvr.cli.loop.runbook.time.monotonic", lambda: next(clock))
    for _ in range(2):
        book = Runbook(tmp_path / "r", RECORD, lambda _: None)
        with book.phase("prep"):
            pass
    assert [(phase.name, phase.seconds) for phase in book.record.phases] == [("prep", 62.0)]


def test_phase_that_fails_is_begun_again(tmp_path: Path) -> None:
    book = Runbook(tmp_path / "r", RECORD, lambda _: None)
    with pytest.raises(ZeroDivisionError), book.phase("prep"):
        _ = 1 / 0
    assert not Runbook(tmp_path / "r", RECORD, lambda _: None).is_done("prep")
