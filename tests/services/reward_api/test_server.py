"""The service as a process of its own: signals, ports, lost and stalled scoring processes, rude clients."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from toys import ROOT, Service, item, serving, write_rows

from cap_rlvr.wire.scoring import RewardReply, RewardResult


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    write_rows(folder, {"train": ["yes", "no"]})
    with serving(folder, cpu=0.3, wall=1.0) as running:
        yield running


def score(service: Service, *items: dict[str, Any], timeout: float = 40) -> list[RewardResult]:
    response = httpx.post(f"{service.url}/reward", json={"items": list(items)}, timeout=timeout)
    assert response.status_code == 200, response.text
    return list(RewardReply.model_validate_json(response.content).results)


def metric(service: Service, line: str) -> float:
    found = re.search(rf"^{re.escape(line)} (.*)$", httpx.get(f"{service.url}/metrics").text, re.MULTILINE)
    assert found, line
    return float(found.group(1))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def nursery(service: Service) -> int:
    (found,) = children(service.process.pid)
    return found


def workers(service: Service) -> list[int]:
    return children(nursery(service))


def wait_for_workers(service: Service, count: int = 2) -> None:
    end = time.monotonic() + 30
    while metric(service, "reward_scoring_processes") < count:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_cpu_hog_is_scored_zero_and_its_neighbours_are_not_touched(service: Service) -> None:
    before = metric(service, 'reward_scoring_processes_lost_total{cause="cpu"}')
    items = [item(f"no {number}") for number in range(20)]
    results = score(service, *items[:7], item("burn: 60"), *items[7:], item("yes"))
    hog = results[7]
    assert (hog.status, hog.reward, hog.mask_sample) == ("scored", 0.0, False)
    assert hog.reason is not None
    assert hog.reason.code == "cost_limit"
    assert [result.status for result in results] == ["scored"] * 22
    assert results[-1].reward == 1.0
    assert metric(service, 'reward_scoring_processes_lost_total{cause="cpu"}') - before in (2, 3)
    (again,) = score(service, item("burn: 60"))
    assert again.cached


def test_a_ground_truth_that_takes_too_long_to_read_is_no_completions_fault(service: Service) -> None:
    costly = item("yes", word="burn")
    first, fine = score(service, costly, item("yes at once"))
    assert (first.status, first.failure_reason, first.mask_sample) == ("unscorable", "costly_ground_truth", True)
    assert first.reward is None
    assert fine.status == "scored"


def test_just_under_the_cpu_limit(service: Service) -> None:
    (result,) = score(service, item("burn: 0.1"))
    assert result.reason is not None
    assert result.reason.code == "judged"


def test_stalled_scorer_is_our_error(service: Service) -> None:
    stalled, fine = score(service, item("sleep: 60"), item("yes and more"))
    assert (stalled.status, stalled.failure_reason, stalled.retryable) == ("error", "worker_stalled", True)
    assert stalled.reward is None
    assert fine.status == "scored"


def test_scorer_that_dies_twice_is_our_error_once_is_nothing(service: Service, tmp_path: Path) -> None:
    twice, once = score(service, item("die"), item(f"die-once:{tmp_path / 'died'}"))
    assert (twice.status, twice.failure_reason, twice.retryable) == ("error", "worker_died", True)
    assert once.status == "scored"


def test_killed_workers_cost_nothing(service: Service) -> None:
    wait_for_workers(service)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        items = [item(f"sleep: 0.02{number}") for number in range(60)]
        running = threads.submit(score, service, *items)
        time.sleep(0.2)
        for pid in workers(service):
            os.kill(pid, signal.SIGKILL)
        assert {result.status for result in running.result()} == {"scored"}
    wait_for_workers(service)


def test_killed_idle_worker_is_replaced_at_once(service: Service) -> None:
    wait_for_workers(service)
    victim = workers(service)[0]
    os.kill(victim, signal.SIGKILL)
    end = time.monotonic() + 30
    while victim in workers(service) or len(workers(service)) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    wait_for_workers(service)


def test_killed_nursery_is_replaced_when_it_is_missed(service: Service) -> None:
    os.kill(nursery(service), signal.SIGKILL)
    assert [result.reward for result in score(service, item("yes on"))] == [0.0]
    assert score(service, item("burn: 62"))[0].status == "scored"
    wait_for_workers(service)


def test_clients_that_leave(service: Service) -> None:
    body = json.dumps({"items": [item(f"sleep: 0.05{number}") for number in range(20)]}).encode()
    head = f"POST /reward HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    for part in (head[:20], head, head + body[:50], head + body):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", service.port)) as rude:
                rude.sendall(part)
    assert [result.reward for result in score(service, item("yes"))] == [1.0]
    end = time.monotonic() + 20
    while metric(service, "reward_pending_items"):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_log_says_where_and_never_what(service: Service) -> None:
    score(service, item("fail: a private sentence"), item("burn: 61 private"))
    httpx.post(f"{service.url}/reward", content=b'{"task": "a private sentence", "completion": ')
    log = service.log.read_text()
    assert "toy_registry.py:" in log
    assert '"cost_limit"' in log
    assert "private" not in log
    for line in log.splitlines():
        json.loads(line)


def test_many_requests_at_once(service: Service) -> None:
    def one(number: int) -> list[float | None]:
        items = [item("yes" if place % 3 else f"no {number}") for place in range(8)]
        response = session.post(f"{service.url}/reward", json={"items": items}, timeout=40)
        return [result.reward for result in RewardReply.model_validate_json(response.content).results]

    with concurrent.futures.ThreadPoolExecutor(16) as threads, httpx.Client() as session:
        answers = list(threads.map(one, range(200)))
    assert answers == [[float(place % 3 > 0) for place in range(8)]] * 200


def test_full_queue_and_deadline(tmp_path: Path) -> None:
    with serving(tmp_path, deadline=1.0, max_pending=20) as service:
        response = httpx.post(f"{service.url}/reward", json={"items": [item(f"no {number}") for number in range(21)]})
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert response.json()["type"].endswith("overloaded")
        slow, fast = score(service, item("sleep: 2.5"), item("yes"))
        assert (slow.status, slow.failure_reason, slow.retryable) == ("error", "deadline", True)
        assert fast.reward == 1.0
        time.sleep(2)
        (late,) = score(service, item("sleep: 2.5"))
        assert (late.status, late.cached) == ("scored", True)


def test_sigterm_drains(tmp_path: Path) -> None:
    with serving(tmp_path) as service, concurrent.futures.ThreadPoolExecutor() as threads:
        running = threads.submit(score, service, item("sleep: 3"), item("yes"))
        end = time.monotonic() + 30
        while not metric(service, "reward_pending_items"):
            assert time.monotonic() < end
            time.sleep(0.05)
        family = [nursery(service), *workers(service)]
        service.process.send_signal(signal.SIGTERM)
        assert [result.status for result in running.result()] == ["scored", "scored"]
        assert service.process.wait(10) == 0
        assert not [one for one in family if Path(f"/proc/{one}").exists()]


def test_killed_service_leaves_no_process(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        wait_for_workers(service)
        family = [nursery(service), *workers(service)]
        service.process.kill()
        service.process.wait()
        end = time.monotonic() + 10
        while [one for one in family if Path(f"/proc/{one}").exists()]:
            assert time.monotonic() < end
            time.sleep(0.05)


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.reward_api"]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def test_port_in_use(service: Service) -> None:
    ended = start(REWARD_PORT=str(service.port))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert f"REWARD_PORT: port {service.port} on 127.0.0.1 is in use" in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REWARD_PORT", "many", "REWARD_PORT"),
        ("REWARD_HOST", "0.0.0.0", "no keys"),
        ("REWARD_HOST", "nowhere.example", "not an IP address"),
        ("REWARD_OPEN_SPLITS", "train,dev", "'dev' is no split"),
        ("REWARD_WORKERS", "0", "REWARD_WORKERS"),
        ("REWARD_KEY_FILE", "/nowhere/keys.json", "cap-rlvr keys create"),
        ("REWARD_RECEIPT_KEY_FILE", "/nowhere/receipt.key", "cap-rlvr receipt key"),
        ("REWARD_AUDIT_LOG", "/nowhere/audit.jsonl", "No such file"),
        ("REWARD_REDIS_URL", "http://me:hunter2@host", "redis://host"),
    ],
)
def test_bad_settings_name_the_variable(name: str, value: str, said: str) -> None:
    ended = start(**{"REWARD_PORT": "0", name: value})
    assert ended.returncode == 2
    assert name in ended.stderr
    assert said in ended.stderr
    assert "hunter2" not in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_open_splits(tmp_path: Path) -> None:
    write_rows(tmp_path, {"test": ["hidden"]})
    with serving(tmp_path, REWARD_OPEN_SPLITS="train,eval,test") as service:
        (result,) = score(service, {"task": "toy", "completion": "hidden", "example_id": "test-0"})
        assert result.reward == 1.0
