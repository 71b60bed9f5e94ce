"""The phases of the loop, in order; each leaves files behind, so a second call goes on after the last one done."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from cap_rlvr.cli.loop.runbook import Runbook
from cap_rlvr.cli.loop.screen import Screen
from cap_rlvr.cli.loop.services import Services
from cap_rlvr.cli.loop.source import Source
from cap_rlvr.clients.jobs import JobState, results
from cap_rlvr.clients.preparation import PrepRequest, check, prepare, read_yields
from cap_rlvr.wire.errors import BadData, Unavailable
from cap_rlvr.wire.jobs import RunConfig, TrainJob
from cap_rlvr.wire.manifest import read_manifest
from cap_rlvr.wire.runs import Stage
from cap_rlvr.wire.workspace import Workspace

OnStates = Callable[[Sequence[JobState]], None]
_TRAINER = "services.trainer.jobs"
LAST = "evaluate after grpo"


class Loop:
    """One run. Call the phases in the order in which they stand here."""

    def __init__(self, services: Services, book: Runbook, screen: Screen, config: RunConfig, job: TrainJob) -> None:
        self.services = services
        self.book = book
        self.screen = screen
        self.config = config
        self.job = job
        self.workspace = Workspace(Path(job.workspace))

    def prepare(self, source: Source) -> None:
        """Rows and supervised sets, from the source and from the fiction that the warm start may mix in."""
        request = PrepRequest(
            sources=source.paths, workspace=self.workspace.root, tasks=self.job.tasks, seed=self.config.rows.seed
        )
        with self.book.phase("prep"):
            made = prepare(self.services.prep, request, check(request), self._show)
        rows = {f"rows of {task}": counts["digest"] for task, counts in made.tasks.items()}
        self._forget_unless_still(sft=_digest(self.workspace.models / "sft"), **rows)
        lines = read_yields(self.workspace.root, self.job.tasks)
        kinds = tuple(dict.fromkeys(line["source_kind"] for line in lines))
        self.book.note(yields=_flat(lines), source_kinds=kinds)
        self.book.descend(corpus=made.corpus["digest"], **rows)

    def warm_start(self) -> None:
        """SFT. Starts the reward service and the trainer's worker for it, which stay for all that follows."""
        self.services.start_reward()
        self.services.start_trainer()
        steps = self.config.sft.steps_for(self.config.trained(self.job.tasks))
        self._train("sft", "warm start", "sft.jsonl", steps)
        if not self.job.model:
            self.book.descend(base=_digest(self.workspace.models / "base"))
        self.book.descend(sft=_digest(self.workspace.models / "sft"))

    def _forget_unless_still(self, **parents: str) -> None:
        """Do again all that an earlier call did after prep, where its rows or its warm start have been replaced."""
        known = self.book.record.lineage
        if any(known.get(name, parent) != parent for name, parent in parents.items()):
            self.book.event("changed", "rows or warm start are others than before: the run begins again after prep")
            self.book.note(phases=tuple(phase for phase in self.book.record.phases if phase.name == "prep"), lineage={})

    def served_model(self) -> Path:
        """What the fleet serves: the warm-started model where it was made here, else the pretrained one."""
        return Path(self.job.model) if self.job.model else self.workspace.models / "sft"

    def evaluate(self, stage: Stage) -> None:
        """Greedy answers of one stage's policy on the held-out rows."""
        self._train("evaluate", f"evaluate {stage.replace('_', ' ')}", f"eval/{stage}.jsonl", None, stage=stage)

    @property
    def is_done(self) -> bool:
        """Whether an earlier call has done everything."""
        return self.book.is_done(LAST)

    def train(self) -> None:
        """GRPO."""
        self._train("grpo", "GRPO", "steps.jsonl", self.config.grpo.steps)
        self.book.descend(grpo=_digest(self.workspace.models / "grpo"))

    def _train(self, function: str, title: str, lines: str, total: int | None, **more: Any) -> None:
        if self.book.is_done(title):
            return
        watch = _Lines(self.book.folder / lines)

        def show(_states: Sequence[JobState]) -> None:
            self.services.children.check()
            done, note = watch.look()
            self.screen.show(done, total, note)

        self.screen.begin(title, total)
        with self.book.phase(title):
            arguments = {"job": self.job.model_dump(mode="json"), **more}
            self._insist(f"{_TRAINER}.{function}", arguments, show, watch)
        self.screen.end()

    def _insist(self, function: str, arguments: dict[str, Any], show: OnStates, watch: _Lines) -> None:
        """Ask for a job until it is done; it goes on from its last checkpoint.

        Raises what the job raised when two tries in a row get no further; bad input at once.
        """
        stuck = 0
        while True:
            before = watch.look()
            self.services.await_broker()
            try:
                job = self.services.train.enqueue(function, arguments, again=True)
                results(self.services.train.wait([job], show))
                return
            except Unavailable as error:
                stuck = stuck + 1 if watch.look() == before else 0
                if stuck > 1:
                    raise
                self.book.event(
                    "restarted", f"{function.rpartition('.')[2]} ended early ({error.message}); asked for again"
                )

    def _show(self, title: str, done: int, total: int, note: str) -> None:
        self.services.children.check()
        if title != self.screen.title:
            self.screen.begin(title, total)
        self.screen.show(done, total, note)


class _Lines:
    """How far a job is, from the JSON lines that it appends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = -1
        self._told = (0, "")

    def look(self) -> tuple[int, str]:
        """Steps or rows done, and what the last line says of reward or loss."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size in {0, self._seen}:
            return self._told
        self._seen = size
        whole = [line for line in self._path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        if whole:
            last: dict[str, Any] = json.loads(whole[-1])
            self._told = (int(last.get("step", len(whole))), _note(last))
        return self._told


def _note(line: dict[str, Any]) -> str:
    if "reward_mean" in line:
        return f"reward {line['reward_mean']:.2f}"
    return f"loss {line['loss']:.3f}" if "loss" in line else ""


def _flat(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The yield table with its inner counts written out, for a page."""

    def plain(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        counts = cast(dict[str, int], value)
        return ", ".join(f"{name} {count}" for name, count in counts.items())

    return [{name: plain(value) for name, value in line.items()} for line in lines]


def _digest(folder: Path) -> str:
    try:
        return read_manifest(folder).digest
    except BadData:
        return "none"
