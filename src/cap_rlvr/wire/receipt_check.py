"""What a request and its reply prove together: each check with what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.receipts import receipt_of
from cap_rlvr.wire.scoring import RewardItem, RewardReply, RewardRequest, RewardResult
from cap_rlvr.wire.signatures import ReceiptKey
from cap_rlvr.wire.submissions import SubmissionReply, SubmissionRequest, submission_receipt

_SHOWN = 5
_ROUNDING = 0.001  # increments are rounded to four decimals each
M = TypeVar("M", bound=Frozen)


@dataclass(frozen=True)
class Finding:
    """One check: it holds, it differs, or it could not be made."""

    state: Literal["holds", "differs", "unchecked"]
    what: str
    text: str


def read_claim(request: Any, reply: Any) -> tuple[tuple[RewardItem, ...], RewardReply]:
    """Items and reply of two JSON values. Raises BadInput that names the field."""
    if isinstance(request, dict) and "items" in request:
        return _fitted(RewardRequest, request, "request").items, _fitted(RewardReply, reply, "reply")
    return (_fitted(RewardItem, request, "request"),), _fitted(RewardReply, reply, "reply")


def check(items: Sequence[RewardItem], reply: RewardReply, keys: Sequence[ReceiptKey] = ()) -> list[Finding]:
    """All checks. With keys, an absent signature or one of another key is a difference too."""
    return [_places(items, reply), _scorers(items, reply), _sums(reply), _receipt(items, reply), _signed(reply, keys)]


def read_submission(request: Any, reply: Any) -> tuple[SubmissionRequest, SubmissionReply]:
    """Request and reply of a submission. Raises BadInput that names the field."""
    return _fitted(SubmissionRequest, request, "request"), _fitted(SubmissionReply, reply, "reply")


def check_submission(
    request: SubmissionRequest, reply: SubmissionReply, keys: Sequence[ReceiptKey] = ()
) -> list[Finding]:
    """What a submission's reply proves; the rewards behind its means are known to the service alone."""
    asked = Counter(item.task for item in request.items)
    faults = [
        f"{task} has {one.examples} examples, asked were {asked[task]}"
        for task, one in sorted(reply.tasks.items())
        if one.examples != asked[task]
    ]
    faults += [f"{task} is missing" for task in sorted(asked.keys() - reply.tasks.keys())]
    made = submission_receipt(request, reply.tasks, reply.scorers, reply.corpus)
    tasks = _found("tasks", faults, f"{len(request.items)} examples of {', '.join(sorted(asked))}")
    return [tasks, _same_receipt(made, reply.receipt, "means"), _signed(reply, keys)]


def _fitted(model: type[M], value: Any, what: str) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join([what, *(str(step) for step in first["loc"])])
        raise BadInput(first["msg"].removeprefix("Value error, "), where) from None


def _found(what: str, faults: Sequence[str], fine: str) -> Finding:
    if not faults:
        return Finding("holds", what, fine)
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return Finding("differs", what, "; ".join(faults[:_SHOWN]) + more)


def _places(items: Sequence[RewardItem], reply: RewardReply) -> Finding:
    faults: list[str] = []
    for index, (item, result) in enumerate(zip_longest(items, reply.results)):
        asked = None if item is None else (item.id if item.id is not None else str(index), item.task)
        told = None if result is None else (result.id, result.task)
        if asked != told:
            faults.append(f"results.{index} is {_place(told)}, asked was {_place(asked)}")
    return _found("results", faults, f"{len(items)} of {len(items)}, in the request's order")


def _place(place: tuple[str, str] | None) -> str:
    return "missing" if place is None else f"{place[0]!r} of {place[1]}"


def _scorers(items: Sequence[RewardItem], reply: RewardReply) -> Finding:
    asked = {item.task for item in items}
    scored = {result.task for result in reply.results if result.status == "scored"}
    faults = [f"{task} was scored and names no scorer" for task in sorted(scored - reply.scorers.keys())]
    faults += [f"a scorer is named for {task}, which was not asked" for task in sorted(reply.scorers.keys() - asked)]
    named = ", ".join(f"{task} {one.version} ({one.sha256[:12]})" for task, one in sorted(reply.scorers.items()))
    return _found("scorers", faults, named or "none was needed")


def _sums(reply: RewardReply) -> Finding:
    faults = [f"results.{index} {fault}" for index, one in enumerate(reply.results) if (fault := _sum_fault(one))]
    return _found("rewards", faults, "each is what its steps add up to, and null where nothing was scored")


def _sum_fault(result: RewardResult) -> str:
    if (result.reward is None) == (result.status == "scored"):
        return f"is {result.status} with reward {result.reward}"
    if result.reward is not None and not 0 <= result.reward <= 1:
        return f"has reward {result.reward}"
    earned = sum(step.earned for step in result.steps)
    if result.reward is not None and result.steps and abs(earned - result.reward) > _ROUNDING:
        return f"has reward {result.reward}, and its steps add up to {earned:.4f}"
    return ""


def _receipt(items: Sequence[RewardItem], reply: RewardReply) -> Finding:
    return _same_receipt(receipt_of(items, reply), reply.receipt, "results")


def _same_receipt(made: str, told: str, what: str) -> Finding:
    if made == told:
        return Finding("holds", "receipt", f"it is that of this request, these {what} and scorers: {made}")
    text = f"the reply says {told[:80]}, these files give {made}: request, {what}, scorers or corpus were changed"
    return Finding("differs", "receipt", text)


def _signed(reply: RewardReply | SubmissionReply, keys: Sequence[ReceiptKey]) -> Finding:
    signature = reply.signature
    if not keys:
        text = f"made with key {signature.key}; give that key to check it" if signature else "there is none"
        return Finding("unchecked", "signature", text)
    if signature is None:
        return Finding("differs", "signature", "there is none")
    known = next((key for key in keys if key.id == signature.key), None)
    if known is None:
        ids = ", ".join(key.id for key in keys)
        return Finding("differs", "signature", f"made with key {signature.key[:40]!r}, none of those given ({ids})")
    if known.verify(signature, reply.receipt, reply.request_id):
        return Finding("holds", "signature", f"made with key {known.id} for request {reply.request_id}")
    return Finding("differs", "signature", f"not made with key {known.id} for this receipt and request id")
