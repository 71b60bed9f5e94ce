"""Who may call what: every route, every kind of key, and those who try without."""

import base64
import hmac
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute
from starlette.testclient import TestClient
from toy_keys import add_key, bearer, change_key
from toys import held, item

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.keys import SCOPES
from cap_rlvr.wire.scoring import Problem
from services.reward_api import keyring
from services.reward_api.access import BELOW, NEEDS, need_of
from services.reward_api.app import create_app
from services.reward_api.settings import Settings

ANSWERED = {"/": 200, "/healthz": 200, "/readyz": 200, "/docs": 200, "/page/main.js": 200, "/openapi.json": 200}
CALLS: list[tuple[str, str, str, str]] = [
    ("score", "POST", "/reward", "/reward"),
    ("read-examples", "GET", "/tasks/toy/examples", "/tasks/{task}/examples"),
    ("admin", "GET", "/metrics", "/metrics"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def file(folder: Path) -> Path:
    add_key(folder / "keys.json", "submit", name="first")
    return folder / "keys.json"


@pytest.fixture(scope="module")
def guarded(workspace: Path, folder: Path, file: Path) -> Iterator[TestClient]:
    settings = Settings(workspace=workspace, workers=1, key_file=file, audit_log=str(folder / "audit.jsonl"))
    with TestClient(create_app(settings, registry="toy_registry"), raise_server_exceptions=False) as made:
        yield made


def refusal(response: Any, status: int, code: str) -> Problem:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate_json(response.content)
    assert found.type == f"urn:cap-rlvr:problem:{code}"
    assert found.request_id == response.headers["x-request-id"]
    return found


def send(client: TestClient, method: str, path: str, headers: Any = None) -> Any:
    return client.request(method, path, headers=headers, json=item("yes") if method == "POST" else None)


@pytest.mark.parametrize("path", ANSWERED)
def test_open_to_anyone(guarded: TestClient, path: str) -> None:
    assert guarded.get(path, headers={"authorization": "Bearer nonsense"}).status_code == ANSWERED[path]


@pytest.mark.parametrize(("scope", "method", "path", "declared"), CALLS)
def test_each_scope_opens_its_own_calls_alone(
    guarded: TestClient, file: Path, scope: str, method: str, path: str, declared: str
) -> None:
    assert need_of(declared) == scope
    assert send(guarded, method, path, bearer(add_key(file, scope))).status_code == 200
    others = [one for one in SCOPES if one != scope]
    response = send(guarded, method, path, bearer(add_key(file, *others)))
    assert scope in refusal(response, 403, "scope_missing").detail
    assert f'error="insufficient_scope", scope="{scope}"' in response.headers["www-authenticate"]


def test_any_key_reads_the_tasks(guarded: TestClient, file: Path) -> None:
    key = add_key(file, "submit")
    assert guarded.get("/tasks", headers=bearer(key)).status_code == 200
    assert guarded.get("/tasks/toy", headers=bearer(key)).status_code == 200
    refusal(guarded.get("/tasks"), 401, "no_key")


def test_a_route_that_nobody_thought_of_needs_admin(guarded: TestClient) -> None:
    assert need_of("/labels/{row}") == "admin"
    assert need_of("/compat/nemo_gym/verify") == "score"
    routes: list[BaseRoute] = guarded.app.router.routes  # type: ignore[attr-defined]
    paths = {getattr(route, "path", "/?").replace(":path}", "}") for route in routes}
    assert not {path for path in paths - NEEDS.keys() if not path.startswith(tuple(BELOW))}, "name these in the table"


def test_no_route_no_key(guarded: TestClient) -> None:
    refusal(guarded.get("/nowhere"), 404, "not_found")
    assert (keyring.NOBODY.scopes, keyring.NOBODY.quota) == ((), 0)
    refusal(guarded.get("/reward"), 401, "no_key")
    for path in ("/reward/", "/tasks/", "/tasks/../reward", "/%72eward", "/tasks/toy/examples/"):
        response = guarded.post(path, json=item("yes"), follow_redirects=False)
        assert response.status_code in (307, 401, 404), path
        assert "reward" not in response.json() if response.status_code != 307 else not response.content


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "bearer capk_",
        "Bearer capk_0123456789_" + "0" * 63,
        "Bearer capk_0123456789_" + "0" * 65,
        "Bearer capk_0123456789_" + "A" * 64,
        "Basic " + base64.b64encode(b"capk_0123456789_" + b"0" * 64).decode(),
        "Basic %%%",
        "Digest x",
        "Bearer " + "a" * 5000,
        "Bearer \u0661",
    ],
)
def test_what_is_no_key(guarded: TestClient, value: str) -> None:
    response = guarded.post("/reward", json=item("yes"), headers={b"authorization": value.encode()})  # type: ignore[dict-item]
    refusal(response, 401, "malformed_key")
    assert response.headers["www-authenticate"] == 'Bearer realm="cap-rlvr", error="invalid_token"'


def test_near_misses_of_a_true_key(guarded: TestClient, file: Path) -> None:
    key = add_key(file)
    other = add_key(file)
    wrong = "0" if key[-1] != "0" else "1"
    for near in (key[:-1] + wrong, key[:16] + other[16:], other[:16] + key[16:]):
        refusal(guarded.post("/reward", json=item("yes"), headers=bearer(near)), 401, "unknown_key")
    for odd in (key.upper(), key + "\x0b", f"{key}, {key}", key + ";", key + "\x00", "\u00a0" + key):
        headers = {b"authorization": f"Bearer {odd}".encode("latin-1")}
        refusal(guarded.post("/reward", json=item("yes"), headers=headers), 401, "malformed_key")  # type: ignore[arg-type]
    no_challenge = guarded.post("/reward", json=item("yes"))
    assert no_challenge.headers["www-authenticate"] == 'Bearer realm="cap-rlvr"'


def test_two_headers_are_none(guarded: TestClient, file: Path) -> None:
    good = add_key(file)
    for values in ([f"Bearer {good}", "Bearer x"], ["Bearer x", f"Bearer {good}"], [f"Bearer {good}"] * 2):
        headers = [("Authorization", value) for value in values]
        refusal(guarded.post("/reward", json=item("yes"), headers=headers), 401, "malformed_key")
    for name in ("X-Api-Key", "Authorization_", "X-Authorization", "Proxy-Authorization", "X-Forwarded-Authorization"):
        refusal(guarded.post("/reward", json=item("yes"), headers={name: f"Bearer {good}"}), 401, "no_key")
    spoofed = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Host": "localhost", "Forwarded": "for=[::1]"}
    refusal(guarded.post("/reward", json=item("yes"), headers=spoofed), 401, "no_key")


def test_a_client_that_takes_no_more_than_an_address(guarded: TestClient, file: Path) -> None:
    key = add_key(file)
    word = base64.b64encode(f"key:{key}".encode()).decode()
    assert guarded.post("/reward", json=item("yes"), headers={"authorization": f"Basic {word}"}).status_code == 200


@pytest.mark.parametrize(
    "query", ["?key={}", "?api_key=x", "?a=1&ACCESS_TOKEN=y", "?x={}", "?x=%63apk_{}", "?a=1;token=x"]
)
def test_a_key_in_the_address_is_refused_even_with_a_good_header(guarded: TestClient, file: Path, query: str) -> None:
    key = add_key(file)
    path = "/reward" + query.format(key.removeprefix("capk_") if "%63" in query else key)
    for headers in (bearer(key), {}):
        response = guarded.post(path, json=item("yes"), headers=headers)
        found = refusal(response, 400, "key_in_address")
        assert "revoke" in found.detail
        assert key not in response.text
    refusal(guarded.get("/tasks/" + key, headers=bearer(key)), 400, "key_in_address")


def test_expired_and_revoked(guarded: TestClient, file: Path) -> None:
    now = datetime.now(UTC)
    expired = add_key(file, expires=now - timedelta(seconds=1))
    refusal(guarded.get("/tasks", headers=bearer(expired)), 401, "expired_key")
    key = add_key(file)
    assert guarded.get("/tasks", headers=bearer(key)).status_code == 200
    change_key(file, key, revoked=now)
    refusal(guarded.get("/tasks", headers=bearer(key)), 401, "revoked_key")
    other_zone = datetime.now(UTC).astimezone().replace(microsecond=0) - timedelta(hours=1)
    refusal(guarded.get("/tasks", headers=bearer(add_key(file, expires=other_zone))), 401, "expired_key")
    wrong = expired[:16] + "0" * 64
    assert refusal(guarded.get("/tasks", headers=bearer(wrong)), 401, "unknown_key").detail.count(expired[5:15]) == 0


def test_a_key_expires_while_it_is_used(guarded: TestClient, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = add_key(file)
    assert guarded.get("/tasks", headers=bearer(key)).status_code == 200

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(days=1, seconds=1)

    monkeypatch.setattr(keyring, "datetime", Later)
    refusal(guarded.get("/tasks", headers=bearer(key)), 401, "expired_key")


def test_rotation_has_two_keys_and_one_quota(guarded: TestClient, file: Path) -> None:
    old = add_key(file, quota=3)
    new = add_key(file, quota=3, family=old[5:15])
    assert guarded.post("/reward", json={"items": [item("yes")] * 3}, headers=bearer(old)).status_code == 200
    refusal(guarded.post("/reward", json=item("yes"), headers=bearer(new)), 429, "over_quota")


def test_quota(guarded: TestClient, file: Path) -> None:
    key = add_key(file, quota=5)

    def post(count: int, **more: Any) -> Any:
        return guarded.post("/reward", json={"items": [item("yes", **more)] * count}, headers=bearer(key))

    assert "5 items" in refusal(post(6), 413, "batch_over_quota").detail
    assert post(3).status_code == 200
    assert guarded.post("/reward", content=b"{", headers=bearer(key)).status_code == 400
    hidden = {"items": [{"task": "toy", "completion": "x", "example_id": held(["hidden"])[0]}] * 2}
    refusal(guarded.post("/reward", json=hidden, headers=bearer(key)), 403, "hidden_split")
    assert post(2).status_code == 200, "what was refused has cost nothing"
    response = post(1)
    refusal(response, 429, "over_quota")
    assert 1 <= int(response.headers["retry-after"]) <= 120
    assert guarded.get("/tasks", headers=bearer(key)).status_code == 200


def test_the_secret_is_compared_in_constant_time_and_always(
    guarded: TestClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []
    true_compare = hmac.compare_digest

    def compare(one: str, two: str) -> bool:
        compared.append((len(one), len(two)))
        return true_compare(one, two)

    monkeypatch.setattr(keyring.hmac, "compare_digest", compare)
    key = add_key(file)
    revoked = add_key(file, revoked=datetime.now(UTC))
    for sent in (key, key[:16] + "0" * 64, "capk_0000000000_" + "0" * 64, revoked):
        compared.clear()
        guarded.get("/tasks", headers=bearer(sent))
        assert compared == [(64, 64)], "digests, once, whether the id is known or not"


@pytest.mark.parametrize("spoil", ["loose", "gone", "broken", "empty", "not a file", "duplicate"])
def test_a_spoilt_file_leaves_the_former_keys_and_is_told(
    guarded: TestClient, file: Path, spoil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = add_key(file)
    assert guarded.get("/tasks", headers=bearer(key)).status_code == 200
    kept = file.read_bytes()
    _spoil(file, spoil, kept)
    try:
        assert guarded.get("/tasks", headers=bearer(key)).status_code == 200
        ready = guarded.get("/readyz")
        assert ready.status_code == 200
        assert "former" not in ready.json()
        assert ready.json()["degraded"]["keys"] == keyring.STALE
        metrics = guarded.get("/metrics", headers=bearer(key)).text
        assert 'reward_degraded{part="keys"} 1.0' in metrics
        assert "keys_refused" in capsys.readouterr().out
    finally:
        if file.is_dir():
            file.rmdir()
        file.write_bytes(kept)
        file.chmod(0o600)
    assert "keys" not in guarded.get("/readyz").json()["degraded"]
    assert guarded.get("/tasks", headers=bearer(key)).status_code == 200


def _spoil(file: Path, how: str, kept: bytes) -> None:
    if how == "loose":
        file.chmod(0o640)
        return
    file.unlink()
    if how == "not a file":
        file.mkdir()
    elif how != "gone":
        keys = json.loads(kept)["keys"]
        texts = {"broken": kept[:-20], "empty": b"", "duplicate": json.dumps({"keys": [keys[0]] * 2}).encode()}
        file.write_bytes(texts[how])
        file.chmod(0o600)


def test_audit_lines(guarded: TestClient, file: Path, folder: Path) -> None:
    key = add_key(file, "score", name="auditors")
    items = [item("a private sentence"), item("yes"), {"task": "my secret task", "completion": "x", "ground_truth": {}}]
    reply = guarded.post("/reward?note=private", json={"items": items}, headers=bearer(key)).json()
    refusal = guarded.get("/metrics", headers=bearer(key))
    _audited(folder, refusal.headers["x-request-id"])  # a thread writes the lines
    line = _audited(folder, reply["request_id"])
    assert line["key"] == key[5:15]
    assert line["name"] == "auditors"
    assert line["call"] == "POST /reward"
    assert (line["http"], line["items"]) == (200, 3)
    assert line["tasks"] == {"toy": {"scored": 2}, "unknown": {"unscorable": 1}}
    assert datetime.fromisoformat(line["time"]).tzinfo is not None
    text = (folder / "audit.jsonl").read_text()
    assert "private" not in text
    assert "secret" not in text
    assert key not in text
    assert key[16:] not in text
    assert (folder / "audit.jsonl").stat().st_mode & 0o777 == 0o600
    refused = [one for one in map(json.loads, text.splitlines()) if one["key"] == key[5:15] and one["http"] == 403]
    assert [one["call"] for one in refused] == ["GET /metrics"]
    assert not [one for one in map(json.loads, text.splitlines()) if one["call"] == "GET /healthz"]


def _audited(folder: Path, request_id: str) -> Any:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for line in (folder / "audit.jsonl").read_text().splitlines():
            if (found := json.loads(line))["request_id"] == request_id:
                return found
        time.sleep(0.02)
    raise AssertionError("no line")


def test_a_log_that_was_rotated_away_is_begun_anew(guarded: TestClient, file: Path, folder: Path) -> None:
    key = add_key(file)
    (folder / "audit.jsonl").rename(folder / "audit.1")
    response = guarded.get("/tasks", headers=bearer(key))
    end = time.monotonic() + 10
    while not (folder / "audit.jsonl").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert _audited(folder, response.headers["x-request-id"])["http"] == 200


async def test_no_websocket_comes_in(guarded: TestClient) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    app: Any = guarded.app
    await app({"type": "websocket", "path": "/reward", "headers": [], "query_string": b""}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_refusals_are_counted(guarded: TestClient, file: Path) -> None:
    guarded.get("/tasks")
    text = guarded.get("/metrics", headers=bearer(add_key(file))).text
    assert 'reward_refused_callers_total{code="no_key"}' in text


def test_the_document_tells_of_keys(guarded: TestClient) -> None:
    document = guarded.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert "security" not in document["paths"]["/healthz"]["get"]
    for path, methods in document["paths"].items():
        for call in methods.values():
            assert ("security" in call) == (need_of(path) != "open"), path
            assert ("401" in call["responses"]) == (need_of(path) != "open"), path
    assert "429" in document["paths"]["/reward"]["post"]["responses"]
    assert guarded.get("/openapi.json").json() == document


def test_without_keys_all_is_open_on_loopback(client: TestClient) -> None:
    assert client.get("/metrics", headers={"authorization": "Bearer x"}).status_code == 200
    assert client.get("/tasks?key=x").status_code == 200
    assert client.get("/readyz").json()["degraded"] == {}


def _empty(file: Path) -> None:
    add_key(file, expires=datetime(2020, 1, 1, tzinfo=UTC))


def _loose(file: Path) -> None:
    add_key(file)
    file.chmod(0o604)


@pytest.mark.parametrize(
    ("prepare", "host", "said"),
    [
        (None, "127.0.0.1", "cap-rlvr keys create"),
        (_empty, "0.0.0.0", "needs a valid key"),
        (_loose, "127.0.0.1", "chmod 600"),
    ],
)
def test_keys_that_can_not_be_used_are_refused_at_start(
    tmp_path: Path, prepare: Callable[[Path], None] | None, host: str, said: str
) -> None:
    file = tmp_path / "keys.json"
    if prepare is not None:
        prepare(file)
    with pytest.raises(BadInput, match=said):
        create_app(Settings(workspace=tmp_path, host=host, key_file=file), registry="toy_registry")


def test_a_public_address_without_keys_is_refused_however_it_is_written(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "255.255.255.255"):
        with pytest.raises(ValueError, match="no keys"):
            Settings(host=host)
    for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
        assert Settings(host=host).key_file is None
    add_key(tmp_path / "keys.json")
    assert Settings(host="0.0.0.0", key_file=tmp_path / "keys.json").host == "0.0.0.0"
    os.environ["REWARD_KEY_FILE"] = ""
    try:
        assert Settings().key_file is None
    finally:
        del os.environ["REWARD_KEY_FILE"]
