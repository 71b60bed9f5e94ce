"""Both model paths for real: Valkey, vLLM, the reward service, the trainer as its jobs start it; killed and resumed.

Two starts of vLLM in all. The models are tiny: what is tested is the machinery, not what they learn.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from cap_rlvr.clients.broker import EmbeddedValkey, connect, free_port
from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id
from cap_rlvr.wire.runs import EvalRecord, StepRecord

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2400)]

ROOT = Path(__file__).parents[2]
START_S = 900  # vLLM starts in 60 s on idle cores, and in many minutes on busy ones
CONFIG = """
[sft]
steps = 12
batch_rows = 16
checkpoint_steps = 6
[sft.lora]
rank = 8
[grpo]
steps = 6
prompts = 4
completions = 4
micro_rows = 16
beta = {beta}
max_completion_tokens = 24
checkpoint_steps = 2
[grpo.lora]
rank = 8
[eval]
rows_per_task = 12
"""


@dataclass
class Stand:
    """Everything that a trainer needs beside itself."""

    workspace: Path
    valkey: EmbeddedValkey
    reward_url: str
    folder: Path
    starter: Any

    def trainer(self, program: str, *flags: str) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "TRAINER_REDIS_URL": self.valkey.url,
            "TRAINER_REWARD_URL": self.reward_url,
            "TRAINER_REPORT_TO": "tensorboard",
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", f"services.trainer.{program}", "--workspace", str(self.workspace), *flags]
        with (self.folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def run(self, program: str, *flags: str) -> None:
        code = self.trainer(program, *flags).wait(900)
        assert code == 0, (self.folder / f"{program}.log").read_text()[-3000:] + self.starter.logs()

    def serve(self, name: str, model: Path) -> None:
        """Start a replica of a model and wait until it is there."""
        self.starter.start(
            name,
            ROLLOUT_MODEL=str(model),
            ROLLOUT_MAX_MODEL_LEN="1024",
            ROLLOUT_REDIS_URL=self.valkey.url,
            ROLLOUT_POLICY_STORE=str(self.workspace / "policies"),
        )
        client = RolloutClient(connect(self.valkey.url), fleet_id(base_digest(model)))
        until = time.monotonic() + START_S
        while not any(replica.state == "ready" for replica in client.replicas()):
            assert time.monotonic() < until, self.starter.logs()
            time.sleep(1)

    def steps(self, run: str) -> list[StepRecord]:
        path = self.workspace / "runs" / run / "steps.jsonl"
        if not path.exists():
            return []
        lines = path.read_text().splitlines(keepends=True)
        return [StepRecord.model_validate_json(line) for line in lines if line.endswith("\n")]

    def events(self, run: str, kind: str) -> list[dict[str, Any]]:
        lines = (self.workspace / "runs" / run / "events.jsonl").read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["kind"] == kind]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, replica_starter: Any) -> Iterator[Stand]:
    """A workspace prepared from fiction, with broker and reward service up."""
    from cap_rlvr.corpus.synthetic import write_corpus

    root = tmp_path_factory.mktemp("train")
    workspace = root / "workspace"
    corpus = write_corpus(root / "corpus", 120, seed=3)
    subprocess.run(
        [sys.executable, "-m", "cap_rlvr.cli", "prep", str(corpus), "--workspace", str(workspace), "--tasks",
         "bluebook", "--workers", "1"],
        cwd=ROOT, check=True, timeout=600,
    )  # fmt: skip
    port = free_port()
    with EmbeddedValkey(root / "valkey") as valkey:
        env = {
            **os.environ,
            "REWARD_PORT": str(port),
            "REWARD_WORKSPACE": str(workspace),
            "REWARD_OPEN_SPLITS": "train,eval,test",
            "REWARD_WORKERS": "1",
        }
        reward = subprocess.Popen([sys.executable, "-m", "services.reward_api"], cwd=ROOT, env=env)
        try:
            _await(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz").is_success)
            yield Stand(workspace, valkey, f"http://127.0.0.1:{port}", root, replica_starter)
        finally:
            replica_starter.stop()  # before its broker goes
            reward.send_signal(signal.SIGTERM)
            reward.wait(30)


def test_a_model_from_nothing_is_warmed_trained_and_evaluated(stand: Stand) -> None:
    config = stand.folder / "nothing.toml"
    config.write_text(CONFIG.format(beta=0.0))
    flags = ("--run", "nothing", "--config", str(config))
    stand.run("sft", *flags)
    stand.run("evaluate", *flags, "--stage", "before_sft")
    stand.serve("nothing", stand.workspace / "models" / "sft")
    _killed_and_resumed(stand, "nothing", flags)
    for stage in ("after_sft", "after_grpo"):
        stand.run("evaluate", *flags, "--stage", stage)
        lines = (stand.workspace / "runs" / "nothing" / "eval" / f"{stage}.jsonl").read_text().splitlines()
        records = [EvalRecord.model_validate_json(line) for line in lines]
        assert len(records) == 12
        assert all(record.reward is not None for record in records)
    assert list((stand.workspace / "runs" / "nothing" / "tensorboard" / "grpo").glob("events*"))


def test_a_pretrained_model_continues_its_adapter_at_beta(stand: Stand, tiny_model: Path) -> None:
    config = stand.folder / "pretrained.toml"
    config.write_text(CONFIG.format(beta=0.1))
    flags = ("--run", "pretrained", "--config", str(config), "--model", str(tiny_model))
    stand.run("sft", *flags)
    assert (stand.workspace / "models" / "sft" / "adapter_config.json").exists()
    stand.serve("pretrained", tiny_model)
    _killed_and_resumed(stand, "pretrained", flags)
    assert all(step.kl is not None for step in stand.steps("pretrained"))


def _killed_and_resumed(stand: Stand, run: str, flags: tuple[str, ...]) -> None:
    """Kill -9 after the third step; the second start goes on from the checkpoint of the second."""
    first = stand.trainer("grpo", *flags)
    try:
        _await(lambda: len(stand.steps(run)) >= 3 or first.poll() is not None, 600)
    finally:
        first.kill()
        first.wait()
    stand.run("grpo", *flags)
    saved = {event["details"]["step"]: event["details"]["adapter_digest"] for event in stand.events(run, "checkpoint")}
    resumed = stand.events(run, "resume")
    assert len(resumed) == 1
    assert saved[int(resumed[0]["text"].rpartition("-")[2])][:8] in resumed[0]["text"]
    kept = [step for step in stand.steps(run) if not step.superseded]
    assert [step.step for step in kept] == list(range(1, 7))
    groups = [name for step in kept for name in step.request_ids]
    assert len(groups) == len(set(groups)) == 6 * 4
    assert all(step.rows == 16 and step.null_rows == 0 for step in kept)
    assert max(step.logprob_gap for step in kept) < 0.05


def _await(ready: Any, within: float = 120.0) -> None:
    until = time.monotonic() + within
    while True:
        try:
            if ready():
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < until
        time.sleep(0.5)
