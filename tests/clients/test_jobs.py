"""Jobs over a Valkey of our own, done in this process; the worker process is tried in test_worker.py."""

import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cap_rlvr.clients.broker import EmbeddedValkey, connect
from cap_rlvr.clients.jobs import Jobs, JobState, Stopped, report_progress, request_stop, results
from cap_rlvr.wire.errors import BadInput, Unavailable


def run_all(jobs: Jobs) -> None:
    """Do what waits in this process."""
    from rq import SimpleWorker
    from rq.serializers import JSONSerializer

    SimpleWorker([jobs.name], connection=jobs._redis, serializer=JSONSerializer).work(
        burst=True, logging_level="CRITICAL"
    )


def twice(number: int) -> int:
    report_progress(done=number, of=number)
    return 2 * number


def refuse(field: str) -> None:
    raise BadInput("it is wrong", field, "Write another")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    folder: Path = tmp_path_factory.mktemp("valkey")
    with EmbeddedValkey(folder) as server, connect(server.url) as client:
        yield client


@pytest.fixture
def jobs(broker: redis.Redis) -> Jobs:
    broker.flushdb()
    return Jobs(broker, "prep")


HERE = __name__


def test_the_same_work_is_one_job(jobs: Jobs) -> None:
    first = jobs.enqueue(f"{HERE}.twice", {"number": 2})
    assert jobs.enqueue(f"{HERE}.twice", {"number": 2}) == first
    assert jobs.enqueue(f"{HERE}.twice", {"number": 3}) != first
    assert len(jobs._queue) == 2


def test_done_is_left_unless_asked_again(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.twice", {"number": 2})
    run_all(jobs)
    assert results(jobs.wait([job])) == [4]
    jobs.enqueue(f"{HERE}.twice", {"number": 2})
    assert len(jobs._queue) == 0
    jobs.enqueue(f"{HERE}.twice", {"number": 2}, again=True)
    assert len(jobs._queue) == 1


def test_arguments_travel_as_json(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.twice", {"number": 2})
    data = jobs._redis.hget(f"rq:job:{job}", "data")
    assert isinstance(data, bytes)
    assert b'{"number": 2}' in zlib.decompress(data)


def test_failure_keeps_its_kind_and_reason(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.refuse", {"field": "tasks"})
    run_all(jobs)
    states = jobs.wait([job])
    assert states[0].status == "failed"
    with pytest.raises(BadInput, match=r"^tasks: it is wrong. Write another$"):
        results(states)


def test_failed_is_asked_for_anew(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.refuse", {"field": "tasks"})
    run_all(jobs)
    jobs.enqueue(f"{HERE}.refuse", {"field": "tasks"})
    assert jobs.states([job])[0].status == "queued"


def test_a_running_job_without_a_worker_is_asked_for_anew(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.twice", {"number": 2})
    jobs._redis.delete("rq:queue:prep")
    jobs._redis.hset(f"rq:job:{job}", mapping={"status": "started", "worker_name": "gone"})
    jobs.enqueue(f"{HERE}.twice", {"number": 2})
    assert jobs.states([job])[0].status == "queued"


def test_progress_is_seen(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.twice", {"number": 5})
    run_all(jobs)
    assert jobs.states([job])[0].progress == {"done": 5, "of": 5}


def test_interrupt_cancels_what_waits(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.twice", {"number": 2})

    def interrupt(states: list[JobState]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.wait([job], interrupt)
    assert jobs.states([job])[0].status == "gone"


def test_timeout_is_said(jobs: Jobs) -> None:
    job = jobs.enqueue(f"{HERE}.twice", {"number": 2})
    with pytest.raises(Unavailable, match="1 jobs are not done"):
        jobs.wait([job], timeout_s=0)


def test_clear_forgets_everything(jobs: Jobs) -> None:
    ids = [jobs.enqueue(f"{HERE}.twice", {"number": number}) for number in range(3)]
    run_all(jobs)
    jobs._redis.zadd("rq:wip:prep", {f"{ids[0]}:an-execution": 9e9})
    ids.append(jobs.enqueue(f"{HERE}.twice", {"number": 9}))
    jobs.clear()
    assert {state.status for state in jobs.states(ids)} == {"gone"}
    assert jobs.enqueue(f"{HERE}.twice", {"number": 0}) == ids[0]
    assert jobs.states(ids[:1])[0].status == "queued"


def test_a_stop_ends_a_job_where_it_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cap_rlvr.clients.jobs._stop_requested", threading.Event())
    report_progress(done=1)
    request_stop()
    with pytest.raises(Stopped):
        report_progress(done=2)


def test_away_is_unavailable() -> None:
    away: Any = redis.Redis(port=1, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))
    with pytest.raises(Unavailable, match="Redis does not answer"):
        Jobs(away, "prep").enqueue("a.b", {})
