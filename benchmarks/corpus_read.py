"""How fast one core reads CAP's formats into cases, beside plain `json.loads` of the same records.

    python benchmarks/corpus_read.py [FOLDER]

FOLDER holds any of `static.case.law/`, `common-pile/`, `common_pile_sample.jsonl.gz` and `text_only_sample.jsonl.gz`.
Without one: the samples beside the project, else what `make run` has downloaded, else an invented corpus. Prints a
table and writes `benchmarks/results/corpus_read.json`. Rates are megabytes of unpacked JSON a second of processor time,
best of three; the ratio to `json.loads` is what carries over to other machines.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cap_rlvr.corpus import UnitKind, list_units, read_unit
from cap_rlvr.corpus.lines import records
from cap_rlvr.corpus.sources import Unit
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.corpus.volumes import is_case_member

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT.parent / "shared" / "data"
DOWNLOADED = ROOT / "workspace" / "raw"
INVENTED = (300, 11)  # cases and seed
SOURCES = ("static.case.law", "common-pile", "common_pile_sample.jsonl.gz", "text_only_sample.jsonl.gz")
GOAL = 4.0  # MB/s a core


def raw_records(unit: Unit) -> Iterator[bytes]:
    """Each record's bytes, unpacked."""
    if unit.kind is UnitKind.SHARD:
        yield from (line for _, line in records(Path(unit.path)) if line)
        return
    import zipfile

    with zipfile.ZipFile(unit.path) as archive:
        yield from (archive.read(name) for name in archive.namelist() if is_case_member(name))


def read_plainly(units: list[Unit]) -> int:
    return sum(1 for unit in units for record in raw_records(unit) if json.loads(record))


def read_cases(units: list[Unit]) -> int:
    return sum(1 for unit in units for _ in read_unit(unit, lambda _: None))


def seconds(work: Callable[[list[Unit]], int], units: list[Unit]) -> tuple[float, int]:
    """Least processor time of three runs, and what the work returned."""
    best, count = float("inf"), 0
    for _ in range(3):
        start = time.process_time()
        count = work(units)
        best = min(best, time.process_time() - start)
    return best, count


def measure(source: Path) -> dict[str, float | int | str]:
    units = list_units(source)
    size = sum(len(record) for unit in units for record in raw_records(unit)) / 1e6
    plain, _ = seconds(read_plainly, units)
    ours, cases = seconds(read_cases, units)
    return {
        "source": source.name,
        "megabytes": round(size, 1),
        "cases": cases,
        "mb_per_s": round(size / ours, 2),
        "json_loads_mb_per_s": round(size / plain, 2),
        "ratio": round(plain / ours, 3),
        "cases_per_s": round(cases / ours),
    }


def sources(scratch: Path) -> list[Path]:
    """What is read: from the folder given, else from the first place that has something, else invented now."""
    places = [Path(sys.argv[1])] if len(sys.argv) > 1 else [SAMPLES, DOWNLOADED]
    for place in places:
        if found := [place / name for name in SOURCES if (place / name).exists()]:
            return found
    if len(sys.argv) > 1:
        sys.exit(f"{places[0]}: none of {', '.join(SOURCES)} is here. Give the folder that holds them")
    cases, seed = INVENTED
    print(f"No real decisions are here: reading {cases} invented ones, which says nothing of real ones' speed.")
    return [write_corpus(scratch / "invented", cases, seed)]


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        rows = [measure(source) for source in sources(Path(scratch))]
    print(f"{'source':32}{'MB':>8}{'cases':>8}{'MB/s':>8}{'json.loads':>12}{'ratio':>8}{'cases/s':>9}")
    for row in rows:
        print(
            f"{row['source']:32}{row['megabytes']:>8}{row['cases']:>8}{row['mb_per_s']:>8}"
            f"{row['json_loads_mb_per_s']:>12}{row['ratio']:>8}{row['cases_per_s']:>9}"
        )
    print(f"goal: {GOAL} MB/s a core")
    results = ROOT / "benchmarks" / "results" / "corpus_read.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(
        json.dumps({"goal_mb_per_s": GOAL, "python": sys.version.split()[0], "rows": rows}, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
