import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from cap_rlvr.environment import TaskEnvironment, make
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rows import Row

sys.path.insert(0, str(Path(__file__).parent / "reward_toys"))
from toy_registry import TOY


def row(number: int, **truth: Any) -> Row:
    shared = {"case_id": "c", "task": "toy", "source_kind": SourceKind.SYNTHETIC}
    return Row.model_validate({"id": f"r{number}", **shared, "inputs": f"number {number} — §", "word": f"w{number}"})


@pytest.fixture
def environment() -> TaskEnvironment:
    return TaskEnvironment(TOY, [row(number) for number in range(20)], render_mode="ansi")


def test_gymnasium_finds_no_fault() -> None:
    def entry(render_mode: str | None = None) -> TaskEnvironment:
        return TaskEnvironment(TOY, [row(number) for number in range(20)], render_mode)

    gymnasium.register(id="Toy-v0", entry_point=entry)
    made = gymnasium.make("Toy-v0", render_mode="ansi", disable_env_checker=True)
    check_env(made.unwrapped)


def test_an_episode(environment: TaskEnvironment) -> None:
    observation, info = environment.reset(options={"row_id": "r7"})
    assert observation == {"task_name": "toy", "inputs": "Say it.\n\nnumber 7 — §"}
    assert info == {"task_name": "toy", "row_id": "r7", "stand_in": False}
    _, reward, terminated, truncated, info = environment.step("<answer>w7</answer>")
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["strict"]
    assert info["reason"]["text"] == "right"
    assert info["parts"]["word"]["weight"] == 1
    assert info["steps"] == [{"name": "word", "earned": 1.0}]
    assert info["gates"] == {}
    assert "> <answer>w7</answer>\n1 · right" in str(environment.render())
    with pytest.raises(BadInput, match="reset"):
        environment.step("again")
    environment.close()


def test_seed_decides_the_rows(environment: TaskEnvironment) -> None:
    def drawn(seed: int) -> list[str]:
        first = environment.reset(seed=seed)[1]["row_id"]
        return [first, *(environment.reset()[1]["row_id"] for _ in range(5))]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_any_text_is_an_action(environment: TaskEnvironment) -> None:
    for text in ("", "﷽", "\ud800", "x" * 50_000):
        assert environment.action_space.contains(text)
        environment.reset(seed=1)
        assert environment.step(text)[1] == 0.0
    assert not environment.action_space.contains(7)


def test_no_rows(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no rows of toy"):
        TaskEnvironment(TOY, [])
    with pytest.raises(BadInput, match="no prepared rows"):
        make("bluebook", tmp_path)
    with pytest.raises(BadInput, match="no split"):
        make("bluebook", tmp_path, split="dev")
