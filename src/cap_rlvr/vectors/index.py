"""A FAISS index over a store, of a kind that fits its size: exact, a graph, or compressed lists."""

from __future__ import annotations

import math
from collections.abc import Iterator
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
_PROBED = 48
_TRAIN_PER_LIST = 64
_CHUNK = 20_000


def kind_for(count: int) -> Kind:
    """Which kind of index so many vectors get."""
    return "flat" if count <= FLAT_UP_TO else "hnsw" if count <= HNSW_UP_TO else "ivfpq"


def build(vectors: NDArray[np.float16], kind: Kind | None = None) -> Any:
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
        lists = max(1, min(count // 40, 4 * math.isqrt(count)))
        quantizer = faiss.IndexFlatIP(dimension)
        index = faiss.IndexIVFPQ(quantizer, dimension, lists, _code_bytes(dimension), 8, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = min(lists, _PROBED)
        index.train(_sample(vectors, _TRAIN_PER_LIST * lists))
    for chunk in _chunks(vectors):
        index.add(chunk)
    return index


def write(index: Any, path: Path) -> None:
    """Write an index, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    _faiss().write_index(index, str(partial))
    partial.replace(path)


def read(path: Path) -> Any:
    """Read an index by its path. Raises BadData where it is missing or broken."""
    if not path.is_file():
        raise BadData("there is no index", str(path), "Run cap-rlvr vectors build")
    try:
        return _faiss().read_index(str(path))
    except RuntimeError as error:
        raise BadData(f"the index is broken ({str(error)[:80]})", str(path), "Run cap-rlvr vectors build") from None


def search(index: Any, queries: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(scores, places) of the nearest, best first (n, count); place -1 where there are fewer."""
    return index.search(np.ascontiguousarray(queries, dtype=np.float32), count)


def exact(vectors: NDArray[np.float16], queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The places of the nearest by exact search over the store, best first, read in chunks."""
    best = np.full((len(queries), 0), -1, dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    at = 0
    for chunk in _chunks(vectors):
        found = queries @ chunk.T
        places = np.broadcast_to(np.arange(at, at + len(chunk)), found.shape)
        scores, best = np.hstack([scores, found]), np.hstack([best, places])
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
