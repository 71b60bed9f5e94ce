"""What is refused before anything long begins, each with one sentence that says what to do."""

from pathlib import Path

import pytest

from cap_rlvr import registry
from cap_rlvr.cli.loop import checks
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import GrpoConfig, RowsConfig, RunConfig, SftConfig

CONFIG = RunConfig(sft=SftConfig(steps=1), grpo=GrpoConfig(steps=1))


def test_tasks() -> None:
    config = Path("small.toml")
    assert checks.check_tasks((), CONFIG, config) == registry.names()
    assert checks.check_tasks(("bluebook",), CONFIG, config) == ("bluebook",)
    with pytest.raises(BadInput, match="nosuch"):
        checks.check_tasks(("bluebook", "nosuch"), CONFIG, config)


def test_a_run_that_would_train_nothing_is_refused() -> None:
    config = CONFIG.model_copy(update={"rows": RowsConfig(kinds={"holding": ()})})
    assert checks.check_tasks(("bluebook", "holding"), config, Path("small.toml"))
    with pytest.raises(BadInput, match=r"small\.toml: rows\.kinds"):
        checks.check_tasks(("holding",), config, Path("small.toml"))


def test_model_folder_must_hold_a_model(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no config\.json"):
        checks.check_model(CONFIG, str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    assert checks.check_model(CONFIG, str(tmp_path)) == str(tmp_path)
    assert checks.check_model(CONFIG, "Qwen/Qwen3-0.6B") == "Qwen/Qwen3-0.6B"
    assert not checks.check_model(CONFIG, "")


def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "free" in checks.check_room(tmp_path / "not" / "yet", 1)
    monkeypatch.setattr(checks, "BASE_DISK_MB", 10**9)
    with pytest.raises(BadInput, match="are needed") as refusal:
        checks.check_room(tmp_path, 1)
    assert "WORKSPACE=" in str(refusal.value)
    monkeypatch.setattr(checks, "BASE_DISK_MB", 0)
    with pytest.raises(BadInput, match="REPLICAS="):
        checks.check_room(tmp_path, 10**6)


def test_workspace_must_be_a_folder(tmp_path: Path) -> None:
    checks.check_writable(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="WORKSPACE="):
        checks.check_writable(tmp_path / "file")
