import json
import logging
import time
from typing import Any

import pytest
from starlette.testclient import TestClient
from toys import held, item, write_rows

from cap_rlvr.wire.receipts import receipt_of
from cap_rlvr.wire.scoring import Problem, RewardItem, RewardReply


def score(client: TestClient, *items: dict[str, Any]) -> RewardReply:
    response = client.post("/reward", json={"items": list(items)})
    assert response.status_code == 200, response.text
    return RewardReply.model_validate_json(response.content)


def problem(client: TestClient, status: int, **request: Any) -> Problem:
    response = client.post("/reward", **request)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate_json(response.content)
    assert found.request_id == response.headers["x-request-id"]
    return found


def test_right_and_wrong(client: TestClient) -> None:
    right, wrong = score(client, item("<answer>yes</answer>", id="a"), item("no")).results
    assert (right.id, right.status, right.reward, right.strict, right.mask_sample) == ("a", "scored", 1.0, True, False)
    assert (wrong.id, wrong.reward, wrong.reason.code if wrong.reason else "") == ("1", 0.0, "judged")
    assert right.steps[0].earned == 1.0
    assert right.parts["word"].weight == 1.0


def test_bare_item_and_chat(client: TestClient) -> None:
    body = item([{"role": "user", "content": "?"}, {"role": "assistant", "content": "yes"}])
    reply = RewardReply.model_validate_json(client.post("/reward", json=body).content)
    assert [result.reward for result in reply.results] == [1.0]


def test_receipt_can_be_computed_by_anyone(client: TestClient) -> None:
    items = [item("yes 😀", group_id="g"), item("yes"), {"task": "toy", "completion": "no", "example_id": "train-1"}]
    reply = score(client, *items)
    assert receipt_of([RewardItem.model_validate(one) for one in items], reply) == reply.receipt
    assert reply.scorers["toy"].version == "1"
    assert reply.corpus is not None
    other = reply.model_copy(update={"results": tuple(reversed(reply.results))})
    assert receipt_of([RewardItem.model_validate(one) for one in items], other) != reply.receipt


def test_example_ids(client: TestClient) -> None:
    items = [{"task": "toy", "completion": "no", "example_id": f"train-{number}"} for number in (1, 0, 99)]
    reply = score(client, *items)
    assert [result.status for result in reply.results] == ["scored", "scored", "unscorable"]
    assert [result.reward for result in reply.results] == [1.0, 0.0, None]
    assert reply.results[2].failure_reason == "unknown_example"
    assert reply.results[2].mask_sample
    assert not reply.results[2].retryable


def test_partial_success_over_bad_truths_and_tasks(client: TestClient) -> None:
    bad = {"task": "toy", "completion": "yes", "ground_truth": {"wrong": 1}}
    unknown = {"task": "no such", "completion": "yes", "ground_truth": {}}
    reply = score(client, item("yes"), bad, unknown)
    assert [result.status for result in reply.results] == ["scored", "unscorable", "unscorable"]
    assert [result.failure_reason for result in reply.results] == [None, "malformed_ground_truth", "unknown_task"]
    assert reply.results[1].reason is not None
    assert "ground_truth.word" in reply.results[1].reason.text


def test_scorer_bug_is_our_error(client: TestClient) -> None:
    (result,) = score(client, item("fail: my secret words")).results
    assert (result.status, result.reward, result.mask_sample, result.retryable) == ("error", None, True, False)
    assert result.failure_reason == "scorer_failed"
    assert "secret" not in result.model_dump_json()


def test_repeats_come_from_the_cache_and_are_equal(client: TestClient) -> None:
    first, twin = score(client, item("no cache yet"), item("no cache yet")).results
    (again,) = score(client, item("no cache yet")).results
    assert (first.cached, twin.cached, again.cached) == (False, True, True)
    assert first.model_dump(exclude={"cached", "id"}) == again.model_dump(exclude={"cached", "id"})


@pytest.mark.parametrize(
    "completion", ["", " ", "\x00" * 50, "x" * 100_000, "<answer>" * 5000, "<think>", "((((" * 8000, "﷽" * 3000]
)
def test_hostile_completions_are_scored(client: TestClient, completion: str) -> None:
    (result,) = score(client, item(completion)).results
    assert (result.status, result.reward) == ("scored", 0.0)


def test_lone_surrogates_are_scored(client: TestClient) -> None:
    body = json.dumps(item("\ud800 yes \udfff", id="\ud800"))
    response = client.post("/reward", content=body)
    reply = RewardReply.model_validate_json(response.content)
    assert [(result.id, result.status, result.reward) for result in reply.results] == [("\ufffd", "scored", 0.0)]
    assert receipt_of([RewardItem.model_validate(item("\ufffd yes \ufffd", id="\ufffd"))], reply) == reply.receipt


def test_512_items_and_not_one_more(client: TestClient) -> None:
    items = [item("yes" if number % 2 else f"no {number}") for number in range(512)]
    reply = score(client, *items)
    assert [result.reward for result in reply.results] == [float(number % 2) for number in range(512)]
    assert [result.id for result in reply.results] == [str(number) for number in range(512)]
    assert problem(client, 422, json={"items": [*items, item("yes")]}).field == "items"
    assert problem(client, 422, json={"items": []}).field == "items"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": [item("yes"), {"task": "toy", "ground_truth": {}}]}, "items.1.completion"),
        ({"items": [item(7)]}, "items.0.completion"),
        ({"items": [item([{"role": "assistant", "content": 7}])]}, "items.0.completion.0.content"),
        ({"items": [{**item("yes"), "surprise": 1}]}, "items.0.surprise"),
        ({"items": [{"task": "toy", "completion": "yes"}]}, "items.0"),
        ({"task": "toy", "completion": "yes", "ground_truth": 3}, "ground_truth"),
        ({"items": [], "more": 1}, "items"),
        ({"items": [item("yes")], "task": "toy"}, "task"),
        ([1], None),
    ],
)
def test_malformed_requests_name_the_field(client: TestClient, body: Any, field: str | None) -> None:
    found = problem(client, 422, json=body)
    assert found.field == field
    assert found.detail


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"task": NaN}', b'{"a": "\\ud800", "b": NaN}', b"[" * 100_000, b'"\\ud800' * 9]
)
def test_bad_json(client: TestClient, body: bytes) -> None:
    assert problem(client, 400, content=body).type == "urn:cap-rlvr:problem:malformed_json"


@pytest.mark.parametrize("depth", [252, 253, 254, 900])
def test_a_deep_truth_is_refused_by_its_field_and_costs_no_process(client: TestClient, depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    body = b'{"items": [{"task": "toy", "completion": "yes", "ground_truth": {"word": %s}}]}' % deep
    assert problem(client, 422, content=body).field == "items.0.ground_truth"
    assert score(client, item("<answer>yes</answer>")).results[0].reward == 1.0


@pytest.mark.parametrize("number", [b"9" * 30, b"9" * 4_000, b"1e400"])
def test_a_number_reads_the_same_beside_a_lone_surrogate(client: TestClient, number: bytes) -> None:
    body = b'{"id": "%s", "task": "toy", "completion": "yes", "ground_truth": {"word": ' + number + b"}}"
    plain, beside = (client.post("/reward", content=body % text) for text in (b"a", b"\\ud800"))
    assert plain.status_code == beside.status_code
    assert plain.status_code in (200, 400)


def test_ten_megabytes(client: TestClient) -> None:
    assert problem(client, 413, json=item("x" * 10_000_000)).status == 413
    pieces = (b" " * 1_000_000 for _ in range(10))  # no content-length
    assert problem(client, 413, content=pieces).status == 413


def test_hidden_split(client: TestClient) -> None:
    items = [item("yes"), {"task": "toy", "completion": "hidden", "example_id": held(["hidden"])[0]}]
    found = problem(client, 403, json={"items": items})
    assert found.type.endswith("hidden_split")
    assert found.field == "items.1.example_id"


def test_tasks(client: TestClient) -> None:
    listed = client.get("/tasks").json()
    assert [task["name"] for task in listed["tasks"]] == ["toy"]
    assert listed["tasks"][0]["rows"] == {"train": 3, "eval": 1, "test": 1}
    shown = client.get("/tasks/toy").json()
    assert shown["ground_truth_schema"]["required"] == ["word"]
    assert "{inputs}" in shown["prompt_template"]
    assert score(client, shown["item"]).results[0].reward == 1.0
    assert client.get("/tasks/none").status_code == 404


def test_examples_have_no_gold_and_page(client: TestClient) -> None:
    first = client.get("/tasks/toy/examples", params={"limit": 2}).json()
    assert [example["id"] for example in first["examples"]] == ["train-0", "train-1"]
    assert "word" not in json.dumps(first)
    assert "maybe" not in json.dumps(first)
    last = client.get("/tasks/toy/examples", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [example["prompt"] for example in last["examples"]] == ["Say it.\n\nsay 2"]
    assert last["next_cursor"] is None


def test_a_closed_split_tells_nothing_of_its_gold(client: TestClient) -> None:
    page = client.get("/tasks/toy/examples", params={"split": "test"}).json()
    (example,) = page["examples"]
    assert (example["id"], example["kind"], example["difficulty"]) == (held(["hidden"])[0], None, None)
    shown = client.get(f"/tasks/toy/examples/{example['id']}").json()
    assert {**example, "case_id": None, "case_url": None} == shown
    assert client.get("/tasks/toy/examples/test-0").status_code == 404, "an id that is made of the gold can be guessed"
    (result,) = score(client, {"task": "toy", "completion": "hidden", "example_id": "test-0"}).results
    assert (result.status, result.failure_reason) == ("unscorable", "unknown_example")
    (opened,) = client.get("/tasks/toy/examples", params={"split": "eval"}).json()["examples"]
    assert (opened["id"], opened["kind"], opened["difficulty"]) == ("eval-0", "", 0.5)


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"split": "all"}, {"cursor": "x"}, {"cursor": "0" * 12 + "-7"}]
)
def test_bad_example_queries(client: TestClient, query: dict[str, Any]) -> None:
    response = client.get("/tasks/toy/examples", params=query)
    assert response.status_code == 422
    assert response.json()["field"] in query


def test_cursor_into_the_middle_of_a_row(client: TestClient) -> None:
    cursor = client.get("/tasks/toy/examples", params={"limit": 1}).json()["next_cursor"]
    for place in ("7", "9" * 30):
        response = client.get("/tasks/toy/examples", params={"cursor": f"{cursor.split('-')[0]}-{place}"})
        assert response.status_code == 422
        assert "begin again" in response.json()["detail"]


def test_health_readiness_metrics_docs(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    ready = client.get("/readyz").json()
    assert ready["ready"]
    assert ready["tasks"]["toy"] == {"scorer": "ready", "examples": "ready", "detail": ""}
    for _ in range(2):
        score(client, item("yes"))
    text = client.get("/metrics").text
    assert 'reward_items_total{cached="true",reason="judged",status="scored",task="toy"}' in text
    assert "reward_pending_items 0.0" in text
    document = client.get("/openapi.json").json()
    assert "RewardItem" in document["components"]["schemas"]
    assert "requestBody" in document["paths"]["/reward"]["post"]
    assert client.get("/docs").status_code == 200


def test_every_error_is_a_problem(client: TestClient) -> None:
    for response in (client.get("/nowhere"), client.get("/reward"), client.delete("/tasks")):
        assert response.headers["content-type"] == "application/problem+json"
        assert Problem.model_validate_json(response.content).status == response.status_code


def test_a_crash_is_a_problem_without_text(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: Any) -> Any:
        raise RuntimeError("quoting a secret")

    monkeypatch.setattr(client.app.state.scoring, "_answers", crash)  # type: ignore[attr-defined]
    found = problem(client, 500, json=item("yes"))
    assert "secret" not in found.detail
    assert "secret" not in "".join(capfd.readouterr())


def test_missing_rows_make_only_that_tasks_items_errors(client: TestClient, workspace: Any) -> None:
    manifest = workspace / "tasks" / "toy" / "MANIFEST.json"
    manifest.rename(manifest.with_suffix(".away"))
    _until(client, "missing")
    items = [item("yes"), {"task": "toy", "completion": "yes", "example_id": "train-0"}]
    inline, stored = score(client, *items).results
    assert inline.status == "scored"
    assert (stored.status, stored.failure_reason, stored.retryable) == ("error", "task_data_missing", True)
    assert client.get("/tasks/toy/examples").status_code == 503
    manifest.with_suffix(".away").rename(manifest)
    _until(client, "ready")


def test_changed_rows_are_picked_up(client: TestClient, workspace: Any) -> None:
    before = client.get("/tasks").json()["corpus"]["sha256"]
    write_rows(workspace, {"train": ["now this", "no", "maybe"], "eval": ["yes"], "test": ["hidden"]})
    end = time.monotonic() + 10
    while client.get("/tasks").json()["corpus"]["sha256"] == before:
        assert time.monotonic() < end
        time.sleep(0.05)
    (result,) = score(client, {"task": "toy", "completion": "now this", "example_id": "train-0"}).results
    assert result.reward == 1.0


def _until(client: TestClient, state: str) -> None:
    end = time.monotonic() + 10
    while client.get("/readyz").json()["tasks"]["toy"]["examples"] != state:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_nothing_of_ours_logs_through_the_standard_library(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        score(client, item("a private sentence"))
    assert "private" not in caplog.text
