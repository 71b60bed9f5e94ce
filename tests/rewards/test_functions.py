"""One door to all rewards: the task is told or read from the row, and the score is the registry's own."""

from pathlib import Path
from typing import Any

import pytest

from cap_rlvr import registry, rewards
from cap_rlvr.rewards import UnifiedRewardFunction, judge, task_of
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.rows import Row

NAMED = {
    "holding": rewards.HoldingRewardFunction,
    "bluebook": rewards.BluebookRewardFunction,
    "summarise": rewards.IRACRewardFunction,
    "retrieval": rewards.RetrievalRewardFunction,
    "entail": rewards.EntailmentRewardFunction,
}


def row(task: str) -> Row:
    common = {"id": f"{task}-1", "case_id": "c/1/1", "task": task, "inputs": "?", "source_kind": SourceKind.SYNTHETIC}
    return Row.model_validate({**common, "truth": registry.get(task).example})


def gold(task: str) -> str:
    known = registry.get(task)
    return known.gold(known.read_truth(known.example))


@pytest.fixture(params=registry.names())
def task(request: pytest.FixtureRequest) -> str:
    return request.param


def test_every_form_of_a_sample_gets_the_scorer_s_own_verdict(task: str) -> None:
    function = UnifiedRewardFunction()
    known = registry.get(task)
    flat = row(task).model_dump(mode="json")
    untold = {name: value for name, value in flat.items() if name != "task"}
    for completion in (gold(task), "<answer>A</answer>", ""):
        wanted = known.judge(known.example, completion)
        for sample in (row(task), flat, untold, known.example, {"truth": known.example, "task": task}):
            assert function.score(sample, completion) == wanted
        assert function.score(known.example, completion, task_type=task) == wanted


def test_the_task_is_read_from_the_fields(task: str) -> None:
    assert task_of(registry.get(task).example).name == task


@pytest.mark.parametrize("task", NAMED)
def test_classes_of_the_plan_judge_their_own_task(task: str) -> None:
    function = NAMED[task]()
    assert function.reward(row(task), gold(task)) >= registry.get(task).ceiling
    assert function.reward(registry.get(task).example, gold(task)) >= registry.get(task).ceiling
    other = next(name for name in registry.names() if name != task)
    with pytest.raises(BadInput, match=f"this judges {task}, not {other}"):
        function.reward(row(task), gold(task), task_type=other)


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        ({}, "are those of no task"),
        ({"nonsense": 1}, "are those of no task"),
        ({"choices": ["a"] * 5, "answer_idx": 0}, "ground_truth"),
        ({"label": "NONE", "pair_id": "x"}, r"ground_truth\.context"),
        ({"positives": ["a", "b"]}, r"ground_truth\.candidates"),
        ({"ground_truth": 7}, "are those of no task"),
        ({"ground_truth": {"syllabus": "", "key_parties": []}}, r"ground_truth\.source"),
        ({"task": "poetry"}, "no task is named 'poetry'"),
    ],
)
def test_what_cannot_be_judged_is_said_and_never_0(sample: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        UnifiedRewardFunction().reward(sample, "<answer>A</answer>")


def test_a_batch_mixes_tasks_and_names_the_item_that_fails() -> None:
    function = UnifiedRewardFunction()
    samples = [row(name) for name in registry.names()]
    outputs = [gold(name) for name in registry.names()]
    assert function.batch(samples, outputs) == [function.reward(*pair) for pair in zip(samples, outputs, strict=True)]
    with pytest.raises(BadInput, match="item 1: sample"):
        function.batch([samples[0], {"odd": 1}], outputs[:2])
    with pytest.raises(BadInput, match="2 samples for 1 outputs"):
        function.batch(samples[:2], outputs[:1])


def test_steps_sum_to_the_reward(task: str) -> None:
    function = UnifiedRewardFunction()
    earned = sum(step.earned for step in function.steps(row(task), gold(task)))
    assert earned == pytest.approx(function.reward(row(task), gold(task)), abs=1e-4)


def test_a_store_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"there is no index.*cap-rlvr vectors build"):
        UnifiedRewardFunction(faiss_index_path=tmp_path / "index.faiss")
    with pytest.raises(BadData, match="there is no vector store"):
        UnifiedRewardFunction(faiss_index_path=tmp_path)


class Near:
    """A store in which one case is near to every other."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id

    def similarity(self, one: str, other: str) -> float:
        return float(self.case_id in (one, other))


def test_vectors_pay_for_cases_that_are_near() -> None:
    known = registry.get("retrieval")
    listed = [{**one, "case_id": one["id"]} for one in known.example["candidates"]]
    truth = {**known.example, "candidates": listed, "query": "q"}
    gold_ids = truth["positives"]
    other = next(one["id"] for one in listed if one["id"] not in gold_ids)
    mixed = "<answer>\n" + "\n".join([*gold_ids[:3], other]) + "\n</answer>"
    without = judge(known, truth, mixed)
    assert "without vectors" in without.parts["similarity"].note
    assert judge(known, truth, mixed, Near(other)).reward > without.reward


@pytest.mark.parametrize("sample", [None, 5, "holding", [], {1: 2}])
def test_a_sample_that_is_no_row_is_told(sample: Any) -> None:
    with pytest.raises(BadInput, match="sample"):
        UnifiedRewardFunction().reward(sample, "<answer>A</answer>")


@pytest.mark.parametrize("output", [None, 5, b"A", ["A"]])
@pytest.mark.parametrize("task", sorted(NAMED))
def test_an_output_that_is_no_text_is_told(task: str, output: Any) -> None:
    with pytest.raises(BadInput, match="model_output"):
        UnifiedRewardFunction().explain(row(task), output)


@pytest.mark.parametrize(
    ("samples", "outputs", "says"),
    [(None, [], "samples"), ([{}], "A", "model_outputs"), ((one for one in ()), [], "samples")],
)
def test_a_batch_that_is_no_list_is_told(samples: Any, outputs: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        UnifiedRewardFunction().batch(samples, outputs)
    wrong: Any = ["holding"]
    with pytest.raises(BadInput, match="task_type"):
        UnifiedRewardFunction().reward(row("holding"), "A", wrong)


def test_a_store_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "afile").write_text("")
    with pytest.raises(BadData, match="there is no vector store"):
        UnifiedRewardFunction(tmp_path / "afile")


@pytest.mark.parametrize("path", [5, "", b"index.faiss"])
def test_an_index_that_is_no_path_is_told(path: Any) -> None:
    with pytest.raises(BadInput, match="faiss_index_path"):
        UnifiedRewardFunction(faiss_index_path=path)


def test_a_number_without_end_is_told() -> None:
    listed = [{"id": f"C{number}", "indegree": 10**400} for number in range(20)]
    with pytest.raises(BadInput, match="indegree"):
        UnifiedRewardFunction().reward({"candidates": listed, "positives": ["C1", "C2"]}, "", task_type="retrieval")
