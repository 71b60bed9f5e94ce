"""GRPO whose completions come from the fleet and whose rewards come from the service.

How it differs from TRL's GRPOTrainer:

1. The sampler is a pure schedule over the whole run, so that a resume can't land in the wrong epoch.
2. Each group is asked of the fleet once, with n, under a policy published for this very step.
3. Old log-probabilities are computed here, and each token's advantage is weighted by the ratio to the sampler's.
4. A row without a reward leaves no trace in loss, denominator or KL; too many of them end the run, resumable.
5. The reference is the warm start, loaded by name; a resume loads the adapter by name and compares digests.
6. Only rows that can move a weight are run through the model (without KL: those with an advantage), in buckets of
   like length, without the padding of the longest.

Shapes: G rows of a generation batch (P prompts x K completions), L all tokens, T completion tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import accelerate.utils
import torch
from peft import PeftModel
from torch import Tensor
from torch.nn.functional import pad

from cap_rlvr.wire.errors import CapError, Unavailable
from cap_rlvr.wire.jobs import GrpoConfig
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import Sampling
from cap_rlvr.wire.scoring import RewardItem, RewardResult
from services.trainer.adapters import load_adapter
from services.trainer.chat import Chat, prompt_ids
from services.trainer.correction import mean_gap, weigh_advantages
from services.trainer.lean_trl import GRPOConfig, GRPOTrainer
from services.trainer.lengths import length_buckets
from services.trainer.nulls import drop_thin_groups, keep_rows, mask_rows
from services.trainer.publish import Publisher
from services.trainer.rollout import Fleet, Prompts, Rollouts, generate
from services.trainer.schedule import PromptSchedule, ScheduleSampler
from services.trainer.scoring import Scorer, score_patiently

# Equal rewards leave float32's rounding of their mean, over TRL's 1e-4 for a deviation of 0: under .001, not 0.
NO_ADVANTAGE = 1e-3

Batch = dict[str, Any]
T = TypeVar("T")


@dataclass
class Step:
    """What one step did, gathered on its way for the recorder."""

    policy: PolicyRef
    prompts: list[list[int]]  # token ids of each group's prompt
    rollouts: Rollouts
    started: float  # seconds since the epoch
    sync_seconds: float
    reward_seconds: float = 0.0
    inputs: list[Batch] = field(default_factory=list[Batch])
    results: list[RewardResult] = field(default_factory=list[RewardResult])
    advantages: list[float] = field(default_factory=list[float])
    completions: list[str] = field(default_factory=list[str])
    null: list[bool] = field(default_factory=list[bool])  # rows without a reward, or of a dropped group
    null_rows: int = 0
    dropped_groups: int = 0
    logprob_gap: float = 0.0


@dataclass(frozen=True)
class Services:
    """What the trainer talks to. ``tell`` shows and records an event."""

    fleet: Fleet
    scorer: Scorer
    publisher: Publisher
    check: Callable[[], None]
    tell: Callable[[str, str], None]


class FleetTrainer(GRPOTrainer):
    """``reference`` is the folder of the adapter that KL is measured against, None where that is the bare base."""

    def __init__(
        self,
        model: PeftModel,
        args: GRPOConfig,
        wanted: GrpoConfig,
        schedule: PromptSchedule,
        services: Services,
        *,
        reference: Path | None = None,
        **rest: Any,
    ) -> None:
        self.wanted = wanted
        self.schedule = schedule
        self.services = services
        self.step: Step | None = None
        self._mine = slice(0)  # this process's rows of the generation batch
        super().__init__(model, cast(Any, reward), args, rollout_func=cast(Any, self._answers), **rest)
        peft = self.peft_model()
        if reference is not None and "ref" in peft.peft_config:
            load_adapter(peft, reference, "ref")
            for name, parameter in peft.named_parameters():
                if ".ref." in name:
                    parameter.requires_grad_(False)

    def peft_model(self) -> PeftModel:
        """The model without the wrappers of distributed training."""
        return cast(PeftModel, self.accelerator.unwrap_model(self.model))

    def save_now(self) -> None:
        """Write a checkpoint of the last whole step, outside the trainer's own rhythm."""
        self._save_checkpoint(cast(torch.nn.Module, self.model), trial=None)

    def _get_train_sampler(self, dataset: Any = None) -> Any:  # noqa: ARG002
        repeats = cast(GRPOConfig, self.args).steps_per_generation or 1
        return ScheduleSampler(self.schedule, self.wanted.steps, self.wanted.completions, repeats)

    def _generate_and_score_completions(self, inputs: list[Batch]) -> Batch:
        every_input = cast(list[Batch], accelerate.utils.gather_object(inputs))
        self.step = self._on_main(lambda: self._ask(every_input))
        mine = self.accelerator.process_index * len(inputs)
        self._mine = slice(mine, mine + len(inputs))
        batch: Batch = super()._generate_and_score_completions(inputs)
        return self._corrected(batch, self.step)

    def _on_main(self, work: Callable[[], T]) -> T:
        """Do something on the first process alone; every process gets its result, or raises its error."""
        outcome: list[Any] = [None]
        if self.accelerator.is_main_process:
            try:
                outcome = [work()]
            except CapError as error:
                outcome = [error]
        accelerate.utils.broadcast_object_list(outcome)
        if isinstance(outcome[0], CapError):
            raise outcome[0]
        return cast(T, outcome[0])

    def _ask(self, inputs: list[Batch]) -> Step:
        wanted, began = self.wanted, time.time()
        at = self.state.global_step
        policy = self.services.publisher.publish(self.peft_model(), at)
        sync = time.time() - began
        self.services.check()
        tokenizer = cast(Chat, self.processing_class)
        rows = inputs[:: wanted.completions]
        ids = [prompt_ids(tokenizer, row["prompt"]) for row in rows]
        budgets = [wanted.completion_tokens(row["task"]) for row in rows]
        prompts = Prompts(
            run=self.services.publisher.run,
            step=at,
            purpose="train",
            policy=policy,
            prompt_ids=ids,
            completions=wanted.completions,
            samplings=[Sampling(temperature=wanted.temperature, max_tokens=budget) for budget in budgets],
        )
        rollouts = generate(self.services.fleet, prompts, wanted.rollout_wait, self._waiting)
        if rollouts.truncated_share > wanted.max_truncated_share:
            raise Unavailable(
                f"{rollouts.truncated_share:.0%} of the completions were cut by length",
                f"step {at + 1}",
                "Raise grpo.max_completion_tokens, or warm the model start longer so that it ends its answers",
            )
        return Step(policy, ids, rollouts, began, sync, inputs=inputs)

    def _answers(self, prompts: list[str], trainer: GRPOTrainer) -> Batch:  # noqa: ARG002  (TRL's signature)
        """TRL's `rollout_func`: the step's completions, this process's rows, in the order of the prompts."""
        step = cast(Step, self.step)
        groups = zip(step.prompts, step.rollouts.groups, strict=True)
        rows = [(prompt, completion) for prompt, group in groups for completion in group.completions][self._mine]
        return {
            "prompt_ids": [prompt for prompt, _ in rows],
            "completion_ids": [list(completion.token_ids) for _, completion in rows],
            "logprobs": [list(completion.logprobs) for _, completion in rows],
        }

    def _waiting(self, why: str) -> None:
        self.services.tell("waiting", why)

    def _calculate_rewards(
        self,
        inputs: list[Batch],  # noqa: ARG002
        prompts: Any,  # noqa: ARG002
        completions: list[str],
        completion_ids_list: Any,  # noqa: ARG002
    ) -> Tensor:
        """Rewards of shape (all G, 1), NaN for every row that must leave no trace."""
        step, began = cast(Step, self.step), time.time()
        step.completions = accelerate.utils.gather_object(completions)
        step.results = self._on_main(lambda: self._score(step))
        rewards = [result.reward if result.status == "scored" else None for result in step.results]
        values = [float("nan") if value is None else value for value in rewards]
        rewards_G = torch.tensor(values, device=self.accelerator.device)  # noqa: N806
        step.null_rows = int(torch.isnan(rewards_G).sum())
        if step.null_rows > self.wanted.max_null_share * len(rewards_G):
            why = sorted(
                {result.failure_reason or result.status for result in step.results if result.status != "scored"}
            )
            raise Unavailable(
                f"{step.null_rows} of {len(rewards_G)} completions could not be scored: {'; '.join(why)[:300]}",
                f"step {self.state.global_step + 1}",
                "No optimiser step was taken; mend the cause and resume",
            )
        rewards_G, step.dropped_groups = drop_thin_groups(rewards_G, self.wanted.completions)  # noqa: N806
        step.null = torch.isnan(rewards_G).tolist()
        step.reward_seconds = time.time() - began
        return rewards_G[:, None]

    def _score(self, step: Step) -> list[RewardResult]:
        items = [
            RewardItem(
                id=str(index),
                task=row["task"],
                example_id=row["example_id"],
                completion=text,
                policy=step.policy.name,
            )
            for index, (row, text) in enumerate(zip(step.inputs, step.completions, strict=True))
        ]
        return score_patiently(self.services.scorer, items, self.wanted.reward_wait, self._waiting)

    def _corrected(self, batch: Batch, step: Step) -> Batch:
        """The batch without idle rows, with advantages of shape (G, T), weighted by the importance ratio."""
        step.advantages = cast(Tensor, accelerate.utils.gather(batch["advantages"])).tolist()
        batch = mask_rows(batch, torch.tensor(step.null[self._mine], device=self.accelerator.device))
        batch["num_items_in_batch"] = cast(Tensor, accelerate.utils.gather(batch["num_items_in_batch"])).sum()
        if self.beta == 0:  # a row without advantage has nothing to say; with KL every scored row has
            parts = cast(GRPOConfig, self.args).steps_per_generation or 1
            batch = keep_rows(batch, batch["advantages"].abs() > NO_ADVANTAGE, parts)
        mask_GT = batch["completion_mask"]  # noqa: N806
        ids_GL = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)  # noqa: N806
        attention_GL = torch.cat([batch["prompt_mask"], mask_GT], dim=1)  # noqa: N806
        with torch.no_grad():
            old_GT = self._get_per_token_logps_and_entropies(  # noqa: N806
                self.model, ids_GL, attention_GL, mask_GT.shape[1], batch_size=self.wanted.micro_rows
            )[0]
        sampler_GT = batch.pop("sampling_per_token_logps")  # noqa: N806
        step.logprob_gap = mean_gap(old_GT, sampler_GT, mask_GT)
        batch["old_per_token_logps"] = old_GT
        batch["advantages"] = weigh_advantages(
            batch["advantages"], old_GT, sampler_GT, mask_GT, self.wanted.importance_cap
        )
        return batch

    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Tensor, attention_mask: Tensor, logits_to_keep: int, *args: Any, **options: Any
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """TRL's, on buckets of like length: a row's own values do not depend on the padding about it."""
        ask = cast(Callable[..., tuple[Tensor, Tensor | None, Any]], super()._get_per_token_logps_and_entropies)
        buckets = length_buckets(attention_mask)
        logps: list[Tensor] = []
        entropies: list[Tensor] = []
        for rows, columns in buckets:
            cut = input_ids.shape[1] - columns.stop
            own = ask(
                model, input_ids[rows, columns], attention_mask[rows, columns], logits_to_keep - cut, *args, **options
            )
            logps.append(pad(own[0], (0, cut)))
            if own[1] is not None:
                entropies.append(pad(own[1], (0, cut)))
        back = torch.argsort(torch.cat([rows for rows, _ in buckets]))
        return torch.cat(logps)[back], torch.cat(entropies)[back] if entropies else None, None

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Load the trained adapter from the checkpoint's root.

        Transformers, finding the folder `ref/` there, would load that one alone and go on from the warm start.
        """
        peft = cast(PeftModel, self.accelerator.unwrap_model(model or self.model))
        digest = load_adapter(peft, Path(resume_from_checkpoint), "default")
        self.services.tell("resume", f"adapter {digest[:8]} loaded from {Path(resume_from_checkpoint).name}")


def reward(*_: Any, **__: Any) -> list[float]:
    """Names the one reward in TRL's metrics; FleetTrainer asks the service itself."""
    raise AssertionError("FleetTrainer scores by itself")
