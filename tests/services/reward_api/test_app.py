from typing import Any

from conftest import item
from starlette.testclient import TestClient

from cap_rlvr.wire.receipts import receipt_of
from cap_rlvr.wire.scoring import RewardItem, RewardReply


def score(client: TestClient, *items: dict[str, Any]) -> RewardReply:
    response = client.post("/reward", json={"items": list(items)})
    assert response.status_code == 200, response.text
    return RewardReply.model_validate_json(response.content)


def test_right_and_wrong(client: TestClient) -> None:
    right, wrong = score(client, item("<answer>yes</answer>", id="a"), item("no")).results
    assert (right.id, right.status, right.reward, right.strict, right.mask_sample) == ("a", "scored", 1.0, True, False)
    assert (wrong.id, wrong.reward, wrong.reason.code if wrong.reason else "") == ("1", 0.0, "judged")
    assert right.steps[0].earned == 1.0


def test_bare_item_and_chat(client: TestClient) -> None:
    body = item([{"role": "user", "content": "?"}, {"role": "assistant", "content": "yes"}])  # type: ignore[arg-type]
    reply = RewardReply.model_validate_json(client.post("/reward", json=body).content)
    assert [result.reward for result in reply.results] == [1.0]


def test_receipt_can_be_computed_by_anyone(client: TestClient) -> None:
    items = [item("yes 😀", group_id="g"), item("yes"), {"task": "toy", "completion": "no", "example_id": "train-1"}]
    reply = score(client, *items)
    assert receipt_of([RewardItem.model_validate(one) for one in items], reply) == reply.receipt
    assert reply.scorers["toy"].version == "1"
    assert reply.corpus is not None


def test_example_ids(client: TestClient) -> None:
    items = [{"task": "toy", "completion": "no", "example_id": f"train-{number}"} for number in (1, 0, 99)]
    reply = score(client, *items)
    assert [result.status for result in reply.results] == ["scored", "scored", "unscorable"]
    assert [result.reward for result in reply.results] == [1.0, 0.0, None]
    assert reply.results[2].failure_reason == "unknown_example"
