"""A replica's life over the fake vLLM and a real Valkey, in processes that are really killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from rollout_toys import Replicas, ask, until

from cap_rlvr.clients.broker import EmbeddedValkey
from cap_rlvr.clients.policies import announce
from cap_rlvr.clients.rollouts import RolloutClient
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import RolloutRequest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="replicas run on Linux")


def ids(requests: list[RolloutRequest]) -> list[str]:
    return [request.request_id for request in requests]


def ready(client: RolloutClient, *names: str) -> Callable[[], bool]:
    return lambda: {replica.name for replica in client.replicas() if replica.state == "ready"} >= set(names)


def engine_of(replica: subprocess.Popen[bytes]) -> psutil.Process:
    below = psutil.Process(replica.pid).children(recursive=True)
    return next(process for process in below if "guard" not in " ".join(process.cmdline()))


def test_groups_under_base_and_policies(
    replicas: Replicas, client: RolloutClient, publish: Callable[..., PolicyRef]
) -> None:
    replicas.start("one")
    policies = [None, publish(1), publish(2), publish(3)]  # one more than the window holds
    requests = [ask(slot, policy, n=3) for policy in policies for slot in range(3)]
    client.submit(requests)
    groups = client.collect(ids(requests), 30)
    assert list(groups) == ids(requests)
    for request in requests:
        group = groups[request.request_id]
        assert group.error is None
        assert group.policy == request.policy
        assert len(group.completions) == 3
        assert all(len(c.token_ids) == len(c.logprobs) == 8 for c in group.completions)
    assert len({groups[name].completions for name in groups}) == len(requests)
    assert client.queue_length() == 0
    [replica] = client.replicas()
    assert len(replica.policies) <= 2


def test_announced_policies_are_loaded_ahead(
    replicas: Replicas, client: RolloutClient, publish: Callable[..., PolicyRef]
) -> None:
    before, foreign = publish(1), publish(9, run="other", of_base="f" * 64)
    announce(client._redis, before)
    announce(client._redis, foreign)
    replicas.start("one")
    until(ready(client, "one"))
    until(lambda: client.replicas()[0].policies == (before.name,))
    later = publish(2)
    announce(client._redis, later)
    until(lambda: client.replicas()[0].policies == (before.name, later.name))


def test_faults_of_the_request_are_errors_at_once(
    replicas: Replicas, client: RolloutClient, publish: Callable[..., PolicyRef], store_folder: Path
) -> None:
    replicas.start("one")
    broken = publish(1)
    (store_folder / "run" / broken.name / "adapter_model.safetensors").write_bytes(b"flipped")
    requests = [
        ask(0, prompt_token_ids=(999,)),
        ask(1, broken),
        ask(2, publish(2, of_base="f" * 64)),
        ask(3),
    ]
    client.submit(requests)
    errors = [group.error for group in client.collect(ids(requests), 30).values()]
    assert "too long" in (errors[0] or "")
    assert "does not match its digest" in (errors[1] or "")
    assert "belongs to the base ffff" in (errors[2] or "")
    assert errors[3] is None


def test_a_request_that_kills_engines_is_given_up(replicas: Replicas, client: RolloutClient) -> None:
    replicas.start("one")
    poison, good = ask(0, prompt_token_ids=(777,)), ask(1)
    client.submit([poison, good])
    groups = client.collect(ids([poison, good]), 30)
    assert groups[poison.request_id].error == "given up after 3 attempts"
    assert groups[good.request_id].error is None


def test_a_request_that_ends_vllm_each_time_is_given_up(replicas: Replicas, client: RolloutClient) -> None:
    replicas.start("one")
    deadly = ask(0, prompt_token_ids=(666,))
    client.submit([deadly])
    assert client.collect([deadly.request_id], 60)[deadly.request_id].error == "given up after 3 attempts"
    after = [ask(slot) for slot in range(1, 5)]
    client.submit(after)
    assert all(group.error is None for group in client.collect(ids(after), 30).values())


def test_nobody_makes_what_nobody_waits_for(replicas: Replicas, client: RolloutClient) -> None:
    late = ask(0, deadline=time.time() - 1)
    client.submit([late])
    replicas.start("one")
    until(lambda: client.queue_length() == 0)
    assert client._redis.exists(client._keys.result(late.request_id)) == 0


def test_kill_9_of_vllm(replicas: Replicas, client: RolloutClient, publish: Callable[..., PolicyRef]) -> None:
    replica = replicas.start("one")
    policy = publish(1)
    first = [ask(slot, policy) for slot in range(2)]
    client.submit(first)
    client.collect(ids(first), 30)
    slow = [ask(slot, policy, prompt_token_ids=(888, slot)) for slot in range(10, 14)]
    client.submit(slow)
    until(lambda: client.replicas()[0].in_flight > 0)
    engine_of(replica).kill()
    groups = client.collect(ids(slow), 60)
    assert all(group.error is None for group in groups.values())
    until(lambda: client.replicas()[0].engine_restarts == 1)
    assert replica.poll() is None


def test_kill_9_of_the_worker(replicas: Replicas, client: RolloutClient) -> None:
    first = replicas.start("first", FAKE_VLLM_DELAY="1000")
    requests = [ask(slot) for slot in range(8)]
    client.submit(requests)
    until(lambda: any(replica.in_flight == 8 for replica in client.replicas()))
    below = psutil.Process(first.pid).children(recursive=True)
    assert len(below) == 2
    first.kill()
    replicas.start("second")
    groups = client.collect(ids(requests), 60)
    assert {group.worker for group in groups.values()} == {"second"}
    until(lambda: not any(process.is_running() for process in below), 15)  # and no vLLM is left behind
    until(lambda: client.queue_length() == 0)


def test_two_share_and_one_that_joins_takes_work(replicas: Replicas, client: RolloutClient) -> None:
    replicas.start("one", FAKE_VLLM_DELAY="0.3", ROLLOUT_MAX_SEQUENCES="8")
    client.submit([ask(slot) for slot in range(500)])
    until(lambda: client.queue_length() < 500)
    replicas.start("two", FAKE_VLLM_DELAY="0.3", ROLLOUT_MAX_SEQUENCES="8")

    def served() -> dict[str, int]:
        return {replica.name: replica.groups for replica in client.replicas()}

    until(lambda: served().get("two", 0) >= 5)
    ones = served()["one"]
    until(lambda: served()["one"] >= ones + 5)


def test_a_drain_finishes_or_hands_back_and_leaves(replicas: Replicas, client: RolloutClient) -> None:
    one = replicas.start("one", ROLLOUT_DRAIN_S="3")
    until(ready(client, "one"))
    quick, slow = ask(0, prompt_token_ids=(888,)), [ask(slot) for slot in range(1, 3)]
    client.submit([quick])
    until(lambda: client.replicas()[0].in_flight == 1)
    one.send_signal(signal.SIGTERM)
    assert one.wait(20) == 0
    assert client.collect([quick.request_id], 1)[quick.request_id].error is None
    assert client.replicas() == []
    two = replicas.start("two", FAKE_VLLM_DELAY="1000", ROLLOUT_DRAIN_S="0.5")
    client.submit(slow)
    until(lambda: any(replica.in_flight == 2 for replica in client.replicas()))
    two.send_signal(signal.SIGTERM)
    assert two.wait(20) == 0
    replicas.start("three")
    assert {group.worker for group in client.collect(ids(slow), 30).values()} == {"three"}


def test_valkey_goes_and_comes_back(replicas: Replicas, client: RolloutClient, valkey: EmbeddedValkey) -> None:
    replicas.start("one", FAKE_VLLM_DELAY="0.5")
    requests = [ask(slot) for slot in range(40)]
    client.submit(requests)
    until(lambda: client.queue_length() < 40)
    os.kill(valkey.pid or 0, signal.SIGKILL)
    time.sleep(1)
    valkey.stop()
    valkey.start()
    groups = client.collect(ids(requests), 60)
    assert all(group.error is None for group in groups.values())
    until(lambda: client.queue_length() == 0)
    until(lambda: sum(replica.groups for replica in client.replicas()) <= 40)


def test_hopeless_vllm_is_one_sentence(replicas: Replicas, client: RolloutClient, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import sys; sys.exit(3)")
    code = (
        "import sys; from services.rollout_vllm import __main__, engine;"
        f"engine.vllm_command = lambda *_: [sys.executable, {str(broken)!r}];"
        "sys.exit(__main__.main())"
    )
    env = {**os.environ, **replicas._env}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Unavailable: vLLM: vLLM ended 4 times in a row" in done.stderr
    assert client.replicas() == []


def test_probes(replicas: Replicas, client: RolloutClient) -> None:
    import httpx

    from cap_rlvr.clients.broker import free_port

    port = free_port()
    replicas.start("one", ROLLOUT_PROBE_PORT=str(port))
    until(ready(client, "one"))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
        assert http.get("/healthz").status_code == 200
        assert http.get("/readyz").json()["state"] == "ready"
        assert "rollout_ready 1" in http.get("/metrics").text
