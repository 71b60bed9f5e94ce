"""What a run writes down: steps, sampled rollouts, evaluations and events, one JSON line each, appended as they happen.

TensorBoard and W&B get the same numbers through Transformers' own loggers (`report_to`).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel

from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.runs import EvalRecord, EventRecord, RolloutRecord, SftRecord, Stage, StepRecord

_SAY_AGAIN_S = 30.0

_log: Any = structlog.get_logger("trainer")


class Recorder:
    """Appends to the files of `runs/<id>/`. Every line is written whole, so a killed run leaves at most one torn end,
    which the next line takes the place of.

    With ``writes`` False (all but the first of several processes) nothing is written or shown.
    """

    def __init__(self, folder: Path, writes: bool = True) -> None:
        self.folder = folder
        self.writes = writes
        self._waiting = ("", 0.0)
        folder.mkdir(parents=True, exist_ok=True)

    def step(self, record: StepRecord) -> None:
        self._append("steps.jsonl", [record])

    def sft(self, record: SftRecord) -> None:
        self._append("sft.jsonl", [record])

    def rollouts(self, records: list[RolloutRecord]) -> None:
        self._append("rollouts.jsonl", records)

    def event(self, kind: str, text: str, **details: Any) -> None:
        """Write an event down and show it; a wait that goes on for the same reason is told twice a minute."""
        now = time.time()
        if kind == "waiting" and text == self._waiting[0] and now - self._waiting[1] < _SAY_AGAIN_S:
            return
        if kind == "waiting":
            self._waiting = (text, now)
        self._append("events.jsonl", [EventRecord(at=now, kind=kind, text=text, details=details)])
        if self.writes:
            _log.info(text, kind=kind, **details)

    def evaluation(self, stage: Stage, records: list[EvalRecord]) -> Path:
        """Write one stage's evaluation, whole: a repeated one replaces the last."""
        path = self.folder / "eval" / f"{stage}.jsonl"
        write_whole(path, "".join(record.model_dump_json() + "\n" for record in records))
        return path

    def supersede_steps(self, after: int) -> int:
        """Mark the steps after a checkpoint, which a crash made void, as superseded; returns how many.

        In what is left each group counts once. Rollouts of those steps are marked by their step alone.
        """
        path = self.folder / "steps.jsonl"
        if not (self.writes and path.exists()):
            return 0
        records = [StepRecord.model_validate_json(line) for line in _whole_lines(path)]
        void = [record for record in records if record.step > after and not record.superseded]
        if void:
            marked = [
                record.model_copy(update={"superseded": True}) if record.step > after else record for record in records
            ]
            write_whole(path, "".join(record.model_dump_json() + "\n" for record in marked))
        return len(void)

    def _append(self, name: str, records: list[Any]) -> None:
        if not self.writes:
            return
        lines = "".join(_line(record) for record in records)
        path = self.folder / name
        with path.open("ab+") as file:
            if file.tell() and not _ends_line(path):
                file.truncate(path.read_bytes().rfind(b"\n") + 1)  # the torn end of a killed run
            file.write(lines.encode())


def _line(record: BaseModel) -> str:
    return record.model_dump_json() + "\n"


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _whole_lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("{") and line.endswith("}")]
