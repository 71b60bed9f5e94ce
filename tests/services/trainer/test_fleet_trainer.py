"""GRPO in this process: real trainer, real adapters, real store; the replica and the scorer are stand-ins."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from trainer_fakes import FakeScorer, ready, scored, services, unscorable

from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.manifest import read_manifest
from cap_rlvr.wire.runs import StepRecord
from services.trainer import fleet_trainer, improve
from services.trainer.adapters import adapter_digest, lora_config, saved_digest
from services.trainer.recorder import Recorder
from services.trainer.step_log import StopSignal


def steps_of(workspace: Path, run: str) -> list[StepRecord]:
    lines = (workspace / "runs" / run / "steps.jsonl").read_text().splitlines()
    return [StepRecord.model_validate_json(line) for line in lines]


def events_of(workspace: Path, run: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (workspace / "runs" / run / "events.jsonl").read_text().splitlines()]


def train(job: Any, scorer: FakeScorer, **more: Any) -> Any:
    with_services = services(job, scorer, lora_config(job.config.grpo.lora), **more)
    improve.run(job, with_services, Recorder(job.run_folder), StopSignal())
    return with_services


def test_a_run_writes_steps_policies_and_a_final_adapter(from_nothing: Path) -> None:
    job = ready(from_nothing, "r", steps=3, micro_rows=4)
    used = train(job, FakeScorer())
    steps = steps_of(from_nothing, "r")
    assert [step.step for step in steps] == [1, 2, 3]
    assert [step.policy.split("-")[1] for step in steps] == ["v0", "v1", "v2"]
    assert all(step.logprob_gap < 1e-4 for step in steps)  # the replica served exactly what was trained
    assert all(step.rows == 8 and step.groups_by_worker == {"local": 2} for step in steps)
    assert len(used.fleet.requests) == 6  # each group once, with n
    assert {request.n for request in used.fleet.requests} == {4}
    assert len({request.request_id for request in used.fleet.requests}) == 6
    parents = read_manifest(from_nothing / "models" / "grpo").parents
    assert set(parents) == {"sft", "policy", "rows of bluebook"}
    assert parents["rows of bluebook"] == read_manifest(from_nothing / "tasks" / "bluebook").digest
    assert saved_digest(from_nothing / "models" / "grpo") == saved_digest(from_nothing / "runs/r/grpo/checkpoint-3")
    assert (from_nothing / "runs" / "r" / "rollouts.jsonl").read_text().count("\n") == 24


@pytest.mark.parametrize("beta", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["from_nothing", "pretrained"])
def test_a_resumed_run_is_the_uninterrupted_one(kind: str, beta: float, request: pytest.FixtureRequest) -> None:
    """Equal adapter digests at save and resume, and at the end those of a run that was never stopped."""
    workspace: Path = request.getfixturevalue(kind)
    apart = shutil.copytree(workspace, workspace.parent / "apart")  # the same run id, so the same seeds
    settings = {"model": workspace / "qwen" if kind == "pretrained" else "", "steps": 4, "beta": beta}
    train(ready(apart, "r", **settings), FakeScorer())

    broken = ready(workspace, "r", **settings)
    scorer = FakeScorer()
    calls = iter([False, False, False, True])
    original = scorer.score

    def dies_in_step_four(items: Any) -> Any:
        if next(calls):
            raise KeyboardInterrupt  # as good as kill -9: nothing of ours runs on the way out
        return original(items)

    scorer.score = dies_in_step_four  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(broken, scorer)
    saved = saved_digest(workspace / "runs/r/grpo/checkpoint-2")
    train(broken, FakeScorer())
    events = events_of(workspace, "r")
    assert any(event["kind"] == "resume" and saved[:8] in event["text"] for event in events)
    assert any(event["details"].get("superseded_steps") == 1 for event in events if event["kind"] == "grpo")
    kept = [step for step in steps_of(workspace, "r") if not step.superseded]
    assert [step.step for step in kept] == [1, 2, 3, 4]
    for step in (2, 4):
        name = f"grpo/checkpoint-{step}"
        assert saved_digest(workspace / "runs/r" / name) == saved_digest(apart / "runs/r" / name)
    assert all((step.kl is not None) == (beta > 0) for step in kept)


def test_the_reference_is_the_warm_start_even_after_a_resume(pretrained: Path) -> None:
    model = pretrained / "qwen"
    train(ready(pretrained, "r", model=model, steps=2, beta=0.1), FakeScorer())
    job = ready(pretrained, "r", model=model, steps=4, beta=0.1)
    trainer = improve.build(
        job, services(job, FakeScorer(), lora_config(job.config.grpo.lora)), Recorder(job.run_folder), StopSignal()
    )
    trainer._load_from_checkpoint(str(pretrained / "runs/r/grpo/checkpoint-2"))
    peft = trainer.peft_model()
    assert adapter_digest(peft, "ref") == saved_digest(pretrained / "models" / "sft")
    assert adapter_digest(peft, "default") == saved_digest(pretrained / "runs/r/grpo/checkpoint-2")
    assert adapter_digest(peft, "default") != adapter_digest(peft, "ref")
    assert not any(p.requires_grad for name, p in peft.named_parameters() if ".ref." in name)


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_loss_and_gradient_are_those_of_the_batch_without_null_rows(
    pretrained: Path, beta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of eight rows one is null and three have no advantage: what is trained on equals the seven scored ones alone."""
    job = ready(pretrained, "r", model=pretrained / "qwen", beta=beta)
    job = job.__class__(**{**job.__dict__, "config": _allow_nulls(job.config)})
    paid = [0.1, 0.5, None, 0.3, 0.7, 0.2, 0.45, 0.45]  # the fourth and the last two are their group's mean
    scorer = FakeScorer(lambda index, item: unscorable(item) if paid[index] is None else scored(item, paid[index]))
    trainer = improve.build(
        job, services(job, scorer, lora_config(job.config.grpo.lora)), Recorder(job.run_folder), StopSignal()
    )
    trainer.create_optimizer_and_scheduler(num_training_steps=3)
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    inputs = [trainer.train_dataset[row] for row in trainer.schedule.rows(0) for _ in range(4)]
    trained_on = trainer._generate_and_score_completions(inputs)
    monkeypatch.setattr(fleet_trainer, "keep_rows", lambda batch, *_: batch)
    whole = trainer._generate_and_score_completions(inputs)
    assert trainer.step is not None
    assert trainer.step.null == [False, False, True, False, False, False, False, False]
    assert len(whole["advantages"]) == 8
    assert len(trained_on["advantages"]) == (8 if beta else 4)
    keep = torch.tensor([0, 1, 3, 4, 5, 6, 7])
    without = {name: value[keep] if value.ndim else value for name, value in whole.items()}
    groups = (torch.tensor([0.1, 0.5, 0.3]), torch.tensor([0.7, 0.2, 0.45, 0.45]))
    by_hand = torch.cat([(group - group.mean()) / (group.std() + 1e-4) for group in groups])
    advantages = torch.tensor(trainer.step.advantages)
    assert torch.allclose(advantages[keep], by_hand, atol=1e-4)
    assert advantages[2] == 0
    assert int(without["num_items_in_batch"]) == int(without["completion_mask"].sum())
    loss, gradient = _loss_and_gradient(trainer, without)
    for batch in (whole, trained_on):
        other_loss, other_gradient = _loss_and_gradient(trainer, batch)
        assert other_loss == pytest.approx(loss, abs=1e-7)
        assert torch.allclose(other_gradient, gradient, atol=1e-7)
    assert gradient.abs().max() > 0


def test_a_group_without_nulls_has_the_advantages_of_a_clean_run_to_the_bit(from_nothing: Path) -> None:
    """Thirty per cent of the rewards fail; TRL's own computation on the same completions is the reference."""
    job = ready(from_nothing, "r")
    job = job.__class__(**{**job.__dict__, "config": _allow_nulls(job.config)})
    paid, failing = [0.1, 0.5, 0.85, 0.3, 0.7, 0.2, 0.45, 0.9], {1, 2, 3}
    seen: list[list[float]] = []
    for lost in (set[int](), failing - {3}, failing):
        scorer = FakeScorer(
            lambda index, item, lost=lost: unscorable(item) if index in lost else scored(item, paid[index])
        )
        trainer = improve.build(
            job, services(job, scorer, lora_config(job.config.grpo.lora)), Recorder(job.run_folder), StopSignal()
        )
        inputs = [trainer.train_dataset[row] for row in trainer.schedule.rows(0) for _ in range(4)]
        trainer._generate_and_score_completions(inputs)
        assert trainer.step is not None
        seen.append(trainer.step.advantages)
        assert trainer.step.dropped_groups == int(lost == failing)  # one scored row of four is no group
        assert all(trainer.step.advantages[row] == 0 for row in lost)
    clean, two_lost, three_lost = seen
    assert two_lost[4:] == clean[4:] == three_lost[4:]
    assert two_lost[:4] != clean[:4]
    assert three_lost[:4] == [0, 0, 0, 0]


def test_too_many_null_rows_end_the_run_before_the_optimiser_step(from_nothing: Path) -> None:
    job = ready(from_nothing, "r", steps=3)
    calls = iter(range(100))
    scorer = FakeScorer(lambda index, item: unscorable(item) if next(calls) >= 8 and index == 0 else None)
    with pytest.raises(Unavailable, match=r"1 of 8 completions could not be scored: scorer crashed.*No optimiser step"):
        train(job, scorer)
    assert [step.step for step in steps_of(from_nothing, "r")] == [1]
    assert (from_nothing / "runs/r/grpo/checkpoint-1").is_dir()  # where it can go on
    train(job, FakeScorer())
    assert [step.step for step in steps_of(from_nothing, "r")] == [1, 2, 3]


def test_training_waits_for_the_reward_service(from_nothing: Path) -> None:
    scorer = FakeScorer()
    scorer.away = 2
    train(ready(from_nothing, "r", steps=1, reward_wait=30), scorer)
    assert [event["text"][:30] for event in events_of(from_nothing, "r") if event["kind"] == "waiting"] == [
        "waiting for the reward service"
    ]
    assert steps_of(from_nothing, "r")[0].null_rows == 0


def test_a_lost_lease_stops_publishing(from_nothing: Path) -> None:
    def lost() -> None:
        raise Unavailable("another trainer has taken over this run")

    with pytest.raises(Unavailable, match="taken over"):
        train(ready(from_nothing, "r"), FakeScorer(), check=lost)
    assert not list((from_nothing / "policies").glob("r/*"))


def _allow_nulls(config: Any) -> Any:
    return config.model_copy(update={"grpo": config.grpo.model_copy(update={"max_null_share": 0.5})})


def _loss_and_gradient(trainer: Any, batch: Any) -> tuple[float, torch.Tensor]:
    trainer.model.zero_grad()
    loss = trainer._compute_loss(trainer.model, batch)
    loss.backward()
    gradients = [p.grad.flatten() for p in trainer.model.parameters() if p.grad is not None]
    return loss.item(), torch.cat(gradients)
