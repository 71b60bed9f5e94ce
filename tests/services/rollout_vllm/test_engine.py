"""How vLLM is started, and that nothing of it is ever left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from rollout_toys import HERE, ask, until

from services.rollout_vllm.engine import Engine, EngineLost, Refused, environment, vllm_command
from services.rollout_vllm.settings import Settings


@pytest.fixture
def on_cpu(model: Path) -> Settings:
    return Settings(model=model, redis_url="redis://x", policy_store="p", device="cpu", threads=3)


def fake(_settings: Settings, port: int) -> list[str]:
    return [sys.executable, str(HERE / "fake_vllm.py"), str(port)]


def options(command: list[str]) -> dict[str, str]:
    words = command[3:]
    return {word: (words[i + 1] if i + 1 < len(words) else "") for i, word in enumerate(words) if word.startswith("--")}


def test_command_on_cpu(on_cpu: Settings) -> None:
    given = options(vllm_command(on_cpu, 1234))
    assert given["--host"] == "127.0.0.1"
    assert given["--port"] == "1234"
    assert given["--logprobs-mode"] == "processed_logprobs"
    assert given["--generation-config"] == "vllm"
    assert given["--dtype"] == "float32"
    assert given["--max-model-len"] == "512"
    assert given["--worker-cls"] == "services.rollout_vllm.cpu_lora.GroupedLoraWorker"
    assert {"--enable-lora", "--enforce-eager", "--no-enable-chunked-prefill"} <= given.keys()


def test_command_on_gpu(on_cpu: Settings) -> None:
    given = options(vllm_command(on_cpu.model_copy(update={"device": "cuda"}), 1))
    assert given["--gpu-memory-utilization"] == "0.85"
    assert "--enable-lora" in given
    assert not {"--enforce-eager", "--dtype", "--no-enable-chunked-prefill", "--worker-cls"} & given.keys()


def test_environment(on_cpu: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    env = environment(on_cpu)
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert env["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "True"
    assert env["HF_HUB_OFFLINE"] == "1"
    assert env["OMP_NUM_THREADS"] == "3"
    assert env["VLLM_CPU_OMP_THREADS_BIND"] == "nobind"
    assert "VLLM_CPU_KVCACHE_SPACE" not in environment(on_cpu.model_copy(update={"device": "cuda"}))


async def test_answers_refusals_and_losses_are_told_apart(on_cpu: Settings, tmp_path: Path) -> None:
    engine = Engine(on_cpu, fake)
    assert not await engine.healthy()
    await engine.start()
    try:
        one, two = await engine.generate("base", ask(0)), await engine.generate("base", ask(0))
        assert one == two
        assert len(one) == 2
        assert len(one[0].token_ids) == len(one[0].logprobs) == 8
        with pytest.raises(Refused, match="too long"):
            await engine.generate("base", ask(0, prompt_token_ids=(999,)))
        with pytest.raises(EngineLost, match="500"):
            await engine.generate("base", ask(0, prompt_token_ids=(777,)))
        with pytest.raises(EngineLost, match="does not exist"):
            await engine.generate("policy-v1-00000000", ask(0))
        with pytest.raises(Refused, match="no adapter there"):
            await engine.load("policy-v1-00000000", tmp_path)
        (tmp_path / "adapter_config.json").write_text("{}")
        await engine.load("policy-v1-00000000", tmp_path)
        await engine.load("policy-v1-00000000", tmp_path)
        await engine.unload("policy-v1-00000000")
        assert (await engine.measure()).tokens > 0
        with pytest.raises(TimeoutError):
            await engine.generate("base", ask(0, prompt_token_ids=(888,), deadline=time.time()))
        with pytest.raises(EngineLost, match="away"):
            await engine.generate("base", ask(0, prompt_token_ids=(666,)))
        await engine.ended()
        assert not await engine.healthy()
    finally:
        await engine.stop()


async def test_a_server_that_ends_at_once_is_told(on_cpu: Settings) -> None:
    engine = Engine(on_cpu, lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(EngineLost, match="ended before it was ready"):
        await engine.start()
    await engine.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="replicas run on Linux")
@pytest.mark.parametrize("death", ["owner", "server", "guard", "stop"])
def test_nothing_is_left_behind(death: str, tmp_path: Path) -> None:
    """A server with a child of its own that ignores SIGTERM; the owner holds the guard's standard input."""
    deep = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    server = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {deep!r}]).wait()"
    owner = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-m', 'services.rollout_vllm.guard', sys.executable, '-c', sys.argv[1]],"
        " stdin=subprocess.PIPE, start_new_session=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", owner, server], cwd=HERE.parents[2]) as process:
        tree = psutil.Process(process.pid)
        until(lambda: len(tree.children(recursive=True)) == 3)
        guard, served, below = tree.children(recursive=True)
        time.sleep(0.3)
        if death == "guard":
            guard.kill()
            os.killpg(guard.pid, signal.SIGKILL)  # what the engine does when its guard ends
        else:
            {"owner": process, "server": served, "stop": guard}[death].send_signal(
                signal.SIGTERM if death == "stop" else signal.SIGKILL
            )
        until(lambda: not any(p.is_running() and p.status() != "zombie" for p in (guard, served, below)), 15)
        process.kill()
