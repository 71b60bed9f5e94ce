"""One writer a run."""

import time

import pytest
from fakeredis import FakeRedis, FakeServer

from cap_rlvr.wire.errors import Unavailable
from services.trainer.writer_lease import LostLease, WriterLease


def redis(server: FakeServer) -> FakeRedis:
    return FakeRedis(server=server)


def test_a_second_writer_is_refused_while_the_first_lives() -> None:
    server = FakeServer()
    with WriterLease(redis(server), "r", ttl_s=1.0).acquire() as first:
        with pytest.raises(Unavailable, match="another trainer"):
            WriterLease(redis(server), "r", ttl_s=1.0).acquire(wait_s=1.5)
        first.check()
    with WriterLease(redis(server), "r", ttl_s=1.0).acquire(wait_s=0.1) as second:
        second.check()


def test_a_dead_writers_lease_runs_out_and_its_token_is_older() -> None:
    server = FakeServer()
    dead = WriterLease(redis(server), "r", ttl_s=0.4)
    dead.acquire()
    dead._stop.set()  # as after kill -9: nobody renews, nobody releases
    told: list[str] = []
    with WriterLease(redis(server), "r", ttl_s=5).acquire(wait_s=3, on_wait=told.append) as heir:
        assert heir.token > dead.token
        assert told
        with pytest.raises(LostLease):
            dead.check()
        heir.check()


def test_a_redis_that_forgot_gives_the_lease_again_to_its_holder() -> None:
    server = FakeServer()
    with WriterLease(redis(server), "r", ttl_s=0.4).acquire() as lease:
        redis(server).delete("run:r:writer")
        time.sleep(0.3)
        lease.check()
        assert redis(server).exists("run:r:writer")


def test_a_holder_that_redis_left_alone_too_long_stops() -> None:
    server = FakeServer()
    lease = WriterLease(redis(server), "r", ttl_s=0.3).acquire()
    server.connected = False
    time.sleep(0.5)
    with pytest.raises(LostLease, match="not renewed"):
        lease.check()
    lease._stop.set()
