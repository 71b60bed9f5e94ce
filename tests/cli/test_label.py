"""`cap-rlvr label`: a person at the keyboard, blind to the gold; nothing is lost and nothing asked twice."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cap_rlvr.cli.keyboard import ENDED, Keys
from cap_rlvr.cli.label import app
from cap_rlvr.wire.errors import BadData, BadInput

sys.path.insert(0, str(Path(__file__).parents[1] / "rows_toys"))
from row_toys import SENTENCE, entail_row, holding_row, write_case, write_rows

LABELS = {"OVERRULES": 3, "DISTINGUISHES": 6, "AFFIRMS": 2, "NONE": 8}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    for task in ("holding", "entail"):
        for split in ("train", "eval", "test"):
            write_rows(folder, task, [], split=split)
    write_rows(folder, "holding", [holding_row(f"h{number}") for number in range(6)], split="test")
    rows = [entail_row(f"{label}{number}", label) for label, count in LABELS.items() for number in range(count)]
    write_rows(folder, "entail", rows)
    return folder


def call(workspace: Path, keys: str, *words: str, task: str = "holding") -> Result:
    words = (task, *words, "--workspace", str(workspace))
    return CliRunner().invoke(app, list(words), input=keys, env={"COLUMNS": "200"})


def labels(workspace: Path, task: str = "holding", seed: str = "1") -> list[dict[str, Any]]:
    path = workspace / "labels" / f"{task}-{seed}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_agreement_is_told_with_its_interval(workspace: Path) -> None:
    told = call(workspace, "b " * 6, "--rows", "6").output
    assert "6 of 6 = 1.000 (0.610 to 1.000, unproven)" in told
    assert "Developer labels, not lawyers'" in told
    assert [(one["labels"], one["answer"], one["agrees"]) for one in labels(workspace)] == [
        ("developer", "option B", True)
    ] * 6


def test_the_gold_is_not_shown_before_the_answer(workspace: Path) -> None:
    asked = call(workspace, "q", "--rows", "6").output
    assert "The question of h" in asked
    assert "A juror who has formed" not in asked
    answered = call(workspace, "aq", "--rows", "6").output
    assert "B. A juror who has formed" in answered


def test_a_second_look_says_who_was_wrong(workspace: Path) -> None:
    told = call(workspace, "ag " + "awit is cut short\n " + "ac " + "b b b ", "--rows", "6").output
    assert [one["verdict"] for one in labels(workspace)] == ["gold_right", "gold_wrong", "unclear", "", "", ""]
    wrong = labels(workspace)[1]
    assert wrong["why"] == "it is cut short"
    assert f"cap-rlvr rows reject {wrong['row_id']} --why 'it is cut short'" in told
    assert "3 of 6 = 0.500" in told
    assert "4 of 5 = 0.800" in told


def test_skipping_undoing_quitting_and_going_on(workspace: Path) -> None:
    call(workspace, "b sb q", "--rows", "6")
    first = labels(workspace)
    assert [one["agrees"] for one in first] == [True, None, True]
    call(workspace, "uuq", "--rows", "6")
    assert labels(workspace) == first[:1]
    call(workspace, "agu" + "b " * 5, "--rows", "6")
    assert len({one["item"] for one in labels(workspace)}) == 6
    asked_nothing = call(workspace, "", "--rows", "6").output
    assert "Which option" not in asked_nothing
    assert "6 of 6 = 1.000" in call(workspace, "", "--summary").output


def test_nothing_typed_is_a_quit_and_odd_keys_are_passed_over(workspace: Path) -> None:
    assert call(workspace, "").exit_code == 0
    assert not (workspace / "labels").exists()
    call(workspace, "zB? b\r", "--rows", "2")
    assert [one["agrees"] for one in labels(workspace)] == [True, True]


@pytest.mark.parametrize("arrow", ["\x1b[A", "\x1bOA", "\x1b[1;5D", "\x1b[3~", "\x1b"])
def test_an_arrow_among_keys_typed_ahead_answers_nothing(arrow: str) -> None:
    typed = iter((f"b{arrow}B", ""))
    keys = Keys(lambda: next(typed), lambda: False)
    assert [keys.next(), keys.next()] == (["b", "b"] if arrow != "\x1b" else ["b", ENDED])


def test_an_escape_alone_waits_for_nothing() -> None:
    typed = iter("\x1bb")
    keys = Keys(lambda: next(typed), lambda: False)
    assert keys.next() == "b"


def test_what_is_badly_put_may_be_said_of_any_answer(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    told = call(workspace, "bx " + "agx " + "acxx " + "b ", "--rows", "4", "--out", str(out)).output
    assert [one["badly_put"] for one in labels(workspace)] == [True, True, False, False]
    assert [json.loads(line)["badly_put"] for line in out.read_text().splitlines()] == [True, True, False, False]
    row = next(line for line in told.splitlines() if "we_hold" in line and " of " in line)
    assert row.split()[-5:-1] == ["1", "2", "0", "none"] or row.split()[-4:] == ["1", "2", "0", "none"]


def test_an_answer_that_agreed_is_looked_at_and_corrected(workspace: Path) -> None:
    told = call(workspace, "bpwthe text is cut\n " + "bpc " + "bp  " + "b ", "--rows", "4").output
    given = labels(workspace)
    assert [(one["agrees"], one["verdict"], one["why"]) for one in given] == [
        (True, "gold_wrong", "the text is cut"),
        (True, "unclear", ""),
        (True, "", ""),
        (True, "", ""),
    ]
    assert "4 of 4 = 1.000" in told
    assert "2 of 3 = 0.667" in told
    assert f"cap-rlvr rows reject {given[0]['row_id']} --why 'the text is cut'" in told


def test_no_case_is_named_before_the_answer(workspace: Path) -> None:
    asked = call(workspace, "q", "--rows", "2").output
    assert "tex-crim" not in asked
    assert "static.case.law" in call(workspace, "bq", "--rows", "2").output


def test_where_one_is_and_that_it_is_over_are_told(workspace: Path) -> None:
    stopped = call(workspace, "b q", "--rows", "6").output
    assert "1 of 6. Which option" in stopped
    assert "2 of 6. Which option" in stopped
    assert "Stopped after 1 of 6; the same command goes on." in stopped
    assert "Looking up the cases of 6 questions" in stopped
    assert "The end: 6 of 6 done." in call(workspace, "b " * 5, "--rows", "6").output


def test_what_models_are_told_is_shown_once(workspace: Path) -> None:
    assert call(workspace, "b " * 6, "--rows", "6").output.count("Reply with the letter") == 1


def test_undo_in_the_second_look_asks_again(workspace: Path) -> None:
    call(workspace, "aub ", "--rows", "1")
    assert [(one["agrees"], one["verdict"]) for one in labels(workspace)] == [(True, "")]
    call(workspace, "aq", "--rows", "2")
    assert len(labels(workspace)) == 1


def test_every_row_of_one_label_and_up_to_some_of_the_others(workspace: Path) -> None:
    keys = "s" * sum(LABELS.values())
    call(workspace, keys, "--every", "OVERRULES", "--each", "2", task="entail")
    asked = [one["stratum"] for one in labels(workspace, "entail")]
    assert {label: asked.count(label) for label in LABELS} == {
        "OVERRULES": 3, "DISTINGUISHES": 2, "AFFIRMS": 2, "NONE": 2,
    }  # fmt: skip
    assert asked != sorted(asked)


def test_labels_are_exported(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    call(workspace, "b b ", "--rows", "2", "--out", str(out))
    assert [json.loads(line) for line in out.read_text().splitlines()] == labels(workspace)


def test_hidden_words_are_given_back_where_the_case_is_at_hand(workspace: Path, tmp_path: Path) -> None:
    write_case(tmp_path / "source")
    rows = [entail_row("m1")]
    masked = rows[0].truth["context"].replace("distinguishable", "[MASK]")
    masked_row = rows[0].model_copy(
        update={
            "inputs": rows[0].inputs.replace("distinguishable", "[MASK]"),
            "truth": {**rows[0].truth, "context": masked},
        }
    )
    write_rows(workspace, "entail", [masked_row])
    hidden = call(workspace, "q", task="entail").output
    shown = call(workspace, "q", "--source", str(tmp_path / "source"), task="entail").output
    assert "Harker is [MASK], because" in hidden
    assert SENTENCE[:40] in shown
    assert "Harker is [MASK], because" not in shown


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--every", "REVERSES"], BadInput, "no rows are REVERSES"),
        (["--seed", "../x"], BadInput, "seed"),
        (["--workspace", "/nowhere"], BadInput, "there are no prepared rows"),
        (["--seed", "broken"], BadData, r"holding-broken.jsonl:1: this line is no label"),
    ],
)
def test_what_is_wrong_is_said(workspace: Path, words: list[str], error: type[Exception], says: str) -> None:
    (workspace / "labels").mkdir()
    (workspace / "labels" / "holding-broken.jsonl").write_text("{}\n")
    result = CliRunner().invoke(app, ["holding", "--workspace", str(workspace), *words])
    assert isinstance(result.exception, error)
    assert says in str(result.exception)


def test_at_a_real_terminal(workspace: Path) -> None:
    """Single keys without Enter, an arrow key that answers nothing, a line of reasons, Ctrl-C to quit."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "cap_rlvr.cli", "label", "holding", "--rows", "6", "--workspace", str(workspace)]
    process = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    )
    os.close(theirs)
    seen = ""
    for key, then in (("", "Which option"), ("\x1b[A", ""), ("b", "agrees"), ("\r", "Which option"), ("a", "second look"),
                      ("w", "wrong with it"), ("cut short\n", "Kept."), ("u", "Taken back"), ("\x03", "Developer labels, not")):  # fmt: skip
        os.write(ours, key.encode())
        seen = until(ours, then)
    assert process.wait(timeout=30) == 0
    os.close(ours)
    assert "1 of 1 = 1.000" in seen
    assert [one["agrees"] for one in labels(workspace)] == [True]


def test_keys_typed_while_a_question_prints_are_kept(workspace: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "cap_rlvr.cli", "label", "holding", "--rows", "6", "--workspace", str(workspace)]
    os.write(ours, b"b b a")  # before the program has come up
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "200"})
    os.close(theirs)
    until(ours, "second look")
    os.write(ours, b"wcut short\n b b b ")  # a key, a line and keys again, all at once
    seen = until(ours, "Developer labels, not")
    assert process.wait(timeout=30) == 0
    os.close(ours)
    assert "The end: 6 of 6 done." in seen
    assert [(one["agrees"], one["why"]) for one in labels(workspace)] == [
        (True, ""), (True, ""), (False, "cut short"), (True, ""), (True, ""), (True, ""),
    ]  # fmt: skip


def until(terminal: int, words: str, seconds: float = 60.0) -> str:
    """Read until the words come, and then until the program waits."""
    seen, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.3)[0]:
            try:
                seen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
        elif words in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen):
            return seen
    assert words in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen), seen
    return seen
