"""`sft`, `grpo` and `eval` become the trainer, started as the queue `train` starts it."""

import os
from pathlib import Path

import pytest

from cap_rlvr.cli import trainer_program
from cap_rlvr.cli.trainer_program import become, flags_of
from cap_rlvr.wire.errors import BadInput


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that this process would have become."""
    words: list[str] = []
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    monkeypatch.setattr(os, "execv", lambda _, command: words.extend(command[1:]))
    monkeypatch.delenv("TRAINER_PROCESSES", raising=False)
    return words


FLAGS = flags_of("r", Path("w"), Path("c.toml"), "all", "")


def test_one_process_is_started_plainly(called: list[str]) -> None:
    become("sft", FLAGS, {})
    assert called == ["-m", "services.trainer.sft", "--run", "r", "--workspace", "w", "--config", "c.toml"]


def test_several_are_started_on_a_gpu_each(called: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_PROCESSES", "2")
    become("sft", FLAGS, {})
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "-m", "services.trainer.sft"]
    assert called[: len(launch)] == launch


@pytest.mark.parametrize("given", ["two", "0", "-1", ""])
def test_a_wrong_number_of_processes_is_named(given: str, called: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_PROCESSES", given)
    with pytest.raises(BadInput, match="TRAINER_PROCESSES"):
        become("sft", FLAGS, {})
    assert not called


def test_the_default_config_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert trainer_program.CONFIG.is_file()
