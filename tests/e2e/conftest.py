"""What the end-to-end tests share: a tiny real model and adapters, and a rollout fleet of real vLLM replicas."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_qwen3 import make_tiny_adapter, make_tiny_model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen3 with random weights, in Hugging Face format."""
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def tiny_adapters(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four LoRA adapters of the tiny model, each with other weights, as PEFT saves them."""
    folder = tmp_path_factory.mktemp("adapters")
    return [make_tiny_adapter(tiny_model, folder / str(seed), seed) for seed in range(4)]


class Replica:
    """`python -m services.rollout_vllm` as a process; its log is in ``log``."""

    def __init__(self, name: str, env: dict[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "services.rollout_vllm"]
            whole = {**os.environ, **env, "ROLLOUT_NAME": name}
            self.process = subprocess.Popen(command, cwd=ROOT, env=whole, stdout=log, stderr=log)

    def below(self) -> list[psutil.Process]:
        """All its processes but the worker itself: guard, vLLM's server, vLLM's engine."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def engine(self) -> psutil.Process:
        """The largest one: vLLM's engine."""
        return max(self.below(), key=lambda process: process.memory_info().rss)

    def kill_9(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill_9()


class ReplicaStarter:
    """Starts replicas of one fleet and stops them all."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self._env = env
        self._folder = folder
        self.all: dict[str, Replica] = {}

    def start(self, name: str, **env: str) -> Replica:
        self.all[name] = Replica(name, {**self._env, **env}, self._folder)
        return self.all[name]

    def stop(self) -> None:
        for replica in self.all.values():
            replica.stop()

    def logs(self) -> str:
        return "\n".join(f"== {r.name}\n{r.log.read_text(errors='replace')[-3000:]}" for r in self.all.values())


@pytest.fixture(scope="module")
def replica_starter(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaStarter]:
    """Starts replicas that serve the tiny model; set ROLLOUT_REDIS_URL and ROLLOUT_POLICY_STORE at each start."""
    env = {"ROLLOUT_MODEL": str(tiny_model), "ROLLOUT_MAX_MODEL_LEN": "512", "ROLLOUT_LEASE_S": "3"}
    starter = ReplicaStarter(env, tmp_path_factory.mktemp("replicas"))
    yield starter
    starter.stop()
