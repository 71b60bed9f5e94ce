"""Bad input of any command is one sentence without a traceback, and a non-zero exit."""

import subprocess
import sys
from pathlib import Path

import pytest

from cap_rlvr import cli


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["corpus", "info", "/dev/null"], "neither a file nor a folder"),
        (["corpus", "info", "missing"], "no such file or folder"),
        (["prep", "empty.jsonl", "--workspace", "afile"], "afile"),
        (["report", "nope"], "no run is there"),
        (["report", "../../.."], "not a run's id"),
        (["report", "broken"], "run.json"),
        (["status"], "run.json"),
        (["lineage", "workspace/runs/broken"], "run.json"),
        (["run", "--config", "bad.toml"], "not a readable TOML file"),
        (["sft", "--config", "bad.toml"], "not a readable TOML file"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_one_sentence(words: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "workspace" / "runs" / "broken").mkdir(parents=True)
    (tmp_path / "workspace" / "runs" / "broken" / "run.json").write_text("{broken")
    (tmp_path / "afile").write_text("")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "bad.toml").write_text("[[[")
    command = [sys.executable, "-m", "cap_rlvr.cli", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in {1, 2}
    assert says in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def absent(name: str) -> None:
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_an_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "app", lambda: absent("duckdb"))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "duckdb is not installed. Type: make setup\n"


def test_a_module_of_ours_that_is_missing_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "app", lambda: absent("cap_rlvr.nowhere"))
    with pytest.raises(ModuleNotFoundError):
        cli.main()
