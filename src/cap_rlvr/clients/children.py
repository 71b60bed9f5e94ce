"""Child processes that never outlive us, however we end."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dies_with_parent(by: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """A `preexec_fn` after which the kernel sends ``by`` to the child as soon as its parent is gone.

    Linux only; elsewhere the child lives on after a `kill -9` of its parent. The kernel watches the *thread* that
    started the child, so start it from one that lives as long as the child should.
    """
    if sys.platform != "linux":
        return lambda: None
    parent = os.getpid()
    libc = ctypes.CDLL(None)  # here, because a forked child of a threaded process must not take the loader's lock

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was told
            os.kill(os.getpid(), by)

    return in_child
