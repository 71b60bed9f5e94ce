"""The contract that every task folder keeps; runs over the folders, so a new task is held to it at once."""

from pathlib import Path
from typing import Any

import pytest

from cap_rlvr import registry, tasks
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadInput

FILES = {"README.md", "__init__.py", "extract.py", "prompt.md", "reward.py", "probes.py"}
HOSTILE = ["", " ", ".", "\x00" * 50, "<answer>" * 5000, "a" * 100_000, "\ud800", "<think>", "((((" * 8000, "﷽" * 3000]


@pytest.fixture(params=registry.names())
def task(request: pytest.FixtureRequest) -> Task[Any]:
    return registry.get(request.param)


def test_folder_has_the_files(task: Task[Any]) -> None:
    assert {path.name for path in (Path(tasks.__path__[0]) / task.name).iterdir()} >= FILES


def test_name_is_the_folder(task: Task[Any]) -> None:
    assert registry.get(task.name) is task
    assert task.name in registry.names()


def test_gold_scores_the_ceiling(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    score = task.score(truth, task.gold(truth))
    assert score.reward >= task.ceiling
    assert score.strict


def test_steps_sum_to_the_reward(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    for completion in (task.gold(truth), "", *HOSTILE):
        score = task.score(truth, completion)
        assert sum(step.earned for step in score.steps) == pytest.approx(score.reward, abs=1e-4)


@pytest.mark.parametrize("completion", HOSTILE)
def test_hostile_text_is_scored_low_with_a_reason(task: Task[Any], completion: str) -> None:
    score = task.judge(task.example, completion)
    assert score.reward == 0
    assert score.reason.code
    assert score.reason.text


def test_malformed_truth_names_the_field(task: Task[Any]) -> None:
    with pytest.raises(BadInput, match="ground_truth"):
        task.judge({"nonsense": 1}, "x")


def test_prompt_takes_the_inputs(task: Task[Any]) -> None:
    assert "{inputs}" in task.template
    assert "some inputs" in task.prompt("some inputs")


def test_surface_forms_of_gold_are_accepted(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    forms = list(task.probes.surface_forms(truth))
    assert len({form.family for form in forms}) >= 12
    low = [(form.family, task.score(truth, form.completion).reward) for form in forms]
    assert [(family, reward) for (family, reward), form in zip(low, forms, strict=True) if reward < form.limit] == []


def test_attacks_stay_below_their_limits(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    attacks = list(task.probes.attacks(truth, truth, "contract"))
    assert len({attack.family for attack in attacks}) >= 20
    paid = {(attack.family, task.score(truth, attack.completion).reward, attack.limit) for attack in attacks}
    assert {(family, reward, limit) for family, reward, limit in paid if reward > limit} == set()


def test_one_more_error_never_pays(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    for chain in task.probes.chains(truth, "contract"):
        rewards = [task.score(truth, completion).reward for completion in chain]
        assert rewards == sorted(rewards, reverse=True), chain
