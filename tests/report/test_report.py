"""The report holds what the run's files say, and says plainly what did not move."""

import json
from pathlib import Path

import pytest

from cap_rlvr.report.intervals import mean_interval, paired_interval
from cap_rlvr.report.page import write_report
from cap_rlvr.report.records import read_lines, read_run
from cap_rlvr.report.summary import surviving
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.runs import NOT_ASKED, EvalRecord, PhaseRecord, RunRecord, SftRecord, Stage, StepRecord, StepSeconds


def step(number: int, policy: str = "policy-v0-aaaaaaaa", **changes: object) -> StepRecord:
    seconds = StepSeconds(queue=0.1, generation=2, reward=0.2, sync=0.3, optimiser=1, total=3.6)
    values: dict[str, object] = {
        "step": number, "policy": policy, "seconds": seconds, "loss": 0.1, "learning_rate": 1e-3, "gradient_norm": 1.0,
        "reward_mean": 0.5, "reward_std": 0.1, "reward_by_task": {"bluebook": 0.5}, "strict_by_task": {"bluebook": 0.4},
        "rows": 8, "null_rows": 0, "dropped_groups": 0, "zero_variance_share": 0.2, "truncated_share": 0.0,
        "completion_tokens_mean": 20.0, "generated_tokens_per_second": 100.0, "replicas": 1,
        "groups_by_worker": {"w1": 1}, "request_ids": (f"r{number}",), "logprob_gap": 0.001, "entropy": 0.5,
    }  # fmt: skip
    return StepRecord.model_validate({**values, **changes})


def evaluation(stage: Stage, row: int, strict: bool) -> EvalRecord:
    return EvalRecord(
        stage=stage, policy="p", row_id=f"row{row}", task="bluebook", source_kind=SourceKind.STATIC, kind="conversion",
        prompt="Cite <this> & that", completion="<answer>1 Mich. 1</answer>", finish_reason="stop",
        reward=1.0 if strict else 0.0, strict=strict, parse_mode="tag", reason="right" if strict else "wrong page",
    )  # fmt: skip


def write(path: Path, records: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(record.model_dump_json() + "\n" for record in records))  # type: ignore[attr-defined]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = RunRecord(
        id="r", source="somewhere", source_kinds=("static",), model="small", tasks=("bluebook",), seed=1, config={},
        machine={"cores": 2}, phases=(PhaseRecord(name="prep", seconds=2.0),), lineage={"rows": "ab"},
        yields=[{"task": "bluebook", "rows": 3}],
    )  # fmt: skip
    (tmp_path / "run.json").write_text(run.model_dump_json())
    write(tmp_path / "steps.jsonl", [step(1), step(2), step(2, policy="policy-v1-bbbbbbbb")])
    write(tmp_path / "sft.jsonl", [SftRecord(step=1, loss=2.0, learning_rate=1e-3, tokens=10, seconds=1.0)])
    write(tmp_path / "eval" / "after_sft.jsonl", [evaluation("after_sft", row, row < 10) for row in range(60)])
    write(tmp_path / "eval" / "after_grpo.jsonl", [evaluation("after_grpo", row, row < 40) for row in range(60)])
    return tmp_path


def test_report_says_what_moved(folder: Path) -> None:
    page = write_report(folder).read_text()
    figures = json.loads((folder / "report.json").read_text())["tasks"]["bluebook"]
    assert figures["after_sft"]["strict"] == pytest.approx(1 / 6)
    assert figures["grpo_gain"]["strict"] == pytest.approx(0.5)
    assert figures["grpo_gain"]["moved"] is True
    assert "GRPO raised strict accuracy by 50.0 points" in page
    assert "Cite &lt;this&gt; &amp; that" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_report_marks_a_task_that_did_not_move(folder: Path) -> None:
    write(folder / "eval" / "after_grpo.jsonl", [evaluation("after_grpo", row, row < 11) for row in range(60)])
    assert "did not move" in write_report(folder).read_text()


def test_rows_too_long_to_ask_are_counted_apart(folder: Path) -> None:
    unasked = {"completion": "", "finish_reason": NOT_ASKED, "reward": None, "strict": None, "parse_mode": None}
    for stage in ("after_sft", "after_grpo"):
        asked = [evaluation(stage, row, row < 10) for row in range(60)]
        too_long = [evaluation(stage, row, False).model_copy(update=unasked) for row in range(60, 65)]
        write(folder / "eval" / f"{stage}.jsonl", [*asked, *too_long])
    write_report(folder)
    figures = json.loads((folder / "report.json").read_text())["tasks"]["bluebook"]["after_grpo"]
    assert (figures["n"], figures["not_asked"], figures["unjudged"], figures["truncated"]) == (60, 5, 0, 0)
    assert figures["strict"] == pytest.approx(1 / 6)
    for stage in ("after_sft", "after_grpo"):
        write(
            folder / "eval" / f"{stage}.jsonl",
            [evaluation(stage, row, False).model_copy(update=unasked) for row in range(5)],
        )
    assert "the prompts of all 5 held-out rows are longer" in write_report(folder).read_text()


def test_report_tells_the_kinds_of_questions_and_which_of_them_train(folder: Path) -> None:
    run = folder / "run.json"
    run.write_text(run.read_text().replace('"config":{}', '"config":{"rows":{"kinds":{"bluebook":["open_book"]}}}'))
    page = write_report(folder).read_text()
    kinds = json.loads((folder / "report.json").read_text())["tasks"]["bluebook"]["kinds"]
    strict = {"after_sft": pytest.approx(1 / 6), "after_grpo": pytest.approx(2 / 3)}
    rows = {"after_sft": 60, "after_grpo": 60}
    assert kinds == {"conversion": {"trained": False, "n": rows, "strict": strict}}
    assert "no, only asked" in page


def test_a_report_on_fiction_alone_says_so(folder: Path) -> None:
    assert "All cases are invented" not in write_report(folder).read_text()
    run = folder / "run.json"
    run.write_text(run.read_text().replace('"static"', '"synthetic"'))
    assert "All cases are invented" in write_report(folder).read_text()


def test_repeated_steps_count_once() -> None:
    kept = surviving([step(1), step(2), step(2, policy="policy-v1-bbbbbbbb")])
    assert [(record.step, record.policy) for record in kept] == [(1, "policy-v0-aaaaaaaa"), (2, "policy-v1-bbbbbbbb")]


def test_steps_that_a_resume_voided_do_not_count() -> None:
    kept = surviving([step(1), step(2, superseded=True), step(3, superseded=True), step(2)])
    assert [record.step for record in kept] == [1, 2]


def test_warm_start_steps_done_twice_are_drawn_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[SftRecord]] = []

    def curve(records: list[SftRecord]) -> str:
        drawn.append(records)
        return "<svg/>"

    monkeypatch.setattr("cap_rlvr.report.plots.loss_curve", curve)
    losses = ((5, 2.0), (10, 1.9), (10, 1.8), (15, 1.5))
    warm = [SftRecord(step=at, loss=loss, learning_rate=1e-3, tokens=10, seconds=1.0) for at, loss in losses]
    write(folder / "sft.jsonl", warm)
    write_report(folder)
    assert [(record.step, record.loss) for record in drawn[0]] == [(5, 2.0), (10, 1.8), (15, 1.5)]


def test_torn_last_line_is_passed_over_and_a_broken_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sft.jsonl"
    good = SftRecord(step=1, loss=2.0, learning_rate=1e-3, tokens=10, seconds=1.0).model_dump_json()
    path.write_text(good + "\n" + good[:20])
    assert len(read_lines(path, SftRecord)) == 1
    path.write_text("{}\n" + good + "\n")
    with pytest.raises(BadData, match=r"sft\.jsonl:1"):
        read_lines(path, SftRecord)


def test_no_run_and_a_broken_run_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"run\.json: no run is there"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("{broken")
    with pytest.raises(BadData, match=r"run\.json"):
        read_run(tmp_path)


def test_intervals() -> None:
    mean, (low, high) = mean_interval([0.0, 1.0] * 50)
    assert mean == 0.5
    assert low == pytest.approx(0.4, abs=0.02)
    assert high == pytest.approx(0.6, abs=0.02)
    assert paired_interval([0.0] * 9, [1.0] * 9) == (1.0, (1.0, 1.0))
    with pytest.raises(ValueError, match="zip"):
        paired_interval([1.0], [1.0, 0.0])
