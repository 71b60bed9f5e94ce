"""Evaluation on held-out rows: ordinary requests of purpose `eval` for a pinned policy, scored by the same service.

The one code path of `cap-rlvr eval` and of the evaluations within a run. A prompt that leaves no room for an answer in
the model's context is not asked: its record says so, has no reward, and the report counts it apart from the others.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from cap_rlvr.clients.broker import connect
from cap_rlvr.clients.policies import PolicyStore
from cap_rlvr.clients.reward import RewardClient
from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import RolloutGroup, Sampling
from cap_rlvr.wire.runs import NOT_ASKED, EvalRecord, Stage
from cap_rlvr.wire.scoring import RewardItem, RewardResult
from services.trainer.chat import prompt_ids
from services.trainer.dataset import Question, questions
from services.trainer.entry import Ready
from services.trainer.loading import context_of, load_model, load_tokenizer
from services.trainer.local_fleet import LocalFleet
from services.trainer.recorder import Recorder
from services.trainer.rollout import Fleet, Prompts, generate
from services.trainer.scoring import Scorer, score_patiently

# Of a task that the model has not been trained on (at first: of each): enough to show that it can't do it.
_UNTRAINED_ROWS = 50


def evaluate(ready: Ready, stage: Stage) -> Path:
    """Evaluate a stage's policy and write `eval/<stage>.jsonl`; returns its path.

    A model made from nothing is served by no replica before its warm start, so it answers in this process. Raises
    BadInput where the stage has no model yet, Unavailable where fleet or reward service stay away.
    """
    local = stage == "before_sft" and not ready.config.model.path
    folder, adapter = _stage_model(ready, stage)
    fleet = _local_fleet(ready, folder) if local else _fleet(ready, folder)
    rows = held_out(ready, _UNTRAINED_ROWS if local else ready.config.eval.rows_per_task)
    policy = _publish(ready, stage, folder, adapter)
    return answer_and_score(ready, stage, policy, rows, fleet, RewardClient(ready.settings.reward_url))


def answer_and_score(
    ready: Ready, stage: Stage, policy: PolicyRef | None, rows: Sequence[Question], fleet: Fleet, scorer: Scorer
) -> Path:
    """The evaluation itself, against the given fleet and scorer. Raises Unavailable where over a tenth has no score."""
    recorder = Recorder(ready.run_folder)
    folder, _ = _stage_model(ready, stage)
    tokenizer = load_tokenizer(folder)
    began = time.time()
    prompts = [prompt_ids(tokenizer, row.prompt) for row in rows]
    budgets = [ready.config.grpo.completion_tokens(row.row.task) for row in rows]
    rooms = [context_of(folder) - budget for budget in budgets]
    asked = [index for index, prompt in enumerate(prompts) if len(prompt) <= rooms[index]]
    wanted = [(prompts[index], budgets[index]) for index in asked]
    groups = _answers(ready, fleet, policy, wanted, recorder)
    completions = [tokenizer.decode(group.completions[0].token_ids, skip_special_tokens=True) for group in groups]
    results = _score(ready, scorer, [rows[index] for index in asked], completions, recorder)
    name = policy.name if policy else folder.name
    judged = {
        index: _record(stage, name, rows[index], group, text, result)
        for index, group, text, result in zip(asked, groups, completions, results, strict=True)
    }
    records = [
        judged.get(index) or _not_asked(stage, name, row, len(prompts[index]), rooms[index])
        for index, row in enumerate(rows)
    ]
    path = recorder.evaluation(stage, records)
    _tell(ready, recorder, records, time.time() - began)
    return path


def _tell(ready: Ready, recorder: Recorder, records: Sequence[EvalRecord], seconds: float) -> None:
    answered = [record for record in records if record.finish_reason != NOT_ASKED]
    strict = {
        task: round(sum(bool(record.strict) for record in answered if record.task == task) / count, 4)
        for task in ready.tasks
        if (count := sum(record.task == task for record in answered))
    }
    stage, policy = records[0].stage, records[0].policy
    recorder.event(
        "eval", f"evaluated {stage}", stage=stage, policy=policy, rows=len(answered),
        not_asked=len(records) - len(answered), strict=strict, seconds=round(seconds, 1),
    )  # fmt: skip


def held_out(ready: Ready, rows_per_task: int) -> list[Question]:
    """The held-out rows, at most ``rows_per_task`` of each task and few of one that does not train: real ones first, in
    an order of their own. Which they are depends on no model, so that all are asked the same.
    """
    chosen: list[Question] = []
    for task in ready.tasks:
        found = [one for split in ready.config.eval.splits for one in questions(ready.workspace, task, split)]
        by_id = {one.row.id: one for one in found}
        order = [by_id[row_id] for row_id in keyed_order(sorted(by_id), "held out", task)]
        order.sort(key=lambda one: one.row.source_kind == SourceKind.SYNTHETIC)
        trains = ready.config.rows.trains(task)
        chosen += order[: rows_per_task if trains else min(rows_per_task, _UNTRAINED_ROWS)]
    if not chosen:
        raise BadInput("no held-out rows", str(ready.workspace.tasks), "Prepare more cases")
    return chosen


def _stage_model(ready: Ready, stage: Stage) -> tuple[Path, Path | None]:
    """(the base folder, the adapter on it) of a stage."""
    pretrained = bool(ready.config.model.path)
    models = ready.workspace.models
    folder = models / "base" if stage == "before_sft" and not pretrained else ready.served
    adapter = {
        "before_sft": None,
        "after_sft": models / "sft" if pretrained else None,
        "after_grpo": models / "grpo",
    }[stage]
    for needed in (folder, adapter):
        if needed is not None and not (needed.is_dir() and any(needed.glob("*.safetensors"))):
            raise BadInput(f"no model of stage {stage}", str(needed), "Run cap-rlvr sft or grpo first")
    return folder, adapter


def _publish(ready: Ready, stage: Stage, folder: Path, adapter: Path | None) -> PolicyRef | None:
    """The adapter as a policy of its own, so that no training run's window or writer is touched."""
    if adapter is None:
        return None
    version = 0 if stage == "after_sft" else ready.config.grpo.steps
    store = PolicyStore(ready.policy_store)
    return store.publish(f"{ready.job.run}.eval", version, version, base_digest(folder), adapter)


def _fleet(ready: Ready, folder: Path) -> Fleet:
    return RolloutClient(connect(ready.settings.redis_url), fleet_id(base_digest(folder)))


def _local_fleet(ready: Ready, folder: Path) -> Fleet:
    tokenizer = load_tokenizer(folder)
    model = load_model(folder, ready.config.model.dtype)
    return LocalFleet(model, tokenizer.pad_token_id, tokenizer.eos_token_id)


def _answers(
    ready: Ready,
    fleet: Fleet,
    policy: PolicyRef | None,
    asked: Sequence[tuple[Sequence[int], int]],
    recorder: Recorder,
) -> Sequence[RolloutGroup]:
    """Greedy answers to (prompt, most tokens of its answer)."""
    if not asked:
        return []
    prompts = Prompts(
        run=f"{ready.job.run}.eval",
        step=0,
        purpose="eval",
        policy=policy,
        prompt_ids=[prompt for prompt, _ in asked],
        completions=1,
        samplings=[Sampling(temperature=0.0, max_tokens=budget) for _, budget in asked],
    )
    return generate(fleet, prompts, ready.config.grpo.rollout_wait, lambda why: recorder.event("waiting", why)).groups


def _score(
    ready: Ready, scorer: Scorer, rows: Sequence[Question], completions: Sequence[str], recorder: Recorder
) -> list[RewardResult]:
    items = [
        RewardItem(id=str(index), task=row.row.task, example_id=row.row.id, completion=text)
        for index, (row, text) in enumerate(zip(rows, completions, strict=True))
    ]
    if not items:
        return []
    results = score_patiently(scorer, items, ready.config.grpo.reward_wait, lambda why: recorder.event("waiting", why))
    failed = [result.failure_reason or result.status for result in results if result.reward is None]
    if len(failed) > ready.config.grpo.max_null_share * len(results):
        why = f"{len(failed)} of {len(results)} held-out rows could not be scored ({failed[0]})"
        raise Unavailable(why, "reward service", "Has it the same workspace, with the held-out splits open?")
    return results


def _record(
    stage: Stage, policy: str, row: Question, group: RolloutGroup, text: str, result: RewardResult
) -> EvalRecord:
    return EvalRecord(
        stage=stage,
        policy=policy,
        row_id=row.row.id,
        task=row.row.task,
        source_kind=row.row.source_kind,
        kind=row.row.kind,
        prompt=row.prompt,
        completion=text,
        finish_reason=group.completions[0].finish_reason,
        reward=result.reward,
        strict=result.strict,
        parse_mode=result.parse_mode,
        reason=result.reason.text if result.reason else result.failure_reason or "",
        parts=result.parts,
    )


def _not_asked(stage: Stage, policy: str, row: Question, tokens: int, room: int) -> EvalRecord:
    return EvalRecord(
        stage=stage,
        policy=policy,
        row_id=row.row.id,
        task=row.row.task,
        source_kind=row.row.source_kind,
        kind=row.row.kind,
        prompt=row.prompt,
        completion="",
        finish_reason=NOT_ASKED,
        reward=None,
        strict=None,
        parse_mode=None,
        reason=f"Not asked: the prompt has {tokens} tokens, and the model's context has room for {room}.",
    )
