"""The environments by the names of the plan, and the one that mixes them."""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from cap_rlvr import envs, registry
from cap_rlvr.environment import TaskEnvironment
from cap_rlvr.envs import (
    ENVIRONMENTS,
    PLAN_ENVIRONMENTS,
    CaseRetrievalEnv,
    HoldingSelectionEnv,
    MultiTaskLegalEnv,
    OldGym,
    StandInData,
)
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.rows import Row

sys.path.insert(0, str(Path(__file__).parent / "reward_toys"))
from toy_registry import TOY

NOWHERE = "nowhere/train.jsonl"


def row(task: str, number: int) -> Row:
    common = {"case_id": "c/1/1", "task": task, "inputs": f"question {number}", "source_kind": SourceKind.SYNTHETIC}
    return Row.model_validate({"id": f"{task}-{number}", **common, "truth": registry.get(task).example})


def rows_file(folder: Path, task: str, count: int) -> Path:
    path = folder / f"{task}.jsonl"
    path.write_text("".join(row(task, number).model_dump_json() + "\n" for number in range(count)))
    return path


def gold(task: str) -> str:
    known = registry.get(task)
    return known.gold(known.read_truth(known.example))


@pytest.fixture(params=ENVIRONMENTS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.filterwarnings("ignore::cap_rlvr.envs.StandInData")
def test_gymnasium_knows_them_and_finds_no_fault(kind: Any) -> None:
    name = f"cap_rlvr.envs:cap_rlvr/{kind.__name__.removesuffix('Env')}-v0"
    made = gymnasium.make(name, data_path=NOWHERE, render_mode="ansi", disable_env_checker=True)
    check_env(made.unwrapped)
    assert isinstance(made.unwrapped, kind)


def test_an_episode_over_a_file_of_rows(kind: Any, tmp_path: Path) -> None:
    env = kind(data_path=rows_file(tmp_path, kind.TASK, 5), subset_size=3)
    assert len(env.rows) == 3
    observation, info = env.reset(seed=0)
    assert observation["task_name"] == info["task_name"] == kind.TASK
    assert "question" in observation["inputs"]
    _, reward, terminated, truncated, info = env.step(gold(kind.TASK))
    assert (terminated, truncated, info["stand_in"]) == (True, False, False)
    assert reward == info["reward"] >= registry.get(kind.TASK).ceiling
    assert info["parts"]
    assert info["gates"] is not None
    assert sum(step["earned"] for step in info["steps"]) == pytest.approx(reward, abs=1e-4)
    assert info["reason"]["code"]
    env.close()


def test_without_rows_an_example_stands_in_and_says_so(kind: Any, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    for path in (NOWHERE, empty):
        with pytest.warns(StandInData, match=r"stands in.*cap-rlvr prep"):
            env = kind(data_path=path, render_mode="ansi")
        _, info = env.reset(seed=0)
        assert info["stand_in"]
        assert str(env.render()).startswith("(a stand-in")
        assert env.step(gold(kind.TASK))[1] >= registry.get(kind.TASK).ceiling


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"subset_size": 0}, BadInput, "subset_size"),
        ({"data_path": "bluebook.jsonl"}, BadInput, "is a row of bluebook, not of holding"),
        ({"data_path": "broken.jsonl"}, BadData, r"broken\.jsonl:1"),
        ({"data_path": "holding.jsonl", "render_mode": "human"}, BadInput, "render_mode"),
    ],
)
def test_what_is_wrong_is_said(
    settings: dict[str, Any], error: type[Exception], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for task in ("holding", "bluebook"):
        rows_file(tmp_path, task, 1)
    (tmp_path / "broken.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(error, match=says):
        HoldingSelectionEnv(**settings)


def test_retrieval_takes_an_index_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no index"):
        CaseRetrievalEnv(rows_file(tmp_path, "retrieval", 1), faiss_index_path=tmp_path / "index.faiss")


def test_the_plan_s_spelling_is_an_alias() -> None:
    assert envs.IRACsSummaryEnv is envs.IRACSummaryEnv


def toys(count: int = 3) -> dict[str, TaskEnvironment]:
    common = {"case_id": "c", "task": "toy", "source_kind": SourceKind.SYNTHETIC}
    rows = [Row.model_validate({"id": f"r{n}", **common, "inputs": str(n), "word": f"w{n}"}) for n in range(9)]
    return {f"toy{number}": TaskEnvironment(TOY, rows) for number in range(count)}


def drawn(env: MultiTaskLegalEnv, seed: int, count: int) -> list[tuple[str, str]]:
    envs_by_id = {id(inner): name for name, inner in env.envs.items()}
    found: list[tuple[str, str]] = []
    for number in range(count):
        _, info = env.reset(seed=seed if number == 0 else None)
        found.append((envs_by_id[id(env.current)], info["row_id"]))
    return found


def test_weights_are_a_curriculum() -> None:
    env = MultiTaskLegalEnv(toys(), weights={"toy0": 3, "toy2": 0})
    counts = Counter(name for name, _ in drawn(env, 7, 400))
    assert counts["toy2"] == 0
    assert 0.65 < counts["toy0"] / 400 < 0.85
    env.set_weights({"toy0": 0, "toy1": 0})
    assert {name for name, _ in drawn(env, 7, 20)} == {"toy2"}


def test_one_seed_decides_tasks_and_rows() -> None:
    assert drawn(MultiTaskLegalEnv(toys()), 3, 30) == drawn(MultiTaskLegalEnv(toys()), 3, 30)
    assert drawn(MultiTaskLegalEnv(toys()), 3, 30) != drawn(MultiTaskLegalEnv(toys()), 4, 30)


@pytest.mark.parametrize("weights", [{"nope": 1}, {"toy0": -1}, {"toy0": float("nan")}, dict.fromkeys(toys(), 0)])
def test_weights_that_are_none_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="weights"):
        MultiTaskLegalEnv(toys(), weights=weights)


def test_a_task_can_be_asked_for_and_is_named() -> None:
    env = MultiTaskLegalEnv(toys(), render_mode="ansi")
    with pytest.raises(BadInput, match="reset first"):
        env.step("too soon")
    observation, info = env.reset(seed=1, options={"task_name": "toy1", "row_id": "r5"})
    assert observation["task_name"] == "toy"
    assert info["row_id"] == "r5"
    assert env.current is env.envs["toy1"]
    assert env.step("<answer>w5</answer>")[1] == 1
    assert "1 · right" in str(env.render())
    with pytest.raises(BadInput, match=r"options\.task_name"):
        env.reset(options={"task_name": "poetry"})
    with pytest.raises(BadInput, match="nothing to mix"):
        MultiTaskLegalEnv({})
    env.close()


@pytest.mark.filterwarnings("ignore::cap_rlvr.envs.StandInData")
def test_the_plan_s_loop_runs_and_vectorises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_env(gymnasium.make("cap_rlvr/MultiTaskLegal-v0", render_mode="ansi", disable_env_checker=True).unwrapped)
    many = gymnasium.make_vec("cap_rlvr/MultiTaskLegal-v0", num_envs=3, vectorization_mode="sync")
    observations, _ = many.reset(seed=1)
    assert set(observations["task_name"]) <= set(registry.names())
    _, rewards, *_ = many.step(["<answer>A</answer>"] * 3)
    assert len(rewards) == 3
    many.close()


def test_a_loop_of_the_old_gym_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = OldGym(MultiTaskLegalEnv({one.TASK: one(rows_file(tmp_path, one.TASK, 2)) for one in ENVIRONMENTS}))
    for episode in range(5):
        observation = env.reset(seed=episode)
        assert "question" in observation["inputs"]
        _, reward, done, info = env.step(gold(observation["task_name"]))
        assert reward >= registry.get(info["task_name"]).ceiling
        assert (done, info["task_name"]) == (True, observation["task_name"])
    env.render()
    assert "question" in capsys.readouterr().out
    env.close()


def test_every_task_has_an_environment_and_is_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(one.TASK for one in ENVIRONMENTS) == list(registry.names())
    assert ENVIRONMENTS[: len(PLAN_ENVIRONMENTS)] == PLAN_ENVIRONMENTS
    monkeypatch.chdir(tmp_path)
    with pytest.warns(StandInData):
        assert [*MultiTaskLegalEnv().envs] == [one.TASK for one in ENVIRONMENTS]


@pytest.mark.filterwarnings("ignore::cap_rlvr.envs.StandInData")
def test_a_task_of_no_plan_has_an_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "names", lambda: ("toy_word",))
    monkeypatch.setattr(registry, "get", lambda name: replace(TOY, name=name))
    monkeypatch.chdir(tmp_path)
    kind = envs.of_another_task("toy_word")
    assert (kind.__name__, kind.TASK) == ("ToyWordEnv", "toy_word")
    env = kind(render_mode="ansi")
    observation, info = env.reset(seed=1)
    assert info["stand_in"]
    assert "no text" in observation["inputs"]
    assert TOY.example["word"] not in observation["inputs"]
    assert env.step(TOY.gold(TOY.read_truth(TOY.example)))[1] == 1


@pytest.mark.parametrize("size", ["3", 2.5, 10**30, 0])
def test_a_subset_of_no_size_is_told(tmp_path: Path, size: Any) -> None:
    with pytest.raises(BadInput, match="subset_size"):
        HoldingSelectionEnv(rows_file(tmp_path, "holding", 1), subset_size=size)


def test_a_folder_is_no_file_of_rows(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can't be read"):
        HoldingSelectionEnv(tmp_path)


@pytest.mark.parametrize("options", [{"row_id": []}, {"row_id": 5}, "x", 5])
def test_odd_options_and_actions_are_told(tmp_path: Path, options: Any) -> None:
    env = HoldingSelectionEnv(rows_file(tmp_path, "holding", 1))
    with pytest.raises(BadInput, match="options"):
        env.reset(options=options)
    env.reset(seed=1)
    action: Any = None
    with pytest.raises(BadInput, match="model_output"):
        env.step(action)
    assert env.step("<answer>A</answer>")[2]  # a slip costs no episode


@pytest.mark.parametrize("weights", [[1], {"holding": "a"}, {"holding": None}, {"holding": 1e308}])
def test_odd_weights_are_told(tmp_path: Path, weights: Any) -> None:
    with pytest.raises(BadInput, match="weights"):
        MultiTaskLegalEnv({"holding": HoldingSelectionEnv(rows_file(tmp_path, "holding", 1))}, weights)


@pytest.mark.parametrize("mixed", [["holding"], {"holding": 5}])
def test_odd_environments_are_told(mixed: Any) -> None:
    with pytest.raises(BadInput, match="envs"):
        MultiTaskLegalEnv(mixed)
