"""The sliding minute: its arithmetic, the same arithmetic in Valkey, and what happens while Valkey is away."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis
from toys import ROOT

from cap_rlvr.clients.broker import EmbeddedValkey, free_port
from cap_rlvr.wire.errors import BadInput
from services.reward_api import quotas as module
from services.reward_api.quotas import ALONE, ANSWER_S, KEY, LOST, SCRIPT, WINDOW_S, Quotas, Window

QUOTA = 100
CLOCKED = SCRIPT.replace("redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}")


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is too busy to answer in half a second."""
    monkeypatch.setattr(module, "ANSWER_S", 10.0)


moves = st.lists(
    st.tuples(st.floats(0, 90), st.integers(-20, QUOTA).filter(lambda items: items != 0)), min_size=1, max_size=30
)


@settings(max_examples=50)
@given(moves)
def test_no_more_than_the_quota_slides_through(sequence: list[tuple[float, int]]) -> None:
    window, now, taken = Window(), 1000.0, 0
    for pause, items in sequence:
        now += pause
        wait = window.take(items, QUOTA, now)
        assert 0 <= wait <= 2 * WINDOW_S
        assert window.this <= QUOTA
        if wait:
            assert window.take(items, QUOTA, now) > 0, "asking again at once changes nothing"
            now += wait + 0.001
            assert window.take(items, QUOTA, now) == 0, "who waits as told is let in"
        taken += items
    assert taken == sum(items for _, items in sequence)


def test_a_burst_at_the_turn_of_the_minute_is_no_second_quota() -> None:
    window = Window()
    assert window.take(QUOTA, QUOTA, 119.9) == 0
    assert window.take(QUOTA, QUOTA, 120.1) > 55
    assert window.take(40, QUOTA, 150) == 0, "half a minute back counts half"


def test_given_back_counts_no_more_and_never_below_nothing() -> None:
    window = Window()
    assert window.take(QUOTA, QUOTA, 10) == 0
    assert window.take(1, QUOTA, 10) > 0
    window.take(-1, QUOTA, 10)
    assert window.take(1, QUOTA, 10) == 0
    window.take(-10 * QUOTA, QUOTA, 10)
    assert window.this == 0


def test_valkey_takes_the_same_steps(valkey: EmbeddedValkey) -> None:
    with Redis.from_url(valkey.url) as client:
        script = client.register_script(CLOCKED)
        runs = iter(range(10**9))

        @settings(max_examples=40)
        @given(moves)
        def same(sequence: list[tuple[float, int]]) -> None:
            window, now, key = Window(), 6_000_000, f"same-{next(runs)}"
            for pause, items in sequence:
                now += round(pause * 1000)
                (told,) = script(keys=[key], args=[WINDOW_S, items, QUOTA, now // 1000, now % 1000 * 1000])
                assert told == pytest.approx(1000 * window.take(items, QUOTA, now / 1000), abs=1.001)

        same()


def test_a_clock_that_runs_back_gives_no_second_quota(valkey: EmbeddedValkey) -> None:
    with Redis.from_url(valkey.url) as client:
        script = client.register_script(CLOCKED)

        def take(items: int, now: int) -> int:
            return script(keys=["back"], args=[WINDOW_S, items, QUOTA, now, 0])[0]

        assert take(QUOTA, 60_000) == 0
        assert take(1, 50_000) > 0
        assert 0 < client.ttl("back") <= 2 * WINDOW_S


async def test_shared_between_services_and_kept_by_valkey(valkey: EmbeddedValkey, patient: None) -> None:
    one, two = Quotas(valkey.url), Quotas(valkey.url)
    async with one.watched(), two.watched():
        assert (one.degraded, two.degraded) == ("", "")
        assert await one.take("shared", 60, QUOTA) == 0
        assert await two.take("shared", 41, QUOTA) > 0
        assert await two.take("shared", 40, QUOTA) == 0
        await one.give_back("shared", 60)
        assert await two.take("shared", 60, QUOTA) == 0


RACE = """
import asyncio, sys
from services.reward_api import quotas as module
from services.reward_api.quotas import Quotas
async def main():
    quotas = Quotas(sys.argv[1])
    async with quotas.watched():
        print("ready", flush=True)
        sys.stdin.readline()
        waits = await asyncio.gather(*(quotas.take("race", 3, 1000) for _ in range(300)))
    assert quotas.degraded == "", quotas.degraded
    print(3 * sum(wait == 0 for wait in waits))
asyncio.run(main())
"""


def test_two_processes_at_once_get_one_quota(valkey: EmbeddedValkey) -> None:
    command = [sys.executable, "-c", RACE, valkey.url]
    racers = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    answers = [racer.communicate("go\n", timeout=60)[0] for racer in racers]
    total = sum(int(answer) for answer in answers)
    assert total <= 1000
    assert total >= 999, "and none of it is lost"


async def test_without_an_address_each_process_counts_and_says_so() -> None:
    quotas = Quotas(None)
    async with quotas.watched():
        assert quotas.degraded == ALONE
        assert await quotas.take("f", QUOTA, QUOTA) == 0
        assert 0 < await quotas.take("f", 1, QUOTA) <= 2 * WINDOW_S


async def test_loss_costs_little_and_no_second_quota_and_ends_by_itself(tmp_path: Path, patient: None) -> None:
    server = EmbeddedValkey(tmp_path).start()
    quotas = Quotas(server.url)
    async with quotas.watched():
        assert await quotas.take("f", 70, QUOTA) == 0
        server.stop()
        began = time.monotonic()
        assert await quotas.take("f", 31, QUOTA) > 0, "what was counted in Valkey counts here too"
        assert await quotas.take("f", 30, QUOTA) == 0
        assert time.monotonic() - began < 5
        assert quotas.degraded == LOST
        server.start()
        await _until(lambda: quotas.degraded == "")
        assert await quotas.take("f", 100, QUOTA) > 0, "and Valkey has its count from before"
    server.stop()


async def test_a_server_that_is_silent_holds_up_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # never accepts, so never answers
        quotas = Quotas(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()
        async with quotas.watched():
            assert quotas.degraded == LOST
            assert await quotas.take("f", 1, QUOTA) == 0
            assert time.monotonic() - began < 3 * ANSWER_S


async def test_a_server_that_answers_nonsense_is_a_lost_one(valkey: EmbeddedValkey, patient: None) -> None:
    quotas = Quotas(valkey.url)
    with Redis.from_url(valkey.url) as client:
        client.set(KEY + "odd", "no hash")
    async with quotas.watched():
        assert await quotas.take("odd", 1, QUOTA) == 0
        assert quotas.degraded == LOST
        await _until(lambda: quotas.degraded == "")


async def test_away_from_the_start(tmp_path: Path, patient: None) -> None:
    port = free_port()
    quotas = Quotas(f"redis://127.0.0.1:{port}/0")
    async with quotas.watched():
        assert quotas.degraded == LOST
        with EmbeddedValkey(tmp_path, port):
            await _until(lambda: quotas.degraded == "")


def test_an_address_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(BadInput, match="REWARD_REDIS_URL") as refused:
        Quotas("http://user:hunter2@host")
    assert "hunter2" not in str(refused.value)


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(BadInput, match="pip install"):
        Quotas("redis://127.0.0.1:1/0")


async def _until(reached: object) -> None:
    assert callable(reached)
    end = time.monotonic() + 15
    while not reached():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
