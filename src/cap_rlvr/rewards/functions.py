"""The reward functions by the names of the plan; the task is told, or read from the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

from pydantic import ValidationError

from cap_rlvr import registry
from cap_rlvr.rewards.explain import Explanation
from cap_rlvr.task import Task, Vectors
from cap_rlvr.vectors import open_store
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rows import Row
from cap_rlvr.wire.scoring import Score, Step

Sample = Row | Mapping[str, Any]


def judge(task: Task[Any], truth: Mapping[str, Any], completion: str, vectors: Vectors | None = None) -> Score:
    """Score a completion; ``vectors``, where the task knows them, stand in place of what the truth says of likeness.

    Raises BadInput where the truth is malformed, or the completion is no text.
    """
    if not isinstance(completion, str):  # pyright: ignore[reportUnnecessaryIsInstance]  (a caller's slip is told)
        raise BadInput(
            f"it must be text, not {type(completion).__name__}", "model_output", "Give the completion as str"
        )
    if vectors is None or task.with_vectors is None:
        return task.judge(truth, completion)
    return task.score(task.with_vectors(task.read_truth(truth), vectors), completion)


def truth_of(sample: Sample) -> dict[str, Any]:
    """The task's own fields of a row: those of the flat JSON line that are not common to all tasks.

    Raises BadInput where the sample is neither a row nor a mapping.
    """
    if isinstance(sample, Row):
        return sample.truth
    if not isinstance(sample, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  (a caller's slip is told)
        raise BadInput(f"it is no row, but {type(sample).__name__}", "sample", "Give a Row, or a dict of its fields")
    nested = sample.get("truth")
    if isinstance(nested, Mapping):
        return dict(cast("Mapping[str, Any]", nested))
    return {name: value for name, value in sample.items() if name not in Row.model_fields}


def task_of(sample: Sample) -> Task[Any]:
    """The task of a row: as its field `task` says, else the one task whose ground truth its fields make.

    Raises BadInput where there is none, or more than one.
    """
    truth = truth_of(sample)
    named = sample.task if isinstance(sample, Row) else sample.get("task")
    if isinstance(named, str) and named:
        return registry.get(named)
    tasks = [registry.get(name) for name in registry.names()]
    fitting = [task for task in tasks if _fits(task, truth)] or _nearest(tasks, truth)
    if len(fitting) == 1:
        return fitting[0]
    which = f"fit {' and '.join(task.name for task in fitting)}" if fitting else "are those of no task"
    choice = f"Give task_type, one of: {', '.join(registry.names())}"
    raise BadInput(
        f"the row names no task, and its fields ({', '.join(map(str, truth)) or 'none'}) {which}", "sample", choice
    )


def _fits(task: Task[Any], truth: Mapping[str, Any]) -> bool:
    try:
        task.read_truth(truth)
    except BadInput:
        return False
    return True


def _nearest(tasks: Sequence[Task[Any]], truth: Mapping[str, Any]) -> list[Task[Any]]:
    """The tasks that share most fields of the right kind with a truth that fits none, so that judging it names what is wrong."""
    shared = {
        task.name: len(truth.keys() & task.truth.model_fields.keys()) - _of_another_kind(task, truth) for task in tasks
    }
    most = max(shared.values(), default=0)
    return [task for task in tasks if most > 0 and shared[task.name] == most]


def _of_another_kind(task: Task[Any], truth: Mapping[str, Any]) -> int:
    """How many fields are there, but are no such thing: text for a mapping, say, not a mapping that lacks something."""
    try:
        task.truth.model_validate(truth)
    except ValidationError as error:
        return sum(len(one["loc"]) == 1 and one["loc"][0] in truth for one in error.errors(include_url=False))
    return 0


def store_at(path: str | Path | None) -> Vectors | None:
    """The vector store of an index or a folder. Raises BadInput where there is nothing, BadData where it is no store."""
    if path is None:
        return None
    # The types are the caller's promise, who may be a notebook without a checker.
    if not isinstance(path, str | Path) or not str(path):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise BadInput(f"it is no path, but {path!r}", "faiss_index_path", "Give the index's path, or leave it out")
    if not Path(path).exists():
        raise BadInput("there is no index", str(path), "Build one with `cap-rlvr vectors build`, or leave it out")
    return open_store(Path(path))


class UnifiedRewardFunction:
    """The reward of any task's rows. A sample is a `Row`, its flat JSON line as a dict, or a ground truth alone.

    ``faiss_index_path`` is the index (or folder) of a vector store: retrieval then takes similarities from there, and
    not from the row; without either it pays for gold alone and says so. Raises BadInput where there is no such store.
    """

    TASK: ClassVar[str] = ""

    def __init__(self, faiss_index_path: str | Path | None = None) -> None:
        self.vectors = store_at(faiss_index_path)

    def reward(self, sample: Sample, model_output: str, task_type: str | None = None) -> float:
        """The reward in [0, 1]. Raises BadInput where the sample can't be judged."""
        return self.score(sample, model_output, task_type).reward

    def score(self, sample: Sample, model_output: str, task_type: str | None = None) -> Score:
        """The whole verdict: reward, reason, parts, gates, steps."""
        return judge(self._task(sample, task_type), truth_of(sample), model_output, self.vectors)

    def batch(
        self, samples: Sequence[Sample], model_outputs: Sequence[str], task_type: str | None = None
    ) -> list[float]:
        """The rewards of many, tasks mixed. Raises BadInput that names the first item that can't be judged."""
        for name, given in (("samples", samples), ("model_outputs", model_outputs)):
            if isinstance(given, str) or not isinstance(given, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise BadInput(f"it is no list, but {type(given).__name__}", name, "Give one item for each output")
        if len(samples) != len(model_outputs):
            raise BadInput(f"{len(samples)} samples for {len(model_outputs)} outputs", "model_outputs", "Give one each")
        rewards: list[float] = []
        for index, (sample, output) in enumerate(zip(samples, model_outputs, strict=True)):
            try:
                rewards.append(self.reward(sample, output, task_type))
            except BadInput as error:
                raise BadInput(error.message, f"item {index}: {error.where}", error.hint) from None
        return rewards

    def steps(self, sample: Sample, model_output: str, task_type: str | None = None) -> tuple[Step, ...]:
        """What each part of the answer earned, in its order; the increments sum to the reward."""
        return self.score(sample, model_output, task_type).steps

    def explain(self, sample: Sample, model_output: str, task_type: str | None = None) -> Explanation:
        """The verdict for a person: print it, show it with rich, or take its ``html()``."""
        task = self._task(sample, task_type)
        return Explanation(task.title, model_output, judge(task, truth_of(sample), model_output, self.vectors))

    def _task(self, sample: Sample, task_type: str | None) -> Task[Any]:
        if self.TASK and task_type not in (None, self.TASK):
            raise BadInput(f"this judges {self.TASK}, not {task_type}", "task_type", "Use UnifiedRewardFunction")
        if not isinstance(task_type, str | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BadInput(
                f"it must be a name, not {type(task_type).__name__}", "task_type", "Leave it out to detect it"
            )
        named = task_type or self.TASK
        return registry.get(named) if named else task_of(sample)


class HoldingRewardFunction(UnifiedRewardFunction):
    """1 for the right option, else 0."""

    TASK = "holding"


class BluebookRewardFunction(UnifiedRewardFunction):
    """Fields .80 and form .20, behind the right reporter and page."""

    TASK = "bluebook"


class IRACRewardFunction(UnifiedRewardFunction):
    """Structure .40, content .30, length .15, legal language .15, behind gates of grounding."""

    TASK = "summarise"


class RetrievalRewardFunction(UnifiedRewardFunction):
    """Relevance above chance .80, share of gold .20."""

    TASK = "retrieval"


class EntailmentRewardFunction(UnifiedRewardFunction):
    """Label .60; evidence .25 and reasoning .15 only behind the right label."""

    TASK = "entail"
