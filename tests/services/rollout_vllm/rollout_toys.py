"""Requests, and replica processes over the fake vLLM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import Purpose, RolloutRequest, Sampling, request_id

HERE = Path(__file__).parent
LEASE_S = 1.5


def ask(
    slot: int,
    policy: PolicyRef | None = None,
    *,
    n: int = 2,
    purpose: Purpose = "train",
    run: str = "run",
    **change: Any,
) -> RolloutRequest:
    sampling = Sampling(max_tokens=8)
    whole = {
        "request_id": request_id(run, 0, slot, policy, sampling, purpose),
        "run": run,
        "purpose": purpose,
        "policy": policy,
        "prompt_token_ids": (1, 2, slot),
        "n": n,
        "sampling": sampling,
        "deadline": time.time() + 60,
        **change,
    }
    return RolloutRequest.model_validate(whole)


class Replicas:
    """Replica processes over the fake vLLM; all are gone at the end of the test."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, **env: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(HERE / "fake_replica.py")]
        process = subprocess.Popen(command, env={**os.environ, **self._env, "ROLLOUT_NAME": name, **env})
        self._all.append(process)
        return process

    def end(self) -> None:
        for process in self._all:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)
