"""Any task as a Gymnasium environment: an episode is one question, one answer, one reward.

environment = make("bluebook", Path("workspace"), split="train")
prompt, info = environment.reset(seed=0)
_, reward, terminated, _, info = environment.step("<answer>410 U.S. 113 (1973)</answer>")
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import orjson
from gymnasium import spaces

from cap_rlvr import registry
from cap_rlvr.answer import MAX_BYTES
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rows import SPLITS, Row
from cap_rlvr.wire.scoring import Score
from cap_rlvr.wire.workspace import Workspace

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


class TaskEnvironment(gymnasium.Env[str, str]):
    """One task over some rows. An observation is a prompt, an action a completion; every step ends the episode.

    ``reset`` draws a row with the environment's seeded generator, or takes ``options={"row_id": …}``; ``info`` holds
    `task`, `row_id` and, after a step, `score` (a plain dict of `wire.scoring.Score`). Raises BadInput without rows.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}

    def __init__(self, task: Task[Any], rows: Sequence[Row], render_mode: str | None = None) -> None:
        if not rows:
            raise BadInput(f"no rows of {task.name} were given", "rows", "Prepare some with `cap-rlvr prep`")
        if render_mode not in (None, "ansi"):
            raise BadInput(f"{render_mode!r} is not offered", "render_mode", "Use 'ansi' or None")
        self.task = task
        self.rows = rows
        self.render_mode = render_mode
        self.observation_space = AnyText(_MAX_PROMPT)
        self.action_space = AnyText(_MAX_ANSWER)
        self._places = {row.id: index for index, row in enumerate(rows)}
        self._row: Row | None = None
        self._completion: str | None = None
        self._score: Score | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        wanted = (options or {}).get("row_id")
        if wanted is not None and wanted not in self._places:
            raise BadInput(f"no row has the id {wanted!r}", "options.row_id")
        index = int(self.np_random.integers(len(self.rows))) if wanted is None else self._places[wanted]
        self._row, self._completion, self._score = self.rows[index], None, None
        return self._prompt(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Score the completion. Raises BadInput before a reset and after the end of the episode."""
        if self._row is None or self._score is not None:
            raise BadInput("there is no open question", "step", "Call reset first")
        self._completion = action
        self._score = self.task.judge(self._row.truth, action)
        return self._prompt(), self._score.reward, True, False, self._info()

    def render(self) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]  (one mode, never a list)
        """The question and, once given, the completion and the verdict, as text."""
        if self.render_mode is None or self._row is None:
            return None
        lines = [self._prompt()]
        if self._score is not None:
            lines += ["", f"> {self._completion}", f"{self._score.reward:g} · {self._score.reason.text}"]
        return "\n".join(lines)

    def _prompt(self) -> str:
        return self.task.prompt(self._row.inputs) if self._row else ""

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {"task": self.task.name, "row_id": self._row.id if self._row else ""}
        if self._score is not None:
            info["score"] = self._score.model_dump(mode="json")
        return info


def make(task: str, workspace: Path, split: str = "train", render_mode: str | None = None) -> TaskEnvironment:
    """The environment of a task over a workspace's rows of one split. Raises BadInput where there are none."""
    if split not in SPLITS:
        raise BadInput(f"no split is named {split!r}", "split", f"Choose from: {', '.join(SPLITS)}")
    path = Workspace(workspace).tasks / task / f"{split}.jsonl"
    known = registry.get(task)
    try:
        with path.open("rb") as file:
            rows = [Row.model_validate(orjson.loads(line)) for line in file]
    except FileNotFoundError:
        raise BadInput("there are no prepared rows", str(path), "Prepare some with `cap-rlvr prep`") from None
    except ValueError as error:
        raise BadInput(f"a line is no row ({type(error).__name__})", str(path), "Prepare this task again") from None
    return TaskEnvironment(known, rows, render_mode)
