"""FAISS over invented vectors: recall@10, build time, bytes, memory, speed beside exact search; and CAP as a whole.

    python benchmarks/vector_index.py [--sizes 10000 100000 1000000] [--queries 200]

Each index is built in a process of its own, of the kind that `cap-rlvr vectors build` chooses for the size, and compressed
as it is chosen beyond a million. The vectors have the shape of those that the model `static` makes of real decisions: around
one direction (the mean of unit vectors is .79 long), their other variance falling as 1/rank (exponent .99 on 1,274
decisions); half of it is shared by the cases of one of 4,000 topics. The tenth neighbour is at .65 to .68 (really .68).
Seconds are CPU seconds of one core; searches are timed with all queries at once, the index and exact search alike.
Hours on a GPU are arithmetic, not a measurement: the operations of MiniLM, counted on a text, and those of k-means, at
a tenth of what an A100's data sheet promises.
Writes `benchmarks/results/vector_index.json`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cap_rlvr.vectors import embed, index
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.files import free_bytes, write_whole

RESULT = Path(__file__).parent / "results" / "vector_index.json"
DIMENSION = 384  # of all-MiniLM-L6-v2, whole or its token embeddings alone
NEAREST = 10
WHOLE = 6_900_000
TOPICS, SHARED, COMMON = 4_000, 0.5, 1.3
GPU_FLOPS = 0.1 * 312e12  # an A100's dense bf16
_KMEANS_ROUNDS = 25  # of FAISS
TEXTS = {"static": 2_000, "minilm": 32}  # texts of 1,200 characters, as long as those that vectors are made of
_CHUNK = 50_000
_STORE_BYTES = 2 * DIMENSION


def invented(count: int, path: Path) -> NDArray[np.float16]:
    """``count`` unit vectors in topics, on disk; always the same."""
    rng = np.random.Generator(np.random.PCG64(7))
    spread = np.arange(1, DIMENSION + 1) ** -0.5
    spread /= np.linalg.norm(spread)
    topics = rng.standard_normal((TOPICS, DIMENSION)) * spread
    vectors = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(count, DIMENSION))
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        own = rng.standard_normal((size, DIMENSION)) * spread
        chunk = math.sqrt(SHARED) * topics[rng.integers(0, TOPICS, size)] + math.sqrt(1 - SHARED) * own
        chunk += COMMON / math.sqrt(DIMENSION)
        vectors[start : start + size] = chunk / np.linalg.norm(chunk, axis=1, keepdims=True)
    vectors.flush()
    return vectors


def asked(vectors: NDArray[np.float16], queries: int) -> NDArray[np.float32]:
    """Evenly spread vectors, a little moved, so that none finds itself."""
    places = np.linspace(0, len(vectors) - 1, queries).astype(np.int64)
    moved = np.random.Generator(np.random.PCG64(8)).standard_normal((queries, DIMENSION)) / math.sqrt(DIMENSION)
    return embed.unit((vectors[places] + 0.3 * moved).astype(np.float32))


def built(folder: Path, kind: index.Kind, queries: int) -> dict[str, Any]:
    """Build one index over the vectors in a folder and search it; run in a process of its own."""
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    began = time.process_time()
    trained = [0.0]
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task(f"{len(vectors):,} vectors, {kind}", total=None)

        def tell(done: int, total: int) -> None:
            trained[0] = trained[0] or time.process_time() - began
            progress.update(bar, completed=done, total=total)

        made = index.build(vectors, kind, tell)
    seconds = time.process_time() - began
    peak = peak_bytes()
    index.write(made, folder / "index.faiss")
    wanted = asked(vectors, queries)
    began = time.process_time()
    _, found = index.search(made, vectors, wanted, NEAREST)
    each = (time.process_time() - began) / queries
    np.save(folder / "found.npy", found)
    return {
        "train_cpu_s": round(trained[0], 2),
        "add_cpu_s": round(seconds - trained[0], 2),
        "bytes_per_case": round((folder / "index.faiss").stat().st_size / len(vectors) + _STORE_BYTES, 1),
        "peak_rss_mb": round(peak / 1e6),
        "search_ms": round(1e3 * each, 3),
    }


def peak_bytes() -> int:
    """Most resident memory of this process, mapped vectors included."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if platform.system() == "Darwin" else 1024)
    # getrusage would count what the parent held when it started this one
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def in_a_process(folder: Path, kind: index.Kind, queries: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--build", str(folder), kind, "--queries", str(queries)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def measure(count: int, queries: int, console: Console) -> list[dict[str, Any]]:
    """The rows of one size: the kind that is chosen for it, and the compressed one."""
    chosen = index.kind_for(count)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with console.status(f"{count:,} vectors: exact search"):
            vectors = invented(count, folder / "vectors.npy")
            wanted = asked(vectors, queries)
            began = time.process_time()
            nearest = index.exact(vectors, wanted, NEAREST)
            exactly = 1e3 * (time.process_time() - began) / queries
        for kind in dict.fromkeys((chosen, "ivfpq")):
            console.print(f"{count:,} vectors, {kind} …", style="dim")
            row = in_a_process(folder, kind, queries)
            recall = round(index.recall(np.load(folder / "found.npy"), nearest), 4)
            exact = {"exact_ms": round(exactly, 3), "of_exact": round(row["search_ms"] / exactly, 4)}
            rows.append(
                {"cases": count, "index": kind, "chosen": kind == chosen, "recall_at_10": recall, **row, **exact}
            )
    return rows


def whole(rows: list[dict[str, Any]], texts_per_s: dict[str, float], text_flops: float | None) -> dict[str, Any]:
    """CAP as a whole, from the largest compressed index. Training grows with the number of cases, filing one case with
    the number of lists, and that with the square root of the number of cases.
    """
    last = max((row for row in rows if row["index"] == "ivfpq"), key=lambda row: row["cases"])
    times = WHOLE / last["cases"]
    hours = (last["train_cpu_s"] * times + last["add_cpu_s"] * times**1.5) / 3600
    return {
        "cases": WHOLE,
        "index": index.kind_for(WHOLE),
        "from_cases": last["cases"],
        "index_cpu_hours": round(hours, 1),
        "vectors_cpu_hours": {name: round(WHOLE / rate / 3600, 1) for name, rate in texts_per_s.items()},
        "gigabytes": round(WHOLE * last["bytes_per_case"] / 1e9, 1),
        "gpu_hours_estimated": text_flops and gpu_hours(text_flops),
    }


def gpu_hours(text_flops: float) -> float:
    """All of CAP through MiniLM and a compressed index trained and filled, at `GPU_FLOPS`."""
    lists = index.lists_for(WHOLE)
    seen = _KMEANS_ROUNDS * index.TRAIN_PER_LIST * lists + WHOLE  # vectors held against every list
    return round((WHOLE * text_flops + 2 * DIMENSION * lists * seen) / GPU_FLOPS / 3600, 2)


def texts() -> Iterator[str]:
    """Invented texts as long as those that vectors are made of; always the same."""
    words = ["the", "court", "held", "that", "a", "search", "of", "car", "without", "warrant", "was", "void", "here"]
    rng = np.random.Generator(np.random.PCG64(9))
    while True:
        yield " ".join(rng.choice(words, 240))[:1_200]


def flops_of_a_text() -> float | None:
    """Operations of MiniLM's pass over one text; None where torch is not installed."""
    try:
        model = embed.embedder(embed.MINILM)
        from torch.utils.flop_counter import FlopCounterMode
    except (ImportError, Unavailable):
        return None
    with FlopCounterMode(display=False) as counter:
        model.encode(list(islice(texts(), 8)))
    return counter.get_total_flops() / 8


def texts_per_second() -> dict[str, float]:
    """How many texts a model turns into vectors in a CPU second, by model; those that are not installed are left out."""
    rates: dict[str, float] = {}
    for name, count in TEXTS.items():
        try:
            model = embed.embedder(name)
        except Unavailable:
            continue
        asked_for = list(islice(texts(), count))
        model.encode(asked_for[:8])
        began = time.process_time()
        model.encode(asked_for)
        rates[name] = round(count / (time.process_time() - began), 1)
    return rates


def show(rows: list[dict[str, Any]], all_of_it: dict[str, Any], console: Console) -> None:
    table = Table(
        box=box.SIMPLE, pad_edge=False, title=f"recall@{NEAREST} against exact search; CPU seconds of one core"
    )
    columns = ("cases", "index", "recall", "build s", "bytes each", "MB", "ms each", "of exact")
    for name in columns:
        table.add_column(name, justify="left" if name == "index" else "right", no_wrap=True)
    for row in rows:
        name = f"{row['index']}{'' if row['chosen'] else ' *'}"
        seconds = row["train_cpu_s"] + row["add_cpu_s"]
        table.add_row(
            f"{row['cases']:,}", name, f"{row['recall_at_10']:.3f}", f"{seconds:.1f}", f"{row['bytes_per_case']:,.0f}",
            f"{row['peak_rss_mb']:,}", f"{row['search_ms']:.2f}", f"{row['of_exact']:.1%}",
        )  # fmt: skip
    console.print(table)
    console.print(
        "* not the kind that is chosen for so many; bytes are of index and vectors, without ids; MB: peak memory"
    )
    vectors = ", ".join(f"{hours} h with {name}" for name, hours in all_of_it["vectors_cpu_hours"].items())
    console.print(
        f"All {WHOLE:,} cases, from the {all_of_it['from_cases']:,} above, on one core: the index ({all_of_it['index']}) "
        f"{all_of_it['index_cpu_hours']} h, {all_of_it['gigabytes']} GB; the vectors {vectors or 'not measured'}. "
        f"On a GPU, estimated and not measured: {all_of_it['gpu_hours_estimated'] or '?'} h for both."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--build", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.build:
        print(json.dumps(built(Path(chosen.build[0]), chosen.build[1], chosen.queries)))
        return 0
    console = Console(width=None if sys.stdout.isatty() else 100)
    needed = 3 * _STORE_BYTES * max(chosen.sizes)
    if free_bytes(Path(tempfile.gettempdir())) < needed:
        console.print(f"{tempfile.gettempdir()} has no {needed / 1e9:.1f} GB free: set TMPDIR, or give smaller --sizes")
        return 2
    try:
        rows = [row for count in sorted(chosen.sizes) for row in measure(count, chosen.queries, console)]
        all_of_it = whole(rows, texts_per_second(), flops_of_a_text())
    except KeyboardInterrupt:
        console.print("Stopped: nothing was written.")
        return 130
    result = {"machine": f"{platform.machine()}, one core", "queries": chosen.queries, "dimension": DIMENSION}
    write_whole(RESULT, json.dumps({**result, "rows": rows, "whole": all_of_it}, indent=2) + "\n")
    show(rows, all_of_it, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
