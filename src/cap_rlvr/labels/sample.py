"""Which rows are asked: drawn by a seed from all splits, real ones where there are any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cap_rlvr.labels.forms import Item, is_decoy_due, item_of, stratum
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.rows import SPLITS, Row, read_rows
from cap_rlvr.wire.workspace import Workspace

DECOYS = 0.2  # of the rows come upon, where the form has decoys


@dataclass(frozen=True)
class Sample:
    """``rows`` in all, or (with ``each``) up to so many of each stratum; all of the strata named in ``every``."""

    seed: str
    rows: int = 50
    every: tuple[str, ...] = ()
    each: int | None = None


def rows_of(workspace: Path, task: str) -> list[Row]:
    """All prepared rows of a task. Raises BadInput where none are prepared."""
    folder = Workspace(workspace).tasks / task
    return [row for split in SPLITS for row in read_rows(folder / f"{split}.jsonl")]


def draw(rows: Iterable[Row], sample: Sample) -> list[Item]:
    """The questions, in an order that tells nothing. Raises BadInput where there is no row, or no such stratum.

    A row is asked with its gold or as a decoy, by a keyed draw: beside each other the two would give each other away.
    Decoys come on top of the rows wanted. Rows of a stratum that is wanted whole are no decoys.
    """
    known = {row.id: row for row in rows}
    real = {name: row for name, row in known.items() if row.source_kind is not SourceKind.SYNTHETIC} or known
    strata: defaultdict[str, list[str]] = defaultdict(list)
    for name in keyed_order(list(real), "label", sample.seed):
        strata[stratum(real[name])].append(name)
    if not real:
        raise BadInput("there are no prepared rows of this task", "workspace", "Prepare some with `cap-rlvr prep`")
    missing = [name for name in sample.every if name not in strata]
    if missing:
        raise BadInput(f"no rows are {missing[0]}", "every", f"There are: {', '.join(sorted(strata))}")
    items: list[Item] = []
    for names, most in _wanted(strata, sample):
        items += _asked([real[name] for name in names], most, sample)
    by_id = {item.id: item for item in items}
    return [by_id[name] for name in keyed_order(list(by_id), "asked", sample.seed)]


def _asked(rows: Sequence[Row], most: int, sample: Sample) -> Iterator[Item]:
    """``most`` rows with their gold, and those on the way to them that are decoys instead."""
    asked = 0
    for row in rows:
        if asked == most:
            return
        due = stratum(row) not in sample.every and is_decoy_due(sample.seed, row.id, DECOYS)
        item = (item_of(row, sample.seed, decoy=True) if due else None) or item_of(row, sample.seed)
        if item is not None:
            asked += not item.decoy
            yield item


def _wanted(strata: dict[str, list[str]], sample: Sample) -> list[tuple[list[str], int]]:
    """(row ids in their keyed order, how many of them) group by group."""
    whole = [(names, len(names)) for name, names in sorted(strata.items()) if name in sample.every]
    others = {name: names for name, names in sorted(strata.items()) if name not in sample.every}
    if sample.each is not None:
        return whole + [(names, sample.each) for names in others.values()]
    rest = keyed_order([name for names in others.values() for name in names], "label", sample.seed)
    return [*whole, (rest, sample.rows)]
