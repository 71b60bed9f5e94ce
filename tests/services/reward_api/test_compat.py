"""Each system's real request, as its client writes it, and what that client reads of the reply.

The shapes were read in the clients' sources of August 2026: `nemo_gym/base_resources_server.py` and
`responses_api_agents/simple_agent/app.py` (NVIDIA-NeMo/Gym), `openrlhf/utils/agent.py` and
`openrlhf/trainer/ppo_utils/samples_generator.py` (OpenRLHF), `slime/rollout/rm_hub/__init__.py` (THUDM/slime).
"""

import json
import time
from typing import Any

import pytest
from starlette.testclient import TestClient
from toys import held

from cap_rlvr.wire.scoring import Problem

HIDDEN = held(["hidden"])[0]
YES = {"task": "toy", "ground_truth": {"word": "yes"}}
LABELS: list[Any] = [
    YES,
    {"word": "yes"},
    {"task": "toy", "word": "yes"},
    {"example_id": "train-0"},
    {"task": "toy", "example_id": "train-0"},
]


def refused(response: Any, status: int, field: str) -> Problem:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate_json(response.content)
    assert found.field == field
    return found


# OpenRLHF: SingleTurnAgentExecutor sends one query at a time, the tokens of prompt and answer decoded with their
# special tokens, and gives `rewards`, `scores` and every `extra_logs` value to torch.tensor([value]).


def openrlhf(client: TestClient, completions: list[str], labels: list[Any], bos: str = "") -> Any:
    prompt = "<|im_start|>user\nSay it.<|im_end|>\n<|im_start|>assistant\n"
    body = {
        "query": [f"{bos}{prompt}{completion}<|im_end|>" for completion in completions],
        "prompts": [prompt] * len(completions),
        "labels": labels,
    }
    return client.post("/compat/openrlhf/get_reward", json=body)


@pytest.mark.parametrize("label", [*LABELS, *map(json.dumps, LABELS)], ids=str)
def test_openrlhf_reads_a_number_for_its_one_query(client: TestClient, label: Any) -> None:
    reply = openrlhf(client, ["<answer>yes</answer>"], [label]).json()
    assert reply == {"rewards": 1.0, "scores": 1.0, "extra_logs": {"strict": 1.0, "parsed": 1.0}}
    assert openrlhf(client, ["no"], [label]).json()["rewards"] == 0.0


def test_openrlhf_lists_for_many_and_none(client: TestClient) -> None:
    reply = openrlhf(client, ["yes", "no"], [YES, json.dumps(YES)], bos="<s>").json()
    assert reply["rewards"] == reply["scores"] == [1.0, 0.0]
    assert reply["extra_logs"]["parsed"] == [1.0, 1.0]
    empty = openrlhf(client, [], []).json()
    assert empty == {"rewards": [], "scores": [], "extra_logs": {"strict": [], "parsed": []}}


def test_openrlhf_never_gets_a_zero_for_what_was_not_judged(client: TestClient) -> None:
    refused(openrlhf(client, ["yes", "yes"], [YES, {"task": "toy", "word": 5}]), 422, "labels.1")
    refused(openrlhf(client, ["yes"], [{"example_id": "train-99"}]), 422, "labels.0.example_id")
    refused(openrlhf(client, ["yes"], [None]), 422, "labels.0")
    refused(openrlhf(client, ["yes"], ["{"]), 422, "labels.0")
    refused(openrlhf(client, ["yes"], [{"task": "none", "word": "yes"}]), 422, "labels.0.task")
    refused(openrlhf(client, ["yes"], [{"task": "toy", "example_id": HIDDEN}]), 403, "labels.0.example_id")
    refused(openrlhf(client, ["fail: x"], [YES]), 503, "labels.0")
    refused(openrlhf(client, ["yes"], [YES, YES]), 422, "labels")


def test_openrlhf_a_cut_prompt_is_refused(client: TestClient) -> None:
    body = {"query": ["the second half. yes"], "prompts": ["The first half, the second half. "], "labels": [YES]}
    refused(client.post("/compat/openrlhf/get_reward", json=body), 422, "query.0")


# slime: remote_rm posts one sample and takes resp.json() as the reward.


@pytest.mark.parametrize("label", [*LABELS, *map(json.dumps, LABELS)], ids=str)
@pytest.mark.parametrize("prompt", ["Say it.", [{"role": "user", "content": "Say it."}]], ids=["text", "chat"])
def test_slime_reads_a_bare_number(client: TestClient, label: Any, prompt: Any) -> None:
    for response, reward in (("<answer>yes</answer><|im_end|>", 1.0), ("no", 0.0)):
        reply = client.post("/compat/slime", json={"prompt": prompt, "response": response, "label": label})
        assert reply.headers["content-type"] == "application/json"
        assert reply.json() == reward
        assert isinstance(reply.json(), float)


def test_slime_is_refused_what_cannot_be_judged(client: TestClient) -> None:
    def post(**sent: Any) -> Any:
        return client.post("/compat/slime", json={"prompt": "?", "response": "yes", **sent})

    refused(post(label={"task": "toy", "word": 5}), 422, "label")
    refused(post(label={"example_id": "nowhere"}), 422, "label.example_id")
    refused(post(), 422, "label")
    refused(post(label=YES, response=3), 422, "response")
    assert refused(post(label=YES, response="fail: x"), 503, "label").status == 503


# NeMo Gym: simple_agent posts the run's whole body with the model's response beside it, and reads the reply as
# BaseVerifyResponse with any further fields; reverification posts the same again.


def row(text: str, **own: Any) -> dict[str, Any]:
    output: list[Any] = [
        {"id": "r", "type": "reasoning", "summary": [{"type": "summary_text", "text": "<answer>no</answer>"}]},
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
            "prompt_token_ids": [1, 2],
            "generation_log_probs": [-0.12345678901234567],
        },
    ]
    return {
        "responses_create_params": {"input": [{"role": "user", "content": "Say it."}]},
        "response": {"id": "x", "model": "m", "object": "response", "output": output, "usage": {"total_tokens": 7}},
        "agent_ref": {"type": "responses_api_agents", "name": "simple_agent"},
        "_ng_task_index": 3,
        "_ng_rollout_index": 1,
        **own,
    }


OWN: list[dict[str, Any]] = [
    {"task": "toy", "word": "yes"},
    {"task": "toy", "ground_truth": {"word": "yes"}},
    {"task": "toy", "ground_truth": '{"word": "yes"}'},
    {"task": "toy", "example_id": "train-0"},
    {"example_id": "train-0", "task": "toy", "word": "not looked at"},
    {"verifier_metadata": {"task": "toy", "word": "yes", "note": "mine"}},
    {"verifier_metadata": {"task": "toy", "example_id": "train-0"}},
]


@pytest.mark.parametrize("root", ["/compat/nemo_gym", "", "/ng-rollout/abc"])
@pytest.mark.parametrize("own", OWN, ids=str)
def test_nemo_gym_gets_the_whole_row_back_with_its_reward(client: TestClient, own: dict[str, Any], root: str) -> None:
    sent = row("<answer>yes</answer>", **own)
    reply = client.post(f"{root}/verify", json=sent).json()
    assert {name: reply[name] for name in sent} == sent
    assert (reply["reward"], reply["mask_sample"], reply["failure_reason"]) == (1.0, False, None)
    assert reply["reward_components"] == {"word": 1.0}
    assert reply["reward_word"] == 1.0
    assert client.post(f"{root}/verify", json=row("no", **own)).json()["reward"] == 0.0
    assert client.post(f"{root}/verify", json=reply).json() == reply


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (row("yes"), "malformed_row"),
        (row("yes", task="none"), "malformed_row"),
        (row("yes", task="toy"), "malformed_ground_truth"),
        (row("yes", task="toy", word=5), "malformed_ground_truth"),
        (row("yes", task="toy", example_id="nowhere"), "unknown_example"),
        (row("yes", task="toy", example_id=HIDDEN), "hidden_split"),
        (row("fail: x", task="toy", word="yes"), "scorer_failed"),
        ({"task": "toy", "word": "yes"}, "malformed_response"),
        ({"task": "toy", "word": "yes", "response": {"output": "yes"}}, "malformed_response"),
        ({}, "malformed_response"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nemo_gym_masks_what_cannot_be_judged(client: TestClient, sent: dict[str, Any], code: str) -> None:
    response = client.post("/compat/nemo_gym/verify", json=sent)
    assert response.status_code == 200
    reply = response.json()
    assert {name: reply[name] for name in sent} == sent
    assert (reply["mask_sample"], reply["failure_reason"], reply["reward"]) == (True, code, 0.0)
    assert reply["failure_kind"] == f"cap_rlvr:{code}"


def test_nemo_gym_an_empty_response_is_scored(client: TestClient) -> None:
    sent = row("", task="toy", word="yes")
    for output in ([], [{"type": "function_call", "name": "f", "arguments": "{}"}], [7, None], [{"type": "message"}]):
        sent["response"]["output"] = output
        reply = client.post("/compat/nemo_gym/verify", json=sent).json()
        assert (reply["reward"], reply["mask_sample"]) == (0.0, False)


def test_nemo_gym_texts_are_joined(client: TestClient) -> None:
    sent = row("", task="toy", word="yes")
    parts = [{"type": "output_text", "text": "<answer>y"}, {"type": "output_text", "text": "es</answer>"}]
    first = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]}
    sent["response"]["output"] = [first, {"type": "message", "role": "assistant", "content": parts}]
    assert client.post("/compat/nemo_gym/verify", json=sent).json()["reward"] == 1.0


def test_nemo_gym_a_row_that_is_none(client: TestClient) -> None:
    assert client.post("/compat/nemo_gym/verify", content=b"{").status_code == 400
    assert client.post("/compat/nemo_gym/verify", json=[1]).status_code == 422
    deep = b'{"task": "toy", "note": ' + b"[" * 400 + b"]" * 400 + b"}"
    assert client.post("/compat/nemo_gym/verify", content=deep).status_code == 422
    truth = b'{"task":"toy","response":{"output":[]},"word":' + b"[" * 251 + b"]" * 251 + b"}"
    reply = client.post("/compat/nemo_gym/verify", content=truth)
    assert reply.status_code == 200
    assert reply.json()["mask_sample"]


def test_nemo_gym_the_other_calls(client: TestClient) -> None:
    for root in ("/compat/nemo_gym", ""):
        assert client.post(f"{root}/seed_session", json=row("")).json() == {}
        assert client.get(f"{root}/reverify_mode").json() == "stateless"
    assert client.get("/compat/nemo_gym/").json() == {"status": "ok"}


def test_nemo_gym_aggregates_leave_masked_samples_out(client: TestClient) -> None:
    replies: list[dict[str, Any]] = []
    for index, text in ((0, "yes"), (0, "no"), (1, "yes"), (1, "fail: x")):
        reply = client.post("/verify", json=row(text, task="toy", word="yes", _ng_task_index=index)).json()
        usage = reply.pop("response")["usage"]
        del reply["responses_create_params"]
        replies.append({**reply, "response": {"usage": usage}})
    made = client.post("/aggregate_metrics", json={"verify_responses": replies}).json()
    assert made["agent_metrics"]["mean/reward"] == pytest.approx(2 / 3)
    assert made["key_metrics"]["mean/mask_sample"] == 0.25
    assert made["key_metrics"]["mean/total_tokens"] == 7
    assert made["agent_metrics"]["std/reward"] == pytest.approx(0.57735, abs=1e-5)
    assert [(group["_ng_task_index"], group["mean/reward"]) for group in made["group_level_metrics"]] == [
        (0, 0.5),
        (1, 1.0),
    ]
    nothing = {"group_level_metrics": [], "agent_metrics": {}, "key_metrics": {}}
    assert client.post("/aggregate_metrics", json={"verify_responses": []}).json() == nothing
    assert client.post("/aggregate_metrics", json={"verify_responses": [1]}).status_code == 422


def test_compat_calls_are_counted(client: TestClient) -> None:
    client.post("/compat/slime", json={"response": "counted", "label": YES})
    text = client.get("/metrics").text
    assert 'reward_refused_requests_total{code="malformed_label"}' in text
    assert 'status="scored",task="toy"' in text


def test_nemo_gym_a_reply_that_is_verified_again_keeps_nothing_of_before(client: TestClient) -> None:
    sent = row("<answer>yes</answer>", task="toy", word="yes")
    scored = client.post("/verify", json=sent).json()
    masked = client.post("/verify", json={**scored, "word": 5}).json()
    assert masked["mask_sample"]
    assert not {"reward_word", "reward_strict"} & masked.keys()
    again = client.post("/verify", json={**masked, "word": "yes"}).json()
    assert again == scored, "no failure_kind of a failure that is over"
    faulty = client.post("/verify", json={**scored, "response": {"output": []}}).json()
    assert (faulty["reward"], faulty.get("reward_word")) == (0.0, None), "there was no answer, so no part was judged"


def test_nemo_gym_aggregates_stay_numbers(client: TestClient) -> None:
    usage = {"usage": {"total_tokens": 7, "odd": -1.5e308}}
    replies = [{"reward": number, "response": usage} for number in (1e308, 1e308, 0.5)]
    made = client.post("/aggregate_metrics", json={"verify_responses": replies}).json()
    assert made["agent_metrics"]["max/reward"] == 0.5
    assert made["agent_metrics"]["mean/total_tokens"] == 7
    assert "mean/odd" not in made["agent_metrics"]


def test_nemo_gym_aggregates_of_too_many_names_are_refused_at_once(client: TestClient) -> None:
    many = [{"_ng_task_index": number, "reward": 1.0} for number in range(60_000)]
    names = {"response": {"usage": {f"n{number}": 1 for number in range(110_000)}}}
    for replies in (many, [names]):
        began = time.process_time()
        refused(client.post("/aggregate_metrics", json={"verify_responses": replies}), 422, "verify_responses")
        assert time.process_time() - began < 3
