"""What other systems' data sets may say a label is; the shapes of their calls are in tests/services/reward_api/test_compat.py."""

import json
from typing import Any

import pytest

from cap_rlvr import registry
from cap_rlvr.adapters.labels import Labels, written
from cap_rlvr.adapters.nemo_gym import aggregate, completion_of, verified
from cap_rlvr.wire.errors import BadInput

LABELS = Labels(registry, lambda example_id: "holding" if example_id == "known" else None)
TRUTHS = {name: registry.get(name).example for name in registry.names()}


@pytest.mark.parametrize("task", registry.names())
def test_every_way_to_write_a_truth(task: str) -> None:
    truth = TRUTHS[task]
    ways: list[Any] = [
        {"task": task, **truth},
        {"task": task, "ground_truth": truth},
        {"task": task, "ground_truth": json.dumps(truth)},
        truth,
        {"ground_truth": truth},
    ]
    for label in (*ways, *map(json.dumps, ways)):
        item = LABELS.item(label, "x", "label")
        assert (item.task, item.ground_truth) == (task, truth)
        assert LABELS.item(label, "x", "label", task=task).task == task
    for row in ways[:3]:
        assert LABELS.row_item({"id": "r", "difficulty": 1, **row}, "x").ground_truth == truth
        assert LABELS.row_item({"verifier_metadata": row}, "x").ground_truth == truth


def test_an_example_is_of_the_task_that_has_it() -> None:
    assert LABELS.item({"example_id": "known"}, "x", "label").task == "holding"
    assert LABELS.item({"example_id": "other", "task": "entail"}, "x", "label").task == "entail"
    assert LABELS.item({"example_id": "other"}, "x", "label", task="entail").task == "entail"


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("", "label"),
        ("B", "label"),
        ("[" * 2000, "label"),
        ("[1]", "label"),
        (None, "label"),
        ({}, "label"),
        ({"choices": ["a"]}, "label"),
        ({"example_id": "nowhere"}, "label.example_id"),
        ({"example_id": 5}, "label.example_id"),
        ({"task": "poetry", "choices": []}, "label.task"),
        ({"task": ["holding"]}, "label.task"),
    ],
    ids=str,
)
def test_what_is_no_label_names_its_field(label: Any, field: str) -> None:
    with pytest.raises(BadInput) as told:
        LABELS.item(label, "x", "label")
    assert told.value.where == field


def test_end_marks_go_and_nothing_else() -> None:
    assert written("A</s>\n<|im_end|>\n<|endoftext|>") == "A"
    assert written("A <|im_end|> B") == "A <|im_end|> B"
    assert written("<|im_end|>" * 6) == "<|im_end|>" * 2
    assert written("") == ""


@pytest.mark.parametrize("response", [None, "text", [], {}, {"output": None}, {"output": {}}])
def test_what_is_no_response(response: Any) -> None:
    assert completion_of(response) is None


def test_components_of_a_capped_reward_sum_to_it_and_a_closed_gate_pays_none() -> None:
    result = {
        "status": "scored",
        "strict": False,
        "reason": {"text": "capped"},
        "parts": {"a": {"value": 1.0, "weight": 0.6}, "b": {"value": 0.5, "weight": 0.4}},
    }
    half = verified({"a": "kept"}, {**result, "reward": 0.4})
    assert half["reward_components"] == pytest.approx({"a": 0.3, "b": 0.1})
    assert half["reward_a"] == half["reward_components"]["a"]
    assert half["a"] == "kept"
    assert verified({}, {**result, "reward": 0.0})["reward_components"] == {"a": 0.0, "b": 0.0}
    nothing = {**result, "reward": 0.0, "parts": {"a": {"value": 0.0, "weight": 1.0}}}
    assert verified({}, nothing)["reward_components"] == {"a": 0.0}


def test_aggregates_of_odd_replies() -> None:
    made = aggregate([{"reward": 1, "_ng_task_index": "x"}, {"reward": "no", "response": 5}, {"mask_sample": True}])
    assert made["agent_metrics"]["mean/reward"] == 1.0
    assert made["key_metrics"]["mean/mask_sample"] == pytest.approx(1 / 3)
    assert [group["_ng_task_index"] for group in made["group_level_metrics"]] == [0]
