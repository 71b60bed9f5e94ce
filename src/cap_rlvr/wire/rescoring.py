"""`POST /rescore`: items with their former results, and what this scorer says differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.scoring import MAX_ITEMS, CorpusId, RewardItem, RewardResult, ScorerId, Status

# No scorer ever paid more; sums of larger numbers may end at infinity, which is no JSON.
Paid = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]


class FormerPart(BaseModel):
    """What is compared of a part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: Paid
    weight: Paid


class FormerReason(BaseModel):
    """What is compared of a reason."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str


class Former(BaseModel):
    """A result as another version gave it; fields that this version does not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Status
    reward: Paid | None = None
    strict: bool | None = None
    parts: dict[str, FormerPart] = {}
    reason: FormerReason | None = None


class RescoreItem(Frozen):
    """An item and its former result."""

    item: RewardItem
    former: Former


class RescoreRequest(Frozen):
    """1 to 512 items with their former results."""

    items: tuple[RescoreItem, ...] = Field(min_length=1, max_length=MAX_ITEMS)


class Outcome(Frozen):
    """The part of a result that is compared."""

    status: Status
    reward: float | None
    strict: bool | None
    reason: str | None


class Difference(Frozen):
    """One item on which the two disagree; ``parts`` has what each changed part added to the reward, then and now."""

    index: int
    id: str
    task: str
    former: Outcome
    now: Outcome
    parts: dict[str, tuple[float | None, float | None]]


class TaskDifference(Frozen):
    """One task's count. The means are over the ``compared`` items, which both scored; None where there are none.

    ``undecided`` items got our error now, so that nothing is known of them; asking again may help.
    """

    items: int
    same: int
    changed: int
    undecided: int
    compared: int
    mean_former: float | None
    mean_now: float | None


class RescoreReply(Frozen):
    """The differences under this scorer."""

    request_id: str
    tasks: dict[str, TaskDifference]
    differences: tuple[Difference, ...]
    undecided: tuple[int, ...]
    scorers: dict[str, ScorerId]
    corpus: CorpusId | None


def compare(index: int, former: Former, now: RewardResult) -> Difference | None:
    """The difference between two results of one item, or None where status, reward, strictness and parts agree."""
    before = _brief(former)
    after = _brief(now)
    parts = {name: pair for name, pair in _earned(former, now) if pair[0] != pair[1]}
    same = (before.status, before.reward, before.strict) == (after.status, after.reward, after.strict)
    if same and (not parts or former.status != "scored"):
        return None
    return Difference(index=index, id=now.id, task=now.task, former=before, now=after, parts=parts)


def _brief(result: Former | RewardResult) -> Outcome:
    code = result.reason.code if result.reason else None
    return Outcome(status=result.status, reward=result.reward, strict=result.strict, reason=code)


def _earned(former: Former, now: RewardResult) -> Iterable[tuple[str, tuple[float | None, float | None]]]:
    names = [*former.parts, *(name for name in now.parts if name not in former.parts)]
    for name in names:
        then, at = former.parts.get(name), now.parts.get(name)
        yield name, (then and round(then.value * then.weight, 4), at and round(at.value * at.weight, 4))


def is_undecided(result: RewardResult) -> bool:
    """Whether nothing is known of an item now."""
    return result.status == "error"


def tally(
    former: Sequence[Former], results: Sequence[RewardResult], differences: Iterable[Difference]
) -> Mapping[str, TaskDifference]:
    """The counts of each task, sorted by name."""
    changed = {difference.index for difference in differences}
    found: dict[str, TaskDifference] = {}
    for task in sorted({result.task for result in results}):
        indices = [index for index, result in enumerate(results) if result.task == task]
        open_ones = sum(is_undecided(results[index]) for index in indices)
        pairs = [(former[index].reward, results[index].reward) for index in indices]
        both = [(then, now) for then, now in pairs if then is not None and now is not None]
        different = sum(index in changed for index in indices)
        found[task] = TaskDifference(
            items=len(indices),
            same=len(indices) - different - open_ones,
            changed=different,
            undecided=open_ones,
            compared=len(both),
            mean_former=round(sum(then for then, _ in both) / len(both), 6) if both else None,
            mean_now=round(sum(now for _, now in both) / len(both), 6) if both else None,
        )
    return found
