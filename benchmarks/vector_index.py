"""FAISS over synthetic vectors: recall@10 against exact search, build time, bytes a case; and what CAP as a whole would take.

    python benchmarks/vector_index.py --sizes 10000,100000 [--kinds flat,hnsw,ivfpq]

The vectors are drawn around centres that are themselves drawn around others, as texts on few subjects are: uniformly
random ones have no neighbours worth finding. Seconds are CPU seconds of one core.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.vectors import index

DIMENSION = 384
QUERIES = 200
WHOLE = 6_900_000
_CHUNK = 50_000


def invented(count: int, path: Path) -> NDArray[np.float16]:
    """``count`` unit vectors in two levels of clusters, on disk."""
    rng = np.random.Generator(np.random.PCG64(7))
    subjects = rng.standard_normal((60, DIMENSION))
    points = subjects[rng.integers(0, 60, 4_000)] + 0.7 * rng.standard_normal((4_000, DIMENSION))
    vectors = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(count, DIMENSION))
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        chunk = points[rng.integers(0, 4_000, size)] + 0.5 * rng.standard_normal((size, DIMENSION))
        vectors[start : start + size] = chunk / np.linalg.norm(chunk, axis=1, keepdims=True)
    return vectors


def measure(vectors: NDArray[np.float16], kind: index.Kind, folder: Path) -> str:
    """One line of the table."""
    began = time.process_time()
    made = index.build(vectors, kind)
    seconds = time.process_time() - began
    index.write(made, folder / "index.faiss")
    size = (folder / "index.faiss").stat().st_size / len(vectors)
    asked = np.ascontiguousarray(vectors[:: len(vectors) // QUERIES][:QUERIES], dtype=np.float32)
    began = time.process_time()
    _, found = index.search(made, asked, 10)
    each = 1e3 * (time.process_time() - began) / len(asked)
    recall = index.recall(found, index.exact(vectors, asked, 10))
    whole = seconds / len(vectors) * WHOLE / 3600
    return f"{len(vectors):>9,} {kind:6} {recall:9.3f} {seconds:8.1f} {size:10.0f} {each:10.2f} {whole:12.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--kinds", default="flat,hnsw,ivfpq")
    arguments = parser.parse_args()
    print("    cases index  recall@10    build s bytes/case  ms/search   6.9 M: hours")
    for count in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            vectors = invented(count, Path(folder) / "vectors.npy")
            for kind in arguments.kinds.split(","):
                print(measure(vectors, kind, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
