"""The embedded Valkey: real server, real signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cap_rlvr.clients.broker import EmbeddedValkey, connect, without_password
from cap_rlvr.wire.errors import BadInput, Unavailable


def test_answers_and_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    with server:
        port = server.port
        with connect(server.url) as client:
            client.set("kept", "yes")
            client.xadd("stream", {"a": "b"})
    assert server.pid is None
    with server:
        assert server.port == port
        with connect(server.url) as client:
            assert client.get("kept") == b"yes"
            assert client.xlen("stream") == 1


def test_is_bound_to_loopback_only(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server:
        addresses = {c.laddr.ip for c in psutil.Process(server.pid).net_connections() if c.status == "LISTEN"}
        assert addresses == {"127.0.0.1"}


def test_data_survives_kill_9(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path).start()
    with connect(server.url) as client:
        client.set("kept", "yes")
    os.kill(server.pid or 0, signal.SIGKILL)
    server.stop()
    with server, connect(server.url) as client:
        assert client.get("kept") == b"yes"


def test_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path / "a") as first, pytest.raises(BadInput, match=f"127.0.0.1:{first.port}.*in use"):
        EmbeddedValkey(tmp_path / "b", first.port).start()


def test_one_server_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cap_rlvr.clients.broker._STOP_S", 0.2)
    with EmbeddedValkey(tmp_path), pytest.raises(BadInput, match="another Valkey is using this folder"):
        EmbeddedValkey(tmp_path).start()


def test_a_server_that_fails_tells_its_last_words(tmp_path: Path) -> None:
    folder = tmp_path / "appendonlydir"
    folder.mkdir()
    (folder / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(Unavailable, match="Its log ends"):
        EmbeddedValkey(tmp_path).start()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux only")
def test_dies_with_a_parent_killed_by_kill_9(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from cap_rlvr.clients.broker import EmbeddedValkey;"
        "s = EmbeddedValkey(Path(sys.argv[1])).start(); print(s.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        parent.kill()
    until = time.monotonic() + 10
    while psutil.pid_exists(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not psutil.pid_exists(child)


def test_nobody_answers() -> None:
    with pytest.raises(Unavailable, match=r"redis://127.0.0.1:1/0: no Redis or Valkey answers"):
        connect("redis://127.0.0.1:1/0")


def test_malformed_address() -> None:
    with pytest.raises(BadInput, match="REDIS_URL"):
        connect("localhost")


def test_no_password_is_shown() -> None:
    assert without_password("redis://user:secret@host:6379/0") == "redis://…@host:6379/0"
