"""`POST /submissions`: a held-out split scored blind, so that its answers stay unknown."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.receipts import claim, sha256_sorted
from cap_rlvr.wire.scoring import CorpusId, Message, RewardItem, ScorerId, Signature

# Fewer would let a mean say what single answers earned.
MIN_EXAMPLES = 100
# At the slowest scorer's rate on one core, about what the service's deadline allows.
MAX_EXAMPLES = 2048


class SubmissionItem(Frozen):
    """One answer to one example of the split `test`."""

    id: str | None = None
    task: str
    completion: str | tuple[Message, ...]
    example_id: str

    def item(self) -> RewardItem:
        """The item to judge."""
        return RewardItem(id=self.id, task=self.task, completion=self.completion, example_id=self.example_id)


class SubmissionRequest(Frozen):
    """One answer to each of at least 100 different test examples, of any tasks."""

    items: tuple[SubmissionItem, ...] = Field(min_length=MIN_EXAMPLES, max_length=MAX_EXAMPLES)


class TaskStanding(Frozen):
    """What one task's answers earned: ``mean`` with its 95 % ``interval`` over the ``scored`` of ``examples``.

    ``parsed`` counts the answers in which something could be read.
    """

    examples: int
    scored: int
    parsed: int
    mean: float | None
    interval: tuple[float, float] | None


class SubmissionReply(Frozen):
    """Means and counts alone. ``left_today`` is how many more the key may send before midnight UTC.

    ``signature`` is there when the service has a receipt key.
    """

    request_id: str
    tasks: dict[str, TaskStanding]
    left_today: int
    scorers: dict[str, ScorerId]
    corpus: CorpusId | None
    receipt: str
    signature: Signature | None = None


def submission_receipt(
    request: SubmissionRequest,
    standings: Mapping[str, TaskStanding],
    scorers: Mapping[str, ScorerId],
    corpus: CorpusId | None,
) -> str:
    """SHA-256 (hex) over what was asked and the standings; never over single verdicts, which could be guessed from it."""
    claims = [claim(item.item(), index) for index, item in enumerate(request.items)]
    told = {name: standing.model_dump(mode="json") for name, standing in standings.items()}
    named = {name: scorer.model_dump() for name, scorer in scorers.items()}
    return sha256_sorted([claims, told, named, corpus and corpus.model_dump()])
