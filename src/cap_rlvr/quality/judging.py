"""Every item of every row scored once, with its cost, and what the lines need of it kept."""

from __future__ import annotations

import hashlib
import heapq
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cap_rlvr.quality.hacks import hacks_of
from cap_rlvr.quality.items import Item, Kind, items_of
from cap_rlvr.quality.lines import bar_of
from cap_rlvr.quality.results import CLIPPED, Offence
from cap_rlvr.quality.samples import Example
from cap_rlvr.task import Task
from cap_rlvr.wire.scoring import Score

WORST = 5  # offences that are kept of each line, task and source
SLACK = 1e-6  # rewards have four decimals, limits are sums of floats
_LONGEST_CONSTANT = 2_000
_TIMED_AGAIN = 0.6  # of the bar of cost: what took longer is timed twice more, for the machine may have been busy
_AGAIN = 8  # times in all for what is above the bar even so


@dataclass(frozen=True, slots=True)
class Judged:
    """An item without its text. ``row`` is its row's place; ``seconds`` are of CPU, the least of several where it was slow."""

    row: int
    source: str
    kind: Kind
    family: str
    reward: float
    limit: float
    seconds: float


@dataclass
class Judgement:
    """All that was judged of one task, with the worst outputs by line."""

    task: str
    judged: list[Judged] = field(default_factory=list[Judged])
    slow: float = 3e-3
    shared: Counter[str] = field(default_factory=Counter[str])
    digest: str = ""
    _worst: dict[tuple[str, str], list[tuple[float, int, Offence]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[float, int, Offence]]]
    )
    _count: int = 0
    _before: float = 0.0

    def note(self, severity: float, offence: Offence) -> None:
        """Keep an offence, if it is among the worst of its line and source."""
        kept = self._worst.setdefault((offence.line, offence.source), [])
        self._count += 1
        heapq.heappush(kept, (severity, -self._count, offence))
        if len(kept) > WORST:
            heapq.heappop(kept)

    def follow(self, reward: float, example: Example, item: Item, score: Score) -> None:
        """Note a link of a chain that earns more than the link before it."""
        if not item.family.endswith(".0") and reward > self._before + SLACK:
            rise = Item(item.kind, item.family, item.completion, self._before)
            self.note(reward - self._before, offence_of(self.task, "chains", example, rise, score))
        self._before = reward

    def offences(self) -> list[Offence]:
        """The worst of each line, the gravest first."""
        return [offence for key in sorted(self._worst) for _, _, offence in sorted(self._worst[key], reverse=True)]

    def of(self, scope: str, kind: Kind) -> list[Judged]:
        """What was judged of a kind, in all rows or those of one source."""
        return [one for one in self.judged if one.kind == kind and scope in ("pooled", one.source)]

    def constants(self, rows: int) -> list[str]:
        """The outputs that were made for half of the rows or more: they owe nothing to a row."""
        return [text for text, count in self.shared.items() if 2 * count >= rows]


def judge(task: Task[Any], examples: Sequence[Example], seed: str, done: Callable[[], None]) -> Judgement:
    """Score all items of some rows; ``done`` is called after each row."""
    made = Judgement(task.name, slow=slow_for(task))
    state = hashlib.sha256()
    for at, example in enumerate(examples):
        texts: set[str] = set()
        for item in items_of(task, examples, at, seed):
            state.update(repr((item.kind, item.family, item.completion, item.limit)).encode("utf-8", "surrogatepass"))
            if item.kind in ("attack", "junk") and len(item.completion) <= _LONGEST_CONSTANT:
                texts.add(item.completion)
            _judge_item(task, example, at, item, made)
        made.shared.update(sorted(texts))
        done()
    for hack in hacks_of(task.name):
        if hack.ground_truth is not None:
            _judge_hack(task, hack.ground_truth, Item("attack", f"seen/{hack.seen}", hack.completion, hack.limit), made)
    made.digest = state.hexdigest()
    return made


def _judge_item(task: Task[Any], example: Example, at: int, item: Item, made: Judgement) -> None:
    score, seconds = timed(task, example.truth, item.completion)
    made.judged.append(Judged(at, example.source, item.kind, item.family, score.reward, item.limit, seconds))
    line, severity = _fault(item, score.reward)
    if line:
        made.note(severity, offence_of(task.name, line, example, item, score))
    if item.kind == "chain":
        made.follow(score.reward, example, item, score)
    if item.kind == "attack" and seconds > made.slow:
        made.note(seconds, offence_of(task.name, "cost_worst", example, item, score, f"{1e3 * seconds:.1f} ms"))


def _judge_hack(task: Task[Any], ground_truth: dict[str, Any], item: Item, made: Judgement) -> None:
    score, seconds = timed(task, task.read_truth(ground_truth), item.completion)
    made.judged.append(Judged(-1, "real", item.kind, item.family, score.reward, item.limit, seconds))
    line, severity = _fault(item, score.reward)
    if line:
        made.note(severity, _offence(task.name, line, ("real", "hacks.jsonl"), item, score))


def _fault(item: Item, reward: float) -> tuple[str, float]:
    """The line that an item breaks, and by how much; an empty name where it breaks none."""
    if item.kind == "gold":
        return ("ceiling", item.limit - reward) if reward < item.limit - SLACK else ("", 0.0)
    if item.kind == "form":
        return ("false_rejects", item.limit - reward) if reward < item.limit - SLACK else ("", 0.0)
    if item.kind == "attack":
        return ("false_accepts", reward - item.limit) if reward > item.limit + SLACK else ("", 0.0)
    if item.kind == "junk":
        return ("junk_mean", reward) if reward > 0 else ("", 0.0)
    return "", 0.0


def slow_for(task: Task[Any]) -> float:
    """The CPU seconds from which on an item is timed again."""
    return _TIMED_AGAIN * bar_of(task.name, "cost_p99").bar / 1e3


def timed(task: Task[Any], truth: Any, completion: str) -> tuple[Score, float]:
    """A score and its CPU seconds."""
    began = time.process_time()
    score = task.score(truth, completion)
    seconds = time.process_time() - began
    slow = slow_for(task)
    for again in range(_AGAIN if seconds > slow else 0):
        if again >= 2 and seconds <= slow / _TIMED_AGAIN:
            break
        began = time.process_time()
        task.score(truth, completion)
        seconds = min(seconds, time.process_time() - began)
    return score, seconds


def offence_of(task: str, line: str, example: Example, item: Item, score: Score, note: str = "") -> Offence:
    """An offence as the report shows it."""
    return _offence(task, line, (example.source, example.row.id), item, score, note)


def _offence(task: str, line: str, where: tuple[str, str], item: Item, score: Score, note: str = "") -> Offence:
    return Offence(
        task=task,
        line=line,
        source=where[0],
        row_id=where[1],
        family=item.family,
        reward=score.reward,
        limit=round(item.limit, 4),
        reason=note or f"{score.reason.code}: {score.reason.text}",
        completion=clip(item.completion),
    )


def clip(text: str) -> str:
    """The head of an output; what a screen would obey or not show is written out as an escape."""
    shown = "".join(char if char.isprintable() or char in "\n\t" else _escape(char) for char in text[:CLIPPED])
    return shown + (f" … ({len(text):,} characters)" if len(text) > CLIPPED else "")


def _escape(char: str) -> str:
    return f"\\x{ord(char):02x}" if char.isascii() else char.encode("ascii", "backslashreplace").decode()
