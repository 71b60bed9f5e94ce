"""The RQ worker of every service: a job runs in a process of its own and can be stopped at any moment.

Jobs write files that are whole or absent, so a stop never waits for a job to end: the job's process gets SIGTERM, ends at
the next `report_progress` with its ``finally`` blocks, and the job goes back to the queue for whoever continues.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from cap_rlvr.clients.children import dies_with_parent
from cap_rlvr.clients.jobs import Stopped, request_stop

if TYPE_CHECKING:
    from redis import Redis
    from rq.job import Job

_WORKER_TTL_S = 60  # a worker silent for this long is dead, and its job may be asked for again
_MONITOR_S = 10  # how often a worker looks at its job's process and says that it lives
_PATIENCE_S = 8  # after which a job that has not stopped at a place of its own choice is stopped where it is
_MAINTENANCE_S = 30  # how often abandoned jobs are put back


def work(redis: Redis, queue: str) -> None:
    """Do the queue's jobs until SIGTERM or SIGINT."""
    from rq import Worker
    from rq.serializers import JSONSerializer

    leash = dies_with_parent(signal.SIGTERM)

    class StoppableWorker(Worker):
        def request_stop(self, signum: int, frame: FrameType | None) -> None:
            if self.horse_pid:
                with suppress(ProcessLookupError):
                    os.kill(self.horse_pid, signal.SIGTERM)
            super().request_stop(signum, frame)

        def setup_work_horse_signals(self) -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, _stop)
            leash()

    worker = StoppableWorker(
        [queue],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=_WORKER_TTL_S,
        job_monitoring_interval=_MONITOR_S,
        maintenance_interval=_MAINTENANCE_S,
        exception_handlers=[_retry_only_the_stopped],
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")


def _stop(_signum: int, _frame: FrameType | None) -> None:
    request_stop()
    signal.signal(signal.SIGALRM, _stop_now)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S, _PATIENCE_S)


def _stop_now(_signum: int, _frame: FrameType | None) -> None:
    """For a job that reports nothing for so long. Not the first means, because a destructor would swallow it."""
    raise Stopped


def _retry_only_the_stopped(job: Job, kind: type[BaseException], *_error: object) -> None:
    """An exception handler of RQ: only a stopped or killed job is worth doing again, an error would come again."""
    if not issubclass(kind, Stopped):
        job.retries_left = 0
