"""One unit of a corpus (a volume, a shard) -> what each of its cases offers to each task, and who the cases are.

In `<workspace>/cases/<unit>/`: `keys/keys.jsonl` (one line a case: its kind, era, and the keys under which another file
may hold the same case), `keys/bad.jsonl` (records that could not be read), and `<task>/candidates.jsonl`,
`refusals.jsonl` and `rare.jsonl` (the cases with a candidate of a kind that a corpus may have too few of). Each folder's manifest is written last and names the unit's digest and the code's: what is up to date
is not made again, what was interrupted is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from cap_rlvr import corpus, law, registry, tasks
from cap_rlvr.corpus import Unit, read_unit, unit_digest
from cap_rlvr.task import Task
from cap_rlvr.wire import case as wire_case
from cap_rlvr.wire import frozen as wire_frozen
from cap_rlvr.wire.case import Case, SourceKind
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.files import whole_file
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.manifest import MANIFEST, Manifest, digest_files, read_manifest, up_to_date, write_manifest
from cap_rlvr.wire.rows import Candidate, Refusal
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.sketch import sketch
from services.prep_worker.tables import Lines

KEYS = "keys"
_VERSION = "2"
_NOT_FINDING = {"README.md", "prompt.md", "probes.py", "synthetic", "__pycache__"}
_LIBRARIES = ("nupunkt", "ftfy", "eyecite", "reporters-db", "google-re2", "rapidfuzz")
_ERAS = ((1850, "1849 or earlier"), (1900, "1850-1899"), (1950, "1900-1949"), (2000, "1950-1999"), (10_000, "2000 on"))
_PARTY_NOISE = frozenset(
    (
        "a",
        "al",
        "and",
        "appellant",
        "appellee",
        "defendant",
        "et",
        "ex",
        "in",
        "of",
        "parte",
        "plaintiff",
        "re",
        "the",
        "v",
        "vs",
    )
)


@dataclass(frozen=True)
class Found:
    """What reading one unit gave. ``seconds`` is 0 where everything was up to date; ``characters`` are of text."""

    unit: str
    cases: int
    characters: int
    bad_records: int
    seconds: float


def find_unit(
    unit: Unit,
    wanted: Sequence[Task[Any]],
    workspace: Workspace,
    limit: int | None = None,
    on_case: Callable[[int, int], None] | None = None,
) -> Found:
    """Write what the unit's cases (the first ``limit`` of them) offer to the tasks, unless it is there already.

    ``on_case`` is told how many cases and characters have been read.
    """
    source = unit_digest(unit)
    folder = workspace.cases / unit_folder(unit, source, limit)
    expected = {name: _identity(name, source, limit) for name in (KEYS, *(task.name for task in wanted))}
    stale = [name for name, identity in expected.items() if not up_to_date(folder / name, identity)]
    counts = read_manifest(folder / KEYS).counts if not stale else {}
    if not stale:
        return Found(folder.name, counts["cases"], counts["characters"], counts["bad_records"], 0.0)
    began = time.monotonic()
    for name in stale:
        (folder / name / MANIFEST).unlink(missing_ok=True)
        _remove_leftovers(folder / name)
    with ExitStack() as files:
        writer = _UnitWriter(unit, folder, stale, files)
        finders = [task for task in wanted if task.name in stale]
        for case in islice(read_unit(unit, writer.bad), limit):
            writer.case(case, finders)
            if on_case is not None:
                on_case(writer.cases, writer.characters)
    for name in stale:
        files_made = sorted(path.name for path in (folder / name).glob("*.jsonl"))
        made = expected[name].model_copy(
            update={"files": digest_files(folder / name, files_made), "counts": writer.counts(name)}
        )
        write_manifest(folder / name, made)
    seconds = time.monotonic() - began
    return Found(folder.name, writer.cases, writer.characters, writer.bad_records, seconds)


def unit_folder(unit: Unit, source: str, limit: int | None) -> str:
    """The name of a unit's folder: readable, and different for different content."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", unit.name).strip("-")[-60:]
    return f"{readable}-{source[:12]}" + (f"-first{limit}" if limit is not None else "")


def is_complete(folder: Path, task: str) -> bool:
    """Whether a unit's folder holds what today's code would find in it for a task."""
    try:
        return read_manifest(folder / task).parents.get("finder") == finder_digest(task)
    except BadData:
        return False


def era(year: int | None) -> str:
    """The half century that yields are counted by."""
    return next(name for end, name in _ERAS if year < end) if year is not None else "no date"


def same_case_keys(case: Case) -> list[str]:
    """Keys of which two files share one only if they hold the same case, or a companion of it.

    CAP's id; each citation of the case itself, parallels included; the parties' names with the docket number, and with
    the day: two cases of one defendant that are decided together say the same of both.
    """
    keys = [f"cap:{case.cap_id}"] if case.cap_id is not None else []
    keys += [f"cite:{_squeezed(citation.cite)}" for citation in case.citations if _squeezed(citation.cite)]
    docket = _squeezed(case.docket_number)
    names = set(re.findall(r"[a-z]+", (case.name_abbreviation or case.name).lower())) - _PARTY_NOISE
    if docket and names:
        keys.append(f"docket:{docket}:{' '.join(sorted(names))}")
    if len(names) > 1 and len(case.decision_date) == len("1908-03-20"):
        keys.append(f"day:{case.decision_date}:{' '.join(sorted(names))}")
    return sorted(set(keys))


@cache
def finder_digest(task: str) -> str:
    """SHA-256 over the code and library versions that read cases and find a task's candidates in them."""
    folders = [Path(tasks.__path__[0]) / task, Path(law.__path__[0]), Path(corpus.__path__[0])]
    files = {
        path.relative_to(folder.parent).as_posix(): path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _NOT_FINDING.isdisjoint(path.relative_to(folder).parts)
    }
    own = (__file__, Path(__file__).with_name("sketch.py"), wire_case.__file__, wire_frozen.__file__)
    files |= {Path(path).name: Path(path) for path in own}
    parts = [[name, file_digest(path)] for name, path in files.items()]
    return digest([parts, [registry.library(name) for name in _LIBRARIES]])


class _UnitWriter:
    """The open files of a unit and what has been counted on the way into them."""

    def __init__(self, unit: Unit, folder: Path, names: Sequence[str], files: ExitStack) -> None:
        self._unit = unit
        self.cases = self.characters = self.bad_records = 0
        self._lines: dict[tuple[str, str], Lines] = {}
        for name in names:
            for part in ("keys", "bad") if name == KEYS else ("candidates", "refusals", "rare"):
                file = files.enter_context(whole_file(folder / name / f"{part}.jsonl"))
                self._lines[name, part] = Lines(file)

    def bad(self, error: BadData) -> None:
        self.bad_records += 1
        if (KEYS, "bad") in self._lines:
            where = error.where.replace(self._unit.path, self._unit.name)  # the folder is this machine's own
            self._write(KEYS, "bad", {"where": where, "message": error.message})

    def case(self, case: Case, finders: Sequence[Task[Any]]) -> None:
        texts = [opinion.text for opinion in case.opinions]
        self.cases += 1
        self.characters += len(case.head_matter) + sum(len(text) for text in texts)
        if (KEYS, "keys") in self._lines:
            fiction = case.source is SourceKind.SYNTHETIC  # made from frames: shared wording is not a shared case
            self._write(
                KEYS,
                "keys",
                {
                    "case_id": case.id,
                    "source_kind": case.source.value,
                    "era": era(case.year),
                    "keys": same_case_keys(case),
                    "sketch": "" if fiction else sketch("\n".join(texts)),
                },
            )
        for task in finders:
            self._find(task, case)

    def counts(self, name: str) -> dict[str, int]:
        own = {part: lines.count for (place, part), lines in self._lines.items() if place == name}
        return {"cases": self.cases, "characters": self.characters, "bad_records": self.bad_records, **own}

    def _find(self, task: Task[Any], case: Case) -> None:
        try:
            for found in task.find(case):
                if isinstance(found, Candidate):
                    self._write(task.name, "candidates", found.model_dump(mode="json"))
                    if found.rare_as:
                        self._write(task.name, "rare", {"case_id": case.id, "kind": f"{task.name}/{found.rare_as}"})
                else:
                    self._refuse(found)
        except Exception as error:  # noqa: BLE001  (one odd case among millions must not end the run; it is counted)
            detail = f"{type(error).__name__}: {error}"[:300]
            self._refuse(Refusal(case_id=case.id, task=task.name, reason="find_failed", detail=detail))

    def _refuse(self, refusal: Refusal) -> None:
        record = {"case_id": refusal.case_id, "reason": refusal.reason, "detail": refusal.detail}
        self._write(refusal.task, "refusals", record)

    def _write(self, name: str, part: str, record: dict[str, Any]) -> None:
        self._lines[name, part].write(orjson.dumps(record, option=orjson.OPT_SORT_KEYS))


def _identity(name: str, source: str, limit: int | None) -> Manifest:
    """The manifest that a complete folder has, but for its files and counts."""
    parents = {"unit": source, "finder": finder_digest(name)}
    return Manifest(kind="found", version=_VERSION, files={}, parents=parents, settings={"task": name, "limit": limit})


def _remove_leftovers(folder: Path) -> None:
    """Remove partial files of a process that was killed; one job at a time writes a unit, so none is in use."""
    for path in folder.glob(".*.partial"):
        path.unlink(missing_ok=True)


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower())
