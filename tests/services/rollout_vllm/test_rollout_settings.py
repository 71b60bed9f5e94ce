"""Settings that can't be right end the start with the variable's name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import LORA_RANKS as TRAINED_RANKS
from services.rollout_vllm.settings import Settings, read_settings


@pytest.fixture
def env(model: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("ROLLOUT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROLLOUT_MODEL", str(model))
    monkeypatch.setenv("ROLLOUT_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("ROLLOUT_POLICY_STORE", "policies")
    return monkeypatch


def test_good_settings(env: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    assert settings.context == 512  # the model's own limit is lower than ours
    assert settings.cores >= 1


def test_any_rank_that_a_run_may_train_is_served_by_default(env: pytest.MonkeyPatch) -> None:
    assert read_settings().slot_rank == max(TRAINED_RANKS)


def test_ranks_are_rounded_up_to_what_vllm_offers(env: pytest.MonkeyPatch) -> None:
    env.setenv("ROLLOUT_MAX_LORA_RANK", "12")
    assert read_settings().slot_rank == 16


@pytest.mark.parametrize("name", ["MODEL", "REDIS_URL", "POLICY_STORE"])
def test_missing_ones_are_named(env: pytest.MonkeyPatch, name: str) -> None:
    env.delenv(f"ROLLOUT_{name}")
    with pytest.raises(BadInput, match=f"ROLLOUT_{name}: not set"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MODEL", "/nowhere", "holds no model"),
        ("MAX_LORA_RANK", "1024", "less than or equal to 512"),
        ("DEVICE", "tpu", "ROLLOUT_DEVICE"),
        ("NAME", "a:b", "ROLLOUT_NAME"),
    ],
)
def test_wrong_ones_are_named(env: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    env.setenv(f"ROLLOUT_{name}", value)
    with pytest.raises(BadInput, match=f"ROLLOUT_{name}") as caught:
        read_settings()
    assert said in str(caught.value)


def test_cores_are_shared(env: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)))
    assert read_settings().cores == 8
    env.setenv("ROLLOUT_REPLICAS_HERE", "2")
    assert read_settings().cores == 4
    env.setenv("ROLLOUT_THREADS", "3")
    assert read_settings().cores == 3


def test_wrong_start_is_one_sentence_and_quick(env: pytest.MonkeyPatch) -> None:
    env.setenv("ROLLOUT_MODEL", "/nowhere")
    done = subprocess.run(
        [sys.executable, "-m", "services.rollout_vllm"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("BadInput: ROLLOUT_MODEL")
    assert len(done.stderr.splitlines()) == 1


def test_no_broker_is_one_sentence(env: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.rollout_vllm"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Unavailable: redis://127.0.0.1:1/0")


def test_the_start_imports_nothing_heavy(env: pytest.MonkeyPatch) -> None:
    code = (
        "import sys, services.rollout_vllm.replica;"
        "print([name for name in ('torch', 'vllm', 'transformers', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_device_is_found(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(model=model, redis_url="redis://x", policy_store="p")
    assert isinstance(settings.on_cpu, bool)
    assert settings.model_copy(update={"device": "cuda"}).on_cpu is False
