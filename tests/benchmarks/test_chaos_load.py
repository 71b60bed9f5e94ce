"""The judge of the chaos runs must see what it is there to see: each way to be wrong, lost or silent is counted."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from cap_rlvr import registry
from cap_rlvr.rewards.in_process import InProcess
from cap_rlvr.wire.receipts import receipt_of
from cap_rlvr.wire.scoring import RewardItem, RewardReply
from cap_rlvr.wire.signatures import ReceiptKey

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from chaos_load import Answer, Client, Line

KEY = ReceiptKey("tests", b"secret")
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path, "capk", KEY)


def items() -> list[dict[str, Any]]:
    task = registry.get("holding")
    gold = task.gold(task.read_truth(task.example))
    truth = {"task": "holding", "ground_truth": task.example}
    broken = {"task": "holding", "completion": gold, "ground_truth": {}}
    return [{**truth, "completion": gold}, {**truth, "completion": "no answer"}, broken]


def reply(change: Change = lambda results: None) -> Answer:
    """What the service would say, changed, and sealed anew so that the change alone is what is wrong."""
    asked = [RewardItem.model_validate(item) for item in items()]
    here = InProcess()
    body: dict[str, Any] = {
        "request_id": "r",
        "results": [result.model_dump(mode="json") for result in here.score(asked)],
        "scorers": {"holding": here.scorers["holding"].model_dump()},
        "corpus": None,
        "receipt": "",
    }
    change(body)
    sealed = receipt_of(asked, RewardReply.model_validate(body))
    body = {"receipt": sealed, "signature": KEY.sign(sealed, "r").model_dump()} | {
        name: value for name, value in body.items() if name != "receipt"
    }
    return Answer(200, "content-type: application/json", orjson.dumps(body))


def test_a_good_reply_is_counted_and_breaks_nothing(client: Client) -> None:
    client.counts.sent = 3
    client.count(items(), reply())
    client.check()
    assert (client.counts.scored, client.counts.null, client.counts.wrong) == (2, 1, 0)
    assert client.counts.broken() == []


def _set(index: int, **changes: Any) -> Change:
    return lambda body: body["results"][index].update(changes)


@pytest.mark.parametrize(
    "change",
    [
        _set(0, reward=0.5),
        _set(1, strict=True),
        _set(1, answer="A"),
        _set(0, id="7"),
        _set(0, status="error", reward=None, mask_sample=True, retryable=False, failure_reason="x"),
        _set(0, status="error", reward=0.0, mask_sample=True, retryable=True, failure_reason="x"),
        _set(2, status="scored", reward=0.0),
        lambda body: body["results"].reverse(),
        lambda body: body["results"].pop(),
        lambda body: body["results"][0].pop("reason"),
    ],
)
def test_whatever_differs_is_wrong(client: Client, change: Change) -> None:
    client.counts.sent = 3
    client.count(items(), reply(change))
    client.check()
    assert client.counts.wrong
    assert client.counts.broken()


def test_our_error_is_no_wrong_reward(client: Client) -> None:
    change = _set(
        0, status="error", reward=None, strict=None, mask_sample=True, retryable=True, failure_reason="worker_died"
    )
    client.counts.sent = 3
    client.count(items(), reply(change))
    client.check()
    assert (client.counts.error, client.counts.wrong) == (1, 0)


def test_a_receipt_of_another_request_is_wrong(client: Client) -> None:
    client.count(list(reversed(items())), reply())
    client.check()
    assert client.counts.wrong


@pytest.mark.parametrize(
    ("answer", "bare"),
    [
        (Answer(500, "content-type: text/plain", b"Internal Server Error"), 1),
        (Answer(503, "content-type: application/problem+json", b"{}"), 1),
        (Answer(503, "content-type: application/problem+json", b'{"type": "urn:x:overloaded"}'), 0),
    ],
)
def test_a_refusal_needs_a_problem(client: Client, answer: Answer, bare: int) -> None:
    client.counts.sent = 3
    client.count(items(), answer)
    assert (client.counts.refused, client.counts.bare) == (3, bare)
    assert bool(client.counts.broken()) == bool(bare)


async def test_who_hangs_up_has_lost_it_and_who_can_not_be_reached_has_not(client: Client) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.close()

    async with await asyncio.start_server(rude, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await client.score(Line(port), items()) is None
    assert (client.counts.sent, client.counts.lost) == (3, 3)
    assert await client.score(Line(port), items()) is None
    assert (client.counts.sent, client.counts.lost, client.counts.codes["unreachable"]) == (3, 3, 1)
