"""A verdict: one item's result in its final bytes, made once, cached and sent without being parsed again."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import orjson

from cap_rlvr.wire.receipts import verdict_bytes
from cap_rlvr.wire.scoring import ParseMode, Reason, RewardResult, Score, Status


class Verdict(NamedTuple):
    """``core`` is the result's JSON object without ``id`` and ``cached``, ``sha256`` (hex) of it is for receipts; ``code``
    is its reason's code.

    ``reward``, ``strict`` and ``parse_mode`` stand in the core too, and are here for those who count.
    """

    status: Status
    code: str
    core: bytes
    sha256: str
    reward: float | None = None
    strict: bool = False
    parse_mode: ParseMode = "none"

    def result(self, item_id: str, cached: bool) -> bytes:
        """The JSON of the whole result for one item."""
        flag = b"true" if cached else b"false"
        return b'{"id":' + orjson.dumps(item_id) + b',"cached":' + flag + b"," + self.core[1:]

    def pack(self) -> list[Any]:
        """What crosses from a scoring process to the service."""
        return [self.status, self.code, self.core.decode(), *self[3:]]

    @classmethod
    def unpack(cls, packed: list[Any]) -> Verdict:
        status, code, core, *rest = packed
        return cls(status, code, core.encode(), *rest)


def scored(task: str, score: Score) -> Verdict:
    """The verdict of a score."""
    result = RewardResult(
        id="",
        task=task,
        status="scored",
        reward=score.reward,
        strict=score.strict,
        parts=score.parts,
        gates=score.gates,
        steps=score.steps,
        answer=score.answer,
        reason=score.reason,
        parse_mode=score.parse_mode,
        mask_sample=False,
    )
    return _verdict(score.reason.code, result)


def cost_limit(task: str, seconds: float) -> Verdict:
    """Reward 0 for a completion that used up its CPU time on two fresh workers."""
    text = f"Judging this completion took more than {seconds:g} s of CPU time, twice."
    reason = Reason(code="cost_limit", text=text)
    return scored(task, Score(reward=0.0, strict=False, answer=None, reason=reason, parse_mode="none"))


def unscorable(task: str, code: str, text: str) -> Verdict:
    """The request's own data can't be judged; asking again changes nothing."""
    return _null(task, "unscorable", code, text, retryable=False)


def our_error(task: str, code: str, text: str, retryable: bool = True) -> Verdict:
    """Our fault: no reward."""
    return _null(task, "error", code, text, retryable)


def _null(task: str, status: Status, code: str, text: str, retryable: bool) -> Verdict:
    result = RewardResult(
        id="",
        task=task,
        status=status,
        reason=Reason(code=code, text=text),
        failure_reason=code,
        mask_sample=True,
        retryable=retryable,
    )
    return _verdict(code, result)


def _verdict(code: str, result: RewardResult) -> Verdict:
    core = verdict_bytes(result)
    sha256 = hashlib.sha256(core).hexdigest()
    return Verdict(result.status, code, core, sha256, result.reward, bool(result.strict), result.parse_mode or "none")
