from typing import Any

from starlette.testclient import TestClient
from toys import held, item

from cap_rlvr.wire.rescoring import Former, RescoreReply, compare
from cap_rlvr.wire.scoring import Part, RewardResult


def former(reward: float | None = 1.0, **more: Any) -> dict[str, Any]:
    status = "unscorable" if reward is None else "scored"
    parts = {} if reward is None else {"word": {"value": reward, "weight": 1.0, "evidence": None, "note": ""}}
    return {"status": status, "reward": reward, "strict": reward and reward == 1.0, "parts": parts, **more}


def rescore(client: TestClient, *pairs: tuple[dict[str, Any], dict[str, Any]]) -> RescoreReply:
    response = client.post("/rescore", json={"items": [{"item": asked, "former": result} for asked, result in pairs]})
    assert response.status_code == 200, response.text
    return RescoreReply.model_validate_json(response.content)


def test_a_result_of_this_scorer_has_no_difference(client: TestClient) -> None:
    asked = [item("yes", id="a"), item("no"), item("yes", word="x"), {**item("yes"), "ground_truth": {}}]
    results = client.post("/reward", json={"items": asked}).json()["results"]
    reply = rescore(client, *zip(asked, results, strict=True))
    assert reply.differences == ()
    assert (reply.tasks["toy"].items, reply.tasks["toy"].same) == (4, 4)
    assert reply.tasks["toy"].mean_former == reply.tasks["toy"].mean_now


def test_differences_are_told_item_by_item(client: TestClient) -> None:
    reply = rescore(
        client,
        (item("yes", id="a"), former(0.25)),
        (item("yes"), former(1.0)),
        (item("yes"), former(None)),
        ({**item("yes", id="d"), "ground_truth": {}}, former(1.0)),
        (item("yes"), former(1.0, parts={"word": {"value": 0.5, "weight": 1}, "gone": {"value": 1, "weight": 0.5}})),
    )
    assert [difference.index for difference in reply.differences] == [0, 2, 3, 4]
    first, was_null, is_null, parts = reply.differences
    assert (first.id, first.former.reward, first.now.reward) == ("a", 0.25, 1.0)
    assert first.parts == {"word": (0.25, 1.0)}
    assert (was_null.former.status, was_null.now.status) == ("unscorable", "scored")
    assert (is_null.now.reward, is_null.now.reason) == (None, "malformed_ground_truth")
    assert parts.parts == {"word": (0.5, 1.0), "gone": (0.5, None)}
    counted = reply.tasks["toy"]
    assert (counted.items, counted.same, counted.changed, counted.undecided) == (5, 1, 4, 0)
    assert counted.mean_former == 0.75
    assert counted.mean_now == 1.0
    assert reply.scorers["toy"].version == "1"


def test_our_errors_are_undecided_and_no_difference(client: TestClient) -> None:
    reply = rescore(client, (item("fail: x"), former(1.0)), (item("yes"), former(1.0)))
    assert reply.undecided == (0,)
    assert reply.differences == ()
    assert (reply.tasks["toy"].undecided, reply.tasks["toy"].same) == (1, 1)
    assert reply.tasks["toy"].mean_former == 1.0


def test_results_of_other_versions_are_read(client: TestClient) -> None:
    newer = former(1.0, certainty=0.3, reason={"code": "judged", "text": "", "language": "en"})
    newer["parts"]["word"]["colour"] = "red"
    assert rescore(client, (item("yes"), newer)).differences == ()


def test_malformed_requests_name_the_field(client: TestClient) -> None:
    def problem(body: Any, status: int = 422) -> Any:
        response = client.post("/rescore", json=body)
        assert response.status_code == status, response.text
        return response.json().get("field")

    hidden = {"task": "toy", "completion": "yes", "example_id": held(["hidden"])[0]}
    assert problem({"items": []}) == "items"
    assert problem({"items": [{"item": item("yes")}]}) == "items.0.former"
    assert problem({"items": [{"item": item(5), "former": former()}]}) == "items.0.item.completion"
    assert problem({"items": [{"item": item("yes"), "former": {"status": "good"}}]}) == "items.0.former.status"
    assert problem({"items": [{"item": hidden, "former": former()}]}, 403) == "items.0.item.example_id"


def test_only_what_pays_is_compared() -> None:
    now = RewardResult(
        id="1",
        task="toy",
        status="scored",
        reward=0.5,
        strict=False,
        parts={"a": Part(value=0.5, weight=1.0, note="new words")},
        mask_sample=False,
    )
    then = Former.model_validate(
        {"status": "scored", "reward": 0.5, "strict": False, "parts": {"a": {"value": 1, "weight": 0.5}}}
    )
    assert compare(0, then, now) is None
    assert compare(0, then.model_copy(update={"strict": True}), now) is not None


def test_numbers_that_would_end_at_infinity_are_refused(client: TestClient) -> None:
    part = {"word": {"value": 1e200, "weight": 1e200}}
    for then, field in ((former(1e308, parts={}), "former.reward"), (former(1.0, parts=part), "former.parts.value")):
        response = client.post("/rescore", json={"items": [{"item": item("yes"), "former": then}] * 2})
        assert (response.status_code, response.json()["field"]) == (422, f"items.0.{field}")
