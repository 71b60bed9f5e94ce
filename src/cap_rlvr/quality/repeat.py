"""The same items scored in fresh processes with fixed hash seeds, here in reverse, and here in threads: bit for bit the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat, zip_longest
from typing import Any

from cap_rlvr.quality.items import Item, items_of
from cap_rlvr.quality.judging import Judgement, offence_of
from cap_rlvr.quality.lines import Line, line, unmeasured
from cap_rlvr.quality.samples import Example
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.frozen import digest

HASH_SEEDS = ("1", "4294967295")  # and this process' own
_THREADS = 4
_SECONDS = 3_600


@dataclass(frozen=True)
class Subject:
    """A task, the rows whose items are scored again, and where offences are noted."""

    task: Task[Any]
    examples: Sequence[Example]
    made: Judgement


@dataclass(frozen=True)
class _Try:
    example: Example
    item: Item


def determinism_lines(subjects: Sequence[Subject], seed: str, naive: bool) -> list[Line]:
    """How many scores, reason and parts included, differ in any of the ways to compute them. One line a task.

    A process makes the items again itself, so that probes which follow hash order are found out too; it does so for all
    tasks, for to start it costs more than to score.
    """
    able = [one for one in subjects if one.examples]
    elsewhere = {one: _in_process(able, seed, one, naive) for one in (HASH_SEEDS if able else ())}
    return [
        _line(one, seed, {f"hash seed {name}": found[one.task.name] for name, found in elsewhere.items()})
        if one.examples
        else unmeasured(one.task.name, "determinism", "pooled", 0, "no rows")
        for one in subjects
    ]


def _line(subject: Subject, seed: str, ways: dict[str, list[str]]) -> Line:
    task, tries = subject.task, _tries(subject, seed)
    ways |= {"in reverse": [_digest(task, one) for one in reversed(tries)][::-1]}
    with ThreadPoolExecutor(_THREADS) as threads:
        ways |= {"in threads": list(threads.map(_digest, repeat(task), tries))}
    first, *others = ways.items()
    bad: dict[int, str] = {}
    for way, digests in others:
        for place, (one, other) in enumerate(zip_longest(first[1], digests)):
            if one != other:
                bad.setdefault(min(place, len(tries) - 1), way)
    for place, way in list(bad.items())[:3]:
        example, item = tries[place].example, tries[place].item
        score = task.score(example.truth, item.completion)
        subject.made.note(
            1.0, offence_of(task.name, "determinism", example, item, score, f"differs {way} from {first[0]}")
        )
    note = f"{next(iter(bad.values()))} from {first[0]}" if bad else f"{len(ways)} ways"
    return line(task.name, "determinism", "pooled", float(len(bad)), len(tries), note)


def digests_of(task: Task[Any], examples: Sequence[Example], seed: str) -> list[str]:
    """A digest of each item of these rows with its score."""
    return [_digest(task, one) for one in _tries(Subject(task, examples, Judgement(task.name)), seed)]


def _tries(subject: Subject, seed: str) -> list[_Try]:
    rows = subject.examples
    return [_Try(one, item) for at, one in enumerate(rows) for item in items_of(subject.task, rows, at, seed)]


def _digest(task: Task[Any], one: _Try) -> str:
    text = one.item.completion
    return digest([ascii(text), task.score(one.example.truth, text).model_dump(mode="json")])


def _in_process(subjects: Sequence[Subject], seed: str, hash_seed: str, naive: bool) -> dict[str, list[str]]:
    """Digests by task from a fresh interpreter. Raises Unavailable with its last line where it fails, or takes too long."""
    rows = {one.task.name: [example.row.model_dump(mode="json") for example in one.examples] for one in subjects}
    try:
        run = subprocess.run(
            [sys.executable, "-m", "cap_rlvr.quality.rescore"],
            input=json.dumps({"seed": seed, "naive": naive, "rows": rows}),
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
    except subprocess.TimeoutExpired:
        hint = "Try again when the machine is less busy"
        raise Unavailable(f"a scoring process took over {_SECONDS} s", "cap_rlvr.quality.rescore", hint) from None
    if run.returncode:
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        raise Unavailable(f"a scoring process failed ({last})", "cap_rlvr.quality.rescore")
    return json.loads(run.stdout)
