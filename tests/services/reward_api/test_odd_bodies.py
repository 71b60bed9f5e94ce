"""Whatever JSON is sent to the calls beside `/reward`: an answer of their own shape, or a problem that is not ours."""

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from toys import held

from cap_rlvr.wire.scoring import Problem, RewardReply

NAMES = ["task", "word", "ground_truth", "example_id", "verifier_metadata", "response", "output", "content", "text"]
NAMES += [
    "type",
    "role",
    "query",
    "prompts",
    "labels",
    "label",
    "prompt",
    "items",
    "item",
    "former",
    "status",
    "reward",
]
NAMES += ["reason", "parts", "completion", "verify_responses", "mask_sample", "_ng_task_index", "usage"]
WORDS = ["toy", "yes", "train-0", "test-0", *held(["hidden"]), "message", "assistant"]
WORDS += ["scored", '{"word": "yes"}', "[", "\ud800", ""]
LEAVES = st.one_of(
    st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text()), inner, max_size=5)
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)
CALLS = [
    "/compat/nemo_gym/verify",
    "/compat/nemo_gym/aggregate_metrics",
    "/compat/openrlhf/get_reward",
    "/compat/slime",
]


@pytest.mark.parametrize("path", [*CALLS, "/submissions", "/rescore", "/reward"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=BODIES)
def test_no_body_is_our_fault(client: TestClient, path: str, body: dict[str, Any]) -> None:
    response = client.post(path, content=json.dumps(body))
    assert response.status_code in (200, 400, 403, 422), response.text
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"
        Problem.model_validate_json(response.content)
    elif path == CALLS[0]:
        reply = response.json()
        assert reply["mask_sample"] is False or (reply["reward"] == 0.0 and reply["failure_reason"])


GOOD = json.dumps({"items": [{"task": "toy", "completion": "yes", "ground_truth": {"word": "yes"}}] * 3}).encode()
CHANGES = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 9), st.binary(max_size=6)), min_size=1, max_size=4
)


@pytest.mark.parametrize("path", [*CALLS, "/submissions", "/rescore", "/reward"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(changes=CHANGES)
def test_no_bytes_are_our_fault(client: TestClient, path: str, changes: list[tuple[int, int, bytes]]) -> None:
    body = GOOD
    for at, without, put in changes:
        body = body[:at] + put + body[at + without :]
    response = client.post(path, content=body)
    assert response.status_code in (200, 400, 403, 422), response.text
    if response.status_code != 200:
        Problem.model_validate_json(response.content)


TEXTS = st.one_of(
    st.sampled_from(["yes", "<answer>yes</answer>", "\\boxed{yes}", "Answer: yes", "", "\x00"]), st.text()
)
ITEMS = st.lists(st.tuples(TEXTS, st.sampled_from(["yes", "no", "é"])), min_size=1, max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(items=ITEMS)
def test_every_reward_is_the_scorer_s_whatever_stands_beside_it(
    client: TestClient, items: list[tuple[str, str]]
) -> None:
    import toy_registry

    body = {"items": [{"task": "toy", "completion": text, "ground_truth": {"word": word}} for text, word in items]}
    reply = RewardReply.model_validate_json(client.post("/reward", json=body).content)
    for (text, word), result in zip(items, reply.results, strict=True):
        score = toy_registry.score(toy_registry.Truth(word=word), text)
        assert (result.status, result.reward, result.strict) == ("scored", score.reward, score.strict)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(more=BODIES, output=VALUES)
def test_verify_of_a_good_row_with_anything_beside(client: TestClient, more: dict[str, Any], output: Any) -> None:
    row = {**more, "task": "toy", "example_id": "train-0", "response": {"output": [output]}}
    reply = client.post(CALLS[0], content=json.dumps(row)).json()
    assert reply["mask_sample"] is False
    assert 0 <= reply["reward"] <= 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/reward", {"task": "toy", "completion": [dict.fromkeys("abcdefghijklmnopqrst", 1)] * 16_384}),
        ("/reward", {"task": "toy", "completion": [1] * 16_384, "prompt": []}),
        ("/rescore", {"items": [{"item": {"completion": [dict.fromkeys("abcdefghijklmnopqrst", 1)] * 6_000}}]}),
        ("/submissions", {"items": [1] * 200_000}),
        ("/rescore", {"items": [{"item": {"completion": [1] * 200_000}}]}),
        ("/rescore", {"items": [{"former": {"parts": {str(number): 1 for number in range(140_000)}}}]}),
        ("/compat/openrlhf/get_reward", {"query": [], "prompts": [1] * 200_000, "labels": []}),
        ("/compat/slime", {"prompt": [[]] * 200_000, "response": "x", "label": {}}),
        ("/compat/nemo_gym/aggregate_metrics", {"verify_responses": [1] * 1_000_000}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_great_number_of_faults_is_refused_unread(client: TestClient, path: str, body: Any) -> None:
    began = time.process_time()
    response = client.post(path, content=json.dumps(body))
    assert response.status_code == 422
    assert Problem.model_validate_json(response.content).detail
    assert time.process_time() - began < 2
