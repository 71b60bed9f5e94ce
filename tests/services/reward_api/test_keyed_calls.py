"""Every call that judges is charged to the key that asks; the page's calls open by their scopes."""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from toy_keys import add_key, bearer
from toys import held, item, serving, write_rows

from cap_rlvr.wire.keys import changing, new_key
from services.reward_api.app import create_app
from services.reward_api.settings import Settings
from services.reward_api.submissions import A_DAY

sys.path.insert(0, str(Path(__file__).parents[2] / "rows_toys"))
from workspaces import make_workspace

QUOTA = 4
Ask = Callable[[int, dict[str, str]], Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keyed")
    add_key(made / "keys.json", "submit", name="first")
    return made


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[TestClient]:
    write_rows(folder, {"train": ["yes"], "test": [f"word{number}" for number in range(100)]})
    settings = Settings(workspace=folder, workers=1, key_file=folder / "keys.json")
    with TestClient(create_app(settings, registry="toy_registry")) as made:
        yield made


def score(client: TestClient) -> Ask:
    return lambda count, headers: client.post("/reward", json={"items": [item("yes")] * count}, headers=headers)


def rescore(client: TestClient) -> Ask:
    former = {"status": "scored", "reward": 1.0, "strict": True}
    return lambda count, headers: client.post(
        "/rescore", json={"items": [{"item": item("yes"), "former": former}] * count}, headers=headers
    )


def openrlhf(client: TestClient) -> Ask:
    def ask(count: int, headers: dict[str, str]) -> Any:
        label = {"task": "toy", "word": "yes"}
        body = {"query": ["? yes"] * count, "prompts": ["? "] * count, "labels": [label] * count}
        return client.post("/compat/openrlhf/get_reward", json=body, headers=headers)

    return ask


@pytest.mark.parametrize("call", [score, rescore, openrlhf], ids=lambda call: call.__name__)
def test_batches_are_charged(guarded: TestClient, folder: Path, call: Callable[[TestClient], Ask]) -> None:
    ask, headers = call(guarded), bearer(add_key(folder / "keys.json", "score", quota=QUOTA))
    over = ask(QUOTA + 1, headers)
    assert (over.status_code, over.json()["type"]) == (413, "urn:cap-rlvr:problem:batch_over_quota")
    assert ask(QUOTA, headers).status_code == 200
    full = score(guarded)(1, headers)  # the quota is one for all calls
    assert (full.status_code, full.json()["type"]) == (429, "urn:cap-rlvr:problem:over_quota")
    assert int(full.headers["retry-after"]) >= 1
    assert ask(1, headers).status_code == 429


def test_single_calls_are_charged(guarded: TestClient, folder: Path) -> None:
    headers = bearer(add_key(folder / "keys.json", "score", quota=QUOTA))
    slime = {"prompt": "?", "response": "yes", "label": {"task": "toy", "word": "yes"}}
    output = [{"type": "message", "content": [{"type": "output_text", "text": "yes"}]}]
    row = {"responses_create_params": {}, "task": "toy", "word": "yes", "response": {"output": output}}
    assert guarded.post("/compat/slime", json=slime, headers=headers).json() == 1.0
    for root in ("/compat/nemo_gym", "", "/ng-rollout/7"):
        assert guarded.post(f"{root}/verify", json=row, headers=headers).json()["reward"] == 1.0
    assert guarded.post("/compat/slime", json=slime, headers=headers).status_code == 429
    masked = guarded.post("/verify", json=row, headers=headers).json()  # its client has no word for 429
    assert (masked["mask_sample"], masked["failure_reason"]) == (True, "over_quota")


def test_nobody_waits_for_all_of_another_key(tmp_path: Path) -> None:
    greedy, modest = (bearer(add_key(tmp_path / "keys.json", "score")) for _ in range(2))
    settings = {"REWARD_KEY_FILE": str(tmp_path / "keys.json"), "REWARD_WORKERS": "1"}
    with serving(tmp_path, max_pending=148, **settings) as service, ThreadPoolExecutor(1) as threads:
        slow = {"items": [item(f"sleep:0.05{number:03}") for number in range(110)]}
        all_of_it = threads.submit(httpx.post, f"{service.url}/reward", json=slow, headers=greedy, timeout=60)
        time.sleep(0.5)
        began = time.monotonic()
        assert httpx.post(f"{service.url}/reward", json=item("yes"), headers=modest, timeout=60).status_code == 200
        assert time.monotonic() - began < 3, "all of it takes six seconds"
        more = {"items": [item(f"no {number}") for number in range(60)]}
        refused = httpx.post(f"{service.url}/reward", json=more, headers=greedy)
        assert (refused.status_code, "of this key" in refused.json()["detail"]) == (503, True)
        assert httpx.post(f"{service.url}/reward", json=more, headers=modest, timeout=60).status_code == 200
        assert all_of_it.result().status_code == 200


@pytest.mark.parametrize("root", ["/compat/nemo_gym", "", "/ng-rollout/7"])
def test_nemo_gym_s_calls_need_the_scope_to_score(guarded: TestClient, folder: Path, root: str) -> None:
    other = bearer(add_key(folder / "keys.json", "read-examples"))
    for path in ("/verify", "/seed_session", "/aggregate_metrics"):
        assert guarded.post(root + path, json={}).status_code == 401
        assert guarded.post(root + path, json={}, headers=other).status_code == 403
    assert guarded.get(f"{root}/reverify_mode", headers=other).status_code == 403


def test_submissions_are_counted_by_key_and_outlive_its_rotation(guarded: TestClient, folder: Path) -> None:
    ids = held([f"word{number}" for number in range(100)])
    numbers = count()

    def left(key: str) -> int:
        completion = f"word{next(numbers)}"  # the same again would not be counted
        answers = [{"task": "toy", "example_id": example_id, "completion": completion} for example_id in ids]
        reply = guarded.post("/submissions", json={"items": answers}, headers=bearer(key))
        return reply.json()["left_today"] if reply.status_code == 200 else -reply.status_code

    file = folder / "keys.json"
    key, other = add_key(file, "submit", quota=1), add_key(file, "submit", quota=1)
    assert [left(key) for _ in range(A_DAY - 1)] == [4, 3, 2, 1]  # and none of it counts against the items a minute
    with changing(file) as (_, changed):
        rotated, record = new_key("tests", ["submit"], 1, datetime.now(UTC) + timedelta(days=1), key[5:15])
        changed.append(record)
    assert [left(rotated), left(rotated), left(key), left(other)] == [0, -429, -429, 4]
    assert left(add_key(file, "score")) == -403


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Path]]:
    folder = tmp_path_factory.mktemp("reviewed")
    add_key(folder / "keys.json", "score")
    settings = Settings(workspace=make_workspace(folder / "workspace"), workers=1, key_file=folder / "keys.json")
    app = create_app(settings)
    with TestClient(app, client=("203.0.113.9", 1)) as made:  # from afar: the key decides, not the address
        yield made, folder / "keys.json"


def test_the_case_link_needs_read_examples(reviewed: tuple[TestClient, Path]) -> None:
    client, file = reviewed
    path = "/tasks/entail/examples/entail-0"
    assert client.get(path).status_code == 401
    assert client.get(path, headers=bearer(add_key(file, "score", "admin"))).status_code == 403
    shown = client.get(path, headers=bearer(add_key(file, "read-examples")))
    assert shown.json()["case_url"].startswith("https://static.case.law/")


def test_review_needs_admin(reviewed: tuple[TestClient, Path]) -> None:
    client, file = reviewed
    reader, admin = bearer(add_key(file, "score", "read-examples", "submit")), bearer(add_key(file, "admin"))
    assert client.get("/review").status_code == 401
    assert client.get("/review", headers=reader).json()["allowed"] is False
    assert client.get("/review", headers=admin).json()["allowed"] is True
    body = {"task": "entail", "example_id": "entail-3", "why": "x"}
    for path in ("/review/rows/entail/entail-0", "/review/labels/holding"):
        assert client.get(path, headers=reader).status_code == 403
        assert client.get(path, headers=admin).status_code == 200
    assert client.post("/review/rejects", json=body, headers=reader).status_code == 403
    assert client.post("/review/rejects", json=body, headers=admin).json()["rejected"] == 1
    assert client.delete("/review/labels/holding", headers=reader).status_code == 403
