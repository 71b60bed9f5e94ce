"""`cap-rlvr prep` with a real Valkey and real workers: killed, stopped, repeated, and the same every time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cap_rlvr.clients.broker import EmbeddedValkey, connect
from cap_rlvr.clients.jobs import PREP, Jobs
from cap_rlvr.clients.preparation import PrepRequest, check, prepare
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.wire.errors import Unavailable

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
CASES = 80


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "source", CASES, 3)


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace prepared by one command that nobody disturbed."""
    workspace = tmp_path_factory.mktemp("undisturbed")
    finish(start(source, workspace))
    return workspace


def start(source: Path, workspace: Path, **environment: str) -> "subprocess.Popen[bytes]":
    main = "from cap_rlvr.cli import main; main()"
    command = [sys.executable, "-c", main, "prep", str(source), "--workspace", str(workspace)]
    return subprocess.Popen(
        [*command, "--tasks", "bluebook,holding", "--workers", "2"],
        env={**os.environ, "REDIS_URL": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(process: "subprocess.Popen[bytes]") -> str:
    output = process.communicate(timeout=500)[0].decode()
    assert process.returncode == 0, output
    return output


def made(workspace: Path) -> dict[str, bytes]:
    """What a person keeps: every file of cases, tasks and sft."""
    folders = [workspace / name for name in ("cases", "tasks", "sft")]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(workspace).as_posix(): path.read_bytes() for path in files}


def children(pid: int) -> list[int]:
    """All processes below one, by /proc."""
    below: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            below += [int(folder.name), *children(int(folder.name))]
    return below


def workers(pid: int) -> list[int]:
    return [child for child in children(pid) if "services.prep_worker" in cmdline(child)]


def cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def alive(pids: list[int]) -> list[int]:
    def lives(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return [pid for pid in pids if lives(pid)]


def until(true: Callable[[], object], seconds: float = 300.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def searching(workspace: Path) -> Callable[[], object]:
    """Some unit is half written."""
    return lambda: list(workspace.glob("cases/*/*/.*.partial"))


def test_a_second_run_changes_no_file(source: Path, undisturbed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.jsonl")}
    finish(start(source, undisturbed))
    assert {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.jsonl")} == before


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and the kernel's parent-death signal")
def test_killed_workers_are_replaced_and_the_result_is_the_same(
    source: Path, undisturbed: Path, tmp_path: Path
) -> None:
    process = start(source, tmp_path)
    until(searching(tmp_path))
    for pid in workers(process.pid):
        os.kill(pid, signal.SIGKILL)
    finish(process)
    assert made(tmp_path) == made(undisturbed)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and the kernel's parent-death signal")
def test_killed_as_a_whole_goes_on_and_the_result_is_the_same(source: Path, undisturbed: Path, tmp_path: Path) -> None:
    process = start(source, tmp_path)
    until(searching(tmp_path))
    below = children(process.pid)
    process.kill()
    process.communicate()
    until(lambda: not alive(below))
    finish(start(source, tmp_path))
    assert made(tmp_path) == made(undisturbed)


def test_ctrl_c_leaves_nothing_behind(source: Path, undisturbed: Path, tmp_path: Path) -> None:
    process = start(source, tmp_path)
    until(searching(tmp_path))
    below = children(process.pid)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=300)[0].decode()
    assert process.returncode == 130, output
    assert "the same command goes on from here" in output
    assert alive(below) == []
    assert list(tmp_path.rglob(".*.partial")) == []
    finish(start(source, tmp_path))
    assert made(tmp_path) == made(undisturbed)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path / "redis") as server:
        yield server


def worker(url: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "services.prep_worker"]
    return subprocess.Popen(command, env={**os.environ, "PREP_REDIS_URL": url})


def test_a_stopped_worker_gives_its_job_back_at_once(source: Path, broker: EmbeddedValkey, tmp_path: Path) -> None:
    request = PrepRequest(sources=[source], workspace=tmp_path / "workspace", tasks=["bluebook"], formats=["chat"])
    unit = check(request)[0].model_dump(mode="json")
    with connect(broker.url) as redis:
        jobs = Jobs(redis, PREP)
        arguments = {"unit": unit, "tasks": ["holding"], "workspace": str(request.workspace), "limit": None}
        job = jobs.enqueue("services.prep_worker.jobs.find_unit", arguments)
        first = worker(broker.url)
        until(searching(request.workspace))
        first.terminate()
        assert first.wait(120) == 0
        assert jobs.states([job])[0].status == "queued"
        assert list(request.workspace.rglob(".*.partial")) == []
        second = worker(broker.url)
        assert jobs.wait([job], timeout_s=600)[0].status == "done"
        second.terminate()
        assert second.wait(120) == 0


def test_a_failure_comes_back_as_the_job_said_it(source: Path, broker: EmbeddedValkey, tmp_path: Path) -> None:
    """A folder that cannot be written: one try, one sentence."""
    blocked = tmp_path / "workspace"
    blocked.write_text("a file where the workspace should be")
    request = PrepRequest(sources=[source], workspace=blocked, tasks=["bluebook"])
    with connect(broker.url) as redis:
        process = worker(broker.url)
        try:
            with pytest.raises(Unavailable, match="Not a directory"):
                prepare(Jobs(redis, PREP), request, check(request)[:1], lambda *progress: None)
        finally:
            process.terminate()
            process.wait(120)


def test_bad_settings_are_one_sentence() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PREP_REDIS_URL"}
    command = [sys.executable, "-m", "services.prep_worker"]
    for given in ({}, {"PREP_REDIS_URL": "nonsense"}):
        ended = subprocess.run(command, env=environment | given, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        assert ended.stderr.startswith("BadInput: PREP_REDIS_URL: ")
        assert len(ended.stderr.splitlines()) == 1
    away = subprocess.run(
        command,
        env=environment | {"PREP_REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert away.returncode == 1
    assert away.stderr.startswith("Unavailable: ")
