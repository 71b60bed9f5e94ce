import json
import os
import threading
import time
from pathlib import Path

import pytest

from cap_rlvr.wire.errors import BadInput
from services.reward_api.audit import LOSING, AuditLog


def until(reached: object) -> None:
    assert callable(reached)
    end = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_lines_are_on_the_disk_when_it_is_closed(tmp_path: Path) -> None:
    log = AuditLog(str(tmp_path / "audit.jsonl"))
    log.add({"key": "before it was started"})
    log.start()
    threads = [threading.Thread(target=lambda: [log.add({"n": n}) for n in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert len(lines) == 2000
    assert log.lost == 0
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_nothing_is_kept_without_a_target() -> None:
    log = AuditLog("")
    log.start()
    log.add({"n": 1})
    log.close()
    assert log.degraded == ""


@pytest.mark.parametrize("name", ["missing/audit.jsonl", "."])
def test_a_file_that_can_not_be_had(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="REWARD_AUDIT_LOG"):
        AuditLog(str(tmp_path / name))


def test_a_file_that_can_not_be_written_any_more_is_told_and_lines_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    log = AuditLog(str(file))
    log.start()
    file.unlink()
    file.mkdir()
    log.add({"n": 1})
    until(lambda: log.degraded == LOSING)
    assert log.lost == 1
    file.rmdir()
    log.add({"n": 2})
    until(lambda: log.degraded == "")
    log.close()
    assert json.loads(file.read_text())["n"] == 2


def test_a_reader_that_has_stopped_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.reward_api.audit._CLOSE_S", 0.1)
    monkeypatch.setattr("services.reward_api.audit._WAITING", 50)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    log = AuditLog(str(tmp_path / "pipe"))
    log.start()
    began = time.monotonic()
    for number in range(2000):
        log.add({"n": number, "long": "x" * 1000})
    assert time.monotonic() - began < 5

    def loses_one_more() -> bool:  # the thread may have taken many lines in one go before the pipe was full
        log.add({"n": 0})
        return log.degraded == LOSING

    until(loses_one_more)
    assert log.lost > 0
    log.close()
    os.close(reader)  # the writer's thread gets its error and ends
