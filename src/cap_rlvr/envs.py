"""An environment of each task, a thin form of `environment.TaskEnvironment`, and one that mixes them all.

Those of the plan have the plan's names; any other task has its own in camel case (`ENVIRONMENTS` lists all).

    from cap_rlvr.envs import HoldingSelectionEnv

    env = HoldingSelectionEnv(data_path="workspace/tasks/holding/train.jsonl", subset_size=1000)
    observation, info = env.reset(seed=0)
    observation, reward, terminated, truncated, info = env.step("<answer>A</answer>")

A loop written to Gym's old interface, with `obs = env.reset()` and four values a step, runs with `env = OldGym(env)`.
Registered with Gymnasium: `gymnasium.make("cap_rlvr.envs:cap_rlvr/HoldingSelection-v0", data_path=…)`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import gymnasium

from cap_rlvr import registry
from cap_rlvr.environment import (
    Observation,
    TaskEnvironment,
    action_space,
    check_render_mode,
    checked,
    observation_space,
)
from cap_rlvr.rewards.functions import store_at
from cap_rlvr.task import Vectors
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rows import Row, read_rows
from cap_rlvr.wire.workspace import Workspace


class StandInData(UserWarning):
    """There are no rows at the path: the environment asks its task's built-in example, and every info says so."""


class BaseCapRLVREnv(TaskEnvironment):
    """``data_path``: a file of rows, by default `workspace/tasks/<task>/train.jsonl`; ``subset_size``: its first so many.

    The lines of a prepared file are in a keyed order, so that its head is a fair sample. Without rows there, the
    task's example stands in, with a warning (`StandInData`) and `info["stand_in"]` true.
    """

    TASK: ClassVar[str]

    def __init__(
        self,
        data_path: str | Path | None = None,
        subset_size: int | None = None,
        render_mode: str | None = None,
        vectors: Vectors | None = None,
    ) -> None:
        if subset_size is not None and not (isinstance(subset_size, int) and 1 <= subset_size <= sys.maxsize):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BadInput("it must be a whole number, at least 1", "subset_size", "Leave it out to take every row")
        path = Path(data_path) if data_path else Workspace(Path("workspace")).tasks / self.TASK / "train.jsonl"
        rows = list(islice(read_rows(path), subset_size)) if path.exists() else []
        if not rows:
            self.stand_in = True
            rows = [self._stand_in()]
            sentence = f"{path}: no rows, so one built-in example stands in. Prepare rows with `cap-rlvr prep`"
            warnings.warn(sentence, StandInData, stacklevel=2)
        wrong = next((row for row in rows if row.task != self.TASK), None)
        if wrong is not None:
            raise BadInput(f"{wrong.id} is a row of {wrong.task}, not of {self.TASK}", str(path), "Give its own file")
        super().__init__(registry.get(self.TASK), rows, render_mode, vectors)

    def ask(self, example: dict[str, Any]) -> str:
        """The inputs that go with the task's example, which is a ground truth alone."""
        del example
        return "(No rows are prepared, and this task's example has no text.)"

    def _stand_in(self) -> Row:
        example = registry.get(self.TASK).example
        return Row(
            id=f"{self.TASK}-stand-in",
            case_id="",
            task=self.TASK,
            inputs=self.ask(example),
            source_kind=SourceKind.SYNTHETIC,
            kind="stand_in",
            truth=example,
        )


class HoldingSelectionEnv(BaseCapRLVREnv):
    """Which of five is the holding that is left out?"""

    TASK = "holding"

    def ask(self, example: dict[str, Any]) -> str:
        options = [f"{letter}. {text}" for letter, text in zip("ABCDE", example["choices"], strict=True)]
        return (
            "The appellant says that the juror Hall should have been excused, since he had read of the affair in the "
            "newspapers and had formed an opinion. Examined by the court, Hall swore that he could lay aside what he had "
            "read. We hold that [HOLDING]. The motion for a new trial was rightly overruled.\n\n" + "\n".join(options)
        )


class BluebookCitationEnv(BaseCapRLVREnv):
    """Cite this case."""

    TASK = "bluebook"

    def ask(self, example: dict[str, Any]) -> str:
        fields = example["metadata"]
        return (
            f"Case: {example['names'][-1]}. Court: {fields['court']}. Date: {fields['year']}. Reported: Texas Criminal "
            f"Reports, volume {fields['volume']}, from page {fields['page']}. Give its citation without the name."
        )


class IRACSummaryEnv(BaseCapRLVREnv):
    """Brief this decision in four parts."""

    TASK = "summarise"

    def ask(self, example: dict[str, Any]) -> str:
        return str(example["source"])


IRACsSummaryEnv = IRACSummaryEnv


class CaseRetrievalEnv(BaseCapRLVREnv):
    """Which of these cases are analogous? ``faiss_index_path``: a vector store's index, or its folder."""

    TASK = "retrieval"

    def __init__(
        self,
        data_path: str | Path | None = None,
        subset_size: int | None = None,
        render_mode: str | None = None,
        faiss_index_path: str | Path | None = None,
    ) -> None:
        super().__init__(data_path, subset_size, render_mode, store_at(faiss_index_path))

    def ask(self, example: dict[str, Any]) -> str:
        listed = [f"[{one['id']}] {one['cites'][0]}" for one in example["candidates"]]
        return (
            "The defendant moved for a continuance for want of a witness. [CASE] and [CASE] are in point.\n\n"
            "Candidates:\n" + "\n".join(listed) + f"\nName the {len(example['positives'])} that are analogous."
        )


class EntailmentEnv(BaseCapRLVREnv):
    """What does this court do to the case that it cites?"""

    TASK = "entail"

    def ask(self, example: dict[str, Any]) -> str:
        return f"Citing case: {example['citing']}\nCited case: {example['cited']}\n\nPassage:\n{example['context']}"


PLAN_ENVIRONMENTS: tuple[type[BaseCapRLVREnv], ...] = (
    HoldingSelectionEnv,
    BluebookCitationEnv,
    IRACSummaryEnv,
    CaseRetrievalEnv,
    EntailmentEnv,
)


def of_another_task(name: str) -> type[BaseCapRLVREnv]:
    """The environment of a task that the plan does not name."""

    class AnotherEnv(BaseCapRLVREnv):
        TASK = name

    title = "".join(part.capitalize() for part in name.split("_"))
    AnotherEnv.__name__ = AnotherEnv.__qualname__ = f"{title}Env"
    AnotherEnv.__doc__ = f"Rows of {name}."
    return AnotherEnv


# Of every task, in the order of the plan.
ENVIRONMENTS: tuple[type[BaseCapRLVREnv], ...] = (
    *PLAN_ENVIRONMENTS,
    *(of_another_task(name) for name in registry.names() if name not in {kind.TASK for kind in PLAN_ENVIRONMENTS}),
)


MOST_WEIGHT = 1e9  # weights are relative; far larger ones add up to infinity


class MultiTaskLegalEnv(gymnasium.Env[Observation, str]):
    """Several tasks in one: each reset draws a task by the curriculum's weights, then a row of it.

    ``envs`` by task name are by default those of all tasks over `workspace`; ``weights`` are relative, a task that is not
    named has 1. ``set_weights`` changes them between episodes; ``options={"task_name": …}`` asks for one task. The
    observation's and info's `task_name` say which was drawn; one seed decides the whole sequence.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}

    def __init__(
        self,
        envs: Mapping[str, TaskEnvironment] | None = None,
        weights: Mapping[str, float] | None = None,
        render_mode: str | None = None,
    ) -> None:
        check_render_mode(render_mode)
        if not isinstance(envs, Mapping | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BadInput(f"they are {type(envs).__name__}", "envs", "Give a dict of task name to environment")
        self.envs = dict(envs) if envs is not None else {kind.TASK: kind() for kind in ENVIRONMENTS}
        if not self.envs:
            raise BadInput("there is nothing to mix", "envs", "Give at least one environment")
        for name, env in self.envs.items():
            if not isinstance(env, TaskEnvironment):  # pyright: ignore[reportUnnecessaryIsInstance]  (a caller's slip is told)
                raise BadInput(
                    f"{name!r} is no environment, but {type(env).__name__}", "envs", "Give task environments"
                )
            env.render_mode = render_mode
        self.render_mode = render_mode
        self.observation_space = observation_space()
        self.action_space = action_space()
        self.current: TaskEnvironment | None = None
        self.set_weights(weights or {})

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """The curriculum's next stage. Raises BadInput for unknown tasks, negative weights, or nothing to draw."""
        if not isinstance(weights, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  (a caller's slip is told)
            raise BadInput(f"they are {type(weights).__name__}", "weights", "Give a dict of task name to weight")
        for name, weight in weights.items():
            number = isinstance(weight, int | float)  # pyright: ignore[reportUnnecessaryIsInstance]
            if name not in self.envs or not number or not 0 <= weight <= MOST_WEIGHT:
                raise BadInput(
                    f"{weight} for {name!r} is no weight of a task here", "weights", f"Tasks: {[*self.envs]}"
                )
        self.weights = {name: float(weights.get(name, 1.0)) for name in self.envs}
        if not sum(self.weights.values()):
            raise BadInput("every weight is 0", "weights", "Leave at least one task above 0")

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        super().reset(seed=seed)
        asked = checked(options).get("task_name")
        if asked is not None and not (isinstance(asked, str) and asked in self.envs):
            raise BadInput(f"no task here is named {asked!r}", "options.task_name", f"Tasks: {', '.join(self.envs)}")
        total = sum(self.weights.values())
        shares = [weight / total for weight in self.weights.values()]
        drawn = [*self.envs][int(self.np_random.choice(len(shares), p=shares))]
        inner = int(self.np_random.integers(2**31))
        self.current = self.envs[drawn if asked is None else asked]
        return self.current.reset(seed=inner, options=options)

    def step(self, action: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Score the completion of the task drawn last. Raises BadInput before a reset and after the episode's end."""
        if self.current is None:
            raise BadInput("there is no open question", "step", "Call reset first")
        return self.current.step(action)

    def render(self) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]  (one mode, never a list)
        return None if self.current is None else self.current.render()

    def close(self) -> None:
        for env in self.envs.values():
            env.close()


class OldGym:
    """An environment for loops written to Gym's old interface: `reset` gives the observation alone, `step` four values.

    `done` is always true: an episode is one answer. `render` prints.
    """

    def __init__(self, env: TaskEnvironment | MultiTaskLegalEnv) -> None:
        self.env = env
        env.render_mode = "ansi"
        for inner in env.envs.values() if isinstance(env, MultiTaskLegalEnv) else ():
            inner.render_mode = "ansi"

    def reset(self, seed: int | None = None) -> Observation:
        return self.env.reset(seed=seed)[0]

    def step(self, action: str) -> tuple[Observation, float, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated or truncated, info

    def render(self) -> None:
        print(self.env.render())

    def close(self) -> None:
        self.env.close()


def _register() -> None:
    for kind in (*ENVIRONMENTS, MultiTaskLegalEnv):
        globals()[kind.__name__] = kind  # so that one made here can be pickled, and named as an entry point
        name = f"cap_rlvr/{kind.__name__.removesuffix('Env')}-v0"
        if name not in gymnasium.registry:
            gymnasium.register(id=name, entry_point=f"{__name__}:{kind.__name__}")


_register()
