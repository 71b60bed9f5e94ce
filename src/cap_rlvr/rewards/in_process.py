"""Items scored here, without a service: the same three kinds of results, the same scorers, but no CPU limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from cap_rlvr import registry
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.rows import Row
from cap_rlvr.wire.scoring import Reason, RewardItem, RewardResult, ScorerId, Status
from cap_rlvr.wire.workspace import Workspace

_TRUTHS_KEPT = 256  # one may hold a whole opinion


class InProcess:
    """Scores items like `cap_rlvr.clients.reward.RewardClient`; example ids are those of ``workspace``, of any split."""

    def __init__(self, workspace: Path | None = None) -> None:
        self._workspace = workspace
        self._places: dict[str, dict[str, tuple[Path, int]]] = {}
        self._stored = lru_cache(_TRUTHS_KEPT)(self._read_stored)

    @property
    def scorers(self) -> Mapping[str, ScorerId]:
        """The scorer of each task."""
        return {name: registry.scorer_id(name) for name in registry.names()}

    def score(self, items: Sequence[RewardItem]) -> list[RewardResult]:
        """Results in the items' order. Raises BadInput for example ids without rows to look them up in."""
        return [self._result(item, item.id if item.id is not None else str(at)) for at, item in enumerate(items)]

    def close(self) -> None:
        """Nothing is held."""

    def _result(self, item: RewardItem, item_id: str) -> RewardResult:
        if item.task not in registry.names():
            text = f"No such task; choose from {', '.join(registry.names())}."
            return _null(item, item_id, "unscorable", "unknown_task", text)
        task = registry.get(item.task)
        try:
            truth = task.read_truth(item.ground_truth or {}) if item.example_id is None else self._find(task, item)
        except _NoRows:
            raise
        except BadInput as error:
            return _null(item, item_id, "unscorable", "malformed_ground_truth", str(error))
        if truth is None:
            return _null(item, item_id, "unscorable", "unknown_example", "No prepared row has this example_id.")
        try:
            score = task.score(truth, item.text())
        except Exception as error:  # noqa: BLE001 - a scorer's bug is our error, never a reward
            text = f"The scorer of {item.task} failed ({type(error).__name__})."
            return _null(item, item_id, "error", "scorer_failed", text)
        return RewardResult(id=item_id, task=item.task, status="scored", mask_sample=False, **dict(score))

    def _find(self, task: Task[Any], item: RewardItem) -> Any:
        assert item.example_id is not None
        return self._stored(task.name, item.example_id)

    def _read_stored(self, name: str, example_id: str) -> Any:
        """The truth of a stored row, or None. Raises BadInput where there are no rows, or the truth is malformed."""
        place = self._rows(name).get(example_id)
        if place is None:
            return None
        path, offset = place
        with path.open("rb") as file:
            file.seek(offset)
            return registry.get(name).read_truth(Row.model_validate(orjson.loads(file.readline())).truth)

    def _rows(self, name: str) -> dict[str, tuple[Path, int]]:
        if name not in self._places:
            folder = Workspace(self._workspace).tasks / name if self._workspace else None
            paths = sorted(folder.glob("*.jsonl")) if folder else []
            if not paths:
                raise _NoRows(
                    f"no rows of {name} are at hand", "example_id", "Name a workspace that has them, or a URL"
                )
            self._places[name] = {row_id: (path, at) for path in paths for row_id, at in _ids(path)}
        return self._places[name]


class _NoRows(BadInput):
    """No item with an example id of that task can be judged here."""


def _ids(path: Path) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                found.append((str(orjson.loads(line)["id"]), offset))
            except (ValueError, KeyError, TypeError):
                raise BadData("this line is no row", f"{path}:{number}", "Prepare this task again") from None
            offset += len(line)
    return found


def _null(item: RewardItem, item_id: str, status: Status, code: str, text: str) -> RewardResult:
    return RewardResult(
        id=item_id,
        task=item.task,
        status=status,
        reason=Reason(code=code, text=text),
        failure_reason=code,
        mask_sample=True,
    )
