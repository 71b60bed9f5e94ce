"""From the gathered corpus to a store with its index: each case's text, as the task retrieval found it, one vector."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from cap_rlvr.vectors import index
from cap_rlvr.vectors.embed import Embedder, embedder
from cap_rlvr.vectors.store import CASES, INDEX, KIND, REBUILD, VECTORS, open_store, random_floor
from cap_rlvr.wire.errors import BadData, BadInput, Unavailable
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.manifest import Manifest, digest_files, is_whole, read_manifest, write_manifest
from cap_rlvr.wire.workspace import Workspace

TASK = "retrieval"  # whose candidates carry the masked text that vectors are made of
BATCH = 512
OnProgress = Callable[[str, int, int], None]  # what is being made, cases done, cases in all


def build_store(
    workspace: Workspace, model: str, kind: index.Kind | None = None, on_progress: OnProgress | None = None
) -> Manifest:
    """Make the workspace's vectors with a model, unless they are there already: whole or not at all, those before stay until then.

    Memory grows by the ids alone. Raises BadInput where no corpus has been searched for retrieval, Unavailable where
    the model or FAISS is missing, or another process is making them.
    """
    try:
        corpus = read_manifest(workspace.cases)
    except BadData:
        raise BadInput("no corpus has been prepared here", str(workspace.root), "Run cap-rlvr prep first") from None
    folder = workspace.vectors
    files = [workspace.cases / unit / TASK / "candidates.jsonl" for unit in sorted(corpus.parents)]
    missing = next((path for path in files if not path.is_file()), None)
    if missing:
        hint = "Run cap-rlvr prep with retrieval among its --tasks"
        raise BadInput("the corpus has not been searched for retrieval", str(missing), hint)
    source = embedder(model)
    identity = _identity(corpus, files, source, kind)
    with _alone(folder):
        return _up_to_date(folder, identity) or _made(folder, identity, files, source, kind, on_progress)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Nobody else builds there meanwhile; the kernel ends this with the process, however that ends."""
    with folder.with_name(f".{folder.name}.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable("another process is making these vectors", str(folder), "Wait until it is done") from None
        yield


def _made(
    folder: Path,
    identity: Manifest,
    files: list[Path],
    source: Embedder,
    kind: index.Kind | None,
    on_progress: OnProgress | None,
) -> Manifest:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a build that was killed
    partial.mkdir(parents=True)
    try:
        manifest = _finished(partial, identity, _write(partial, files, source, kind, on_progress))
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def _finished(folder: Path, identity: Manifest, counts: dict[str, Any]) -> Manifest:
    """Calibrate what was written, and write its manifest."""
    floor = random_floor(np.load(folder / VECTORS, mmap_mode="r"))
    files, settings = digest_files(folder, [CASES, VECTORS, INDEX]), {**identity.settings, "floor": floor}
    manifest = identity.model_copy(update={"files": files, "settings": settings, "counts": counts})
    write_manifest(folder, manifest)
    return manifest


def check_store(folder: Path, queries: int, count: int) -> dict[str, Any]:
    """How much of exact search the index finds: recall at ``count`` over evenly spread cases of the store.

    Raises BadData where a file is not the one that was built.
    """
    store = open_store(folder)
    for name, made in store.manifest.files.items():
        if not (folder / name).is_file() or file_digest(folder / name) != made:
            raise BadData("this is not the file that was built with the others", str(folder / name), REBUILD)
    places = np.unique(np.linspace(0, len(store) - 1, min(queries, len(store))).astype(np.int64))
    asked = np.ascontiguousarray(store.vectors[places], dtype=np.float32)
    _, found = index.search(index.read(folder / INDEX, store.vectors), store.vectors, asked, count)
    recall = index.recall(found, index.exact(store.vectors, asked, count))
    return {"cases": len(store), "queries": len(places), "at": count, "recall": round(recall, 4)}


def _identity(corpus: Manifest, files: list[Path], source: Embedder, kind: index.Kind | None) -> Manifest:
    """The manifest of these vectors, but for their files, counts and calibration."""
    parents = {
        "corpus": corpus.digest,
        "texts": digest([read_manifest(path.parent).digest for path in files]),
        "model": source.identity,
        "builder": digest([file_digest(Path(__file__)), file_digest(Path(index.__file__))]),
    }
    settings = {"model": source.name, "dimension": source.dimension, "index": kind or "by size"}
    return Manifest(kind=KIND, version="1", files={}, parents=parents, settings=settings)


def _up_to_date(folder: Path, identity: Manifest) -> Manifest | None:
    try:
        made = read_manifest(folder)
    except BadData:
        return None
    settings = {name: value for name, value in made.settings.items() if name != "floor"}
    same = made.model_copy(update={"files": {}, "counts": {}, "settings": settings}) == identity
    return made if same and is_whole(folder, made) else None


def _write(
    folder: Path, files: list[Path], source: Embedder, kind: index.Kind | None, on_progress: OnProgress | None
) -> dict[str, Any]:
    cases = _case_ids(files)
    if not len(cases):
        raise BadInput("no case of the corpus can be asked about", str(files[0].parent), "Add cases that cite others")
    np.save(folder / CASES, cases)
    vectors: np.memmap[Any, np.dtype[np.float16]] = cast(Any, np.lib.format).open_memmap(
        folder / VECTORS, mode="w+", dtype=np.float16, shape=(len(cases), source.dimension)
    )
    tell = on_progress or _silent
    done = 0
    texts = _texts(files)
    while batch := list(islice(texts, BATCH)):
        places = np.searchsorted(cases, np.array([case_id.encode() for case_id, _ in batch], dtype=cases.dtype))
        vectors[places] = source.encode([text for _, text in batch]).astype(np.float16)
        done += len(batch)
        tell("vectors", done, len(cases))
    vectors.flush()
    made = index.build(vectors, kind, lambda added, total: tell("index", added, total))
    index.write(made, folder / INDEX)
    bytes_of = {name: (folder / name).stat().st_size for name in (CASES, VECTORS, INDEX)}
    return {
        "cases": len(cases),
        "index": kind or index.kind_for(len(cases)),
        "bytes_per_case": round(sum(bytes_of.values()) / len(cases), 1),
    }


def _silent(_: str, __: int, ___: int) -> None:
    pass


def _case_ids(files: list[Path]) -> NDArray[Any]:
    """The ids as bytes, sorted, each once."""
    found = [case_id.encode() for case_id, _ in _texts(files)]
    return np.unique(np.array(found, dtype="S")) if found else np.empty(0, dtype="S1")


def _texts(files: list[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        with path.open("rb") as lines:
            for line in lines:
                record = orjson.loads(line)
                yield record["case_id"], record["payload"]["text"]
