"""What a training run is asked to do: the TOML that a person writes, and the job that crosses the queue.

A config has five sections, each with few knobs; an unknown name is refused. What GRPO can't do right is refused here,
when the file is read, and not an hour later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import Frozen, keyed_unit
from cap_rlvr.wire.rows import Split
from cap_rlvr.wire.workspace import Workspace

Phase = Literal["sft", "grpo"]
LORA_RANKS = (8, 16, 32, 64)  # what the engine of a replica can be started with
LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class ModelConfig(Frozen):
    """``path``: a local folder or hub name of a pretrained Qwen3; empty: the small model, made from nothing."""

    path: str = ""
    dtype: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0

    def served(self, workspace: Workspace) -> Path:
        """The model that the fleet serves and that adapters belong to: the pretrained one, or the warm start in full."""
        return Path(self.path) if self.path else workspace.models / "sft"


class LoraConfig(Frozen):
    """The adapter. The last three fields exist to be refused with a reason: a replica could not serve them."""

    rank: int = 16
    alpha: int = 32
    targets: tuple[str, ...] = LORA_TARGETS
    dora: bool = False
    bias: str = "none"
    modules_to_save: tuple[str, ...] = ()

    @field_validator("rank")
    @classmethod
    def _rank(cls, rank: int) -> int:
        if rank not in LORA_RANKS:
            raise ValueError(f"a replica serves ranks {LORA_RANKS}, not {rank}")
        return rank

    @field_validator("targets")
    @classmethod
    def _targets(cls, targets: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in targets if name not in LORA_TARGETS]
        if wrong or not targets:
            raise ValueError(f"a replica serves adapters on {', '.join(LORA_TARGETS)} only, not {wrong or 'nothing'}")
        return targets

    @field_validator("dora", "bias", "modules_to_save")
    @classmethod
    def _servable(cls, value: Any) -> Any:
        if value not in (False, "none", ()):
            raise ValueError("vLLM can't load such an adapter at run time: leave it out")
        return value


class RowsConfig(Frozen):
    """Which rows train. ``kinds``: of each task named, the kinds of rows that do; none: it is evaluated only.

    ``warm_start_share``: below 1, the warm start takes that share of the rows and GRPO the others, so that GRPO never
    asks what the model has by heart; at 1, both take all. ``prefer_real``: of a task that has real rows, GRPO asks
    those alone; the warm start takes its share of them and all fiction. ``seed``: the salt of splits, orders and
    shuffles.
    """

    seed: str = "7"
    kinds: dict[str, tuple[str, ...]] = {}
    warm_start_share: float = Field(default=1.0, gt=0, le=1)
    prefer_real: bool = False

    def trains(self, task: str) -> bool:
        """Whether any row of the task may train."""
        return self.kinds.get(task) != ()

    def takes(self, task: str, kind: str) -> bool:
        """Whether rows of that kind of the task train."""
        return task not in self.kinds or kind in self.kinds[task]

    def phases(self, row_id: str, fiction: bool = False) -> tuple[Phase, ...]:
        """Which of the two takes a row that trains: by a keyed draw, the same in every run.

        ``fiction``: the row is synthetic and its task has real ones.
        """
        if self.prefer_real and fiction:
            return ("sft",)
        if self.warm_start_share == 1:
            return ("sft", "grpo")
        return ("sft",) if keyed_unit("warm start", row_id) < self.warm_start_share else ("grpo",)


class SftConfig(Frozen):
    """The warm start. A batch holds rows of like length, at most ``batch_rows`` rows and ``batch_tokens`` tokens.

    ``weights`` is each task's share of the batches; a task that is not named has weight 1. ``steps`` is for all tasks
    that it names: a run of fewer takes their share of the steps, so that each task is trained as long as in the whole.
    """

    steps: int = Field(ge=1)
    batch_rows: int = Field(default=64, ge=1)
    batch_tokens: int = Field(default=16_384, ge=256)
    learning_rate: float = Field(default=2e-3, gt=0)
    warmup_steps: int = Field(default=30, ge=0)
    decay_share: float = Field(default=0.2, ge=0, le=1)
    decay_to: float = Field(default=0.1, ge=0, le=1)
    checkpoint_steps: int = Field(default=100, ge=1)
    lora: LoraConfig = LoraConfig()
    weights: dict[str, Annotated[float, Field(gt=0)]] = {}

    def steps_for(self, tasks: Collection[str]) -> int:
        """The batches of a warm start on these tasks."""
        every = {task: self.weights.get(task, 1.0) for task in {*self.weights, *tasks}}
        return max(1, round(self.steps * sum(every[task] for task in tasks) / sum(every.values())))


class GrpoConfig(Frozen):
    """GRPO. A step asks ``prompts`` groups of ``completions``; ``task_prompts`` says how many of each task.

    ``max_completion_tokens`` is the most that an answer may take, here and in evaluation; ``task_completion_tokens``
    says it for the tasks that it names.
    """

    steps: int = Field(ge=1)
    prompts: int = Field(default=16, ge=1)
    completions: int = Field(default=8, ge=2)
    micro_rows: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup_steps: int = Field(default=0, ge=0)
    beta: float = Field(default=0.0, ge=0)
    temperature: float = Field(default=1.0, gt=0)
    max_completion_tokens: int = Field(default=96, ge=1)
    task_completion_tokens: dict[str, Annotated[int, Field(ge=1)]] = {}
    lora: LoraConfig = LoraConfig()
    task_prompts: dict[str, int] = {}
    importance_cap: float = Field(default=3.0, ge=1)
    max_null_share: float = Field(default=0.1, ge=0, le=1)
    max_truncated_share: float = Field(default=1.0, gt=0, le=1)
    rollout_wait: float = Field(default=900.0, gt=0)
    reward_wait: float = Field(default=600.0, ge=0)
    checkpoint_steps: int = Field(default=10, ge=1)
    keep_policies: int = Field(default=4, ge=2)
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0

    def completion_tokens(self, task: str) -> int:
        """The most tokens that an answer to a question of the task may take."""
        return self.task_completion_tokens.get(task, self.max_completion_tokens)

    def longest_completion(self, tasks: Iterable[str]) -> int:
        """The most tokens that an answer to any of the tasks may take."""
        return max(self.completion_tokens(task) for task in tasks)

    @field_validator("top_p", "top_k", "min_p")
    @classmethod
    def _full_support(cls, value: float, info: Any) -> float:
        if value != (1.0 if info.field_name == "top_p" else 0):
            raise ValueError(
                "GRPO needs samples from the model's whole distribution; a cut one has other log-probabilities "
                "than the trainer computes: leave it out"
            )
        return value


class EvalConfig(Frozen):
    """Greedy evaluation on held-out rows."""

    splits: tuple[Split, ...] = ("eval", "test")
    rows_per_task: int = Field(default=300, ge=1)


class RunConfig(Frozen):
    """One training run, as in `configs/*.toml`."""

    model: ModelConfig = ModelConfig()
    rows: RowsConfig = RowsConfig()
    sft: SftConfig
    grpo: GrpoConfig
    eval: EvalConfig = EvalConfig()

    def trained(self, tasks: Iterable[str]) -> tuple[str, ...]:
        """Those of the tasks whose rows train; the others are evaluated only."""
        return tuple(task for task in tasks if self.rows.trains(task))


class TrainJob(Frozen):
    """The argument of every job on the queue `train`. ``tasks`` empty: all that the workspace has rows of."""

    run: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$")
    workspace: str
    config: str
    tasks: tuple[str, ...] = ()
    model: str = ""
    resume: bool = True


def read_config(path: Path) -> RunConfig:
    """Read a run's TOML. Raises BadInput that names the file and the first wrong setting."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput("no such config file", str(path), "Choose one of configs/*.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise BadInput(f"not a readable TOML file ({error})", str(path)) from None
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise BadInput(first["msg"], f"{path}: {place}", "Correct the setting or remove it") from None
