"""`cap-rlvr rollouts` on a real Valkey."""

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cap_rlvr.cli.rollouts import app
from cap_rlvr.clients.broker import EmbeddedValkey, connect
from cap_rlvr.clients.fleet import FleetKeys, pack
from cap_rlvr.clients.policies import announce
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import LORA_RANKS
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import ReplicaStatus


def test_status_shows_replicas_policies_and_lag(tmp_path: Path) -> None:
    keys = FleetKeys("abc")
    now = time.time()
    status = ReplicaStatus(
        name="first",
        fleet="abc",
        state="ready",
        policies=("policy-v4-11111111",),
        tokens_per_second=123.4,
        started=now - 600,
        seen=now,
    )
    with EmbeddedValkey(tmp_path) as server, connect(server.url) as redis:
        empty = CliRunner().invoke(app, ["status", "--redis-url", server.url, "--fleet", "abc"])
        redis.set(keys.lease("first"), pack(status))
        redis.zadd(keys.replicas, {"first": now})
        redis.xadd(keys.requests, {"request": b""})
        announce(redis, PolicyRef(run="run", version=7, digest="d" * 64))
        arguments = ["status", "--redis-url", server.url, "--fleet", "abc"]
        shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert "No replica has a lease" in empty.output
    for word in ("first", "ready", "123", "10 min", "policy-v4-11111111", "run: 3 behind", "1 groups unfinished"):
        assert word in shown.output


def test_status_needs_a_fleet() -> None:
    result = CliRunner().invoke(app, ["status", "--redis-url", "redis://127.0.0.1:1/0"], env={"ROLLOUT_MODEL": ""})
    assert isinstance(result.exception, BadInput)
    assert "--fleet" in str(result.exception)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment that `start` changes; it must end in the service."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    env: dict[str, str] = {}
    monkeypatch.setattr("os.environ", env)

    def become(_: str, command: list[str]) -> None:
        assert command[1:] == ["-m", "services.rollout_vllm"]

    monkeypatch.setattr("os.execv", become)
    return env


def start(*more: str) -> None:
    result = CliRunner().invoke(
        app, ["start", "--model", "m", "--redis-url", "redis://x", "--policy-store", "s", *more]
    )
    assert result.exit_code == 0, result.output


def test_start_hands_its_options_to_the_service(started: dict[str, str]) -> None:
    start("--max-lora-rank", "32")
    assert started["ROLLOUT_MODEL"] == "m"
    assert started["ROLLOUT_MAX_LORA_RANK"] == "32"


def test_start_leaves_the_variables_that_are_set(started: dict[str, str]) -> None:
    started |= {"ROLLOUT_MAX_LORA_RANK": "8", "ROLLOUT_NAME": "mine", "ROLLOUT_MAX_LORAS": "5", "ROLLOUT_THREADS": "7"}
    started |= {"ROLLOUT_PROBE_PORT": "9100"}
    before = dict(started)
    start()
    assert before.items() <= started.items()
    start("--name", "other")
    assert started["ROLLOUT_NAME"] == "other"


def test_a_replica_that_joins_serves_every_rank_that_a_run_may_have(started: dict[str, str]) -> None:
    start()
    assert started["ROLLOUT_MAX_LORA_RANK"] == str(LORA_RANKS[-1])
