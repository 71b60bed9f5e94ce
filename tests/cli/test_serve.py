import os
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cap_rlvr.cli.serve import app
from cap_rlvr.wire.errors import BadInput


class Became(Exception):
    pass


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs `serve` in an empty folder and returns the settings that the service would be started with."""
    monkeypatch.chdir(tmp_path)
    found: dict[str, str] = {}

    def become(program: str, arguments: list[str], environment: dict[str, str]) -> None:
        assert program == sys.executable
        assert arguments[1:] == ["-m", "services.reward_api"]
        found.update({name: value for name, value in environment.items() if name.startswith("REWARD_")})

    monkeypatch.setattr(os, "execve", become)

    def call(*arguments: str) -> dict[str, str]:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None:
            raise result.exception
        return found

    return call


def test_nothing_given_invents_cases(run: Any) -> None:
    found = run()
    assert found == {
        "REWARD_PORT": "8100",
        "REWARD_HOST": "127.0.0.1",
        "REWARD_OPEN_SPLITS": "train,eval",
        "REWARD_SYNTHETIC": "200",
    }


def test_the_workspace_beside_is_found(run: Any, tmp_path: Path) -> None:
    manifest = tmp_path / "workspace" / "tasks" / "toy" / "MANIFEST.json"
    manifest.parent.mkdir(parents=True)
    manifest.touch()
    found = run("--workers", "3", "--port", "0")
    assert (found["REWARD_WORKSPACE"], found["REWARD_SYNTHETIC"]) == ("workspace", "0")
    assert (found["REWARD_WORKERS"], found["REWARD_PORT"]) == ("3", "0")
    assert "REWARD_KEY_FILE" not in found
    assert run("--key-file", "keys.json")["REWARD_KEY_FILE"] == "keys.json"


def test_a_named_workspace_must_have_rows(run: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no prepared rows"):
        run("--workspace", str(tmp_path / "other"))


def test_variables_that_are_set_stay(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_PORT", "8155")
    monkeypatch.setenv("REWARD_OPEN_SPLITS", "eval")
    assert (run()["REWARD_PORT"], run()["REWARD_OPEN_SPLITS"]) == ("8155", "eval")
    assert run("--port", "8200")["REWARD_PORT"] == "8200"


def test_invented_cases_by_variable_as_the_service_itself_takes_them(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_SYNTHETIC", "30")
    assert run()["REWARD_SYNTHETIC"] == "30"
    monkeypatch.setenv("REWARD_SYNTHETIC", "0")
    assert run()["REWARD_SYNTHETIC"] == "200"


def test_two_sources(run: Any) -> None:
    with pytest.raises(BadInput, match=r"--workspace .*, --synthetic"):
        run("--workspace", "w", "--synthetic", "5")


def test_help_has_examples() -> None:
    shown = CliRunner().invoke(app, ["--help"], terminal_width=120).output
    assert "cap-rlvr serve --synthetic 1000" in shown
