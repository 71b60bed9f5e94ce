import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cap_rlvr.cli.receipt import app
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.keys import write_private
from cap_rlvr.wire.receipts import receipt_of
from cap_rlvr.wire.scoring import CorpusId, RewardItem, RewardReply, RewardResult, ScorerId, Step
from cap_rlvr.wire.signatures import new_receipt_key, read_receipt_keys

ITEMS = [{"task": "toy", "completion": f"no {n} \ud83d", "example_id": f"e{n}", "id": f"i{n}"} for n in range(3)]


@pytest.fixture
def claim(tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A request and its reply, signed with the key of `receipt.key`."""
    items = [RewardItem.model_validate({**item, "completion": f"no {n} \ufffd"}) for n, item in enumerate(ITEMS)]
    results = tuple(
        RewardResult(
            id=f"i{n}", task="toy", status="scored", reward=0.5, steps=(Step(name="a", earned=0.5),), mask_sample=False
        )
        for n in range(3)
    )
    scorers = {"toy": ScorerId(version="1", sha256="ab" * 32)}
    reply = RewardReply(
        request_id="r" * 32, results=results, scorers=scorers, corpus=CorpusId(id="c", sha256="d"), receipt=""
    )
    reply = reply.model_copy(update={"receipt": receipt_of(items, reply)})
    write_private(tmp_path / "receipt.key", new_receipt_key().encode())
    key = read_receipt_keys(tmp_path / "receipt.key")[0]
    signed = reply.model_copy(update={"signature": key.sign(reply.receipt, reply.request_id)})
    return {"items": copy.deepcopy(ITEMS)}, signed.model_dump(mode="json")


@pytest.fixture
def verify(tmp_path: Path) -> Any:
    def call(request: Any, reply: Any, *more: str) -> tuple[int, dict[str, str]]:
        file = tmp_path / "claim.json"
        file.write_text(json.dumps({"request": request, "reply": reply}))
        result = CliRunner().invoke(app, ["verify", str(file), *more])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        lines = [line.partition(":")[0].split() for line in result.stdout.splitlines()]
        return result.exit_code, {what: state for state, what in lines}

    return call


def test_all_holds(claim: Any, verify: Any, tmp_path: Path) -> None:
    every = ("results", "scorers", "rewards", "receipt")
    assert verify(*claim) == (0, dict.fromkeys(every, "holds") | {"signature": "unchecked"})
    key = str(tmp_path / "receipt.key")
    assert verify(*claim, "--key", key) == (0, dict.fromkeys((*every, "signature"), "holds"))


def test_two_files(claim: Any, tmp_path: Path) -> None:
    for name, value in zip(("request", "reply"), claim, strict=True):
        (tmp_path / name).write_text(json.dumps(value))
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "request"), str(tmp_path / "reply")]).exit_code == 0


def _set(place: str, value: Any) -> Any:
    def change(request: Any, reply: Any) -> None:
        target: Any = {"request": request, "reply": reply}
        *path, last = (int(step) if step.isdigit() else step for step in place.split("."))
        for step in path:
            target = target[step]
        target[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (_set("reply.results.1.reward", 1.0), {"rewards", "receipt"}),
        (_set("reply.results.1.reward", None), {"rewards", "receipt"}),
        (_set("reply.results.1.reward", 7.5), {"rewards", "receipt"}),
        (_set("reply.results.1.strict", True), {"receipt"}),
        (_set("request.items.2.completion", "other"), {"receipt"}),
        (_set("request.items.2.policy", "mine"), {"receipt"}),
        (_set("request.items.0.id", "other"), {"results", "receipt"}),
        (_set("reply.results.0.id", "other"), {"results"}),
        (_set("reply.scorers.toy.sha256", "0"), {"receipt"}),
        (_set("reply.scorers", {}), {"scorers", "receipt"}),
        (_set("reply.scorers.more", {"version": "1", "sha256": "0"}), {"scorers", "receipt"}),
        (_set("reply.corpus", None), {"receipt"}),
        (_set("reply.receipt", "0" * 64), {"receipt", "signature"}),
        (_set("reply.request_id", "another"), {"signature"}),
        (_set("reply.signature", None), {"signature"}),
        (_set("reply.signature.hmac_sha256", "0" * 64), {"signature"}),
        (_set("reply.signature.hmac_sha256", "\u0661"), {"signature"}),
        (_set("reply.signature.key", "0" * 10), {"signature"}),
        (_set("reply.results.0.cached", True), set()),
        (_set("request.items.0.prompt", "covered by nothing"), set()),
    ],
)
def test_each_change_is_found(claim: Any, verify: Any, tmp_path: Path, change: Any, differs: set[str]) -> None:
    change(*claim)
    code, found = verify(*claim, "--key", str(tmp_path / "receipt.key"))
    assert {what for what, state in found.items() if state == "differs"} == differs
    assert code == (1 if differs else 0)


def test_moved_and_missing_results(claim: Any, verify: Any) -> None:
    request, reply = claim
    turned = {**reply, "results": reply["results"][::-1]}
    assert verify(request, turned)[1]["results"] == "differs"
    assert verify(request, {**reply, "results": reply["results"][:2]})[1]["results"] == "differs"
    assert verify({"items": ITEMS[:2]}, reply)[1]["results"] == "differs"


def test_the_reply_as_one_bare_item_asks(verify: Any, tmp_path: Path) -> None:
    item = {"task": "toy", "completion": "x", "ground_truth": {}}
    result = RewardResult(id="0", task="toy", status="unscorable", mask_sample=True)
    reply = RewardReply(request_id="r", results=(result,), scorers={}, corpus=None, receipt="")
    receipt = receipt_of([RewardItem.model_validate(item)], reply)
    assert verify(item, {**reply.model_dump(mode="json"), "receipt": receipt})[0] == 0


def test_another_key_and_a_former_one(claim: Any, verify: Any, tmp_path: Path) -> None:
    own = (tmp_path / "receipt.key").read_text()
    write_private(tmp_path / "other.key", new_receipt_key().encode())
    assert verify(*claim, "--key", str(tmp_path / "other.key"))[1]["signature"] == "differs"
    write_private(tmp_path / "both.key", f"{new_receipt_key()}\n{own}\n".encode())
    assert verify(*claim, "--key", str(tmp_path / "both.key"))[1]["signature"] == "holds"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no request and reply"),
        ("{", "not JSON"),
        ('{"request": {"items": []}, "reply": {}}', r"request\.items"),
        ('{"request": {"task": "a"}, "reply": {}}', r"request\.completion"),
        ('{"request": {"task": "a", "completion": "b", "example_id": "c"}, "reply": {}}', r"reply\.request_id"),
        ('{"request": 1, "reply": 1}', "request"),
    ],
)
def test_files_that_hold_no_claim(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(BadInput, match=said):
        CliRunner().invoke(app, ["verify", str(tmp_path / "f.json")], catch_exceptions=False)


def test_key_files(tmp_path: Path) -> None:
    file = tmp_path / "made.key"
    assert CliRunner().invoke(app, ["key", str(file)], catch_exceptions=False).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    (made,) = read_receipt_keys(file)
    assert file.read_text().strip() not in repr(made) + str(made)
    with pytest.raises(BadInput, match="it exists"):
        CliRunner().invoke(app, ["key", str(file)], catch_exceptions=False)
    for text, said in (
        ("", "holds no receipt key"),
        ("short", r"made\.key:1"),
        (file.read_text() + "xyz", r"made\.key:2"),
    ):
        write_private(file, text.encode())
        with pytest.raises(BadInput, match=said):
            read_receipt_keys(file)
    file.chmod(0o644)
    with pytest.raises(BadInput, match="chmod 600"):
        read_receipt_keys(file)
