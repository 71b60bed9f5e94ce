"""What the command prints, writes and exits with."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from echo_task import TASK, examples
from typer.testing import CliRunner

from cap_rlvr.cli import quality as command
from cap_rlvr.cli.attack import app as attack_app
from cap_rlvr.cli.quality import app
from cap_rlvr.quality.lines import Line, line, unmeasured
from cap_rlvr.quality.page import as_json, render
from cap_rlvr.quality.results import Attacker, Attempt, Offence, Suite
from cap_rlvr.quality.samples import prepared
from cap_rlvr.quality.tables import verdict
from cap_rlvr.wire.errors import BadData, BadInput

BAD = "<script>alert(1)</script>\u202e"


def attacker_of(holes: int, tried: Attempt) -> Attacker:
    return Attacker(
        task="echo",
        method="search",
        attempts=90,
        scored=60,
        turns=1,
        holes=holes,
        best=tried,
        worst_excess=tried if holes else None,
    )


def suite(*lines: Line, holes: int = 0, offences: tuple[Offence, ...] = ()) -> Suite:
    tried = Attempt(row_id="echo-1", reward=0.4, limit=0.0, reason="why", completion=BAD)
    attacker = attacker_of(holes, tried)
    return Suite(
        form="short",
        origin="fiction",
        seed="7",
        rows={"echo": {"real": 0, "synthetic": 30}},
        sets={"echo": "ab" * 32},
        scorers={"echo": "cd" * 32},
        lines=lines,
        offences=offences,
        attackers=(attacker,),
    )


TRIED = line("echo", "false_accepts", "pooled", 0.0, 30)
FEW = unmeasured("echo", "false_accepts", "pooled", 1, "too few rows: 1 of 25")
RIGHT = line("echo", "ceiling", "pooled", 1.0, 30)
LOW = line("echo", "junk_mean", "pooled", 0.5, 30, "refusal 12")
OPEN = unmeasured("echo", "constant", "pooled", 30, "too few rows: 30 of 41 in a source and split")
OFFENCE = Offence(
    task="echo",
    line="junk_mean",
    source="synthetic",
    row_id="echo-9",
    family="refusal",
    reward=0.5,
    limit=0.0,
    reason="a reason",
    completion=BAD,
)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (suite(RIGHT), 0),
        (suite(RIGHT, OPEN), 0),
        (suite(RIGHT, LOW), 1),
        (suite(RIGHT, holes=3), 1),
        (suite(OPEN), 1),
    ],
)
def test_exit_code(made: Suite, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "run", lambda *_, **__: (made, None))
    assert CliRunner().invoke(app, ["--form", "short"]).exit_code == code


def test_rq_is_the_smallest_q_and_the_weakest_link_is_named() -> None:
    made = suite(RIGHT, LOW, OPEN)
    said = " ".join(verdict(made, None))
    assert made.rq == pytest.approx(0.25)
    assert "echo, junk, mean" in said
    assert "refusal 12" in said
    assert "Not measured, so not held: 1 lines: echo, best constant answer (too few rows" in said


def test_nothing_measured_is_no_rq() -> None:
    assert suite(OPEN).rq is None
    assert "nothing could be measured" in verdict(suite(OPEN), None)[0]


def test_json_begins_with_rq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "run", lambda *_, **__: (suite(RIGHT, OPEN), suite(LOW)))
    run = CliRunner().invoke(app, ["--json", "--naive"])
    told = orjson.loads(run.stdout)
    assert next(iter(told)) == "rq"
    assert (told["rq"], told["naive_rq"], told["passed"]) == (1.0, 0.25, True)
    assert told["rq_by_source"] == {"real": None, "synthetic": 1.0}
    assert told["not_measured"] == ["echo constant: too few rows: 30 of 41 in a source and split"]
    assert told == orjson.loads(orjson.dumps(as_json(suite(RIGHT, OPEN), suite(LOW))))


def test_the_page_stands_alone_and_escapes_what_a_model_wrote(tmp_path: Path) -> None:
    text = render(suite(RIGHT, LOW, OPEN, holes=1, offences=(OFFENCE,)), suite(LOW))
    assert "alert(1)" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    for shown in ("0.2500", "not measured", "refusal", "echo-9", "a reason", "naive"):
        assert shown in text, shown


def test_an_unknown_form_is_one_sentence() -> None:
    run = CliRunner().invoke(app, ["--form", "huge"])
    assert isinstance(run.exception, BadInput)
    assert "short, default, full" in str(run.exception)


def test_a_named_workspace_without_rows_is_bad_input(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["--workspace", str(tmp_path)])
    assert isinstance(run.exception, BadInput)
    assert "cap-rlvr prep" in str(run.exception)


def test_rows_of_a_workspace_are_read_with_their_source(tmp_path: Path) -> None:
    folder = tmp_path / "tasks" / "echo"
    folder.mkdir(parents=True)
    rows = [one.row for one in (*examples(2), *examples(1, "real"))]
    (folder / "test.jsonl").write_text("".join(row.model_dump_json() + "\n" for row in rows))
    assert [one.source for one in prepared(TASK, tmp_path)] == ["synthetic", "synthetic", "real"]
    (folder / "train.jsonl").write_text("{}\n")
    with pytest.raises(BadData, match=r"train\.jsonl:1"):
        prepared(TASK, tmp_path)


def test_a_task_that_no_attack_was_tried_on_is_not_passed() -> None:
    assert suite(RIGHT, TRIED).passed
    few = suite(RIGHT, FEW)
    assert few.rq == 1.0
    assert not few.passed
    assert "Too few rows to judge: echo. Prepare more, or leave --workspace out." in verdict(few, None)


def test_tasks_without_rows_are_told_as_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cap_rlvr.quality import suite as runner

    monkeypatch.setattr(runner.registry, "get", lambda _: TASK)
    monkeypatch.setattr(runner.registry, "scorer_id", lambda _: type("Id", (), {"sha256": "0"}))
    told: list[Any] = []
    made = runner.measure({"echo": []}, runner.SHORT, "nowhere", "7", lambda *what: told.append(what))
    assert made.rq is None
    assert not made.passed
    assert len(made.not_measured) >= 10


@pytest.mark.parametrize(("holes", "code"), [(0, 0), (3, 1)])
def test_attack_tells_the_best_output_and_exits_1_for_one_above_its_limit(
    holes: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = Attempt(row_id="echo-1", reward=0.04, limit=0.0, reason="why", completion="the whole output" + "." * 400)
    asked: list[Any] = []

    def found(*given: Any) -> list[Attacker]:
        asked.extend(given)
        return [attacker_of(holes, tried)]

    monkeypatch.setattr("cap_rlvr.quality.attack.attack", found)
    monkeypatch.setattr(command, "examples_for", lambda *_: ({"holding": examples(3)}, "fiction"))
    words = ["holding", "--attempts", "90", "--steps", "7", "--keep", str(tmp_path)]
    result = CliRunner().invoke(attack_app, words, env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    assert "best that deserves nothing: 0.04 of at most 0 on echo-1 (why)" in result.output
    assert tried.completion in result.output
    assert ("above its limit: 0.04" in result.output) == bool(holes)
    assert (asked[0].name, asked[2:4], asked[-1]) == ("holding", [90, 7], tmp_path)
