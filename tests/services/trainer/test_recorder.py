"""What a run writes down survives a kill in the middle of a line."""

from pathlib import Path

from cap_rlvr.report.records import read_lines
from cap_rlvr.wire.runs import SftRecord, StepRecord, StepSeconds
from services.trainer.recorder import Recorder


def step(number: int) -> StepRecord:
    return StepRecord(
        step=number, policy="p", loss=0.0, learning_rate=0.0, gradient_norm=0.0, reward_mean=0.0, reward_std=0.0,
        seconds=StepSeconds(queue=0, generation=0, reward=0, sync=0, optimiser=0, total=0), reward_by_task={},
        strict_by_task={}, rows=0, null_rows=0, dropped_groups=0, zero_variance_share=0.0, truncated_share=0.0,
        completion_tokens_mean=0.0, generated_tokens_per_second=0.0, replicas=0, groups_by_worker={},
        request_ids=(), logprob_gap=0.0, entropy=0.0,
    )  # fmt: skip


def test_the_next_line_takes_the_place_of_a_torn_one(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for number in (1, 2):
        recorder.sft(SftRecord(step=number, loss=0.5, learning_rate=0.1, tokens=3, seconds=0.2))
        with (tmp_path / "sft.jsonl").open("a") as file:
            file.write('{"step": 9, "lo')
    recorder.sft(SftRecord(step=3, loss=0.5, learning_rate=0.1, tokens=3, seconds=0.2))
    assert [record.step for record in read_lines(tmp_path / "sft.jsonl", SftRecord)] == [1, 2, 3]


def test_steps_after_the_checkpoint_are_superseded_once(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for number in (1, 2, 3, 4):
        recorder.step(step(number))
    with (tmp_path / "steps.jsonl").open("a") as file:
        file.write('{"step": 5, "pol')
    assert recorder.supersede_steps(2) == 2
    recorder.step(step(3))
    records = [StepRecord.model_validate_json(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()]
    assert [(record.step, record.superseded) for record in records] == [
        (1, False), (2, False), (3, True), (4, True), (3, False),
    ]  # fmt: skip
    assert recorder.supersede_steps(3) == 0


def test_nothing_written_is_nothing_superseded(tmp_path: Path) -> None:
    assert Recorder(tmp_path).supersede_steps(0) == 0
