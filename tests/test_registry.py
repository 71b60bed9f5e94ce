"""What a scorer's identity is made of."""

from pathlib import Path

import pytest

from cap_rlvr import registry, task
from cap_rlvr.registry import scoring_modules
from cap_rlvr.wire.errors import BadInput

ROOT = Path(task.__file__).parent


@pytest.mark.parametrize("name", registry.names())
def test_scoring_is_what_the_reward_imports(name: str) -> None:
    found = {path.relative_to(ROOT).as_posix() for path in scoring_modules(name)}
    assert {f"tasks/{name}/reward.py", "answer.py", "task.py", "wire/scoring.py"} <= found
    assert not found & {f"tasks/{name}/{other}" for other in ("extract.py", "probes.py", "assemble.py", "__init__.py")}


def test_what_a_scorer_imports_is_followed() -> None:
    bluebook = {path.relative_to(ROOT).as_posix() for path in scoring_modules("bluebook")}
    assert {"law/same_name.py", "tasks/bluebook/truth.py", "law/courts.py", "law/reporters.py"} <= bluebook
    assert not bluebook & {"tasks/bluebook/phrasing.py", "law/holdings.py"}
    summarise = {path.relative_to(ROOT).as_posix() for path in scoring_modules("summarise")}
    assert {"tasks/summarise/grounding.py", "tasks/summarise/words.py"} <= summarise  # imported as files of the folder
    holding = {path.relative_to(ROOT).as_posix() for path in scoring_modules("holding")}
    assert not holding & {"tasks/holding/options.py", "tasks/holding/excerpt.py", "tasks/holding/roles.py"}


def test_a_folder_without_a_task_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("cap_rlvr.tasks.holding.TASK")
    with pytest.raises(BadInput, match=r"holding/__init__\.py: this folder holds no task.*new_task\.md"):
        registry.get.__wrapped__("holding")
