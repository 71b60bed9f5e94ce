"""Clients that are slow at every point, over real sockets: each comes to an end, and none costs another its answer."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from toys import Service, item, serving, write_rows

from cap_rlvr.wire.scoring import Problem
from services.reward_api.bodies import Room
from services.reward_api.problems import Refused

LIMITS = {"TOY_HEAD_S": "1", "TOY_BODY_S": "2", "TOY_ANSWER_S": "1", "TOY_READ_S": "1.5"}
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("slow")
    write_rows(folder, {"train": ["yes"]})
    with serving(folder, deadline=4.0, REWARD_WORKERS="1", **LIMITS) as running:
        yield running


def connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=20)


def post(*items: dict[str, Any], path: str = "/reward") -> bytes:
    body = json.dumps({"items": items}).encode()
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body


def read(connection: socket.socket) -> bytes:
    """All until the service hangs up; raises TimeoutError where it does not."""
    got = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            got += piece
    return got


def dribble(connection: socket.socket, data: bytes, every: float = 0.1) -> float:
    """Send bytes now and then until the service hangs up; returns the seconds."""
    began = time.monotonic()
    while time.monotonic() - began < 20:
        try:
            connection.sendall(data)
        except OSError:
            break
        time.sleep(every)
    return time.monotonic() - began


def problem(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"application/problem+json" in head
    assert b"connection: close" in head.lower()
    found = Problem.model_validate_json(body)
    assert found.type.endswith(f":{code}")
    assert found.request_id
    assert found.request_id.encode() in head


def test_a_slow_head_is_told_and_ended(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(b"POST /reward HTTP/1.1\r\nHost: x\r\n")
        problem(read(connection), 408, "head_too_slow")
    with connect(service) as connection:
        connection.sendall(b"POST /reward HTTP/1.1\r\n")
        assert dribble(connection, b"x: y\r\n") < 10


@pytest.mark.parametrize("first", [b"", b"\r\n", GET, GET + b"\r\n", GET + b"POST /rew"])
def test_a_silent_client_is_ended(service: Service, first: bytes) -> None:
    with connect(service) as connection:
        connection.sendall(first)
        began = time.monotonic()
        read(connection)
        assert time.monotonic() - began < 15


def test_a_head_without_end(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        with suppress(OSError):
            for number in range(40):
                connection.sendall(b"x%d: %s\r\n" % (number, b"y" * 4000))
                time.sleep(0.01)
        assert b"HTTP/1.1 200" not in read(connection)


@pytest.mark.parametrize(
    "data",
    [b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nA B\r\n\r\n"],
)
def test_what_is_no_http_gets_a_problem(service: Service, data: bytes) -> None:
    with connect(service) as connection:
        connection.sendall(data)
        problem(read(connection), 400, "malformed_http")


def test_nonsense_behind_a_request_does_not_cost_it_its_answer(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(post(item("sleep:0.3")) + b"nonsense\r\n\r\n")
        answer = read(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"status":"scored"' in answer


def test_a_head_that_waits_behind_a_request_does_not_cost_it_its_answer(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(post(item("sleep:1.8")) + b"GET /heal")
        answer = read(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"status":"scored"' in answer


def test_who_sends_too_many_requests_ahead_gets_some_answers(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(GET * 200)
        answers = read(connection).count(b"HTTP/1.1 200 ")
    assert 1 < answers <= 40


def test_a_body_that_nobody_reads_is_ended(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert dribble(connection, b"1\r\nx\r\n") < 15


def test_an_answer_that_nobody_reads_is_ended(service: Service) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", service.port))
        many = [item(f"<answer>{'no ' * 300}{number}</answer>") for number in range(512)]
        with suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(30):  # until the buffers of both sides are full
                connection.sendall(post(*many))
    answer = httpx.post(f"{service.url}/reward", json=item("yes"), timeout=30)
    assert answer.json()["results"][0]["reward"] == 1.0
    assert "request_failed" not in service.log.read_text(), "those behind it were told that nobody listens"


def test_trailers_are_no_headers(service: Service) -> None:
    sent = b"POST /reward HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = json.dumps(item("yes")).encode()
    with connect(service) as connection:
        connection.sendall(sent + b"%x\r\n%s\r\n0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n" % (len(body), body))
        assert b'"reward":1.0' in read(connection)


def test_the_deadline_runs_while_the_body_comes(service: Service) -> None:
    sent = post(item("sleep:3.6")).replace(b"Host: x", b"Host: x\r\nConnection: close")
    with connect(service) as connection:
        connection.sendall(sent[:-1])
        time.sleep(1.0)
        began = time.monotonic()
        connection.sendall(sent[-1:])
        answer = read(connection)
    assert time.monotonic() - began < 3.5, "of the four seconds one had passed"
    assert b'"failure_reason":"deadline"' in answer


def test_a_request_that_crosses_the_begin_of_the_drain_is_answered(service: Service) -> None:
    """Last: it ends the service."""
    with connect(service) as used, connect(service) as fresh, connect(service) as busy:
        used.sendall(GET)
        first = b""
        while b"alive" not in first:  # head and body may come apart
            first += used.recv(65536)
        busy.sendall(post(item("sleep:1")))
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        for late in (used, fresh):
            late.sendall(post(item("yes")))
        for one in (used, fresh, busy):
            answer = read(one)
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"connection: close" in answer
            assert b'"status":"scored"' in answer
    assert service.process.wait(10) == 0


def test_there_is_room_for_so_much_and_no_more() -> None:
    room = Room(10)
    one: dict[str, Any] = {}
    other: dict[str, Any] = {}
    room.take(one, 6)
    room.take(other, 4)
    with pytest.raises(Refused) as refused:
        room.take(one, 1)
    assert (refused.value.status, refused.value.retry_after) == (503, 1)
    room.give_back(one)
    room.give_back(one)
    room.take(other, 6)
    room.give_back(other)
    assert room.left == 10
