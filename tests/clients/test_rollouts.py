"""The rollout client against a real Valkey, with the test itself as the replica."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from cap_rlvr.clients.broker import EmbeddedValkey, connect
from cap_rlvr.clients.fleet import FIELD, FINISH, GROUP, FleetKeys, base_digest, fleet_id, pack, unpack
from cap_rlvr.clients.rollouts import RolloutClient
from cap_rlvr.wire.errors import BadData, BadInput, Unavailable
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import Completion, ReplicaStatus, RolloutGroup, RolloutRequest, Sampling, request_id

KEYS = FleetKeys("f" * 16)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def redis(valkey: EmbeddedValkey) -> Iterator[Redis]:
    with connect(valkey.url) as client:
        yield client


@pytest.fixture
def client(redis: Redis) -> RolloutClient:
    return RolloutClient(redis, KEYS.fleet, patience_s=5)


def ask(slot: int, deadline_s: float = 60.0) -> RolloutRequest:
    sampling = Sampling(max_tokens=4)
    policy = PolicyRef(run="run", version=1, digest="d" * 64)
    return RolloutRequest(
        request_id=request_id("run", 0, slot, policy, sampling, "train"),
        run="run",
        purpose="train",
        policy=policy,
        prompt_token_ids=(1, slot),
        n=2,
        sampling=sampling,
        deadline=time.time() + deadline_s,
    )


def answer(redis: Redis, count: int = 1, error: str | None = None) -> list[str]:
    """Be a replica for ``count`` requests."""
    names: list[str] = []
    script = redis.register_script(FINISH)
    if not redis.exists(KEYS.requests) or not redis.xinfo_groups(KEYS.requests):
        redis.xgroup_create(KEYS.requests, GROUP, id="0", mkstream=True)
    for _ in range(count):
        [[_stream, [[entry, fields]]]] = redis.xreadgroup(GROUP, "me", {KEYS.requests: ">"}, count=1, block=5000)
        request = unpack(RolloutRequest, fields[FIELD])
        group = RolloutGroup(
            request_id=request.request_id,
            policy=request.policy,
            worker="me",
            completions=(Completion(token_ids=(1, 2), logprobs=(-0.5, -0.25), finish_reason="stop"),),
            started=1.0,
            finished=2.0,
            error=error,
        )
        args = [GROUP, entry, request.request_id, pack(group), 60_000, KEYS.done(request.run)]
        script(keys=KEYS.moved(request.request_id), args=args)
        names.append(request.request_id)
    return names


@pytest.fixture
def later() -> Iterator[Callable[[float, Callable[[], object]], None]]:
    threads: list[threading.Timer] = []

    def later(seconds: float, do: Callable[[], object]) -> None:
        thread = threading.Timer(seconds, do)
        threads.append(thread)
        thread.start()

    yield later
    for thread in threads:
        thread.join()


def test_groups_come_back_in_the_order_asked(redis: Redis, client: RolloutClient) -> None:
    requests = [ask(slot) for slot in range(5)]
    client.submit(requests)
    assert client.queue_length() == 5
    answer(redis, 5)
    ids = [request.request_id for request in reversed(requests)]
    groups = client.collect(ids, 5)
    assert list(groups) == ids
    assert groups[ids[0]].completions[0].token_ids == (1, 2)
    assert client.queue_length() == 0


def test_asking_twice_is_asking_once(redis: Redis, client: RolloutClient) -> None:
    client.submit([ask(0)])
    client.submit([ask(0)])
    RolloutClient(redis, KEYS.fleet).submit([ask(0)])  # a trainer that was started again
    assert client.queue_length() == 1
    answer(redis)
    other = RolloutClient(redis, KEYS.fleet)
    other.submit([ask(0)])
    assert other.queue_length() == 0  # the result is reused
    assert other.collect([ask(0).request_id], 5)


def test_collect_is_prompt(
    redis: Redis, client: RolloutClient, later: Callable[[float, Callable[[], object]], None]
) -> None:
    client.submit([ask(0)])
    done: list[float] = []
    later(0.7, lambda: (answer(redis), done.append(time.monotonic())))
    client.collect([ask(0).request_id], 10)
    assert time.monotonic() - done[0] < 0.25


def test_what_the_broker_lost_is_asked_for_again(
    redis: Redis, client: RolloutClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cap_rlvr.clients.rollouts._CHECK_S", 0.2)
    client.submit([ask(0)])
    redis.flushall()
    said: list[str] = []
    with pytest.raises(Unavailable, match="1 of 1 groups did not come within 1 s"):
        client.collect([ask(0).request_id], 1, said.append)
    assert client.queue_length() == 1
    assert said[0] == "waiting for 1 of 1 groups: no replica is alive, 1 unfinished in the queue"
    answer(redis)
    assert client.collect([ask(0).request_id], 5)


def test_what_nobody_waits_for_is_not_asked_again(
    redis: Redis, client: RolloutClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cap_rlvr.clients.rollouts._CHECK_S", 0.1)
    client.submit([ask(0, deadline_s=0.0)])
    redis.flushall()
    with pytest.raises(Unavailable):
        client.collect([ask(0).request_id], 0.5)
    assert client.queue_length() == 0


def test_a_runs_unfinished_groups_are_bounded(redis: Redis) -> None:
    client = RolloutClient(redis, KEYS.fleet, max_in_flight=3)
    requests = [ask(slot) for slot in range(10)]
    client.submit(requests)
    assert client.queue_length() == 3
    seen: list[int] = []

    def replica() -> None:
        for _ in range(10):
            seen.append(client_view.queue_length())
            answer(other, 1)

    with Redis.from_url(f"redis://127.0.0.1:{redis.connection_pool.connection_kwargs['port']}/0") as other:
        client_view = RolloutClient(other, KEYS.fleet)
        thread = threading.Thread(target=replica)
        thread.start()
        assert len(client.collect([request.request_id for request in requests], 20)) == 10
        thread.join()
    assert max(seen) <= 3


def test_survives_a_restart_of_the_broker(
    redis: Redis,
    client: RolloutClient,
    valkey: EmbeddedValkey,
    later: Callable[[float, Callable[[], object]], None],
) -> None:
    client.submit([ask(0), ask(1)])
    answer(redis, 1)
    valkey.stop()
    valkey.start()
    later(0.5, lambda: answer(redis, 1))
    assert len(client.collect([ask(0).request_id, ask(1).request_id], 20)) == 2


def test_says_that_the_broker_is_away(client: RolloutClient, valkey: EmbeddedValkey) -> None:
    client.submit([ask(0)])
    valkey.stop()
    said: list[str] = []
    with pytest.raises(Unavailable, match="broker is away"):
        client.collect([ask(0).request_id], 1.0, said.append)
    assert "the broker is away" in said[0]
    with pytest.raises(Unavailable, match="broker is away"):
        RolloutClient(client._redis, KEYS.fleet, patience_s=0.3).submit([ask(1)])


def test_errors_come_as_groups(redis: Redis, client: RolloutClient) -> None:
    client.submit([ask(0)])
    answer(redis, 1, error="the prompt is too long")
    assert client.collect([ask(0).request_id], 5)[ask(0).request_id].error == "the prompt is too long"


def test_forgetting_removes_results(redis: Redis, client: RolloutClient) -> None:
    client.submit([ask(0)])
    answer(redis)
    client.forget([ask(0).request_id])
    client.submit([ask(0)])
    assert client.queue_length() == 1


def test_replicas_are_those_with_a_lease(redis: Redis, client: RolloutClient) -> None:
    for name in ("one", "gone"):
        status = ReplicaStatus(name=name, fleet=KEYS.fleet, state="ready", policies=("policy-v1-aaaaaaaa",))
        redis.set(KEYS.lease(name), pack(status))
        redis.zadd(KEYS.replicas, {name: 1.0})
    redis.delete(KEYS.lease("gone"))
    assert [replica.name for replica in client.replicas()] == ["one"]


def test_messages_are_exact() -> None:
    group = RolloutGroup(
        request_id="a",
        policy=None,
        worker="w",
        completions=(Completion(token_ids=(1, 70_000), logprobs=(-0.1, -1e-30), finish_reason="stop"),),
        started=1763800000.123456,
        finished=1763800001.5,
    )
    assert unpack(RolloutGroup, pack(group)) == group
    with pytest.raises(BadData, match="not a RolloutRequest"):
        unpack(RolloutRequest, pack(group))
    with pytest.raises(BadData, match="not a RolloutGroup"):
        unpack(RolloutGroup, b"\xc1")


def test_base_digest_follows_what_is_served(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no model in this folder"):
        base_digest(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"w")
    first = base_digest(tmp_path)
    assert len(fleet_id(first)) == 16
    (tmp_path / "MANIFEST.json").write_text("not part of it")
    assert base_digest(tmp_path) == first
    (tmp_path / "tokenizer.json").write_text("{}")
    assert base_digest(tmp_path) != first
