"""The held-out split is scored blind: nothing of a single answer may be told, and only a few calls a day."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from starlette.testclient import TestClient
from toys import held, write_rows
from typer.testing import CliRunner

from cap_rlvr.cli.receipt import app
from cap_rlvr.clients.broker import EmbeddedValkey
from cap_rlvr.wire.keys import write_private
from cap_rlvr.wire.receipt_check import check_submission, read_submission
from cap_rlvr.wire.scoring import Problem
from cap_rlvr.wire.signatures import new_receipt_key, read_receipt_keys
from cap_rlvr.wire.submissions import SubmissionReply, SubmissionRequest, submission_receipt
from services.reward_api import quotas as quotas_module
from services.reward_api.problems import Refused
from services.reward_api.quotas import KEY, LOST, Quotas
from services.reward_api.submissions import A_DAY, Ledger

ROWS = 130
WORDS = [f"word{number}" for number in range(ROWS)]
IDS = held(WORDS)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    from services.reward_api.app import create_app
    from services.reward_api.settings import Settings

    folder = tmp_path_factory.mktemp("held_out")
    write_rows(folder, {"train": ["yes"], "test": WORDS})
    app = create_app(Settings(workspace=folder, workers=2), registry="toy_registry")
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def held_out(service: TestClient) -> TestClient:
    service.app.state.submissions._used.clear()  # type: ignore[attr-defined]
    service.app.state.submissions._answered.clear()  # type: ignore[attr-defined]
    return service


def answers(count: int, right: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "task": "toy",
            "example_id": IDS[number],
            "completion": f"<answer>word{number}</answer>" if number < right else "",
        }
        for number in range(count)
    ]


def refused(response: Any, status: int, code: str, field: str | None = None) -> None:
    assert response.status_code == status, response.text
    problem = Problem.model_validate_json(response.content)
    assert problem.type.endswith(f":{code}")
    assert problem.field == field


def test_means_and_counts_alone(held_out: TestClient) -> None:
    sent = {"items": answers(ROWS, right=65)}
    response = held_out.post("/submissions", json=sent)
    reply = SubmissionReply.model_validate_json(response.content)
    standing = reply.tasks["toy"]
    assert (standing.examples, standing.scored, standing.parsed, standing.mean) == (ROWS, ROWS, 65, 0.5)
    assert standing.interval is not None
    assert standing.interval[0] < 0.45 < 0.55 < standing.interval[1]
    assert reply.left_today == A_DAY - 1
    assert set(response.json()["tasks"]["toy"]) == {"examples", "scored", "parsed", "mean", "interval"}
    assert "word0" not in response.text
    asked = SubmissionRequest.model_validate(sent)
    assert submission_receipt(asked, reply.tasks, reply.scorers, reply.corpus) == reply.receipt


def test_a_reply_says_the_same_whichever_answer_was_right(held_out: TestClient) -> None:
    first, last = answers(100), answers(100)
    first[0]["completion"], last[99]["completion"] = "<answer>word0</answer>", "<answer>word99</answer>"
    one, other = (held_out.post("/submissions", json={"items": items}).json() for items in (first, last))
    assert one["tasks"] == other["tasks"]
    assert one["tasks"]["toy"]["mean"] == 0.01


@pytest.mark.parametrize(
    ("items", "code", "field"),
    [
        (answers(99), "invalid_request", "items"),
        ([*answers(100), answers(1)[0]], "answered_twice", "items.100.example_id"),
        ([*answers(100), {**answers(1)[0], "example_id": "train-0"}], "not_held_out", "items.100.example_id"),
        ([*answers(100), {**answers(1)[0], "example_id": "nowhere"}], "not_held_out", "items.100.example_id"),
        ([*answers(100), {**answers(1)[0], "example_id": "test-0"}], "not_held_out", "items.100.example_id"),
        ([*answers(100), {**answers(1)[0], "task": "none"}], "no_rows", "items.100.task"),
        ([*answers(100), {"task": "toy", "completion": ""}], "invalid_request", "items.100.example_id"),
        ([*answers(100), {**answers(1)[0], "ground_truth": {}}], "invalid_request", "items.100.ground_truth"),
    ],
)
def test_what_is_no_submission(held_out: TestClient, items: Any, code: str, field: str) -> None:
    refused(held_out.post("/submissions", json={"items": items}), 422, code, field)
    assert held_out.post("/submissions", json={"items": answers(100)}).json()["left_today"] == A_DAY - 1


def test_five_a_day(held_out: TestClient) -> None:
    for left in reversed(range(A_DAY)):
        assert held_out.post("/submissions", json={"items": answers(100, right=left)}).json()["left_today"] == left
    again = held_out.post("/submissions", json={"items": answers(100, right=A_DAY)})
    refused(again, 429, "submissions_used_up")
    assert 0 < int(again.headers["retry-after"]) <= 86_401


def test_the_same_again_is_not_counted(held_out: TestClient) -> None:
    for left in (A_DAY - 1, A_DAY - 1):
        reply = held_out.post("/submissions", json={"items": answers(100, right=3)}).json()
        assert (reply["left_today"], reply["tasks"]["toy"]["mean"]) == (left, 0.03)
    for right in range(4, 3 + A_DAY):
        held_out.post("/submissions", json={"items": answers(100, right=right)})
    assert held_out.post("/submissions", json={"items": answers(100, right=3)}).json()["left_today"] == 0
    refused(held_out.post("/submissions", json={"items": answers(100)}), 429, "submissions_used_up")


def test_what_was_not_judged_is_not_counted(held_out: TestClient) -> None:
    items = answers(100)
    items[3]["completion"] = "fail: x"
    refused(held_out.post("/submissions", json={"items": items}), 503, "not_judged")
    assert held_out.post("/submissions", json={"items": answers(100)}).json()["left_today"] == A_DAY - 1


def test_rewards_of_held_out_rows_stay_refused(held_out: TestClient) -> None:
    held_out.post("/submissions", json={"items": answers(100, right=3)})
    refused(held_out.post("/reward", json=answers(1, right=1)[0]), 403, "hidden_split", "items.0.example_id")


async def test_keys_have_their_own_days() -> None:
    at = datetime(2026, 1, 1, 23, 59, 30, tzinfo=UTC)
    ledger = Ledger(Quotas(None), lambda: at)
    for left in reversed(range(A_DAY)):
        async with ledger.slot("one") as shown:
            assert shown == left
    with pytest.raises(Refused) as used_up:
        async with ledger.slot("one"):
            pass
    assert used_up.value.retry_after == 31
    async with ledger.slot("other") as left:
        assert left == A_DAY - 1
    at += timedelta(minutes=1)
    async with ledger.slot("one") as left:
        assert left == A_DAY - 1
    at += timedelta(days=3)
    async with ledger.slot("one"):
        assert len(ledger._used) == 1, "former days are forgotten"


async def fill(ledger: Ledger, key: str = "one") -> int:
    """Use up the day; how many calls that took."""
    for taken in range(A_DAY + 1):
        try:
            async with ledger.slot(key):
                pass
        except Refused:
            return taken
    raise AssertionError


async def test_calls_at_once_cannot_overdraw() -> None:
    ledger = Ledger(Quotas(None))
    slots = [ledger.slot("one") for _ in range(A_DAY)]
    for slot in slots:
        await slot.__aenter__()
    assert await fill(ledger) == 0
    with pytest.raises(RuntimeError, match="broken"):
        await slots[0].gen.athrow(RuntimeError("broken"))
    async with ledger.slot("one") as left:
        assert left == 0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is too busy to answer in half a second."""
    monkeypatch.setattr(quotas_module, "ANSWER_S", 10.0)


async def test_a_day_is_shared_and_outlives_a_restart_of_either_side(tmp_path: Path, patient: None) -> None:
    server = EmbeddedValkey(tmp_path).start()
    one, two = Quotas(server.url), Quotas(server.url)
    async with one.watched(), two.watched():
        first, second = Ledger(one), Ledger(two)
        async with first.slot("team"), second.slot("team") as left:
            assert left == A_DAY - 2
        with pytest.raises(RuntimeError):
            async with first.slot("team"):
                raise RuntimeError
        async with Ledger(one).slot("team") as left:
            assert left == A_DAY - 3, "a new process goes on, and what came to nothing was given back"
        assert await fill(first, "other") == A_DAY
        assert await fill(second, "other") == 0
        server.stop()
        async with first.slot("team") as left:
            assert left == A_DAY - 2, "alone it counts what it has let in itself"
        assert one.degraded == LOST
        shutil.rmtree(tmp_path)
        server.start()
        for _ in range(200):
            if not one.degraded:
                break
            await asyncio.sleep(0.05)
        assert await fill(first, "other") == 0, "a server that has forgotten is told"
        with Redis.from_url(server.url) as client:
            (kept,) = client.scan_iter(f"{KEY}submissions:*:other")
            assert 0 < client.ttl(kept) <= 2 * 86_400
    server.stop()


def test_receipts_are_signed_and_verify(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    from services.reward_api.app import create_app
    from services.reward_api.settings import Settings

    write_private(tmp_path / "receipt.key", new_receipt_key().encode())
    write_rows(tmp_path, {"test": WORDS})
    settings = Settings(workspace=tmp_path, workers=1, receipt_key_file=tmp_path / "receipt.key")
    sent = {"items": answers(100, right=10)}
    with TestClient(create_app(settings, registry="toy_registry")) as client:
        reply = client.post("/submissions", json=sent).json()
    keys = read_receipt_keys(tmp_path / "receipt.key")
    assert [one.state for one in check_submission(*read_submission(sent, reply), keys)] == ["holds"] * 3
    better = {**reply, "tasks": {"toy": {**reply["tasks"]["toy"], "mean": 0.9}}}
    states = {one.what: one.state for one in check_submission(*read_submission(sent, better), keys)}
    assert states == {"tasks": "holds", "receipt": "differs", "signature": "holds"}
    (tmp_path / "request.json").write_text(json.dumps(sent))
    (tmp_path / "reply.json").write_text(json.dumps(reply))
    command = ["verify", str(tmp_path / "request.json"), str(tmp_path / "reply.json")]
    found = CliRunner().invoke(app, [*command, "--key", str(tmp_path / "receipt.key")])
    assert found.exit_code == 0, found.output
    assert "100 examples of toy" in found.output
