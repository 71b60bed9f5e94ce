"""``python -m services.rollout_vllm.guard COMMAND…``: run a command so that nothing of it outlives its owner.

vLLM is several processes, and those below its server live on when the server is killed. So the guard stands between
worker and server: it and all below it are one process group, and it ends the whole group as soon as the server has
ended, it is told to stop, or its standard input closes, which the kernel sees to even when the worker is killed by
`kill -9`. Imports nothing heavy: it is up in some tens of milliseconds.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType

from cap_rlvr.clients.children import dies_with_parent

_GRACE_S = 5.0  # for vLLM's own way out, which also removes its shared memory


def main(command: list[str]) -> None:
    """Run until one of the three ends, then end the group, this process included."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake, woken = os.pipe()

    def wake_up(_number: int, _frame: FrameType | None) -> None:
        os.write(woken, b".")

    signal.signal(signal.SIGTERM, wake_up)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=dies_with_parent(signal.SIGKILL))  # noqa: PLW1509
    ended = os.pidfd_open(child.pid)
    select.select([0, wake, ended], [], [])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if child.poll() is not None:
        sys.stderr.write(f"vLLM ended with code {child.returncode}\n")
    os.killpg(0, signal.SIGTERM)
    until = time.monotonic() + _GRACE_S
    while _others_alive(child) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(0, signal.SIGKILL)


def _others_alive(child: subprocess.Popen[bytes]) -> bool:
    """Whether any process of this group besides us still runs."""
    child.poll()  # so that a dead child does not stay as a zombie
    group = os.getpgrp()
    for entry in os.listdir("/proc"):  # noqa: PTH208  (tens of entries, twenty times a second)
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:  # noqa: PTH123
                state, _parent, pgrp = stat.read().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state != "Z":
            return True
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
