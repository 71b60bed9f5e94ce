"""`cap-rlvr rows`: what is shown of a row, and what becomes of a rejected one."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cap_rlvr.cli.rows import app
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.rejects import read_rejects
from cap_rlvr.wire.rows import SPLITS

sys.path.insert(0, str(Path(__file__).parents[1] / "rows_toys"))
from row_toys import SENTENCE, entail_row, holding_row, write_case, write_rows


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    write_rows(folder, "entail", [entail_row("e1"), entail_row("e2", source_kind="synthetic")])
    write_rows(folder, "holding", [holding_row(f"h{number}") for number in range(30)], split="test")
    return folder


def whole(workspace: Path) -> None:
    """Make the splits that are not there, empty, as prep does."""
    for task in (workspace / "tasks").iterdir():
        for split in SPLITS:
            (task / f"{split}.jsonl").touch()


def call(workspace: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--workspace", str(workspace)], env={"COLUMNS": "200"})


def unwrapped(result: Result) -> str:
    return " ".join(result.output.split())


def fault(workspace: Path, *words: str) -> str:
    result = call(workspace, *words)
    assert isinstance(result.exception, BadInput | BadData), result.output
    return str(result.exception)


def test_a_row_is_shown_with_its_passage_prompt_gold_and_score(workspace: Path, tmp_path: Path) -> None:
    write_case(tmp_path / "source")
    told = unwrapped(call(workspace, "show", "e1", "--source", str(tmp_path / "source")))
    assert "https://static.case.law/tex-crim/31/html/0035-01.html" in told
    assert "Stone v. Weller" in told
    assert f"⟦gold: {SENTENCE}⟧" in told
    assert "does to the cited case:" in told  # the prompt
    assert "<answer>⟦label: DISTINGUISHES⟧</answer>" in told
    assert "label 1 0.6 0.6 DISTINGUISHES" in told
    assert "steps: label +0.6, consistency +0.25, reasoning +0.15" in told


def test_what_prep_read_is_looked_through_without_being_named(workspace: Path, tmp_path: Path) -> None:
    write_case(tmp_path / "source")
    (workspace / "cases").mkdir()
    (workspace / "cases" / "sources.json").write_text(json.dumps([str(tmp_path / "gone"), str(tmp_path / "source")]))
    assert f"⟦gold: {SENTENCE}⟧" in unwrapped(call(workspace, "show", "e1"))


def test_a_case_that_is_not_at_hand_is_said(workspace: Path) -> None:
    told = call(workspace, "show", "e1").output
    assert "not in the sources" in told
    assert "--source" in told
    assert "Gold and its score" in told


def test_fiction_has_no_link(workspace: Path) -> None:
    assert "static.case.law" not in call(workspace, "show", "e2").output


def test_rows_are_listed(workspace: Path) -> None:
    lines = call(workspace, "list", "holding", "--limit", "5").output.splitlines()
    assert lines[0] == "h0  we_hold  static  tex-crim/31/0035-01  <answer>B</answer>"
    assert len(lines) == 5
    assert (
        call(workspace, "list", "holding", "--kind", "other").output
        == "No rows of holding in test are of the kind other.\n"
    )


def test_an_empty_workspace_has_no_rows_to_show(tmp_path: Path) -> None:
    assert "there are no prepared rows" in fault(tmp_path, "show", "e")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "e"], "no prepared row has this id"),
        (["reject", "nope", "--why", "x"], "no prepared row has this id"),
        (["reject", "e1", "--why", " "], "a reason is needed"),
        (["list", "poetry"], "no task is named 'poetry'"),
        (["list", "entail", "--split", "dev"], "no split is named 'dev'"),
        (["list", "entail", "--split", "eval"], "there are no prepared rows"),
        (["print", "poetry", "--out", "x.md"], "no task is named 'poetry'"),
        (["print", "entail", "--out", "x.pdf"], "it ends in .pdf"),
    ],
)
def test_what_is_wrong_is_said(workspace: Path, words: list[str], says: str) -> None:
    assert says in fault(workspace, *words)


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_rows_are_printed_on_a_page_of_their_own(suffix: str, workspace: Path, tmp_path: Path) -> None:
    whole(workspace)
    write_case(tmp_path / "source")
    out = tmp_path / f"rows{suffix}"
    told = call(workspace, "print", "entail", "--out", str(out), "--source", str(tmp_path / "source")).output
    assert f"Wrote {out}: 1 rows" in told  # the real one: fiction is left out where there is something real
    page = out.read_text()
    assert "https://static.case.law/tex-crim/31/html/0035-01.html" in page
    assert "Stone v. Weller" in page
    assert "{inputs}" in page
    assert "DISTINGUISHES" in page
    assert "earns 1" in page
    assert ("⟦gold:" if suffix == ".md" else '<mark class="gold"><small>gold</small>') in page
    assert SENTENCE.split(",")[0] in page


def test_a_printed_gold_says_what_its_letter_stands_for(workspace: Path, tmp_path: Path) -> None:
    whole(workspace)
    row = holding_row("x1", inputs="A case.\n\nA. One *rule*.\nB. Two rules.\nC. None.")
    write_rows(workspace, "holding", [row], split="test")
    out = tmp_path / "x.md"
    told = call(workspace, "print", "holding", "--rows", "3", "--out", str(out)).output
    assert "1 cases are not in the sources" in told
    page = out.read_text()
    assert "> B. Two rules." in page
    assert "> A. One" not in page
    assert "not in the sources: gold 0-" in page


def test_printed_rows_take_labels_in_turn_and_cannot_break_the_page(workspace: Path, tmp_path: Path) -> None:
    whole(workspace)
    labels = ("OVERRULES", "AFFIRMS", "DISTINGUISHES")
    rows = [entail_row(f"{label}{n}", label, inputs="<b>```\x1b[2J") for label in labels for n in range(9)]
    write_rows(workspace, "entail", rows)
    for suffix in (".md", ".html"):
        out = tmp_path / f"rows{suffix}"
        call(workspace, "print", "entail", "--rows", "6", "--out", str(out))
        page = out.read_text()
        assert [page.count(f"<code>{label}") + page.count(f"`{label}") for label in labels] == [2, 2, 2]
        assert "\x1b" not in page
    assert "<b>" not in page
    assert "````text" in (tmp_path / "rows.md").read_text()


def test_a_rejection_is_kept_with_its_reason_and_shown(workspace: Path) -> None:
    assert (
        "e1 is out at the next cap-rlvr prep; 1 of entail"
        in call(workspace, "reject", "e1", "--why", "a dissent").output
    )
    kept = read_rejects(workspace / "rejects.jsonl")
    assert (kept["e1"].task, kept["e1"].why) == ("entail", "a dissent")
    assert "DISTINGUISHES" in kept["e1"].gold
    assert "rejected, out at the next build: a dissent" in call(workspace, "show", "e1").output
    assert "it has been rejected before" in fault(workspace, "reject", "e1", "--why", "again")
    (workspace / "rejects.jsonl").write_text("{}\n")
    assert "rejects.jsonl:1: this line is no reject" in fault(workspace, "show", "e1")


def test_names_in_a_row_cannot_steer_the_screen(workspace: Path) -> None:
    hostile: dict[str, Any] = {"inputs": "[bold]\x1b[2J[/bold]"}
    write_rows(workspace, "entail", [entail_row("e9", **hostile)], split="eval")
    told = call(workspace, "show", "e9").output
    assert "\x1b" not in told
    assert "[bold]" in told
