"""Asking a person about rows, whatever shows the questions (a terminal, a page): what is drawn, shown and kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cap_rlvr import registry
from cap_rlvr.corpus.lookup import field_text, find_cases, given_or_known
from cap_rlvr.labels.forms import Item, stratum
from cap_rlvr.labels.passages import Stretch, stretches
from cap_rlvr.labels.sheet import Label, Sheet
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.manifest import MANIFEST, read_manifest
from cap_rlvr.wire.rejects import Reject, add_reject, read_rejects
from cap_rlvr.wire.rows import Row
from cap_rlvr.wire.workspace import Workspace

_SEED = re.compile(r"[\w-][\w.-]{0,39}")


@dataclass
class Asking:
    """Questions to one person. ``rows`` is the digest of the prepared rows; ``cases`` are those that are at hand."""

    items: Sequence[Item]
    sheet: Sheet
    rows: str
    cases: dict[str, Case] = field(default_factory=dict[str, Case])

    @property
    def left(self) -> int:
        """How many have been neither answered nor skipped."""
        done = self.sheet.done
        return sum(item.id not in done for item in self.items)

    @property
    def next(self) -> Item | None:
        """The first of these."""
        done = self.sheet.done
        return next((item for item in self.items if item.id not in done), None)

    @property
    def number(self) -> int:
        """The place of the next question, from 1."""
        return len(self.items) - self.left + 1

    def shown(self, item: Item) -> str:
        """What is shown, the words that the row hides given back where its passage is at hand: a person judges the law."""
        context = item.row.truth.get("context")
        passage = next((span for span in item.row.spans if span.role == "passage"), None)
        if not isinstance(context, str) or passage is None or passage.case_id not in self.cases:
            return item.shown
        text = field_text(self.cases[passage.case_id], passage.field)
        return item.shown.replace(context, text[passage.start : passage.end])

    def label(self, item: Item, key: str | None) -> Label:
        """The label that an answer's key makes, without a second look; None skips."""
        return Label(
            task=item.row.task,
            item=item.id,
            row_id=item.row.id,
            source_kind=item.row.source_kind.value,
            stratum=stratum(item.row),
            decoy=item.decoy,
            answer="" if key is None else item.keys[key],
            agrees=None if key is None else key == item.right,
            gold=item.gold,
            rows=self.rows,
        )

    def passages(self, item: Item) -> list[Stretch]:
        """The stretches that a question's gold rests on; not shown before the answer."""
        return list(stretches([span for span in item.row.spans if span.case_id in cases_of(item)], self.cases))


def asks_again(label: Label) -> bool:
    """Whether an answer is kept only after a second look, with the gold in sight."""
    return label.agrees is False and not label.decoy and not label.verdict


def sheet_of(workspace: Workspace, task: str, seed: str) -> Sheet:
    """The labels given so far. Raises BadInput for a seed that can't be part of a file's name, BadData for a broken line."""
    registry.get(task)
    if not _SEED.fullmatch(seed):
        raise BadInput("it is part of a file's name", "seed", "Use letters and digits")
    return Sheet(workspace.labels / f"{task}-{seed}.jsonl")


def rows_digest(workspace: Workspace, task: str) -> str:
    """The digest of a task's prepared rows, empty where they have no manifest."""
    folder = workspace.tasks / task
    return read_manifest(folder).digest if (folder / MANIFEST).is_file() else ""


def cases_of(item: Item) -> set[str]:
    """The ids of the cases that a question is about."""
    return {case_id for case_id in (item.row.case_id, item.other) if case_id}


def find_cases_of(items: Collection[Item], sources: Sequence[Path] | None, workspace: Workspace) -> dict[str, Case]:
    """The cases of questions, as far as the sources (by default what prep read) have them."""
    places = given_or_known(sources, workspace)
    found: dict[str, Case] = {}
    for kind in sorted({item.row.source_kind for item in items}):
        of_kind = [item for item in items if item.row.source_kind is kind]
        found |= find_cases({case_id for item in of_kind for case_id in cases_of(item)}, places, kind)
    return found


def reject(workspace: Workspace, row: Row, why: str) -> int:
    """Keep that a row's gold is wrong; how many of its task are rejected now.

    Raises BadInput without a reason, or where the row has been rejected before.
    """
    if not why.strip():
        raise BadInput("a reason is needed", "why", "Say what is wrong with the gold")
    if row.id in read_rejects(workspace.rejects):
        raise BadInput("it has been rejected before", row.id, f"Its reason is in {workspace.rejects}")
    task = registry.get(row.task)
    gold = task.gold(task.read_truth(row.truth))
    add_reject(workspace.rejects, Reject(row_id=row.id, task=row.task, why=why.strip(), gold=gold))
    return len(read_rejects(workspace.rejects, row.task))
