"""A workspace out of nothing: invented cases, their rows, no broker, no database; for a first look and for tests."""

from __future__ import annotations

import sys
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from cap_rlvr import registry
from cap_rlvr.corpus import read_cases
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.task import Task
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.files import whole_file
from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest
from cap_rlvr.wire.rows import SPLITS, Candidate, Refusal, Row, Split
from cap_rlvr.wire.splits import split_of
from cap_rlvr.wire.workspace import Workspace

SEED = 7


def build(folder: Path, cases: int) -> None:
    """Invent ``cases`` decisions and write every task's rows below ``folder``, as a workspace."""
    sys.stdout.write(f"No prepared workspace: inventing {cases} synthetic cases …\n")
    sys.stdout.flush()
    workspace = Workspace(folder)
    source = write_corpus(workspace.raw / "synthetic", cases, SEED)
    broken: list[BadData] = []
    found = list(read_cases(source, broken.append))
    for name in registry.names():
        counts = _write_rows(registry.get(name), found, workspace.tasks / name)
        shown = ", ".join(f"{split} {counts[split]}" for split in SPLITS)
        sys.stdout.write(f"  {name}: {shown} rows\n")
    if broken:
        sys.stdout.write(f"  {len(broken)} broken records passed over\n")


def _write_rows(task: Task[Any], cases: list[Case], folder: Path) -> Tally[Split]:
    rows: dict[Split, list[Row]] = {split: [] for split in SPLITS}
    ids: set[str] = set()  # two passages of a case may make one pair: the first is kept, as in prep
    for made in task.assemble(_blocks(task, cases), str(SEED)):
        if isinstance(made, Row) and made.id not in ids and task.fault(made) is None:
            ids.add(made.id)
            split = split_of(made.case_id, str(SEED))  # no case has parallel citations: each is a cluster
            rows[split].append(made.model_copy(update={"split": split}))
    for split in SPLITS:
        with whole_file(folder / f"{split}.jsonl") as file:
            file.writelines(row.model_dump_json().encode() + b"\n" for row in rows[split])
    files = digest_files(folder, [f"{split}.jsonl" for split in SPLITS])
    counts: Tally[Split] = Tally({split: len(rows[split]) for split in SPLITS})
    settings = {"source": "synthetic", "cases": len(cases), "seed": SEED}
    write_manifest(
        folder, Manifest(kind="rows", version=task.version, files=files, settings=settings, counts={**counts})
    )
    return counts


def _blocks(task: Task[Any], cases: list[Case]) -> list[list[Candidate]]:
    """The candidates block by block, each in the order of case and place, as the prep jobs give them."""
    blocks: dict[str, list[Candidate]] = defaultdict(list)
    offers: Iterator[Candidate | Refusal] = chain.from_iterable(task.find(case) for case in cases)
    for offer in offers:
        if isinstance(offer, Candidate):
            blocks[offer.block].append(offer)
    return [
        sorted(blocks[block], key=lambda candidate: (candidate.case_id, candidate.order)) for block in sorted(blocks)
    ]
