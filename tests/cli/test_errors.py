"""Bad input of any command is one sentence without a traceback, and a non-zero exit."""

import subprocess
import sys
from pathlib import Path

import pytest

from cap_rlvr import cli

BROKEN_ROW = (
    '{"id": "holding-broken", "case_id": "c/1/1", "task": "holding", "inputs": "?", "source_kind": "synthetic", '
    '"choices": null, "answer_idx": 0}\n'
)


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
        (["score", "by_id.jsonl"], "BadInput: example_id: no rows of entail are at hand"),
        (["lineage", "workspace/runs/broken"], "run.json"),
        (["rows", "show", "\udcff"], "not UTF-8"),
        (["label", "../x", "--summary"], "no task is named"),
        (["label", "holding"], "holding-broken: ground_truth.choices"),
        (["rows", "show", "holding-broken", "--source", "missing"], "no such file or folder"),
        (["quality", "--workspace", "workspace", "--task", "holding"], "holding-broken: ground_truth.choices"),
        (["vectors", "check", "--workspace", "afile"], "afile/vectors: there is no vector store"),
        (["run", "--config", "bad.toml"], "not a readable TOML file"),
        (["sft", "--config", "bad.toml"], "not a readable TOML file"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_one_sentence(words: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "workspace" / "runs" / "broken").mkdir(parents=True)
    (tmp_path / "workspace" / "runs" / "broken" / "run.json").write_text("{broken")
    rows = tmp_path / "workspace" / "tasks" / "holding"
    rows.mkdir(parents=True)
    for split in ("train", "eval", "test"):
        (rows / f"{split}.jsonl").write_text(BROKEN_ROW)
    (tmp_path / "afile").write_text("")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "by_id.jsonl").write_text('{"task": "entail", "completion": "x", "example_id": "y"}')
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
