"""The rollout fleet for real: Valkey, vLLM, replicas that join, are killed and come back.

Three starts of vLLM in all, so the tests share one fleet and follow one another.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from cap_rlvr.clients.broker import EmbeddedValkey, connect
from cap_rlvr.clients.policies import PolicyStore, announce
from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import RolloutGroup, RolloutRequest, Sampling, request_id

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

START_S = 400  # a start of vLLM on a busy machine
PROMPT = tuple(range(20, 60))


@dataclass
class Fleet:
    """One fleet and its tiny trainer's end."""

    valkey: EmbeddedValkey
    client: RolloutClient
    store: PolicyStore
    policies: list[PolicyRef]
    starter: Any

    def __post_init__(self) -> None:
        self._steps = itertools.count()

    def ask(
        self, policies: Sequence[PolicyRef | None], n: int = 4, tokens: int = 24, step: int | None = None
    ) -> list[RolloutRequest]:
        """One request for each policy named, at a step of its own unless one is given."""
        sampling = Sampling(max_tokens=tokens)
        step = next(self._steps) + 1000 if step is None else step
        return [
            RolloutRequest(
                request_id=request_id("run", step, slot, policy, sampling, "train"),
                run="run",
                purpose="train",
                policy=policy,
                prompt_token_ids=(*PROMPT, slot % 200 + 20),
                n=n,
                sampling=sampling,
                deadline=time.time() + START_S,
            )
            for slot, policy in enumerate(policies)
        ]

    def groups(self, requests: Sequence[RolloutRequest], timeout_s: float = START_S) -> list[RolloutGroup]:
        self.client.submit(requests)
        found = self.client.collect([request.request_id for request in requests], timeout_s, print)
        return [found[request.request_id] for request in requests]

    def start(self, name: str) -> Any:
        return self.starter.start(name, ROLLOUT_REDIS_URL=self.valkey.url, ROLLOUT_POLICY_STORE=self.store.root)

    def in_flight(self, name: str) -> int:
        return sum(replica.in_flight for replica in self.client.replicas() if replica.name == name)


@pytest.fixture(scope="module")
def fleet(
    tiny_model: Path, tiny_adapters: list[Path], replica_starter: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    digest = base_digest(tiny_model)
    store = PolicyStore(str(folder / "policies"))
    policies = [store.publish("run", v, v, digest, adapter) for v, adapter in enumerate(tiny_adapters)]
    with EmbeddedValkey(folder / "redis") as valkey, connect(valkey.url) as redis:
        client = RolloutClient(redis, fleet_id(digest))
        announce(redis, policies[0])
        made = Fleet(valkey, client, store, policies, replica_starter)
        made.start("one")
        yield made
        print(replica_starter.logs())
        replica_starter.stop()


def until(true: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def sound(groups: Sequence[RolloutGroup], requests: Sequence[RolloutRequest]) -> bool:
    """Every group is whole: no error, n completions, one log-probability a token."""
    return all(
        group.error is None
        and group.policy == request.policy
        and len(group.completions) == request.n
        and all(len(c.token_ids) == len(c.logprobs) > 0 for c in group.completions)
        for group, request in zip(groups, requests, strict=True)
    )


def transformers_logprobs(
    model: Path, adapter: Path | None, prompt: Sequence[int], tokens: Sequence[int]
) -> list[float]:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    net = AutoModelForCausalLM.from_pretrained(model)
    if adapter is not None:
        net = PeftModel.from_pretrained(net, adapter)
    with torch.no_grad():
        logits = net(torch.tensor([[*prompt, *tokens]])).logits[0, len(prompt) - 1 : -1]
    logps = torch.log_softmax(logits.float(), dim=-1)
    return logps.gather(1, torch.tensor(tokens)[:, None])[:, 0].tolist()


def test_groups_under_base_and_policy_are_what_transformers_says(
    fleet: Fleet, tiny_model: Path, tiny_adapters: list[Path]
) -> None:
    requests = fleet.ask([None, fleet.policies[0]])
    groups = fleet.groups(requests)
    assert sound(groups, requests)
    assert fleet.client.replicas()[0].policies == (fleet.policies[0].name,)  # it was announced before the start
    for group, request, adapter in zip(groups, requests, (None, tiny_adapters[0]), strict=True):
        completion = group.completions[1]
        truth = transformers_logprobs(tiny_model, adapter, request.prompt_token_ids, completion.token_ids)
        assert completion.logprobs == pytest.approx(truth, abs=2e-3)
    wrong = transformers_logprobs(tiny_model, None, requests[1].prompt_token_ids, groups[1].completions[1].token_ids)
    assert groups[1].completions[1].logprobs != pytest.approx(wrong, abs=2e-2)  # the adapter does move it


def test_the_same_request_gives_the_same_tokens_alone_and_in_a_crowd(fleet: Fleet) -> None:
    requests = fleet.ask([None, fleet.policies[0]] * 4)
    crowd = fleet.groups(requests)
    fleet.client.forget([request.request_id for request in requests])
    for request, before in zip(requests[:2], crowd[:2], strict=True):
        [alone] = fleet.groups([request])
        assert [c.token_ids for c in alone.completions] == [c.token_ids for c in before.completions]
        for one, two in zip(alone.completions, before.completions, strict=True):
            assert one.logprobs == pytest.approx(two.logprobs, abs=1e-4)


def test_the_base_stays_the_base_when_all_slots_were_used(fleet: Fleet, tiny_model: Path) -> None:
    requests = fleet.ask([*fleet.policies, None])  # four policies for three slots
    groups = fleet.groups(requests)
    assert sound(groups, requests)
    mixed = fleet.ask([None, fleet.policies[3], None, fleet.policies[2]] * 2)
    for group, request in zip(fleet.groups(mixed), mixed, strict=True):
        if request.policy is None:
            completion = group.completions[0]
            truth = transformers_logprobs(tiny_model, None, request.prompt_token_ids, completion.token_ids)
            assert completion.logprobs == pytest.approx(truth, abs=2e-3)


def test_a_prompt_that_is_too_long_is_an_error_at_once(fleet: Fleet) -> None:
    [request] = fleet.ask([None])
    long = request.model_copy(update={"prompt_token_ids": tuple([30] * 600)})
    [group] = fleet.groups([long], 30)
    assert "512" in (group.error or "")


def test_valkey_killed_in_the_middle(fleet: Fleet) -> None:
    requests = fleet.ask([fleet.policies[3]] * 24, n=8, tokens=64)
    fleet.client.submit(requests)
    until(lambda: 0 < fleet.client.queue_length() < 24, 60)
    os.kill(fleet.valkey.pid or 0, signal.SIGKILL)
    time.sleep(1)
    fleet.valkey.stop()
    fleet.valkey.start()
    assert sound(fleet.groups(requests, 120), requests)
    until(lambda: fleet.client.queue_length() == 0, 30)


def test_a_replica_joins_and_its_work_is_taken_over_when_it_is_killed(fleet: Fleet) -> None:
    two = fleet.start("two")
    until(lambda: any(r.name == "two" and r.state == "ready" for r in fleet.client.replicas()), START_S)
    requests = fleet.ask([fleet.policies[3]] * 32, n=8, tokens=64)
    fleet.client.submit(requests)
    until(lambda: fleet.in_flight("two") > 0, 30)
    below = two.below()
    two.kill_9()
    groups = fleet.groups(requests, 120)
    assert sound(groups, requests)
    assert "one" in {group.worker for group in groups}
    until(lambda: not any(process.is_running() for process in below), 20)  # no vLLM is left behind
    until(lambda: fleet.client.queue_length() == 0, 30)
    until(lambda: [replica.name for replica in fleet.client.replicas()] == ["one"], 10)


def test_vllm_killed_in_the_middle(fleet: Fleet) -> None:
    one = fleet.starter.all["one"]
    before = {process.pid for process in one.below()}
    requests = fleet.ask([None, fleet.policies[3]] * 8, n=8, tokens=64)
    fleet.client.submit(requests)
    until(lambda: fleet.in_flight("one") > 0, 30)
    one.engine().kill()
    assert sound(fleet.groups(requests), requests)
    assert one.process.poll() is None
    assert not any(psutil.pid_exists(pid) for pid in before)
    assert fleet.client.replicas()[0].engine_restarts == 1


def test_a_drain_leaves_nothing(fleet: Fleet) -> None:
    one = fleet.starter.all["one"]
    below = one.below()
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(30) == 0
    assert fleet.client.replicas() == []
    until(lambda: not any(process.is_running() for process in below), 10)
