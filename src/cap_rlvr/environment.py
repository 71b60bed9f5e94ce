"""Any task as a Gymnasium environment: an episode is one question, one answer, one reward.

environment = make("bluebook", Path("workspace"), split="train")
observation, info = environment.reset(seed=0)
_, reward, terminated, _, info = environment.step("<answer>410 U.S. 113 (1973)</answer>")

The environments by the names of the plan, and the one that mixes tasks, are in `cap_rlvr.envs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import gymnasium
from gymnasium import spaces

from cap_rlvr import registry
from cap_rlvr.answer import MAX_BYTES
from cap_rlvr.rewards import judge
from cap_rlvr.task import Task, Vectors
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rows import SPLITS, Row, read_rows
from cap_rlvr.wire.scoring import Score
from cap_rlvr.wire.workspace import Workspace

Observation = dict[str, str]

# Longer than any prompt that a model of today reads; an answer over the scorers' 32 kB is in the space, and scores 0.
_MAX_PROMPT = 1_000_000
_MAX_ANSWER = 2 * MAX_BYTES
_SAMPLED = "".join(map(chr, range(32, 127))) + "\n"


class AnyText(spaces.Text):
    """Any string up to a length; Gymnasium's own text space would need all of Unicode as a table."""

    def __init__(self, max_length: int) -> None:
        super().__init__(max_length, min_length=0, charset=_SAMPLED)

    def contains(self, x: Any) -> bool:
        return isinstance(x, str) and len(x) <= self.max_length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyText) and self.max_length == other.max_length

    def __hash__(self) -> int:
        return hash(self.max_length)


def observation_space() -> Any:  # Gymnasium types a Dict space by its spaces, not by what they hold
    """A task's name and a prompt; a space of its own for each environment, since a space has its own chance."""
    return spaces.Dict({"task_name": AnyText(100), "inputs": AnyText(_MAX_PROMPT)})


def action_space() -> AnyText:
    """A completion."""
    return AnyText(_MAX_ANSWER)


class TaskEnvironment(gymnasium.Env[Observation, str]):
    """One task over some rows. An action is a completion; every step ends the episode.

    An observation is `{"task_name", "inputs"}`: inputs is the whole prompt. ``reset`` draws a row with the environment's
    seeded generator, or takes ``options={"row_id": …}``. ``info`` holds `task_name`, `row_id`, `stand_in`, and after a
    step the fields of `wire.scoring.Score` as plain data: `reward`, `reason`, `parts`, `gates`, `steps`, `strict`,
    `answer`, `parse_mode`. ``vectors`` are for retrieval. Raises BadInput without rows.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}
    stand_in = False  # whether the rows only stand in for data that is not there

    def __init__(
        self, task: Task[Any], rows: Sequence[Row], render_mode: str | None = None, vectors: Vectors | None = None
    ) -> None:
        if not rows:
            raise BadInput(f"no rows of {task.name} were given", "rows", "Prepare some with `cap-rlvr prep`")
        check_render_mode(render_mode)
        self.task = task
        self.rows = rows
        self.vectors = vectors
        self.render_mode = render_mode
        self.observation_space = observation_space()
        self.action_space = action_space()
        self._places = {row.id: index for index, row in enumerate(rows)}
        self._row: Row | None = None
        self._completion: str | None = None
        self._score: Score | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        super().reset(seed=seed)
        wanted = checked(options).get("row_id")
        if wanted is not None and not (isinstance(wanted, str) and wanted in self._places):
            raise BadInput(f"no row has the id {wanted!r}", "options.row_id")
        index = int(self.np_random.integers(len(self.rows))) if wanted is None else self._places[wanted]
        self._row, self._completion, self._score = self.rows[index], None, None
        return self._observation(self._row), self._info(self._row)

    def step(self, action: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Score the completion. Raises BadInput before a reset and after the end of the episode."""
        if self._row is None or self._score is not None:
            raise BadInput("there is no open question", "step", "Call reset first")
        self._completion = action
        self._score = judge(self.task, self._row.truth, action, self.vectors)
        return self._observation(self._row), self._score.reward, True, False, self._info(self._row)

    def render(self) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]  (one mode, never a list)
        """The question and, once given, the completion and the verdict, as text."""
        if self.render_mode is None or self._row is None:
            return None
        lines = ["(a stand-in: no rows are prepared)"] if self.stand_in else []
        lines.append(self.task.prompt(self._row.inputs))
        if self._score is not None:
            lines += ["", f"> {self._completion}", f"{self._score.reward:g} · {self._score.reason.text}"]
        return "\n".join(lines)

    def _observation(self, row: Row) -> Observation:
        return {"task_name": self.task.name, "inputs": self.task.prompt(row.inputs)}

    def _info(self, row: Row) -> dict[str, Any]:
        info = {"task_name": self.task.name, "row_id": row.id, "stand_in": self.stand_in}
        return info if self._score is None else {**info, **self._score.model_dump(mode="json")}


def make(task: str, workspace: Path | str, split: str = "train", render_mode: str | None = None) -> TaskEnvironment:
    """The environment of a task over a workspace's rows of one split. Raises BadInput where there are none."""
    if split not in SPLITS:
        raise BadInput(f"no split is named {split!r}", "split", f"Choose from: {', '.join(SPLITS)}")
    known = registry.get(task)
    return TaskEnvironment(
        known, list(read_rows(Workspace(Path(workspace)).tasks / task / f"{split}.jsonl")), render_mode
    )


def checked(options: object) -> dict[str, Any]:
    """The options of a reset. Raises BadInput where they are no dict."""
    if options is not None and not isinstance(options, dict):
        raise BadInput(f"they are no dict, but {type(options).__name__}", "options", 'Give {"row_id": …}, or nothing')
    return cast("dict[str, Any]", options or {})


def check_render_mode(render_mode: str | None) -> None:
    """Raises BadInput for a mode that is not offered."""
    if render_mode not in (None, "ansi"):
        raise BadInput(f"{render_mode!r} is not offered", "render_mode", "Use 'ansi' or None")
