"""A FAISS index over a store, of a kind that fits its size: exact, a graph, or compressed lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.wire.errors import BadData, Unavailable

Kind = Literal["flat", "hnsw", "ivfpq"]
FLAT_UP_TO = 50_000  # exact search stays under 10 ms on one core
HNSW_UP_TO = 1_000_000  # beyond it a graph over float vectors no longer fits beside the training job
_LINKS, _EF_BUILD, _EF_SEARCH = 32, 100, 128
_CODE_BYTES = 64
_PROBED = 48  # lists at least, else an eighth of all: recall@10 of 100,000 is .91, with 48 of them .75
TRAIN_PER_LIST = 64
_CHUNK = 20_000
_PROPOSED = 20  # compressed codes propose so many times what is asked for; the vectors themselves choose
OnProgress = Callable[[int, int], None]  # vectors added, vectors in all; (0, all) once the index is trained


def kind_for(count: int) -> Kind:
    """Which kind of index so many vectors get."""
    return "flat" if count <= FLAT_UP_TO else "hnsw" if count <= HNSW_UP_TO else "ivfpq"


def lists_for(count: int) -> int:
    """How many lists a compressed index of so many vectors has."""
    return max(1, min(count // 40, 4 * math.isqrt(count)))


def build(vectors: NDArray[np.float16], kind: Kind | None = None, on_progress: OnProgress | None = None) -> Any:
    """An index of unit vectors by inner product, given its places as ids; vectors are read in chunks."""
    faiss = _faiss()
    count, dimension = vectors.shape
    kind = kind or kind_for(count)
    if kind == "flat":
        index = faiss.IndexFlatIP(dimension)
    elif kind == "hnsw":
        index = faiss.IndexHNSWSQ(dimension, faiss.ScalarQuantizer.QT_fp16, _LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _EF_BUILD
        index.hnsw.efSearch = _EF_SEARCH
        index.train(_sample(vectors, 10_000))
    else:
        lists = lists_for(count)
        quantizer = faiss.IndexFlatIP(dimension)
        index = faiss.IndexIVFPQ(quantizer, dimension, lists, _code_bytes(dimension), 8, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = min(lists, max(_PROBED, lists // 8))
        index.train(_sample(vectors, TRAIN_PER_LIST * lists))
    tell = on_progress or _silent
    tell(0, count)
    for chunk in _chunks(vectors):
        index.add(chunk)
        tell(int(index.ntotal), count)
    return index


def _silent(_: int, __: int) -> None:
    pass


def write(index: Any, path: Path) -> None:
    """Write an index, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    _faiss().write_index(index, str(partial))
    partial.replace(path)


def read(path: Path, vectors: NDArray[np.float16]) -> Any:
    """Read the index of these vectors by its path. Raises BadData where it is missing, broken or of others."""
    if not path.is_file():
        raise BadData("there is no index", str(path), "Run cap-rlvr vectors build")
    try:
        index = _faiss().read_index(str(path))
    except RuntimeError as error:
        raise BadData(f"the index is broken ({str(error)[:80]})", str(path), "Run cap-rlvr vectors build") from None
    held, wanted = (int(index.ntotal), int(index.d)), vectors.shape
    if held != wanted:
        told = f"the index holds {held[0]:,} vectors of {held[1]} numbers, the store {wanted[0]:,} of {wanted[1]}"
        raise BadData(told, str(path), "Run cap-rlvr vectors build")
    return index


def search(
    index: Any, vectors: NDArray[np.float16], queries: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(cosines, places) of the nearest, best first (n, count); place -1 where there are fewer.

    ``vectors`` are those that the index was built from. A compressed index only proposes; they choose.
    """
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    if not isinstance(index, _faiss().IndexIVFPQ):
        return index.search(queries, count)
    _, proposed = index.search(queries, min(_PROPOSED * count, len(vectors)))
    scores = np.full((len(queries), count), -np.inf, dtype=np.float32)
    places = np.full((len(queries), count), -1, dtype=np.int64)
    for row, (query, found) in enumerate(zip(queries, proposed, strict=True)):
        held = np.sort(found[found >= 0])  # in the order of the file
        cosines = vectors[held].astype(np.float32) @ query
        best = np.argsort(-cosines, kind="stable")[:count]
        scores[row, : len(best)], places[row, : len(best)] = cosines[best], held[best]
    return scores, places


def exact(vectors: NDArray[np.float16], queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The places of the nearest by exact search over the store, best first, read in chunks."""
    best = np.full((len(queries), 0), -1, dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    at = 0
    for chunk in _chunks(vectors):
        found = queries @ chunk.T
        near = np.argpartition(-found, min(count, len(chunk)) - 1, axis=1)[:, :count]
        scores = np.hstack([scores, np.take_along_axis(found, near, axis=1)])
        best = np.hstack([best, near + at])
        top = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        scores, best = np.take_along_axis(scores, top, axis=1), np.take_along_axis(best, top, axis=1)
        at += len(chunk)
    return best


def recall(found: NDArray[np.int64], wanted: NDArray[np.int64]) -> float:
    """The share of the truly nearest that a search found."""
    hits = [len(set(one.tolist()) & set(other.tolist())) for one, other in zip(found, wanted, strict=True)]
    return sum(hits) / max(1, wanted.size)


def _code_bytes(dimension: int) -> int:
    return next(size for size in range(min(_CODE_BYTES, dimension), 0, -1) if dimension % size == 0)


def _sample(vectors: NDArray[np.float16], count: int) -> NDArray[np.float32]:
    places = np.linspace(0, len(vectors) - 1, min(count, len(vectors))).astype(np.int64)
    return np.ascontiguousarray(vectors[np.unique(places)], dtype=np.float32)


def _chunks(vectors: NDArray[np.float16]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(vectors), _CHUNK):
        yield np.ascontiguousarray(vectors[start : start + _CHUNK], dtype=np.float32)


def _faiss() -> Any:
    try:
        import faiss
    except ImportError:
        raise Unavailable("faiss is not installed", "vectors", "Install the extra `vectors`") from None
    return faiss
