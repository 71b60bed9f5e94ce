"""What a run writes down while it goes: the trainer writes these lines, the report and `status` read them.

In `runs/<id>/`: `steps.jsonl` (StepRecord), `rollouts.jsonl` (RolloutRecord), `eval/<stage>.jsonl` (EvalRecord),
`events.jsonl` (EventRecord), `run.json` (RunRecord, rewritten whole).
"""

from __future__ import annotations

from typing import Any, Literal

from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.scoring import ParseMode, Part

Stage = Literal["before_sft", "after_sft", "after_grpo"]
STAGES: tuple[Stage, ...] = ("before_sft", "after_sft", "after_grpo")
NOT_ASKED = "not_asked"  # the finish reason of a held-out row whose prompt is too long for the model


class StepSeconds(Frozen):
    """Wall time of one GRPO step in seconds, by what it waited for."""

    queue: float
    generation: float
    reward: float
    sync: float
    optimiser: float
    total: float


class StepRecord(Frozen):
    """One GRPO step. Means over scored rows; shares in [0, 1]; ``kl`` against the reference, in nats a token."""

    step: int
    policy: str
    seconds: StepSeconds
    loss: float
    learning_rate: float
    gradient_norm: float
    reward_mean: float
    reward_std: float
    reward_by_task: dict[str, float]
    strict_by_task: dict[str, float]
    rows: int
    null_rows: int
    dropped_groups: int
    zero_variance_share: float
    truncated_share: float
    completion_tokens_mean: float
    generated_tokens_per_second: float
    replicas: int
    groups_by_worker: dict[str, int]
    request_ids: tuple[str, ...]
    logprob_gap: float
    entropy: float
    kl: float | None = None
    superseded: bool = False


class SftRecord(Frozen):
    """One logged step of the warm start (`sft.jsonl`)."""

    step: int
    loss: float
    learning_rate: float
    tokens: int
    seconds: float


class RolloutRecord(Frozen):
    """One sampled completion with its verdict; ``reward`` None where it could not be judged."""

    step: int
    policy: str
    worker: str
    row_id: str
    task: str
    prompt: str
    completion: str
    reward: float | None
    strict: bool | None
    reason: str
    parts: dict[str, Part] = {}
    advantage: float | None = None


class EvalRecord(Frozen):
    """One held-out row under one stage's policy (greedy); ``finish_reason`` is the engine's, or NOT_ASKED."""

    stage: Stage
    policy: str
    row_id: str
    task: str
    source_kind: SourceKind
    kind: str
    prompt: str
    completion: str
    finish_reason: str
    reward: float | None
    strict: bool | None
    parse_mode: ParseMode | None
    reason: str
    parts: dict[str, Part] = {}


class EventRecord(Frozen):
    """Something that happened: a phase begun or ended, a replica joined or lost, the trainer waiting, a resume."""

    at: float
    kind: str
    text: str
    details: dict[str, Any] = {}


class PhaseRecord(Frozen):
    """One phase of `make run`, wall seconds."""

    name: str
    seconds: float


class RunRecord(Frozen):
    """The run as a whole: what it was made from and how long its phases took."""

    id: str
    source: str
    source_kinds: tuple[str, ...]
    model: str
    tasks: tuple[str, ...]
    seed: int
    config: dict[str, Any]
    machine: dict[str, Any]
    phases: tuple[PhaseRecord, ...] = ()
    lineage: dict[str, str] = {}
    yields: list[dict[str, Any]] = []
