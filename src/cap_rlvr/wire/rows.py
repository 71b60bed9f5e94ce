"""A row: one question of one task, made from one case, with the spans that it was made from.

On disk a row is one flat JSON line: the common fields below and, beside them, the task's own (`choices`,
`answer_idx`; `ground_truth`, `metadata`; …), which in memory live in ``truth``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import orjson
from pydantic import ValidationError, model_serializer, model_validator

from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.frozen import Frozen

Split = Literal["train", "eval", "test"]
SPLITS: tuple[Split, ...] = ("train", "eval", "test")


class Span(Frozen):
    """A half-open range of characters in a repaired field of a case.

    ``field`` is `head_matter`, `opinions/0`, `citations/0`, `name` …; ``role`` says what the row used it for.
    """

    case_id: str
    field: str
    start: int
    end: int
    role: str


class Row(Frozen):
    """One question. ``inputs`` is what the task's prompt template is filled with; ``truth`` is the task's ground truth.

    ``evaluation_only`` rows are never given to training; ``difficulty`` is 0 (easy) to 1 (hard).
    """

    id: str
    case_id: str
    task: str
    split: Split | None = None
    inputs: str
    spans: tuple[Span, ...] = ()
    source_kind: SourceKind
    kind: str = ""
    difficulty: float = 0.5
    evaluation_only: bool = False
    truth: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "truth" in data:
            return cast(Any, data)
        fields = cast(dict[str, Any], data)
        common = {name: value for name, value in fields.items() if name in cls.model_fields}
        truth = {name: value for name, value in fields.items() if name not in cls.model_fields}
        return {**common, "truth": truth}

    @model_serializer(mode="wrap")
    def _flatten(self, handler: Any) -> dict[str, Any]:
        data = handler(self)
        truth = data.pop("truth")
        return {**data, **truth}


class Refusal(Frozen):
    """Why a case or candidate gave no row: a short code that the yield table counts, and the place."""

    case_id: str
    task: str
    reason: str
    detail: str = ""


class Candidate(Frozen):
    """What one case offers to a task before other cases are known.

    ``block`` groups candidates that may meet in one row (as distractors, say); ``payload`` is the task's own.
    ``rare_as`` names what it is counted under where a corpus may have too few of its kind to train on (see
    wire/splits.py). ``split`` is that of its case's cluster: prep tells it to `assemble`, `find` leaves it open.
    """

    task: str
    case_id: str
    source_kind: SourceKind
    kind: str
    block: str
    order: int = 0
    rare_as: str = ""
    split: Split | None = None
    payload: dict[str, Any]


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, line by line.

    Raises BadInput where there is no such file or it can't be read, BadData with file and line for a line that is no row.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield _row(line, f"{path}:{number}")
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput("there are no prepared rows", str(path), "Prepare some with `cap-rlvr prep`") from None
    except OSError as error:
        raise BadInput(f"it can't be read ({error.strerror})", str(path), "Give a file of rows") from None


def _row(line: bytes, where: str) -> Row:
    try:
        return Row.model_validate(orjson.loads(line))
    except (orjson.JSONDecodeError, ValidationError) as error:
        fault = "not JSON" if isinstance(error, orjson.JSONDecodeError) else f"{error.error_count()} fields are wrong"
        raise BadData(f"this line is no row ({fault})", where, "Prepare this task again") from None
