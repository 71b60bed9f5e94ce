"""The guarded service over real sockets: smuggled headers, slow bodies, hostile bodies, signed receipts, silent logs."""

import base64
import concurrent.futures
import json
import os
import re
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from toy_keys import add_key, bearer, change_key
from toys import Service, item, serving, write_rows

from cap_rlvr.clients.broker import EmbeddedValkey
from cap_rlvr.clients.reward import API_KEY, Patience, RewardClient
from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.keys import write_private
from cap_rlvr.wire.receipt_check import check, read_claim
from cap_rlvr.wire.scoring import RewardItem
from cap_rlvr.wire.signatures import new_receipt_key, read_receipt_keys


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("guarded")
    write_rows(made, {"train": ["yes", "no"]})
    write_private(made / "receipt.key", f"{new_receipt_key()}\n{new_receipt_key()}\n".encode())
    return made


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    return add_key(folder / "keys.json", quota=1_000_000)


@pytest.fixture(scope="module")
def service(folder: Path, key: str) -> Iterator[Service]:
    settings = {"REWARD_KEY_FILE": str(folder / "keys.json"), "REWARD_RECEIPT_KEY_FILE": str(folder / "receipt.key")}
    with serving(folder, REWARD_WORKERS="1", REWARD_AUDIT_LOG=str(folder / "audit.jsonl"), **settings) as running:
        yield running


def exchange(service: Service, data: bytes) -> bytes:
    """Send bytes as they are and read until the service closes, or says nothing for eight seconds."""
    got = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=8) as connection, suppress(TimeoutError):
        connection.sendall(data)
        while piece := connection.recv(65536):
            got += piece
    return got


def statuses(answer: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def test_smuggled_requests_are_never_scored(service: Service, key: str) -> None:
    body = json.dumps(item("yes")).encode()
    scored = b'"status":"scored"'
    auth = b"Authorization: Bearer " + key.encode() + b"\r\n"
    head = b"POST /reward HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    inner = head % len(body) + body
    chunked = b"POST /tasks HTTP/1.1\r\nHost: x\r\n" + auth + b"Transfer-Encoding: chunked\r\n"
    attempts = {
        "length and chunks": chunked + b"Content-Length: 5\r\n\r\n0\r\n\r\n" + inner,
        "two lengths": b"POST /tasks HTTP/1.1\r\nHost: x\r\n"
        + auth
        + b"Content-Length: 0\r\nContent-Length: 9\r\n\r\n"
        + inner,
        "odd chunks": chunked.replace(b"chunked", b"xchunked") + b"\r\n0\r\n\r\n" + inner,
        "next request": b"GET /tasks HTTP/1.1\r\nHost: x\r\n" + auth + b"\r\n" + inner,
        "folded": b"POST /reward HTTP/1.1\r\nHost: x\r\nX: a\r\n "
        + auth
        + b"Content-Length: %d\r\n\r\n%s" % (len(body), body),
        "space before the colon": inner.replace(b"Host: x\r\n", b"Host: x\r\n" + auth.replace(b":", b" :", 1)),
        "in the path": inner.replace(b"/reward", b"/reward?x=\r\n" + auth),
        "bare line feed": inner.replace(b"Host: x\r\n", b"Host: x\n" + auth.replace(b"\r\n", b"\rX: y\r\n")),
        "null": inner.replace(b"Host: x\r\n", b"Host: x\r\n" + auth.replace(b"Bearer", b"\x00Bearer")),
        "absolute": inner.replace(b"/reward", b"http://127.0.0.1/reward"),
        "double slash": inner.replace(b"/reward", b"//reward"),
        "override": inner.replace(
            b"Host: x\r\n", b"Host: x\r\nX-HTTP-Method-Override: GET\r\nX-Original-URL: /healthz\r\n"
        ),
    }
    for name, attempt in attempts.items():
        answer = exchange(service, attempt)
        assert scored not in answer, (name, answer)
        assert not {500, 200} & set(statuses(answer)[-1:]), (name, answer)
    fine = inner.replace(b"Host: x\r\n", b"Host: x\r\n" + auth.replace(b": ", b":\t ").replace(b"\r\n", b" \t\r\n"))
    assert scored in exchange(service, fine), "blanks around a value are no part of it"


def test_a_slow_body_is_ended(folder: Path, key: str, tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": ["yes"]})
    with serving(tmp_path, REWARD_KEY_FILE=str(folder / "keys.json"), TOY_READ_S="1") as service:
        head = f"POST /reward HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 500\r\n\r\n"
        with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
            connection.sendall(head.encode())
            began = time.monotonic()
            got = b""
            while True:
                try:
                    connection.sendall(b" ")
                    connection.settimeout(0.1)
                    piece = connection.recv(65536)
                except TimeoutError:
                    continue
                except OSError:  # closed on us while we went on sending
                    break
                if not piece:
                    break
                got += piece
            assert time.monotonic() - began < 15
        assert statuses(got) == [408]
        assert b"body_too_slow" in got
        assert b"connection: close" in got.lower()
        answer = httpx.post(f"{service.url}/reward", json=item("yes"), headers=bearer(key)).json()
        assert answer["results"][0]["reward"] == 1.0


def test_nobody_without_a_key_gets_a_body_read(service: Service) -> None:
    head = b"POST /reward HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(head)
        assert b" 401 " in connection.recv(65536)


def _wide(piece: bytes, around: bytes) -> bytes:
    return around % b",".join([piece] * (8_000_000 // (len(piece) + 1)))


TRUTH = b'{"task": "toy", "completion": "yes", "ground_truth": {"word": [%s]}}'
HOSTILE = {
    "many wrong items": (_wide(b"1", b'{"items": [%s]}'), {422}),
    "many empty items": (_wide(b"{}", b'{"items": [%s]}'), {422}),
    "many unknown names": (b"{" + b",".join(b'"n%d":1' % n for n in range(600_000)) + b"}", {422}),
    "many lists in a truth": (_wide(b"[]", TRUTH), {422}),
    "many maps in a truth": (_wide(b"{}", TRUTH), {422}),
    "many messages": (_wide(b"{}", b'{"task": "toy", "ground_truth": {}, "completion": [%s]}'), {422}),
    "one long string": (
        b'{"task": "toy", "ground_truth": {"word": "x"}, "completion": "' + b"a" * 8_000_000 + b'"}',
        {200},
    ),
    "deep lists": (b"[" * 4_000_000, {400}),
    "deep maps": (b'{"a":' * 1_000_000, {400}),
    "deep lists and a surrogate": (b'["\\ud800",' * 700_000, {400}),
    "surrogates": (b'{"items": ["' + b"\\ud800" * 1_300_000 + b'"]}', {422}),
    "long number": (b'{"items": [' + b"9" * 8_000_000 + b"]}", {400, 422}),
    "same name again and again": (b"{" + b'"items":1,' * 800_000 + b'"items": []}', {422}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_cost_little(service: Service, key: str, name: str) -> None:
    body, expected = HOSTILE[name]
    assert len(body) <= 8 * 1024 * 1024
    before = _cpu_seconds(service)
    response = httpx.post(f"{service.url}/reward", content=body, headers=bearer(key), timeout=60)
    assert response.status_code in expected, response.text[:300]
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"
        assert len(response.content) < 1000
    assert _cpu_seconds(service) - before < 5  # most of them take a fifth of a second


def _cpu_seconds(service: Service) -> float:
    fields = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_receipts_are_signed_and_verify(service: Service, key: str, folder: Path) -> None:
    request = {"items": [item("yes 😀", id="a"), item("no")]}
    reply = httpx.post(f"{service.url}/reward", json=request, headers=bearer(key)).json()
    signing, former = read_receipt_keys(folder / "receipt.key")
    assert reply["signature"]["key"] == signing.id
    findings = check(*read_claim(request, reply), [former, signing])
    assert {finding.state for finding in findings} == {"holds"}, findings
    again = httpx.post(f"{service.url}/reward", json=request, headers=bearer(key)).json()
    assert again["receipt"] == reply["receipt"]
    assert again["signature"] != reply["signature"], "it is for one request id"


def test_a_change_of_the_file_holds_from_the_next_request_on(service: Service, folder: Path) -> None:
    fresh = add_key(folder / "keys.json")
    with httpx.Client(base_url=service.url, headers=bearer(fresh)) as session:
        assert session.get("/tasks").status_code == 200
        change_key(folder / "keys.json", fresh, scopes=("submit",))
        assert session.post("/reward", json=item("yes")).status_code == 403
        change_key(folder / "keys.json", fresh, revoked=datetime(2026, 1, 1, tzinfo=UTC))
        assert session.get("/tasks").status_code == 401
    assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600


def test_nothing_of_a_key_or_a_body_is_in_any_log(service: Service, key: str, folder: Path) -> None:
    basic = base64.b64encode(f"u:{key}".encode()).decode()
    for headers in (bearer(key), {"authorization": f"Basic {basic}"}, {"authorization": f"Bearer {key}x"}, {}):
        httpx.post(f"{service.url}/reward", json=item("fail: my private sentence"), headers=headers)
        httpx.post(f"{service.url}/reward?key={key}", content=b'{"private sentence', headers=headers)
    exchange(service, b"GET /\x00private HTTP/1.1\r\nAuthorization: " + key.encode() + b"\r\n\r\n")
    for text in (service.log.read_text(), (folder / "audit.jsonl").read_text()):
        assert key not in text
        assert key[16:] not in text
        assert basic not in text
        assert "private" not in text
        for line in text.splitlines():
            json.loads(line)


def test_the_client_takes_its_key_from_the_environment(
    service: Service, key: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = Patience(attempts=2, first_s=0.01)
    wanted = [RewardItem.model_validate(item("yes"))]
    for given, environment, said in (
        (None, None, "401.*CAP_RLVR_API_KEY"),
        (None, key[:-2] + "zz", "401"),
        ("", key, "401"),
        (add_key(folder / "keys.json", "submit"), key, "403.*no scope score"),
        ("two\nlines", key, "no header can carry"),
    ):
        monkeypatch.delenv(API_KEY, raising=False)
        if environment is not None:
            monkeypatch.setenv(API_KEY, environment)
        refused = RewardClient(service.url, key=given, patience=hasty)
        with pytest.raises(BadInput, match=said):
            refused.score(wanted)
        refused.close()
    for given, environment in ((None, f"{key}\n"), (key, "")):
        monkeypatch.setenv(API_KEY, environment)
        client = RewardClient(service.url, key=given, patience=hasty)
        assert client.score(wanted)[0].reward == 1.0
        client.close()


def test_the_client_waits_for_its_quota(service: Service, folder: Path) -> None:
    small = add_key(folder / "keys.json", quota=2)
    client = RewardClient(service.url, key=small, batch=2, patience=Patience(attempts=1, quota_s=2))
    texts = [RewardItem.model_validate(item(f"no {number}")) for number in range(4)]
    assert client.score(texts[:2])[0].reward == 0.0
    with pytest.raises(Unavailable, match="quota gave no room for 2 s"):
        client.score(texts[2:])
    client.close()


def test_two_services_share_quotas_until_valkey_is_gone(folder: Path, tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path / "valkey").start()
    small = add_key(folder / "keys.json", quota=12)
    settings = {"REWARD_KEY_FILE": str(folder / "keys.json"), "REWARD_REDIS_URL": server.url, "REWARD_WORKERS": "1"}
    for name in ("one", "two"):
        write_rows(tmp_path / name, {"train": ["yes"]})

    def post(service: Service) -> int:
        return session.post(f"{service.url}/reward", json=item("yes"), headers=bearer(small)).status_code

    def degraded(service: Service) -> Any:
        return session.get(f"{service.url}/readyz").json()["degraded"]

    with (
        serving(tmp_path / "one", **settings) as one,
        serving(tmp_path / "two", **settings) as two,
        httpx.Client(timeout=60) as session,
    ):
        _wait(lambda: not degraded(one) and not degraded(two))
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            codes = list(threads.map(lambda number: post((one, two)[number % 2]), range(24)))
        assert codes.count(200) == 12
        assert codes.count(429) == 12
        server.stop()
        assert post(one) in (200, 429), "each goes on from what it has counted itself"
        assert "quotas" in degraded(one)
        server.start()
        _wait(lambda: not degraded(one))
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(30) == 0
    server.stop()


def _wait(reached: Any) -> None:
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.1)
