"""The corpus' candidates -> a task's rows: assembled block by block, checked, split by cluster, written in a fixed order.

In `<workspace>/tasks/<task>/`: `train.jsonl`, `eval.jsonl`, `test.jsonl`, `yields.json` (see yields.py) and the manifest,
which names the corpus, the code that finds and the code that scores. Lines are in an order fixed by the seed and each
row's id, so that the head of a file is a fair sample of it. Rows that a person has rejected are left out and counted.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import orjson

from cap_rlvr import registry
from cap_rlvr.clients.jobs import report_progress
from cap_rlvr.task import Task
from cap_rlvr.vectors import VectorStore, open_store
from cap_rlvr.wire import frozen as wire_frozen
from cap_rlvr.wire import splits as wire_splits
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.files import whole_file, write_whole
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.manifest import MANIFEST, Manifest, digest_files, read_manifest, up_to_date, write_manifest
from cap_rlvr.wire.rejects import Reject, read_rejects, rejects_digest
from cap_rlvr.wire.rows import SPLITS, Refusal, Row
from cap_rlvr.wire.splits import FRACTIONS
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker import candidates, splits, tables, yields
from services.prep_worker.candidates import Candidates, line_at
from services.prep_worker.find import finder_digest, is_complete
from services.prep_worker.tables import Lines, load, scratch, stream

_REJECTED = "rejected"
_REFUSAL_COLUMNS = {"case_id": "VARCHAR", "reason": "VARCHAR", "detail": "VARCHAR"}


def assemble_task(
    task: Task[Any], workspace: Workspace, seed: str, train_only: Sequence[SourceKind] | None = None
) -> Manifest:
    """Make a task's rows from the gathered corpus, unless they are there already.

    Rows of the kinds in ``train_only`` are kept out of eval and test; by default that is fiction, as soon as there is
    anything real beside it, but for a task that has no real row: it would else be held out from nothing.
    """
    corpus = read_manifest(workspace.cases)
    folder = workspace.tasks / task.name
    vectors = _vectors(task, workspace, corpus)
    rejects = read_rejects(workspace.rejects, task.name)
    settings = {"train_only": _kinds(corpus, train_only), "unless_alone": train_only is None}
    identity = _identity(task, corpus, seed, settings, vectors)
    if rejects:
        parents = {**identity.parents, "rejects": rejects_digest(rejects)}
        identity = identity.model_copy(update={"parents": parents})
    made = up_to_date(folder, identity)
    if made is not None:
        return made
    units = [workspace.cases / unit for unit in corpus.parents]
    for unit in units:
        if not is_complete(unit, task.name):
            raise BadData("the unit has not been searched for this task", str(unit / task.name), "Run prep again")
    (folder / MANIFEST).unlink(missing_ok=True)
    try:
        counts = _build(task, workspace, units, identity, vectors, rejects)
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


def _vectors(task: Task[Any], workspace: Workspace, corpus: Manifest) -> VectorStore | None:
    """The vectors of this corpus, where the task can use them and they have been made."""
    if task.with_vectors is None or not (workspace.vectors / MANIFEST).is_file():
        return None
    store = open_store(workspace.vectors)
    return store if store.manifest.parents.get("corpus") == corpus.digest else None


def _identity(
    task: Task[Any], corpus: Manifest, seed: str, held_out: dict[str, Any], vectors: VectorStore | None
) -> Manifest:
    """The manifest of these rows, but for their files and counts."""
    modules = (candidates, splits, yields, tables, wire_splits, wire_frozen)
    builders = [Path(__file__), *(Path(str(module.__file__)) for module in modules)]
    parents = {
        "corpus": corpus.digest,
        "finder": finder_digest(task.name),
        "scorer": registry.scorer_id(task.name).sha256 if task.name in registry.names() else "",
        "builder": digest([file_digest(path) for path in builders]),
    }
    if vectors is not None:
        parents["vectors"] = vectors.manifest.digest
    settings = {"task": task.name, "seed": seed, "split": list(FRACTIONS), **held_out}
    return Manifest(kind="rows", version=task.version, files={}, parents=parents, settings=settings)


def _build(
    task: Task[Any],
    workspace: Workspace,
    units: list[Path],
    identity: Manifest,
    vectors: VectorStore | None,
    rejects: Mapping[str, Reject],
) -> dict[str, Any]:
    folder = workspace.tasks / task.name
    temporary = folder / ".build"
    rows, index, refused = (temporary / name for name in ("rows.jsonl", "index.jsonl", "refused.jsonl"))
    with scratch(temporary) as connection:
        splits.load_cases(connection, workspace.cases)
        blocks = Candidates(connection, task.name, units, temporary, identity.settings["seed"])
        results = _accepted(task.assemble(blocks, identity.settings["seed"]), rejects)
        with ExitStack() as files:
            lines = [Lines(files.enter_context(path.open("wb"))) for path in (rows, index, refused)]
            _assemble(task, _seen(task, results, vectors), *lines)
        load(connection, "made", [index], splits.COLUMNS)
        splits.assign(connection, identity.settings["seed"], _train_only(connection, identity))
        found = [unit / task.name / "refusals.jsonl" for unit in units]
        load(connection, "not_found", found, _REFUSAL_COLUMNS)
        load(connection, "not_made", [refused], _REFUSAL_COLUMNS)
        _write(connection, rows, folder)
        table = yields.table(connection)
        write_whole(folder / yields.FILE, orjson.dumps(table, option=orjson.OPT_INDENT_2) + b"\n")
        counts = yields.counts(table)
        return {**counts, "best_constant": yields.best_constant(connection), "known_errors": _known_errors(counts)}


def _accepted(results: Iterable[Row | Refusal], rejects: Mapping[str, Reject]) -> Iterator[Row | Refusal]:
    """The results, each row that a person has rejected as a refusal with that person's reason."""
    for result in results:
        if isinstance(result, Row) and result.id in rejects:
            why = rejects[result.id].why
            yield Refusal(case_id=result.case_id, task=result.task, reason=_REJECTED, detail=f"{result.id}: {why}")
        else:
            yield result


def _known_errors(counts: Mapping[str, Any]) -> dict[str, Any]:
    """The published error rate: rows rejected by a person, of all that would be here. Nobody read most of them."""
    rejected = counts["refused"].get(_REJECTED, 0)
    total = rejected + sum(counts["rows"].values())
    return {"rejected": rejected, "of": total, "rate": round(rejected / total, 6) if total else 0.0}


def _train_only(connection: duckdb.DuckDBPyConnection, identity: Manifest) -> list[str]:
    """The kinds that are kept out of eval and test, now that it is known which kinds the rows are of."""
    kept: list[str] = identity.settings["train_only"]
    kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT source_kind FROM made").fetchall()}
    return [] if identity.settings["unless_alone"] and kinds <= set(kept) else kept


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


def _seen(task: Task[Any], results: Iterable[Row | Refusal], vectors: VectorStore | None) -> Iterator[Row | Refusal]:
    """The results, each row's truth with what the vectors say of its cases."""
    for result in results:
        if isinstance(result, Row) and vectors is not None and task.with_vectors is not None:
            truth = task.with_vectors(task.read_truth(result.truth), vectors)
            yield result.model_copy(update={"truth": truth.model_dump(mode="json")})
        else:
            yield result


def _write(connection: duckdb.DuckDBPyConnection, rows: Path, folder: Path) -> None:
    """Write the rows to their splits, in an order that the seed and each row's id fix."""
    with ExitStack() as files:
        lines = {split: Lines(files.enter_context(whole_file(folder / f"{split}.jsonl"))) for split in SPLITS}
        for split, byte in stream(connection, "SELECT split, byte FROM rows ORDER BY place, id"):
            row = orjson.loads(line_at(rows, byte))
            row["split"] = split
            lines[split].write(orjson.dumps(row))
