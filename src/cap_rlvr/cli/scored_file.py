"""Files of items, one JSON object a line, and the files that scoring makes of them, which can be gone on with.

A scored line is `{"line": 12, "item": {…}, "result": {…}, "scorer": {…}}`: what was asked, what came of it, and whose
verdict it is, so that it can be scored again by others (`cap-rlvr rescore`).
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.faults import said
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.rescoring import Former
from cap_rlvr.wire.scoring import Message, RewardItem, RewardResult, ScorerId

M = TypeVar("M", bound=BaseModel)
_FIELDS = {*RewardItem.model_fields, *Message.model_fields}


class Scored(Frozen):
    """One line of a scored file; ``line`` is the item's in the file that was scored."""

    line: int
    item: RewardItem
    result: RewardResult
    scorer: ScorerId | None


class FormerlyScored(BaseModel):
    """The same as another version may have written it: only what rescoring needs is looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    line: int
    item: RewardItem
    result: Former


def read_items(path: Path) -> Iterator[tuple[int, RewardItem]]:
    """The items of a file with their lines; empty lines are passed over. Raises BadInput naming line and field."""
    for number, line in _lines(path):
        yield number, _read(RewardItem, line, f"{path}:{number}", BadInput)


def read_scored(path: Path) -> Iterator[Scored]:
    """The lines of a scored file. Raises BadInput where there is no such file, BadData naming line and field."""
    for number, line in _lines(path):
        yield _read(Scored, line, f"{path}:{number}", BadData)


def read_formerly_scored(path: Path) -> Iterator[FormerlyScored]:
    """The lines of a scored file of any version. Raises like `read_scored`, but BadInput throughout."""
    for number, line in _lines(path):
        yield _read(FormerlyScored, line, f"{path}:{number}", BadInput)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
    except OSError as error:
        raise BadInput(f"it can't be read ({error.strerror})", str(path), "Give a file with one item a line") from None


def _read(model: type[M], line: bytes, where: str, kind: type[BadInput] | type[BadData]) -> M:
    try:
        data = json.loads(line.rstrip(), parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        why = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise kind(f"this line is not JSON ({why})"[:200], where, "Write one object a line") from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        places = [_place(fault["loc"], fault["type"] == "extra_forbidden") for fault in faults]
        worst = max(range(len(faults)), key=lambda index: len(places[index]))
        field = ".".join(places[worst])
        raise kind(said(faults[worst]), f"{where}: {field}" if field else where, "Mend this line") from None


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):  # which could be written, and not be read again
        raise ValueError(f"{digits[:40]} is too large a number")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _place(loc: tuple[int | str, ...], unknown_name: bool) -> list[str]:
    """The field as it is written in the file, without what a union's branches add."""
    known = [str(step) for step in loc[:-1] if isinstance(step, int) or step in _FIELDS | Scored.model_fields.keys()]
    last = loc[-1] if loc else ""
    return [*known, str(last)] if unknown_name or last in _FIELDS or isinstance(last, int) else known


class ScoredFile:
    """Writes a scored file line by line beside its place, to which it is moved once it is whole.

    ``done`` lines are there already from an earlier call with the same items. Use as a context manager. Raises BadInput
    where what is there was made from other items or by another scorer, or another process is writing it.
    """

    def __init__(self, path: Path, items: Path) -> None:
        self.path = path
        self.partial = path.with_name(f".{path.name}.partial")
        self._items = items
        self._scorers: dict[str, ScorerId | None] = {}
        self._file: IO[bytes] | None = None
        self.done = 0

    def __enter__(self) -> ScoredFile:
        self._file = self.partial.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise BadInput("another process is writing it", str(self.partial), "Wait for it, or give --out") from None
        try:
            self._cut_torn_line()
            self.done = self._agreeing(self.partial)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._file
        if not self.done:
            self.partial.unlink(missing_ok=True)
        self._file.close()

    def add(self, lines: Sequence[tuple[int, RewardItem]], results: Sequence[RewardResult], scorers: Any) -> None:
        """Append results; they are on the disk when this returns."""
        assert self._file
        known: Mapping[str, ScorerId] = scorers
        for (number, item), result in zip(lines, results, strict=True):
            scorer = known.get(item.task)
            self._insist_on_one(item.task, scorer, str(self.partial))
            result_id = item.id if item.id is not None else str(number)
            made = {
                "line": number,
                "item": item.model_dump(mode="python", exclude_none=True),
                "result": result.model_copy(update={"id": result_id}).model_dump(mode="python"),
                "scorer": scorer and scorer.model_dump(),
            }
            self._file.write(json.dumps(made).encode() + b"\n")  # ASCII: a completion may hold lone surrogates
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done += len(lines)

    def finish(self) -> None:
        """Move the whole file into its place."""
        if not self.done:  # a file without items has a result without lines
            self.path.touch()
        else:
            self.partial.replace(self.path)

    def is_whole(self) -> bool:
        """Whether the scored file is there and of these items. Raises BadInput where it is of others."""
        return self.path.exists() and self._agreeing(self.path) == sum(1 for _ in read_items(self._items))

    def _insist_on_one(self, task: str, scorer: ScorerId | None, where: str) -> None:
        if self._scorers.setdefault(task, scorer) != scorer:
            hint = "Delete it to begin anew, or give --out"
            raise BadInput(f"its lines of {task} are of another scorer", where, hint)

    def _cut_torn_line(self) -> None:
        """Cut off what a sudden end left of a line."""
        assert self._file
        self._file.seek(0)
        whole = 0
        for line in self._file:
            whole += len(line) if line.endswith(b"\n") else 0
        self._file.truncate(whole)

    def _agreeing(self, path: Path) -> int:
        count = 0
        for scored, asked in zip_longest(read_scored(path), read_items(self._items)):
            if scored is None:
                break
            if asked is None or (scored.line, scored.item) != asked:
                where = f"{path}:{count + 1}"
                raise BadInput(f"it is not of {self._items}", where, "Delete it, or give --out")
            self._insist_on_one(scored.item.task, scored.scorer, str(path))
            count += 1
        return count
