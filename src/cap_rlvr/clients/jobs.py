"""RQ by name: jobs are enqueued as `module.function` with JSON arguments, so that no service is imported and nothing
is ever unpickled.

A job's id is made from its function and arguments: the same work asked for twice is one job. What a job makes is a
file with a manifest, so running it again is cheap; Redis only carries who does what, and how far they are.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from cap_rlvr.wire.errors import BadData, BadInput, CapError, Unavailable
from cap_rlvr.wire.frozen import digest

if TYPE_CHECKING:
    from redis import Redis
    from rq.job import Job

PREP = "prep"
TRAIN = "train"
Status = Literal["queued", "running", "done", "failed", "stopped", "gone"]

_STATUS: dict[str, Status] = {
    "created": "queued",
    "queued": "queued",
    "deferred": "queued",
    "ready": "queued",
    "scheduled": "queued",
    "started": "running",
    "finished": "done",
    "failed": "failed",
    "stopped": "stopped",
    "canceled": "stopped",
}
_POLL_S = 0.2
_PROGRESS_S = 0.5  # how often a job may write how far it is: a person reads it, so no oftener
_KEEP_S = 7 * 24 * 3600  # results and failures stay readable for a week
_NEVER = -1  # no time limit: a shard's time depends on the machine, and a stuck worker shows in its heartbeat
_RETRIES = 5  # only for jobs whose process was stopped or killed; see worker.py
_stop_requested = threading.Event()
_KINDS: dict[str, type[CapError]] = {"BadInput": BadInput, "BadData": BadData, "Unavailable": Unavailable}


@dataclass(frozen=True)
class JobState:
    """Where one job stands. ``reason`` is set where it failed; ``progress`` holds what the job last reported."""

    id: str
    function: str
    status: Status
    progress: dict[str, Any] = field(default_factory=dict[str, Any])
    result: Any = None
    reason: str = ""

    @property
    def over(self) -> bool:
        return self.status not in ("queued", "running")


class Stopped(BaseException):
    """The worker was asked to stop while a job ran; not an Exception, so that no job swallows it."""


class Jobs:
    """One RQ queue. Every method raises Unavailable where Redis is away."""

    def __init__(self, redis: Redis, queue: str) -> None:
        from rq import Queue
        from rq.serializers import JSONSerializer

        self.name = queue
        self.asked: list[str] = []  # every job asked for through this object
        self._redis = redis
        self._serializer = JSONSerializer
        self._queue = Queue(queue, connection=redis, serializer=JSONSerializer)

    def enqueue(self, function: str, arguments: Mapping[str, Any], again: bool = False) -> str:
        """Ask for ``function(**arguments)`` and return the job's id, the same for the same work.

        A job that waits or runs is never doubled; one that is done is left, unless ``again``; one that failed, was
        stopped, or whose worker is gone, is asked for anew.
        """
        from rq import Retry
        from rq.exceptions import DuplicateJobError

        job_id = f"{function.rpartition('.')[2]}-{digest([function, dict(arguments)])[:20]}"
        self.asked.append(job_id)
        with _redis_errors():
            job = self._queue.fetch_job(job_id)
            if job is not None and not self._replaceable(job, again):
                return job_id
            if job is not None:
                job.delete()
            with suppress(DuplicateJobError):  # someone else asked in the same moment: their job is ours
                self._queue.enqueue(
                    function,
                    kwargs=dict(arguments),
                    job_id=job_id,
                    unique=True,
                    job_timeout=_NEVER,
                    result_ttl=_KEEP_S,
                    failure_ttl=_KEEP_S,
                    retry=Retry(max=_RETRIES),
                )
        return job_id

    def states(self, ids: Sequence[str]) -> list[JobState]:
        """Where each job stands, in the order asked."""
        from rq.job import Job

        with _redis_errors():
            jobs = Job.fetch_many(ids, self._redis, serializer=self._serializer)
            return [_state(job_id, job) for job_id, job in zip(ids, jobs, strict=True)]

    def wait(
        self,
        ids: Sequence[str],
        on_progress: Callable[[list[JobState]], None] | None = None,
        timeout_s: float | None = None,
    ) -> list[JobState]:
        """Wait until every job is over; Ctrl-C cancels those that have not begun and is passed on.

        Raises Unavailable when ``timeout_s`` passes first. Failures are states, not exceptions: see `results`.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            while True:
                states = self.states(ids)
                if on_progress is not None:
                    on_progress(states)
                if all(state.over for state in states):
                    return states
                if deadline is not None and time.monotonic() > deadline:
                    waiting = sum(not state.over for state in states)
                    raise Unavailable(f"{waiting} jobs are not done after {timeout_s:g} s", f"queue {self.name}")
                time.sleep(_POLL_S)
        except KeyboardInterrupt:
            self.cancel(ids)
            raise

    def cancel(self, ids: Iterable[str]) -> int:
        """Take back the jobs that no worker has begun; returns how many."""
        cancelled = 0
        with _redis_errors():
            for job_id in ids:
                job = self._queue.fetch_job(job_id)
                if job is not None and _STATUS[job.get_status().value] == "queued":
                    job.delete()
                    cancelled += 1
        return cancelled

    def clear(self) -> None:
        """Forget every job of this queue. For a broker that one command owns: its old jobs have no worker left."""
        with _redis_errors():
            waiting = self._queue.get_job_ids()
            registries = (
                self._queue.started_job_registry,
                self._queue.finished_job_registry,
                self._queue.failed_job_registry,
                self._queue.canceled_job_registry,
            )
            begun = [job_id for registry in registries for job_id in registry.get_job_ids(cleanup=False)]
            # By key: RQ refuses to take a job off the registry of those that run, and here nothing runs.
            self._redis.delete(self._queue.key, *(registry.key for registry in registries))
            for job_id in {*waiting, *begun}:
                self._redis.delete(f"rq:job:{job_id}", f"rq:results:{job_id}", f"rq:executions:{job_id}")

    def _replaceable(self, job: Job, again: bool) -> bool:
        status = _STATUS[job.get_status().value]
        if status == "running":
            return not self._has_worker(job)
        return status != "queued" and (again or status != "done")

    def _has_worker(self, job: Job) -> bool:
        """Whether the worker that began the job still sends heartbeats (its key expires when it does not)."""
        return bool(job.worker_name) and bool(self._redis.exists(f"rq:worker:{job.worker_name}"))


def results(states: Iterable[JobState]) -> list[Any]:
    """What the jobs returned. Raises the first failure again, in its own kind, with the job's reason."""
    values: list[Any] = []
    for state in states:
        if state.status != "done":
            kind, _, text = state.reason.partition(": ")
            if kind in _KINDS:
                raise _KINDS[kind](text)
            raise Unavailable(state.reason or f"job is {state.status}", state.id, "See the worker's log")
        values.append(state.result)
    return values


def request_stop() -> None:
    """Have the job that runs in this process end at its next `report_progress`."""
    _stop_requested.set()


def report_progress(**progress: Any) -> None:
    """Say, from inside a job, how far it is: JSON values by name. Does nothing outside a worker.

    Raises Stopped where the worker has been asked to stop: a place where the job can clean up after itself.
    """
    if _stop_requested.is_set():
        raise Stopped
    if "rq.job" not in sys.modules:
        return
    from rq import get_current_job

    job = get_current_job()
    if job is None:
        return
    at = time.monotonic()
    if at - cast(float, getattr(job, "progress_at", 0.0)) >= _PROGRESS_S:
        setattr(job, "progress_at", at)  # noqa: B010  (an attribute of our own on RQ's job)
        job.meta["progress"] = progress
        job.save_meta()


def _state(job_id: str, job: Job | None) -> JobState:
    if job is None:
        return JobState(job_id, "", "gone", reason="Unavailable: the job is no longer known to Redis")
    status = _STATUS[job.get_status(refresh=False).value]
    progress = cast(dict[str, Any], job.meta.get("progress", {}))
    result = job.return_value() if status == "done" else None
    return JobState(job_id, job.func_name or "", status, progress, result, _reason(job) if status == "failed" else "")


def _reason(job: Job) -> str:
    """The last line of the traceback, with the exception's bare name: `BadInput: tasks: no task is named …`."""
    latest = job.latest_result()
    lines = (latest.exc_string or "").strip().splitlines() if latest else []
    if not lines:
        return "failed without a reason"
    kind, colon, text = lines[-1].partition(": ")
    return f"{kind.rpartition('.')[2]}: {text}" if colon and " " not in kind else lines[-1]


class _redis_errors:  # noqa: N801  (a context manager, used like a function)
    """Turns redis-py's connection errors into Unavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        from redis.exceptions import ConnectionError as Lost
        from redis.exceptions import TimeoutError as Slow

        if isinstance(error, Lost | Slow):
            raise Unavailable("Redis does not answer", "REDIS_URL", "Start it, or leave REDIS_URL unset") from error
