"""Children come back when killed, are given up when they keep dying, and never outlive us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cap_rlvr.cli.loop import supervisor as module
from cap_rlvr.cli.loop.supervisor import Supervisor
from cap_rlvr.wire.errors import Unavailable

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def modules(tmp_path: Path) -> dict[str, str]:
    """An environment in which `python -m sleeper` and `python -m dier` are programs."""
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    (tmp_path / "stubborn.py").write_text(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SLEEPER}")
    apart = "subprocess.Popen([sys.executable, '-m', 'stubborn'], start_new_session=True)"
    (tmp_path / "parent.py").write_text(f"import subprocess, sys\n{apart}\n{SLEEPER}")
    (tmp_path / "dier.py").write_text("raise SystemExit('the port is taken')")
    return {"PYTHONPATH": str(tmp_path)}


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def test_killed_child_comes_back(tmp_path: Path, modules: dict[str, str]) -> None:
    events: list[tuple[str, str]] = []
    with Supervisor(tmp_path / "logs", lambda kind, text: events.append((kind, text))) as children:
        children.start("sleeper", "sleeper", modules)
        first = children.pid("sleeper")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: children.pid("sleeper") not in {None, first})
        second = children.pid("sleeper")
    assert second is not None
    assert not psutil.pid_exists(second)
    assert [kind for kind, _ in events] == ["started", "restarted", "stopped"]
    assert "SIGKILL" in events[1][1]


def test_what_a_child_started_in_another_session_ends_with_it(tmp_path: Path, modules: dict[str, str]) -> None:
    with Supervisor(tmp_path / "logs", lambda *_: None) as children:
        children.start("parent", "parent", modules)
        first = children.pid("parent")
        assert first is not None
        until(lambda: len(psutil.Process(first).children()) == 1)
        (second,) = psutil.Process(first).children()
        until(lambda: (tmp_path / "logs" / "parent.log").read_text().count("up") == 2)
        children.stop("parent")
        assert not second.is_running()


def test_child_that_keeps_dying_is_given_up_with_its_log(tmp_path: Path, modules: dict[str, str]) -> None:
    with Supervisor(tmp_path / "logs", lambda *_: None) as children:
        children.start("dier", "dier", modules)
        with pytest.raises(Unavailable, match="the port is taken"):
            children.wait_until("dier", lambda: False, timeout=60)
        with pytest.raises(Unavailable, match="keeps ending"):
            children.check()


def test_stubborn_child_is_killed_after_its_grace(tmp_path: Path, modules: dict[str, str]) -> None:
    events: list[str] = []
    with Supervisor(tmp_path / "logs", lambda kind, _: events.append(kind)) as children:
        children.start("stubborn", "stubborn", modules, grace=0.3)
        until(lambda: "up" in module.tail(tmp_path / "logs" / "stubborn.log"))
        pid = children.pid("stubborn")
    assert pid is not None
    assert not psutil.pid_exists(pid)
    assert events == ["started", "killed", "stopped"]


def test_slow_child_is_named(tmp_path: Path, modules: dict[str, str]) -> None:
    with Supervisor(tmp_path / "logs", lambda *_: None) as children:
        children.start("sleeper", "sleeper", modules)
        with pytest.raises(Unavailable, match="sleeper is not ready after 0 s"):
            children.wait_until("sleeper", lambda: False, timeout=0.3)


def test_children_end_when_we_are_killed(tmp_path: Path, modules: dict[str, str]) -> None:
    script = (
        "import time; from pathlib import Path; from cap_rlvr.cli.loop.supervisor import Supervisor\n"
        f"with Supervisor(Path({str(tmp_path)!r}), lambda *_: None) as children:\n"
        "    children.start('sleeper', 'sleeper', {}); print(children.pid('sleeper'), flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env={**os.environ, **modules})
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
