from cap_rlvr.wire.receipts import claim, receipt_of, sha256_text
from cap_rlvr.wire.scoring import RewardItem, RewardReply, RewardResult, ScorerId


def item(completion: str = "yes", **more: str) -> RewardItem:
    return RewardItem.model_validate({"task": "toy", "completion": completion, "example_id": "e", **more})


def reply(reward: float = 1.0, **more: str) -> RewardReply:
    result = RewardResult(id="0", task="toy", status="scored", reward=reward, mask_sample=False)
    scorers = {"toy": ScorerId(version="1", sha256=more.get("scorer", "0"))}
    return RewardReply(request_id="r", results=(result,), scorers=scorers, corpus=None, receipt="")


def test_it_covers_request_results_and_scorers() -> None:
    receipt = receipt_of([item()], reply())
    assert receipt == receipt_of([item()], reply())
    assert receipt != receipt_of([item("no")], reply())
    assert receipt != receipt_of([item(policy="p")], reply())
    assert receipt != receipt_of([item()], reply(reward=0.9))
    assert receipt != receipt_of([item()], reply(scorer="1"))


def test_it_ignores_what_came_from_the_cache() -> None:
    cached = reply().model_copy(update={"results": (reply().results[0].model_copy(update={"cached": True}),)})
    assert receipt_of([item()], reply()) == receipt_of([item()], cached)


def test_claims_hold_no_text() -> None:
    assert "yes" not in str(claim(item(), 0))


def test_lone_surrogates_count_as_replacement_characters() -> None:
    assert sha256_text("a\ud800b") == sha256_text("a\ufffdb")
