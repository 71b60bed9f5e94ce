"""Work for the rollout fleet: a group of completions asked for, and a group of completions given."""

from __future__ import annotations

from typing import Literal

from cap_rlvr.wire.frozen import Frozen, digest
from cap_rlvr.wire.policies import PolicyRef

Purpose = Literal["train", "eval"]
ReplicaState = Literal["starting", "ready", "draining"]


class Sampling(Frozen):
    """How to draw completions. GRPO needs the full support: ``top_p`` 1 and ``top_k`` 0 (off) there."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 128
    stop_token_ids: tuple[int, ...] = ()


class RolloutRequest(Frozen):
    """``n`` completions of one prompt under one policy. ``policy`` None is the bare base model."""

    request_id: str
    run: str
    purpose: Purpose
    policy: PolicyRef | None
    prompt_token_ids: tuple[int, ...]
    n: int
    sampling: Sampling
    deadline: float  # seconds since the epoch; past it nobody waits for the result
    attempt: int = 0

    @property
    def seed(self) -> int:
        """The engine's seed, from the request id alone: a repeat of the request gives the same tokens."""
        return int(self.request_id[:8], 16) & 0x7FFFFFFF


def request_id(run: str, step: int, slot: int, policy: PolicyRef | None, sampling: Sampling, purpose: Purpose) -> str:
    """The id of a group: equal for an identical policy and place, so that a result can be reused, never mistaken."""
    return digest([run, purpose, step, slot, policy.digest if policy else "base", sampling.model_dump(mode="json")])


class Completion(Frozen):
    """Token ids of one completion and the log-probability with which each was drawn (natural log)."""

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: str


class RolloutGroup(Frozen):
    """The answer to one request. ``queued``, ``started``, ``finished`` are seconds since the epoch."""

    request_id: str
    policy: PolicyRef | None
    worker: str
    completions: tuple[Completion, ...]
    started: float
    finished: float
    error: str | None = None


class ReplicaStatus(Frozen):
    """What a replica says of itself with every heartbeat; gone with its lease.

    ``policies`` are the loaded ones, by name. ``in_flight`` counts groups; ``groups`` and ``tokens`` since it
    started. ``kv_usage`` is a share in [0, 1]. ``started`` and ``seen`` are seconds since the epoch, by its clock.
    """

    name: str
    fleet: str
    state: ReplicaState
    policies: tuple[str, ...] = ()
    in_flight: int = 0
    kv_usage: float = 0.0
    tokens_per_second: float = 0.0
    groups: int = 0
    tokens: int = 0
    engine_restarts: int = 0
    started: float = 0.0
    seen: float = 0.0
