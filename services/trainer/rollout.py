"""A step's groups, asked of the fleet once each and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.frozen import digest
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import Purpose, RolloutGroup, RolloutRequest, Sampling, request_id


class Fleet(Protocol):
    """What is used of `cap_rlvr.clients.rollouts.RolloutClient`; `LocalFleet` is the other one."""

    def submit(self, requests: Sequence[RolloutRequest]) -> Any: ...
    def collect(
        self, ids: Sequence[str], timeout_s: float, on_wait: Callable[[str], None] | None = None
    ) -> dict[str, RolloutGroup]: ...
    def forget(self, ids: Iterable[str]) -> None: ...
    def replicas(self) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Prompts:
    """The prompts of one step (or one evaluation) under one policy, each to be answered ``completions`` times, sampled
    as its entry in ``samplings`` says.
    """

    run: str
    step: int
    purpose: Purpose
    policy: PolicyRef | None
    prompt_ids: Sequence[Sequence[int]]
    completions: int
    samplings: Sequence[Sampling]

    def requests(self, deadline: float) -> list[RolloutRequest]:
        """One request a prompt. Its id also covers the prompt, so that changed rows never meet an old answer."""
        return [
            RolloutRequest(
                request_id=request_id(
                    f"{self.run}:{digest(list(ids))[:16]}", self.step, slot, self.policy, sampling, self.purpose
                ),
                run=self.run,
                purpose=self.purpose,
                policy=self.policy,
                prompt_token_ids=tuple(ids),
                n=self.completions,
                sampling=sampling,
                deadline=deadline,
            )
            for slot, (ids, sampling) in enumerate(zip(self.prompt_ids, self.samplings, strict=True))
        ]


@dataclass(frozen=True)
class Rollouts:
    """A step's groups in the order of its prompts, and when they were asked for and had (seconds since the epoch)."""

    groups: tuple[RolloutGroup, ...]
    asked: float
    had: float

    @property
    def queue_seconds(self) -> float:
        """From asking to the first replica's start; 0 where every group was answered before (a reused result)."""
        started = min(group.started for group in self.groups)
        return min(max(0.0, started - self.asked), self.had - self.asked)

    @property
    def generation_seconds(self) -> float:
        """The rest of the wait."""
        return self.had - self.asked - self.queue_seconds

    @property
    def truncated_share(self) -> float:
        """The share of completions that were cut by length."""
        reasons = [completion.finish_reason for group in self.groups for completion in group.completions]
        return sum(reason == "length" for reason in reasons) / len(reasons)

    @property
    def tokens(self) -> int:
        """Generated tokens."""
        return sum(len(completion.token_ids) for group in self.groups for completion in group.completions)

    @property
    def by_worker(self) -> dict[str, int]:
        """Groups served by each replica."""
        workers = sorted(group.worker for group in self.groups)
        return {worker: workers.count(worker) for worker in workers}


def generate(fleet: Fleet, prompts: Prompts, wait_s: float, on_wait: Callable[[str], None] | None = None) -> Rollouts:
    """Ask for all groups and wait until every one is there.

    Raises Unavailable where that takes longer than ``wait_s``, or a replica reports that it can't serve a group;
    such an answer is let go of, so that the next try asks anew.
    """
    asked = time.time()
    requests = prompts.requests(asked + wait_s)
    fleet.submit(requests)
    ids = [request.request_id for request in requests]
    answers = fleet.collect(ids, wait_s, on_wait)
    groups = tuple(answers[name] for name in ids)
    broken = [group for group in groups if group.error or len(group.completions) != prompts.completions]
    if broken:
        fleet.forget([group.request_id for group in broken])
        why = broken[0].error or f"{len(broken[0].completions)} completions of {prompts.completions}"
        raise Unavailable(f"a group could not be generated ({why})", broken[0].worker, "See the replica's log")
    return Rollouts(groups, asked, time.time())
