"""The labelling of `cap-rlvr label` for a page: the same questions, the same files, one call at a time.

Nothing about a question is kept here but what can be made again: who asks twice, or starts the service anew, goes on.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path

from cap_rlvr.labels.asking import Asking, asks_again, cases_of, find_cases_of, rows_digest, sheet_of
from cap_rlvr.labels.forms import Item, asked_of_models
from cap_rlvr.labels.sample import Sample, draw, rows_of
from cap_rlvr.labels.sheet import Label
from cap_rlvr.wire.rejects import read_rejects
from cap_rlvr.wire.workspace import Workspace
from services.reward_api import review_models as models
from services.reward_api.problems import Refused

_DRAWN = 8  # samples kept: a task's questions with their cases are some megabytes


class Desk:
    """The questions drawn last. Everything reads files and may take seconds: call it in a thread, one call at a time."""

    def __init__(self, workspace: Path) -> None:
        self._place = Workspace(workspace)
        self._drawn: OrderedDict[tuple[str, str, int, str], Asking] = OrderedDict()
        self._sought: set[str] = set()

    def sheet(self, task: str, seed: str, rows: int) -> models.LabelSheet:
        """Where this sitting is, with the next question. Raises CapError where there are no rows, or no such seed."""
        asking = self._asking(task, seed, rows)
        item = asking.next
        wrong = [label for label in asking.sheet.labels if label.verdict == "gold_wrong"]
        return models.LabelSheet(
            task=task,
            seed=seed,
            file=f"labels/{asking.sheet.path.name}",
            told=asked_of_models(task),
            done=len(asking.items) - asking.left,
            total=len(asking.items),
            question=item and self._question(asking, item, seed),
            agreement=models.agreement_shown(asking.sheet.labels),
            found_wrong=tuple(self._rejectable(label) for label in wrong),
        )

    def answer(self, task: str, seed: str, rows: int, given: models.Answer) -> models.Revealed:
        """Keep an answer, or show the gold for a second look. Raises Refused for a question or key that is not open."""
        asking = self._asking(task, seed, rows)
        item = _item(asking, seed, given.item)
        if item.id in asking.sheet.done:
            raise Refused(409, "already_answered", "This question has been answered.", "item")
        if given.key is not None and given.key not in item.keys:
            raise Refused(422, "invalid_request", f"Choose from {', '.join(item.keys)}.", "key")
        label = asking.label(item, given.key)
        if asks_again(label):
            label = _judged(label, given)
        label = label.model_copy(update={"badly_put": given.badly_put})
        kept = not asks_again(label)
        if kept:
            asking.sheet.add(label)
        if given.key is None:
            return models.Revealed(kept=True)  # nothing: it may be taken back and answered
        return self._revealed(asking, item, label, kept=kept)

    def amend(self, task: str, seed: str, rows: int, given: models.Amendment) -> models.Revealed:
        """Change what has been kept of an answer. Raises Refused where there is none."""
        asking = self._asking(task, seed, rows)
        item = _item(asking, seed, given.item)
        label = next((one for one in reversed(asking.sheet.labels) if one.item == item.id), None)
        if label is None:
            raise Refused(409, "not_answered", "This question has no answer yet.", "item")
        label = _judged(label, given).model_copy(update={"badly_put": given.badly_put})
        asking.sheet.amend(label)
        return self._revealed(asking, item, label, kept=True)

    def undo(self, task: str, seed: str) -> str | None:
        """Take the last answer back; the row that it was about."""
        last = sheet_of(self._place, task, seed).undo()
        return last.row_id if last else None

    def _asking(self, task: str, seed: str, rows: int) -> Asking:
        """The questions of a sample, drawn again when the rows have changed."""
        sheet, made_by = sheet_of(self._place, task, seed), rows_digest(self._place, task)
        key = (task, seed, rows, made_by)
        if key not in self._drawn:
            items = draw(rows_of(self._place.root, task), Sample(seed, rows))
            self._drawn[key] = Asking(items, sheet, made_by)
            if len(self._drawn) > _DRAWN:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(key)
        return self._drawn[key]

    def _question(self, asking: Asking, item: Item, seed: str) -> models.Question:
        self._look_up(asking, item)
        return models.Question(item=_name(seed, item), shown=asking.shown(item), question=item.question, keys=item.keys)

    def _look_up(self, asking: Asking, item: Item) -> None:
        """The question's cases and no others: who asks waits for a volume, not for all. What is nowhere is sought once."""
        if not cases_of(item) <= asking.cases.keys() | self._sought:
            asking.cases |= find_cases_of([item], None, self._place)
            self._sought |= cases_of(item) - asking.cases.keys()

    def _revealed(self, asking: Asking, item: Item, label: Label, *, kept: bool) -> models.Revealed:
        self._look_up(asking, item)
        return models.Revealed(
            kept=kept,
            agrees=label.agrees,
            decoy=label.decoy,
            answer=label.answer,
            verdict=label.verdict,
            why=label.why,
            badly_put=label.badly_put,
            gold=item.gold,
            row_id=item.row.id,
            cases=models.cases_shown(sorted(cases_of(item), key=item.row.case_id.__ne__), item.row, asking.cases),
            passages=models.passages_shown(asking.passages(item)),
        )

    def _rejectable(self, label: Label) -> models.Rejectable:
        rejected = label.row_id in read_rejects(self._place.rejects, label.task)
        return models.Rejectable(row_id=label.row_id, why=label.why, rejected=rejected)


def _name(seed: str, item: Item) -> str:
    return hashlib.sha256(f"{seed}\x1f{item.row.task}\x1f{item.id}".encode()).hexdigest()[:16]


def _item(asking: Asking, seed: str, name: str) -> Item:
    item = next((item for item in asking.items if _name(seed, item) == name), None)
    if item is None:
        raise Refused(404, "unknown_question", "No such question in this sample; the rows may have changed.", "item")
    return item


def _judged(label: Label, given: models.Answer | models.Amendment) -> Label:
    """Raises Refused for a gold called wrong without saying why."""
    if given.verdict == "gold_wrong" and not given.why.strip():
        raise Refused(422, "invalid_request", "Say what is wrong with the gold.", "why")
    why = given.why.strip() if given.verdict == "gold_wrong" else ""
    return label.model_copy(update={"verdict": given.verdict, "why": why})
