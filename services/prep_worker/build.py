"""The corpus' candidates -> a task's rows: assembled block by block, checked, split by cluster, written in a fixed order.

In `<workspace>/tasks/<task>/`: `train.jsonl`, `eval.jsonl`, `test.jsonl`, `yields.json` (see yields.py) and the manifest,
which names the corpus, the code that finds and the code that scores. Lines are in an order fixed by the seed and each
row's id, so that the head of a file is a fair sample of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import orjson

from cap_rlvr import registry
from cap_rlvr.clients.jobs import report_progress
from cap_rlvr.task import Task
from cap_rlvr.wire import frozen as wire_frozen
from cap_rlvr.wire import splits as wire_splits
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.files import whole_file, write_whole
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.manifest import MANIFEST, Manifest, digest_files, read_manifest, up_to_date, write_manifest
from cap_rlvr.wire.rows import SPLITS, Refusal, Row
from cap_rlvr.wire.splits import FRACTIONS
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker import candidates, splits, tables, yields
from services.prep_worker.candidates import Candidates, line_at
from services.prep_worker.find import finder_digest, is_complete
from services.prep_worker.tables import Lines, load, scratch, stream

_REFUSAL_COLUMNS = {"case_id": "VARCHAR", "reason": "VARCHAR", "detail": "VARCHAR"}


def assemble_task(
    task: Task[Any], workspace: Workspace, seed: str, train_only: Sequence[SourceKind] | None = None
) -> Manifest:
    """Make a task's rows from the gathered corpus, unless they are there already.

    Rows of the kinds in ``train_only`` are kept out of eval and test; by default that is fiction, as soon as there is
    anything real beside it.
    """
    corpus = read_manifest(workspace.cases)
    folder = workspace.tasks / task.name
    identity = _identity(task, corpus, seed, _kinds(corpus, train_only))
    made = up_to_date(folder, identity)
    if made is not None:
        return made
    units = [workspace.cases / unit for unit in corpus.parents]
    for unit in units:
        if not is_complete(unit, task.name):
            raise BadData("the unit has not been searched for this task", str(unit / task.name), "Run prep again")
    (folder / MANIFEST).unlink(missing_ok=True)
    try:
        counts = _build(task, workspace, units, identity)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    files = digest_files(folder, [*(f"{split}.jsonl" for split in SPLITS), yields.FILE])
    manifest = identity.model_copy(update={"files": files, "counts": counts})
    write_manifest(folder, manifest)
    return manifest


def _kinds(corpus: Manifest, train_only: Sequence[SourceKind] | None) -> list[str]:
    present = set(corpus.counts["by_source"])
    if train_only is None:
        return [SourceKind.SYNTHETIC.value] if present > {SourceKind.SYNTHETIC.value} else []
    kept = sorted({kind.value for kind in train_only})
    if present <= set(kept):
        raise BadInput(f"nothing is left to hold out: the corpus has only {', '.join(kept)}", "train_only")
    return kept


def _identity(task: Task[Any], corpus: Manifest, seed: str, train_only: list[str]) -> Manifest:
    """The manifest of these rows, but for their files and counts."""
    modules = (candidates, splits, yields, tables, wire_splits, wire_frozen)
    builders = [Path(__file__), *(Path(str(module.__file__)) for module in modules)]
    parents = {
        "corpus": corpus.digest,
        "finder": finder_digest(task.name),
        "scorer": registry.scorer_id(task.name).sha256 if task.name in registry.names() else "",
        "builder": digest([file_digest(path) for path in builders]),
    }
    settings = {"task": task.name, "seed": seed, "split": list(FRACTIONS), "train_only": train_only}
    return Manifest(kind="rows", version=task.version, files={}, parents=parents, settings=settings)


def _build(task: Task[Any], workspace: Workspace, units: list[Path], identity: Manifest) -> dict[str, Any]:
    folder = workspace.tasks / task.name
    temporary = folder / ".build"
    rows, index, refused = (temporary / name for name in ("rows.jsonl", "index.jsonl", "refused.jsonl"))
    with scratch(temporary) as connection:
        splits.load_cases(connection, workspace.cases)
        blocks = Candidates(connection, task.name, units, temporary)
        with ExitStack() as files:
            lines = [Lines(files.enter_context(path.open("wb"))) for path in (rows, index, refused)]
            _assemble(task, task.assemble(blocks, identity.settings["seed"]), *lines)
        load(connection, "made", [index], splits.COLUMNS)
        splits.assign(connection, identity.settings["seed"], identity.settings["train_only"])
        found = [unit / task.name / "refusals.jsonl" for unit in units]
        load(connection, "not_found", found, _REFUSAL_COLUMNS)
        load(connection, "not_made", [refused], _REFUSAL_COLUMNS)
        _write(connection, rows, folder)
        table = yields.table(connection)
        write_whole(folder / yields.FILE, orjson.dumps(table, option=orjson.OPT_INDENT_2) + b"\n")
        return {**yields.counts(table), "best_constant": yields.best_constant(connection)}


def _assemble(task: Task[Any], results: Iterable[Row | Refusal], rows: Lines, index: Lines, refused: Lines) -> None:
    """Write each row that earns its own ceiling, what the tables need to know of it, and why any other is refused."""
    for result in results:
        fault = result if isinstance(result, Refusal) else task.fault(result)
        if fault is not None:
            refused.write(orjson.dumps({"case_id": fault.case_id, "reason": fault.reason, "detail": fault.detail}))
        elif isinstance(result, Row):
            index.write(orjson.dumps(splits.record(task, result, rows.count, rows.bytes)))
            rows.write(orjson.dumps(result.model_dump(mode="json")))
        report_progress(rows=rows.count, refused=refused.count)


def _write(connection: duckdb.DuckDBPyConnection, rows: Path, folder: Path) -> None:
    """Write the rows to their splits, in an order that the seed and each row's id fix."""
    with ExitStack() as files:
        lines = {split: Lines(files.enter_context(whole_file(folder / f"{split}.jsonl"))) for split in SPLITS}
        for split, byte in stream(connection, "SELECT split, byte FROM rows ORDER BY place, id"):
            row = orjson.loads(line_at(rows, byte))
            row["split"] = split
            lines[split].write(orjson.dumps(row))
