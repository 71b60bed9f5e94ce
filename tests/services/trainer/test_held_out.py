"""Evaluation: which rows, in which order, and what is written of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from trainer_fakes import FakeScorer, ready, unscorable

from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.jobs import RowsConfig
from cap_rlvr.wire.rollouts import RolloutGroup, RolloutRequest
from cap_rlvr.wire.runs import NOT_ASKED, EvalRecord
from services.trainer import held_out
from services.trainer.loading import load_model, load_tokenizer
from services.trainer.local_fleet import LocalFleet


def local_fleet(folder: Path) -> LocalFleet:
    tokenizer = load_tokenizer(folder)
    return LocalFleet(load_model(folder, "float32"), tokenizer.pad_token_id, tokenizer.eos_token_id)


class CountingFleet:
    """Counts what it is asked for on its way to another fleet."""

    def __init__(self, fleet: LocalFleet) -> None:
        self._fleet = fleet
        self.asked = 0
        self.budgets: set[int] = set()

    def submit(self, requests: Sequence[RolloutRequest]) -> None:
        self.asked += len(requests)
        self.budgets |= {request.sampling.max_tokens for request in requests}
        self._fleet.submit(requests)

    def collect(
        self, ids: Sequence[str], timeout_s: float, on_wait: Callable[[str], None] | None = None
    ) -> dict[str, RolloutGroup]:
        return self._fleet.collect(ids, timeout_s, on_wait)

    def replicas(self) -> list[Any]:
        return self._fleet.replicas()


def test_rows_are_held_out_and_in_a_fixed_order(from_nothing: Path) -> None:
    job = ready(from_nothing, "r")
    rows = held_out.held_out(job, 300)
    assert {row.row.split for row in rows} == {"eval", "test"}
    assert [row.row.id for row in rows] == [row.row.id for row in held_out.held_out(job, 300)]
    assert held_out.held_out(job, 5) == rows[:5]


def test_every_row_is_answered_greedily_and_written_down(from_nothing: Path) -> None:
    job = ready(from_nothing, "r")
    rows = held_out.held_out(job, 6)
    fleet = local_fleet(job.served)
    path = held_out.answer_and_score(job, "after_sft", None, rows, fleet, FakeScorer())
    records = [EvalRecord.model_validate_json(line) for line in path.read_text().splitlines()]
    assert [record.row_id for record in records] == [row.row.id for row in rows]
    assert all(record.policy == "sft" and record.reward is not None for record in records)
    again = held_out.answer_and_score(job, "after_sft", None, rows, local_fleet(job.served), FakeScorer())
    assert again == path
    assert [json.loads(line)["completion"] for line in path.read_text().splitlines()] == [
        record.completion for record in records
    ]


def test_a_prompt_that_leaves_no_room_is_not_asked_and_said_so(from_nothing: Path) -> None:
    job = ready(from_nothing, "r")
    rows = held_out.held_out(job, 6)
    long = replace(rows[2], prompt=rows[2].prompt + " and more" * 5000)
    fleet = CountingFleet(local_fleet(job.served))
    path = held_out.answer_and_score(job, "after_sft", None, [*rows[:2], long, *rows[3:]], fleet, FakeScorer())
    records = [EvalRecord.model_validate_json(line) for line in path.read_text().splitlines()]
    assert [record.row_id for record in records] == [row.row.id for row in rows]
    assert fleet.asked == 5
    assert [record.finish_reason == NOT_ASKED for record in records] == [False, False, True, False, False, False]
    assert records[2].reward is None
    assert "tokens" in records[2].reason
    path = held_out.answer_and_score(job, "after_sft", None, [long], fleet, FakeScorer())
    assert EvalRecord.model_validate_json(path.read_text()).finish_reason == NOT_ASKED
    assert fleet.asked == 5


def test_the_config_says_how_long_a_tasks_answers_may_be(from_nothing: Path) -> None:
    job = ready(from_nothing, "r")
    grpo = job.config.grpo.model_copy(update={"task_completion_tokens": {"bluebook": 5, "holding": 7}})
    job = replace(job, config=job.config.model_copy(update={"grpo": grpo}))
    fleet = CountingFleet(local_fleet(job.served))
    held_out.answer_and_score(job, "after_sft", None, held_out.held_out(job, 2), fleet, FakeScorer())
    assert fleet.budgets == {5}


def test_a_task_that_does_not_train_is_asked_few_rows(from_nothing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ready(from_nothing, "r")
    monkeypatch.setattr(held_out, "_UNTRAINED_ROWS", 4)
    evaluated_only = job.config.model_copy(update={"rows": RowsConfig(kinds={"bluebook": ()})})
    assert held_out.held_out(replace(job, config=evaluated_only), 9) == held_out.held_out(job, 9)[:4]


def test_a_service_that_cannot_judge_is_no_zero(from_nothing: Path) -> None:
    job = ready(from_nothing, "r")
    scorer = FakeScorer(lambda _index, item: unscorable(item))
    with pytest.raises(Unavailable, match="scorer crashed"):
        held_out.answer_and_score(job, "after_sft", None, held_out.held_out(job, 3), local_fleet(job.served), scorer)
    assert not (job.run_folder / "eval").exists()


def test_a_stage_that_is_not_there_yet_is_refused(from_nothing: Path) -> None:
    with pytest.raises(BadInput, match="after_grpo"):
        held_out.evaluate(ready(from_nothing, "r"), "after_grpo")
