"""docs/plan.md maps the user's plan to what is here: each name in its second column must exist, and light ones run."""

import importlib
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

from cap_rlvr.cli import COMMANDS
from cap_rlvr.envs import PLAN_ENVIRONMENTS
from cap_rlvr.wire.jobs import RunConfig
from cap_rlvr.wire.workspace import Workspace

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "docs" / "plan.md"
CASES = 120  # fewer give no retrieval rows: a list needs forty cases that share no authority
PLANNED = {kind.TASK for kind in PLAN_ENVIRONMENTS}  # another task may find nothing in so few cases
MADE_BY_PREP = ("workspace/tasks/", "workspace/sft/")


def rows() -> list[tuple[str, str, str]]:
    """The cells of every row of every table: the plan's name, ours, the difference."""
    lines = [line for line in PLAN.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    table = [cells for cells in table if cells[0] != "plan" and not set(cells[0]) <= {"-"}]
    assert all(len(cells) == 3 for cells in table), [cells for cells in table if len(cells) != 3]
    return [(plan, ours, difference) for plan, ours, difference in table]


def spans(*cells: str) -> list[str]:
    """What stands in backticks."""
    return [span for cell in cells for span in re.findall(r"`([^`]+)`", cell)]


OURS = sorted({span for row in rows() for span in spans(row[1])})
COMMAND_LINES = sorted({span for row in rows() for span in spans(*row[1:]) if span.startswith("cap-rlvr ")})
FIELDS = sorted({span for row in rows() for span in spans(*row[1:]) if span.startswith(("row: ", "pair: ", "chat: "))})
CHECKED_ASIDE = ("configs: ", "cap_rlvr.", "src/", "services/", "bootstrap.py")
ASIDE = {span for row in rows() for span in spans(row[2]) if span.startswith(CHECKED_ASIDE)}
NAMES = sorted({span for span in OURS if span not in {*COMMAND_LINES, *FIELDS}} | ASIDE)


def test_every_row_says_where_or_why_not() -> None:
    assert len(rows()) > 200
    for plan, ours, difference in rows():
        assert ours == "not yet" or (ours == "no" and difference) or spans(ours), (plan, ours)


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_commands_and_flags_exist(line: str) -> None:
    words = shlex.split(line)[1:]
    assert words[0] in COMMANDS
    command: Any = typer.main.get_command(importlib.import_module(f"cap_rlvr.cli.{words[0]}").app)
    if hasattr(command, "commands"):
        command = command.commands[words[1]]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("name", NAMES)
def test_files_classes_and_settings_exist(name: str) -> None:
    kind, _, rest = name.partition(": ")
    if kind == "configs":
        assert has_setting(rest)
    elif name.startswith("make "):
        assert f"\n{name.split()[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    elif name.startswith("workspace/"):
        assert hasattr(Workspace, name.split("/")[1].replace("runs", "run"))
    elif name.startswith("cap_rlvr."):
        assert resolves(name)
    else:
        assert (ROOT / name).is_file()


def has_setting(name: str) -> bool:
    model: Any = RunConfig
    for step in name.split("."):
        if not (isinstance(model, type) and issubclass(model, BaseModel) and step in model.model_fields):
            return False
        model = model.model_fields[step].annotation
    return True


def resolves(name: str) -> bool:
    """A dotted name: the longest module that it begins with, then attributes or a model's fields."""
    steps = name.split(".")
    module, rest = steps[0], steps[1:]
    while rest and importlib.util.find_spec(f"{module}.{rest[0]}"):
        module, rest = f"{module}.{rest[0]}", rest[1:]
        if not hasattr(importlib.import_module(module), "__path__"):
            break
    at: Any = importlib.import_module(module)
    for step in rest:
        if not hasattr(at, step) and step not in getattr(at, "model_fields", {}):
            return False
        at = getattr(at, step, None)
    return True


def test_a_wrong_name_would_be_found() -> None:
    assert not has_setting("grpo.epochs")
    assert not resolves("cap_rlvr.wire.runs.StepRecord.applause")
    assert not resolves("cap_rlvr.nowhere")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `source` and `workspace`, made by the commands of the map."""
    folder = tmp_path_factory.mktemp("plan")
    cap_rlvr(folder, f"corpus synthesize source --cases {CASES} --seed 3")
    cap_rlvr(folder, "prep source --workspace workspace --tasks all --workers 1 --format all")
    return folder


def cap_rlvr(folder: Path, arguments: str) -> str:
    command = [sys.executable, "-c", "from cap_rlvr.cli import main; main()", *shlex.split(arguments)]
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, "REDIS_URL": ""}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def lines(workspace: Path, pattern: str) -> list[dict[str, Any]]:
    paths = sorted(workspace.glob(pattern))
    assert paths, pattern
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_the_corpus_commands_run(prepared: Path) -> None:
    assert re.search(rf"in all +{CASES}\b", cap_rlvr(prepared, "corpus info source"))
    assert f"{CASES} records read" in cap_rlvr(prepared, "corpus check source")


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_prepared_files_are_where_the_map_says(prepared: Path) -> None:
    for name in (name for name in NAMES if name.startswith(MADE_BY_PREP)):
        head, brace, tail = name.partition("{")
        for end in tail.rpartition("}")[0].split(",") if brace else [""]:
            pattern = (head + end + tail.rpartition("}")[2]).replace("<task>", "*")
            found = [path.parent.name for path in prepared.glob(pattern)]
            assert found, pattern
            assert "*" not in pattern or set(found) >= PLANNED


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_prepared_lines_have_the_fields_of_the_map(prepared: Path) -> None:
    workspace = prepared / "workspace"
    of = {
        "row": lines(workspace, "tasks/*/*.jsonl"),
        "pair": lines(workspace, "sft/separate/*/*.jsonl") + lines(workspace, "sft/unified/*.jsonl"),
        "chat": lines(workspace, "sft/chat/*.jsonl"),
    }
    for kind, name in (field.split(": ") for field in FIELDS):
        task, _, field = name.rpartition(".")
        meant = [line for line in of[kind] if not task or line["task"] == task]
        assert meant, name
        assert all(field in line for line in meant), name


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_statistics_are_counted_and_nothing_is_written(prepared: Path) -> None:
    sets = prepared / "workspace" / "sft"
    before = {path: path.stat().st_mtime_ns for path in sets.rglob("*")}
    shown = cap_rlvr(prepared, "prep source --workspace workspace --stats-only")
    assert all(task in shown for task in PLANNED)
    assert {path: path.stat().st_mtime_ns for path in sets.rglob("*")} == before
    assert "bluebook" in cap_rlvr(prepared, "lineage workspace/tasks/bluebook")
