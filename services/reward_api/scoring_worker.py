"""The scoring process: reads frames of items from a socket, answers with verdicts, knows nothing of HTTP.

Frames are a 4-byte big-endian length and JSON; nothing from outside is ever unpickled. Each item runs under a CPU
timer whose signal ends the process, even inside C code: one (ITIMER_VIRTUAL) while its ground truth is read, another
(ITIMER_PROF) while its completion is judged, so that the service sees from the exit which of the two was too much. Wall
time is the service's to watch.

``python -m services.reward_api.scoring_worker FD REGISTRY CPU_SECONDS`` is the nursery (see `nursery.py`): it loads
and warms every scorer, then forks a scoring process for each request on FD.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import signal
import socket
import sys
from functools import lru_cache
from typing import Any, NoReturn, Protocol

import orjson
import structlog

from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.scoring import Score, ScorerId
from services.reward_api import logs
from services.reward_api.row_files import Place, RowGone, UnknownRow, read_row
from services.reward_api.verdicts import Verdict, our_error, scored, unscorable

# A GRPO group shares one example, so few truths are in use at once; a truth may hold a whole opinion.
_TRUTHS_KEPT = 256
# What a scoring process may grow by: scorers remember the truths they have read, and an inline one may be large.
_GROWTH_KB = 512 * 1024
# In place of an exit code: a child of a former nursery.
NOT_MINE = 1 << 20


class TaskRegistry(Protocol):
    """What the service needs of `cap_rlvr.registry`; tests give a module of their own."""

    def names(self) -> tuple[str, ...]: ...
    def get(self, name: str) -> Task[Any]: ...
    def scorer_id(self, name: str) -> ScorerId: ...


class Judge:
    """Scores items one by one."""

    def __init__(self, registry: TaskRegistry, cpu_seconds: float) -> None:
        self._registry = registry
        self._cpu_seconds = cpu_seconds
        self.broken: dict[str, str] = {}
        self._stored_truth = lru_cache(_TRUTHS_KEPT)(self._read_stored_truth)

    def warm(self) -> None:
        """Judge each task's own example, so that no item pays for imports and tables; note the tasks that can't."""
        for name in self._registry.names():
            try:
                task = self._registry.get(name)
                task.score(truth := task.read_truth(task.example), task.gold(truth))
            except Exception as error:  # noqa: BLE001 - one broken task must not take the others down
                self.broken[name] = type(error).__name__
                _log().error("task_broken", task=name, error=type(error).__name__, at=logs.frames_of(error))

    def verdict(self, name: str, completion: str, truth: dict[str, Any] | None, place: Place | None) -> Verdict:
        """Judge one item; never raises."""
        if name in self.broken:
            return our_error(name, "scorer_unavailable", f"The scorer of {name} could not be loaded.")
        try:
            task = self._registry.get(name)
            signal.setitimer(signal.ITIMER_VIRTUAL, self._cpu_seconds)
            known = self._stored_truth(name, place) if place else task.read_truth(truth or {})
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.setitimer(signal.ITIMER_PROF, self._cpu_seconds)
            score = task.score(known, completion)
            _check(score)
            return scored(name, score)
        except BadInput as error:
            return unscorable(name, "malformed_ground_truth", str(error))
        except UnknownRow:
            return unscorable(name, "unknown_example", "No prepared row has this example_id.")
        except (RowGone, OSError):
            return our_error(name, "rows_changed", "The prepared rows are being replaced; ask again.")
        except Exception as error:  # noqa: BLE001 - a scorer's bug is our error, never a reward
            _log().error("scorer_failed", task=name, error=type(error).__name__, at=logs.frames_of(error))
            text = f"The scorer of {name} failed ({type(error).__name__}); the service's log says where."
            return our_error(name, "scorer_failed", text, retryable=False)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _read_stored_truth(self, name: str, place: Place) -> Any:
        return self._registry.get(name).read_truth(read_row(place).truth)


def _check(score: Score) -> None:
    if not 0 <= score.reward <= 1:  # also refuses NaN
        raise ValueError("reward out of range")


def _log() -> Any:
    return structlog.get_logger("reward_api.scoring")


def pack(name: str, completion: str, truth: dict[str, Any] | None, place: Place | None) -> list[Any]:
    """One item as it crosses to the scoring process."""
    return [name, completion, truth, place and list(place)]


def unpack(packed: list[Any]) -> tuple[str, str, dict[str, Any] | None, Place | None]:
    """The item that was packed."""
    name, completion, truth, place = packed
    return name, completion, truth, place and Place._make([*place[:-1], tuple(place[-1])])


def read_frame(connection: socket.socket) -> bytes | None:
    """One frame, or None when the service is gone."""
    head = _read_exactly(connection, 4)
    return _read_exactly(connection, int.from_bytes(head, "big")) if head else None


def frame(data: bytes) -> bytes:
    """The data with its length before it."""
    return len(data).to_bytes(4, "big") + data


def _read_exactly(connection: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(1 << 20, size - len(data)))
        if not piece:
            return None
        data += piece
    return bytes(data)


def serve(connection: socket.socket, judge: Judge) -> None:
    """Judge frame after frame until the service goes away, or this process has grown so large that another is better."""
    most = _peak_kb() + _GROWTH_KB
    try:
        while _peak_kb() < most and (data := read_frame(connection)) is not None:
            verdicts = [judge.verdict(*unpack(item)).pack() for item in orjson.loads(data)]
            connection.sendall(frame(orjson.dumps(verdicts)))
    except (BrokenPipeError, ConnectionResetError):
        return


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def nurse(control: socket.socket, judge: Judge) -> None:
    """Answer `fork` (with a socket for the child) with a process id, and a process id with how that process ended."""
    while True:
        command, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not command:
            return
        if descriptors:
            answer = os.fork()
            if answer == 0:
                _be_born(control, descriptors[0], judge)
            os.close(descriptors[0])
        else:
            answer = _exit_code(int(command))
        control.sendall(answer.to_bytes(8, "big", signed=True))


def _be_born(control: socket.socket, descriptor: int, judge: Judge) -> NoReturn:
    code = 1
    try:
        control.close()
        with socket.socket(fileno=descriptor) as connection:
            serve(connection, judge)
        code = 0
    finally:
        os._exit(code)


def _exit_code(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return NOT_MINE


def main(descriptor: int, registry: str, cpu_seconds: float) -> None:
    """Load everything, say so, then fork for one parent until it goes away."""
    # The parent drains on these; it ends these processes by closing their sockets.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    logs.configure()
    module: Any = importlib.import_module(registry)
    judge = Judge(module, cpu_seconds)
    judge.warm()
    gc.freeze()
    with socket.socket(fileno=descriptor) as control:
        control.sendall(frame(orjson.dumps({"broken": judge.broken})))
        nurse(control, judge)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
