"""A toy task that is right: say the word asked for. Its reward can be swapped for a gamed one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from cap_rlvr.quality.samples import Example
from cap_rlvr.task import GroundTruth, Probe, Probes, Task
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.rows import Row
from cap_rlvr.wire.scoring import Reason, Score

WORDS = (
    "estoppel",
    "laches",
    "waiver",
    "venue",
    "remittitur",
    "subrogation",
    "replevin",
    "detinue",
    "trover",
    "mandamus",
)


class Truth(GroundTruth):
    word: str


def verdict(reward: float, reason: str = "right") -> Score:
    return Score(
        reward=reward, strict=reward == 1, answer=None, reason=Reason(code=reason, text=reason), parse_mode="tag"
    )


def score(truth: Truth, completion: str) -> Score:
    said = completion.strip()
    if said in (f"<answer>{truth.word}</answer>", f"<answer>the {truth.word}</answer>"):
        return verdict(1.0)
    return verdict(0.5 if said == truth.word else 0.0, "wrong")


def forms(truth: Truth) -> Iterator[Probe]:
    for spaces in range(14):
        yield Probe(f"spaces_{spaces}", f"{' ' * spaces}<answer>{truth.word}</answer>", 1.0)


def attacks(truth: Truth, other: Truth, key: str) -> Iterator[Probe]:
    for number in range(24):
        yield Probe(f"numbered_{number}", f"<answer>{truth.word} {number}</answer>", 0.0)
    yield Probe("untagged", truth.word, 0.5)
    if other.word != truth.word:
        yield Probe("another", f"<answer>{other.word}</answer>", 0.0)


def chains(truth: Truth, key: str) -> Iterator[Sequence[str]]:
    yield [f"<answer>{truth.word}</answer>", truth.word, ""]
    yield [f"<answer>{truth.word}</answer>", f"<answer>not {truth.word}</answer>"]


TASK: Task[Truth] = Task(
    name="echo",
    title="Echo",
    version="1",
    truth=Truth,
    example={"word": "waiver"},
    template="Say the word.\n{inputs}",
    ceiling=1.0,
    tags_required=True,
    find=lambda case: iter(()),
    assemble=lambda blocks, seed: iter(()),
    gold=lambda truth: f"<answer>{truth.word}</answer>",
    score=score,
    probes=Probes(forms, attacks, chains),
)


def gamed(reward: Callable[[Truth, str], float]) -> Task[Any]:
    """The task with another reward."""
    return replace(TASK, score=lambda truth, completion: verdict(reward(truth, completion)))


def examples(count: int = 50, source: str = "synthetic", words: Sequence[str] = ()) -> list[Example]:
    """Rows whose word is their own, or one of a few."""
    kind = SourceKind.SYNTHETIC if source == "synthetic" else SourceKind.STATIC
    found: list[Example] = []
    for number in range(count):
        word = words[number % len(words)] if words else f"{WORDS[number % 10]}-{'abcdefghij'[number // 10 % 10]}"
        row = Row(
            id=f"echo-{source}-{number}",
            case_id=f"case-{number}",
            task="echo",
            split="train",
            inputs=f"The word is {word}.",
            source_kind=kind,
            truth={"word": word},
        )
        found.append(Example(row, Truth(word=word), source))
    return found
