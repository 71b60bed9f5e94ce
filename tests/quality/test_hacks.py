"""A hack seen in training is one line of hacks.jsonl, and is tried from then on."""

import json
from pathlib import Path

import pytest
from echo_task import examples, gamed, score

from cap_rlvr.quality import judging
from cap_rlvr.quality.hacks import Hack, hacks_of
from cap_rlvr.quality.judging import judge
from cap_rlvr.wire.errors import BadData


def test_a_line_is_a_hack(tmp_path: Path) -> None:
    (tmp_path / "echo").mkdir()
    line = json.dumps({"seen": "run-1 step 9", "completion": "<answer>x</answer>", "limit": 0})
    (tmp_path / "echo" / "hacks.jsonl").write_text(line + "\n\n")
    assert hacks_of("echo", tmp_path) == (Hack(seen="run-1 step 9", completion="<answer>x</answer>", limit=0),)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "echo").mkdir()
    (tmp_path / "echo" / "hacks.jsonl").write_text('{"seen": "run-1", "limit": 0}\n')
    with pytest.raises(BadData, match=r"hacks\.jsonl:1: completion"):
        hacks_of("echo", tmp_path)


def test_no_file_is_no_hacks(tmp_path: Path) -> None:
    assert hacks_of("none", tmp_path) == ()


def test_a_hack_of_a_row_is_tried_against_that_rows_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    hack = Hack(seen="run-1 step 9", completion="please", limit=0, ground_truth={"word": "laches"})
    monkeypatch.setattr(judging, "hacks_of", lambda _: (hack,))
    task = gamed(lambda truth, said: 1.0 if (said, truth.word) == ("please", "laches") else score(truth, said).reward)
    worst = judge(task, examples(3), "7", lambda: None).offences()
    assert [(one.family, one.reward, one.row_id) for one in worst if one.line == "false_accepts"] == [
        ("seen/run-1 step 9", 1.0, "hacks.jsonl")
    ]
