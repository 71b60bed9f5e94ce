"""The run's own files that the loop writes: `run.json` (settings, phases done, lineage) and `events.jsonl`."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cap_rlvr.report.records import read_run
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.runs import EventRecord, PhaseRecord, RunRecord


class Runbook:
    """Keeps a run's record on disk, so that a second call goes on where the first stopped."""

    def __init__(self, folder: Path, record: RunRecord, on_event: Callable[[EventRecord], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._on_event = on_event
        self._lock = threading.Lock()
        path = folder / "run.json"
        self.record = read_run(folder) if path.exists() else record
        self._save()

    def is_done(self, phase: str) -> bool:
        """Whether the phase ended well in this call or an earlier one."""
        return any(done.name == phase for done in self.record.phases)

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        """Time a phase and note that it is done; a phase that raises is begun again by the next call.

        Seconds add up over the calls that did it, for the later ones find little left to do.
        """
        began = time.monotonic()
        self.event("phase", f"{name} begins")
        yield
        seconds = time.monotonic() - began
        before = sum(phase.seconds for phase in self.record.phases if phase.name == name)
        phases = {phase.name: phase for phase in self.record.phases}
        phases[name] = PhaseRecord(name=name, seconds=before + seconds)  # in its old place, where it has one
        self._update(phases=tuple(phases.values()))
        self.event("phase", f"{name} done in {seconds:.0f} s", seconds=round(seconds, 2))

    def note(self, **fields: Any) -> None:
        """Change fields of the run's record (`source_kinds`, `yields` …)."""
        self._update(**fields)

    def descend(self, **parents: str) -> None:
        """Add digests to the run's lineage."""
        self._update(lineage={**self.record.lineage, **parents})

    def event(self, kind: str, text: str, **details: Any) -> None:
        """Append to `events.jsonl` and tell the screen."""
        record = EventRecord(at=time.time(), kind=kind, text=text, details=details)
        with self._lock, (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json() + "\n")
        self._on_event(record)

    def _update(self, **fields: Any) -> None:
        self.record = RunRecord.model_validate({**self.record.model_dump(), **fields})
        self._save()

    def _save(self) -> None:
        write_whole(self.folder / "run.json", self.record.model_dump_json(indent=2) + "\n")


def machine() -> dict[str, Any]:
    """What the figures of a run were measured on."""
    import psutil

    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
