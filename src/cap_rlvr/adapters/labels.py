"""A label or a row of another system, read as a reward item.

A label is an object, or its JSON as text: `{"example_id": …}`, or a ground truth, with `task` beside its fields or
around it (`{"task": "holding", "ground_truth": {…}}`). Where no task is named it is the one that has the example, or the
only one whose ground truth these fields are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import orjson

from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.scoring import RewardItem

_HINT = 'Give {"task": …, "example_id": …}, or the ground truth with its task'
# A tokenizer that does not skip special tokens leaves one of these behind what the model wrote.
_END_MARKS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<end_of_turn>",
    "</s>",
    "<eos>",
)
_MOST_END_MARKS = 4


class Tasks(Protocol):
    """What is needed of `cap_rlvr.registry`."""

    def names(self) -> tuple[str, ...]: ...
    def get(self, name: str) -> Task[Any]: ...


class Labels:
    """Reads labels. ``task_of_example`` gives the task that has an example id, where that can be known."""

    def __init__(self, tasks: Tasks, task_of_example: Callable[[str], str | None] = lambda _: None) -> None:
        self._tasks = tasks
        self._task_of_example = task_of_example

    def item(self, label: Any, completion: str, field: str, task: str = "") -> RewardItem:
        """The item of a label; ``task`` is what the system itself says. Raises BadInput that names the field."""
        fields = _object(label, field)
        named = self._named(fields, field) or task
        fields = {name: value for name, value in fields.items() if name != "task"}
        if "example_id" in fields:
            return self._stored(fields["example_id"], named, completion, field)
        name = named or self._fitting(fields, field)
        return RewardItem(task=name, completion=completion, ground_truth=_unwrapped(fields, self._known(name, field)))

    def row_item(self, row: Mapping[str, Any], completion: str) -> RewardItem:
        """The item of a row that has other fields too: only `task`, `example_id` and the task's own are looked at.

        They stand in the row itself or, as NeMo Gym's data sets have it, in its `verifier_metadata`.
        """
        inner = row.get("verifier_metadata")
        inside = "task" not in row and isinstance(inner, Mapping)
        field = "verifier_metadata" if inside else ""
        fields = cast("Mapping[str, Any]", inner) if inside else row
        named = self._named(fields, field)
        if fields.get("example_id") is not None:
            return self._stored(fields["example_id"], named, completion, field)
        if not named:
            raise BadInput("there is none", _at(field, "task"), _HINT)
        known = self._known(named, field)
        whole = {name: fields[name] for name in (*known, "ground_truth") if name in fields}
        return RewardItem(task=named, completion=completion, ground_truth=_unwrapped(whole, known))

    def _named(self, fields: Mapping[str, Any], field: str) -> str:
        named = fields.get("task") or ""
        if not isinstance(named, str):
            raise BadInput("it is no name", _at(field, "task"), f"Choose from: {', '.join(self._tasks.names())}")
        return named

    def _known(self, task: str, field: str) -> list[str]:
        try:
            return list(self._tasks.get(task).truth.model_fields)
        except BadInput as error:
            raise BadInput(error.message, _at(field, "task"), error.hint) from None

    def _stored(self, example_id: Any, task: str, completion: str, field: str) -> RewardItem:
        where = _at(field, "example_id")
        if not isinstance(example_id, str):
            raise BadInput("it is no text", where, _HINT)
        name = task or self._task_of_example(example_id)
        if not name:
            raise BadInput("no task that is known has this example", where, "Name the task beside it")
        return RewardItem(task=name, completion=completion, example_id=example_id)

    def _fitting(self, fields: Mapping[str, Any], field: str) -> str:
        fitting = [name for name in self._tasks.names() if self._fits(name, fields)]
        if len(fitting) != 1:
            what = f"they fit {' and '.join(fitting)}" if fitting else "these fields are the ground truth of no task"
            raise BadInput(what, field, _HINT)
        return fitting[0]

    def _fits(self, name: str, fields: Mapping[str, Any]) -> bool:
        """Whether the names fit; what they hold is judged later, where it may take its time."""
        model = self._tasks.get(name).truth.model_fields
        given = _unwrapped(fields, list(model)).keys()
        required = {field for field, info in model.items() if info.is_required()}
        return required <= given <= model.keys()


def written(text: str) -> str:
    """What the model wrote, without the special tokens that a tokenizer left at its end."""
    for _ in range(_MOST_END_MARKS):
        text = text.rstrip()
        mark = next((mark for mark in _END_MARKS if text.endswith(mark)), None)
        if mark is None:
            break
        text = text.removesuffix(mark)
    return text


def _object(label: Any, field: str) -> dict[str, Any]:
    if isinstance(label, str):
        try:
            label = orjson.loads(label)
        except orjson.JSONDecodeError:
            raise BadInput("it is neither an object nor the JSON of one", field, _HINT) from None
    if not isinstance(label, dict):
        raise BadInput("it is no object", field, _HINT)
    return cast("dict[str, Any]", label)


def _unwrapped(fields: Mapping[str, Any], known: list[str]) -> dict[str, Any]:
    """The truth's own fields: those given, or those inside a lone `ground_truth` (two tasks have a field of that name)."""
    inner = fields.get("ground_truth")
    alone = not any(name in fields for name in known if name != "ground_truth")
    if alone and isinstance(inner, str) and inner.lstrip().startswith("{"):
        try:
            inner = orjson.loads(inner)
        except orjson.JSONDecodeError:
            return dict(fields)
    return cast("dict[str, Any]", inner) if alone and isinstance(inner, dict) else dict(fields)


def _at(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
