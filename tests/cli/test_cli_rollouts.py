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


def test_start_hands_its_options_to_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr("os.execv", lambda _, command: called.extend(command))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    env: dict[str, str] = {}
    monkeypatch.setattr("os.environ", env)
    arguments = ["start", "--model", "m", "--redis-url", "redis://x", "--policy-store", "s", "--max-lora-rank", "32"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert called[1:] == ["-m", "services.rollout_vllm"]
    assert env["ROLLOUT_MODEL"] == "m"
    assert env["ROLLOUT_MAX_LORA_RANK"] == "32"
