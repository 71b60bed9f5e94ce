"""What a score is, and the whole shape of `POST /reward`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from cap_rlvr.wire.frozen import Frozen

ParseMode = Literal["tag", "boxed", "line", "bare", "none"]
Status = Literal["scored", "unscorable", "error"]
MAX_ITEMS = 512
MAX_MESSAGES = 1_000


class Evidence(Frozen):
    """A half-open range of characters in the completion as it was sent, or None where normalisation moved it."""

    start: int
    end: int


class Part(Frozen):
    """One named component: ``value`` in [0, 1] times ``weight`` is what it adds to the reward."""

    value: float
    weight: float
    evidence: Evidence | None = None
    note: str = ""


class Reason(Frozen):
    """Why the reward is what it is: a short stable code and a sentence for a person."""

    code: str
    text: str


class Step(Frozen):
    """What was earned after one part of the answer; increments sum to the reward."""

    name: str
    earned: float


class Score(Frozen):
    """The verdict on one completion. ``reward`` is in [0, 1], rounded to 4 decimals.

    ``strict`` is true only for a fully right answer; ``parse_mode`` is a metric and never pays.
    """

    reward: float
    strict: bool
    answer: str | None
    reason: Reason
    parts: dict[str, Part] = {}
    gates: dict[str, bool] = {}
    steps: tuple[Step, ...] = ()
    parse_mode: ParseMode


class Message(Frozen):
    """One chat message."""

    role: str
    content: str


Chat = Annotated[tuple[Message, ...], Field(max_length=MAX_MESSAGES)]


class RewardItem(Frozen):
    """One completion to judge, against a stored example or a ground truth sent with it (exactly one of the two)."""

    id: str | None = Field(default=None, description="Yours; comes back unchanged. Default: the item's index.")
    task: str
    completion: str | Chat
    example_id: str | None = None
    ground_truth: dict[str, Any] | None = None
    prompt: str | Chat | None = None
    group_id: str | None = None
    policy: str | None = None

    @model_validator(mode="after")
    def _one_truth(self) -> RewardItem:
        if (self.example_id is None) == (self.ground_truth is None):
            raise ValueError("give exactly one of example_id and ground_truth")
        return self

    def text(self) -> str:
        """The completion's text: the string, or the assistant's messages of a chat joined by newlines."""
        if isinstance(self.completion, str):
            return self.completion
        return "\n".join(message.content for message in self.completion if message.role == "assistant")


class RewardRequest(Frozen):
    """A batch of 1 to 512 items of any tasks."""

    items: tuple[RewardItem, ...] = Field(min_length=1, max_length=MAX_ITEMS)


class RewardResult(Frozen):
    """The answer for one item. ``reward`` is None unless ``status`` is `scored`."""

    id: str
    task: str
    status: Status
    reward: float | None = None
    strict: bool | None = None
    parts: dict[str, Part] = {}
    gates: dict[str, bool] = {}
    steps: tuple[Step, ...] = ()
    answer: str | None = None
    reason: Reason | None = None
    parse_mode: ParseMode | None = None
    failure_reason: str | None = None
    mask_sample: bool
    retryable: bool = False
    cached: bool = False


class ScorerId(Frozen):
    """The version of a task's scorer and the SHA-256 over the code and constants that decide its score."""

    version: str
    sha256: str


class CorpusId(Frozen):
    """The prepared rows that example ids refer to."""

    id: str
    sha256: str


class Signature(Frozen):
    """HMAC-SHA256 (hex) over receipt and request id, and the id of the key that made it."""

    key: str
    hmac_sha256: str


class RewardReply(Frozen):
    """Results in the order of the request's items, and what made them. ``receipt`` digests request, results, scorers.

    ``signature`` is there when the service has a receipt key.
    """

    request_id: str
    results: tuple[RewardResult, ...]
    scorers: dict[str, ScorerId]
    corpus: CorpusId | None
    receipt: str
    signature: Signature | None = None


class Problem(Frozen):
    """RFC 9457 problem details; ``field`` names what is wrong in the request."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    field: str | None = None
    request_id: str | None = None
