"""The moves on the queue, on a real Valkey: every request is answered once, whatever happens in between."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis import Redis
from rollout_toys import LEASE_S, ask

from cap_rlvr.clients.broker import EmbeddedValkey
from cap_rlvr.clients.fleet import GROUP
from cap_rlvr.clients.rollouts import RolloutClient
from cap_rlvr.wire.rollouts import ReplicaStatus, RolloutGroup
from services.rollout_vllm.stream import RequestStream, Work


class Streams:
    def __init__(self, url: str, fleet: str) -> None:
        self._url, self._fleet = url, fleet
        self._all: list[RequestStream] = []

    async def make(self, name: str) -> RequestStream:
        stream = RequestStream(self._url, self._fleet, name, LEASE_S, 60)
        self._all.append(stream)
        await stream.open()
        await self.beat(stream)
        return stream

    async def beat(self, stream: RequestStream) -> None:
        await stream.beat(ReplicaStatus(name=stream.name, fleet=self._fleet, state="ready", seen=time.time()))

    async def close(self) -> None:
        for stream in self._all:
            await stream.close()


@pytest.fixture
async def streams(valkey: EmbeddedValkey, client: RolloutClient) -> AsyncIterator[Streams]:
    made = Streams(valkey.url, client.fleet)
    yield made
    await made.close()


def answer(work: Work, worker: str) -> RolloutGroup:
    return RolloutGroup(
        request_id=work.request.request_id, policy=None, worker=worker, completions=(), started=0, finished=0
    )


async def taken(stream: RequestStream) -> Work:
    work = await stream.take()
    assert work is not None
    return work


async def test_one_result_a_request(streams: Streams, client: RolloutClient) -> None:
    one, two = await streams.make("one"), await streams.make("two")
    client.submit([ask(0)])
    work = await taken(one)
    assert await one.finish(work, answer(work, "one"))
    assert not await two.finish(work, answer(work, "two"))
    assert client.collect([work.request.request_id], 5)[work.request.request_id].worker == "one"
    assert client.queue_length() == 0
    assert await one.has_result(work.request.request_id)


async def test_nobody_else_is_given_what_is_taken(streams: Streams, client: RolloutClient) -> None:
    one, two = await streams.make("one"), await streams.make("two")
    client.submit([ask(0), ask(1)])
    first, second = await taken(one), await taken(two)
    assert first.request.request_id != second.request.request_id
    assert await one.take() is None


async def test_handed_back_work_comes_again_with_an_attempt(streams: Streams, client: RolloutClient) -> None:
    one = await streams.make("one")
    client.submit([ask(0)])
    await one.hand_back(await taken(one), failed=True)
    work = await taken(one)
    assert work.request.attempt == 1
    await one.hand_back(work, failed=False)
    assert (await taken(one)).request.attempt == 1
    assert client.queue_length() == 1


async def test_answered_work_is_not_handed_back(streams: Streams, client: RolloutClient) -> None:
    one, two = await streams.make("one"), await streams.make("two")
    client.submit([ask(0)])
    work = await taken(one)
    await two.finish(work, answer(work, "two"))
    await one.hand_back(work, failed=True)
    assert client.queue_length() == 0


async def test_claims_from_the_dead_only(streams: Streams, client: RolloutClient, redis: Redis) -> None:
    dead, slow, heir = await streams.make("dead"), await streams.make("slow"), await streams.make("heir")
    client.submit([ask(0), ask(1)])
    lost = await taken(dead)
    await taken(slow)
    until = time.monotonic() + LEASE_S + 0.3
    while time.monotonic() < until:
        assert await heir.claim(set(), 10) == []
        for living in (slow, heir):
            await streams.beat(living)
        await asyncio.sleep(0.2)
        if time.monotonic() > until - 0.5:
            break
    await asyncio.sleep(0.6)
    for living in (slow, heir):
        await streams.beat(living)
    claimed = await heir.claim(set(), 10)
    assert [work.request.request_id for work in claimed] == [lost.request.request_id]
    assert claimed[0].deliveries == 2
    assert await heir.claim({claimed[0].entry}, 10) == []
    consumers = {consumer["name"] for consumer in redis.xinfo_consumers(heir.keys.requests, GROUP)}
    assert consumers == {b"slow", b"heir"}  # the dead one is forgotten once nothing is left of it


async def test_claims_no_more_than_there_is_room_for(streams: Streams, client: RolloutClient) -> None:
    dead = await streams.make("dead")
    client.submit([ask(slot) for slot in range(3)])
    for _ in range(3):
        await taken(dead)
    await asyncio.sleep(LEASE_S + 0.1)
    heir = await streams.make("heir")
    first = await heir.claim(set(), 2)
    assert len(first) == 2
    assert await heir.claim({work.entry for work in first}, 0) == []
    assert len(await heir.claim({work.entry for work in first}, 5)) == 1


async def test_takes_up_what_an_answer_that_was_lost_had_given_it(streams: Streams, client: RolloutClient) -> None:
    one = await streams.make("one")
    client.submit([ask(0)])
    work = await taken(one)
    assert await one.claim({work.entry}, 5) == []
    await asyncio.sleep(LEASE_S + 0.1)
    await streams.beat(one)
    assert await one.claim({work.entry}, 5) == []
    assert [again.entry for again in await one.claim(set(), 5)] == [work.entry]


async def test_after_trouble_it_waits_for_a_lease(streams: Streams, client: RolloutClient) -> None:
    dead = await streams.make("dead")
    client.submit([ask(0)])
    await taken(dead)
    await asyncio.sleep(LEASE_S + 0.1)
    heir = await streams.make("heir")
    heir.trouble_at = time.monotonic()
    assert await heir.claim(set(), 5) == []


async def test_what_is_no_request_is_removed(streams: Streams, client: RolloutClient, redis: Redis) -> None:
    one = await streams.make("one")
    redis.xadd(one.keys.requests, {"request": b"\xc1 nonsense"})
    redis.xadd(one.keys.requests, {"other": b""})
    assert await one.take() is None
    assert await one.take() is None
    assert client.queue_length() == 0


async def test_leaving_ends_lease_and_consumer(streams: Streams, client: RolloutClient, redis: Redis) -> None:
    one = await streams.make("one")
    client.submit([ask(0)])
    work = await taken(one)
    await one.leave()
    assert client.replicas() == []
    assert redis.xinfo_consumers(one.keys.requests, GROUP)[0]["pending"] == 1  # its work is still there to be claimed
    await one.drop(work)
    await one.leave()
    assert redis.xinfo_consumers(one.keys.requests, GROUP) == []


async def test_waits_for_a_broker_that_is_away(streams: Streams, client: RolloutClient, valkey: EmbeddedValkey) -> None:
    one = await streams.make("one")
    client.submit([ask(0)])
    valkey.stop()
    taking = asyncio.create_task(one.take())
    await asyncio.sleep(0.3)
    assert not taking.done()
    await asyncio.to_thread(valkey.start)
    work = await asyncio.wait_for(taking, 10)
    assert work is not None
    assert time.monotonic() - one.trouble_at < 10
