"""What a task is: find candidates in a case, assemble rows, ask, know the gold, score, and be attacked.

A task is a folder under `tasks/` whose `__init__.py` defines ``TASK``. The folder's name is its registration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args, get_origin

from pydantic import ValidationError

from cap_rlvr.answer import Reply
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.rows import Candidate, Refusal, Row
from cap_rlvr.wire.scoring import Part, Reason, Score, Step


class GroundTruth(Frozen):
    """The base of each task's ground truth: what a scorer needs to judge, and no more."""


T = TypeVar("T", bound=GroundTruth)


class Vectors(Protocol):
    """A store of vectors of cases, frozen with its calibration."""

    def similarity(self, one: str, other: str) -> float | None:
        """The scaled cosine of two cases, 0 to 1, by case id; None where one has no vector."""
        ...


FAULTS = {
    "oversize": "The completion is longer than 32 kB.",
    "unclosed_think": "The thinking was never closed, so there is no answer.",
    "unbalanced_tags": "The answer tags are nested or unbalanced.",
    "conflicting_answers": "More than one answer was given.",
    "no_answer": "No answer was found by the answer convention.",
}


@dataclass(frozen=True)
class Probe:
    """One text to send at a scorer. ``limit`` is the most that it may earn (for a surface form: the least)."""

    family: str
    completion: str
    limit: float


@dataclass(frozen=True)
class Material:
    """What an attacker may build outputs from: templates with `{slot}`s, and fillers for each. None of it is the gold.

    A task's `adversary.py` has ``material(truth, other, key)`` and ``most(truth, completion)``; see quality/adversaries.py.
    """

    templates: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Probes(Generic[T]):
    """A task's own tests of its reward.

    ``surface_forms(truth)``: honest ways to write the gold, which must earn ``limit``.
    ``attacks(truth, other, key)``: outputs that must not earn more than ``limit``; ``other`` is another row's truth.
    ``chains(truth, key)``: sequences that begin with the gold and add one error at a time; reward may never rise.
    """

    surface_forms: Callable[[T], Iterable[Probe]]
    attacks: Callable[[T, T, str], Iterable[Probe]]
    chains: Callable[[T, str], Iterable[Sequence[str]]]


@dataclass(frozen=True)
class Task(Generic[T]):
    """One task.

    ``find(case)`` yields what one case offers, or why not, without knowing other cases.
    ``assemble(blocks, seed)`` gets the candidates block by block (each a list in a fixed order; one block fits in
    memory; it may walk them more than once) and yields rows, or why not. ``gold(truth)`` composes the canonical
    completion, which must earn ``ceiling``. ``score(truth, completion)`` is pure: no clock, chance, hash order or
    network. ``with_vectors(truth, vectors)``, where a task has it, puts what vectors say of the cases into the truth.

    ``most_constant`` is what one text given to every row of a source and split may earn at most. A task whose answers
    are a few labels declares its own, beside ``chance``, what that text would earn were all labels equally frequent:
    the bar is then the share of the commonest label that `assemble` can't keep a split below, times what a right label
    alone earns, and 1.1 to 1.6 times chance (holding .22 of 1/5; entail .40 of the rows x .60, of .60/4). All others
    leave both alone.
    """

    name: str
    title: str
    version: str
    truth: type[T]
    example: dict[str, Any]
    template: str
    ceiling: float
    tags_required: bool
    find: Callable[[Case], Iterator[Candidate | Refusal]]
    assemble: Callable[[Iterable[list[Candidate]], str], Iterator[Row | Refusal]]
    gold: Callable[[T], str]
    score: Callable[[T, str], Score]
    probes: Probes[T]
    with_vectors: Callable[[T, Vectors], T] | None = None
    most_constant: float = 0.05
    chance: float = 0.0

    @property
    def labels(self) -> tuple[str, ...]:
        """The values of the truth's `label`, where that field is a Literal; none elsewhere."""
        field = self.truth.model_fields.get("label")
        return tuple(map(str, get_args(field.annotation))) if field and get_origin(field.annotation) is Literal else ()

    def prompt(self, inputs: str) -> str:
        """The question as a model sees it: the template of `prompt.md` around a row's inputs."""
        return self.template.replace("{inputs}", inputs)

    def read_truth(self, truth: Mapping[str, Any]) -> T:
        """Check a ground truth. Raises BadInput that names the first wrong field."""
        try:
            return self.truth.model_validate(truth)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in ("ground_truth", *first["loc"]))
            raise BadInput(first["msg"], place, f"See the schema of task {self.name}") from None

    def judge(self, truth: Mapping[str, Any], completion: str) -> Score:
        """Score a completion against a ground truth as it came. Raises BadInput where the truth is malformed."""
        return self.score(self.read_truth(truth), completion)

    def fault(self, row: Row) -> Refusal | None:
        """Why a row cannot be used: its truth is malformed, or its own gold does not earn what the task promises."""
        try:
            truth = self.read_truth(row.truth)
        except BadInput as error:
            return Refusal(case_id=row.case_id, task=self.name, reason="malformed_truth", detail=str(error))
        score = self.score(truth, self.gold(truth))
        if score.reward >= self.ceiling and score.strict:
            return None
        detail = f"{row.id}: {score.reward} of {self.ceiling} ({score.reason.code})"
        return Refusal(case_id=row.case_id, task=self.name, reason="gold_below_ceiling", detail=detail)


def nothing(reply: Reply, code: str = "", text: str = "") -> Score:
    """Reward 0 with a reason; without a code, the reply's own fault is the reason."""
    code = code or reply.fault or "no_answer"
    reason = Reason(code=code, text=text or FAULTS.get(code, ""))
    return Score(reward=0.0, strict=False, answer=reply.answer, reason=reason, parse_mode=reply.mode)


def total(parts: Mapping[str, Part]) -> float:
    """The sum of value times weight in the parts' own order, rounded to 4 decimals and kept in [0, 1]."""
    return round(min(1.0, max(0.0, sum(part.value * part.weight for part in parts.values()))), 4)


def graded(
    reply: Reply,
    parts: Mapping[str, Part],
    reason: Reason,
    gates: Mapping[str, bool],
    cap: float = 1.0,
    strict: bool = False,
) -> Score:
    """A score from parts: nothing behind a closed gate, at most ``cap``; one step a part, summing to the reward."""
    reward = round(min(cap, total(parts)), 4) if all(gates.values()) else 0.0
    steps: list[Step] = []
    earned = 0.0
    for name, part in parts.items():
        upto = round(min(reward, earned + part.value * part.weight), 4)
        steps.append(Step(name=name, earned=round(upto - earned, 4)))
        earned = upto
    return Score(
        reward=reward,
        strict=strict,
        answer=reply.answer,
        reason=reason,
        parts=dict(parts),
        gates=dict(gates),
        steps=tuple(steps),
        parse_mode=reply.mode,
    )
