"""The same items scored again: in reverse, in threads, and in fresh processes with other hash seeds. Bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
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
_SECONDS = 600


@dataclass(frozen=True)
class _Try:
    example: Example
    item: Item


def determinism_line(task: Task[Any], examples: Sequence[Example], seed: str, made: Judgement, naive: bool) -> Line:
    """How many scores, reason and parts included, differ in any of the ways to compute them. One line for all sources."""
    tries = [_Try(one, item) for at, one in enumerate(examples) for item in items_of(task, examples, at, seed)]
    if not tries:
        return unmeasured(task.name, "determinism", "pooled", 0, "no rows")
    first = [_digest(task, one) for one in tries]
    ways = {"in reverse": [_digest(task, one) for one in reversed(tries)][::-1]}
    with ThreadPoolExecutor(_THREADS) as threads:
        ways["in threads"] = list(threads.map(_digest, repeat(task), tries))
    for hash_seed in HASH_SEEDS:
        ways[f"hash seed {hash_seed}"] = _in_process(task.name, tries, hash_seed, naive)
    bad: dict[int, str] = {}
    for way, digests in ways.items():
        for place, (one, other) in enumerate(zip(first, digests, strict=True)):
            if one != other:
                bad.setdefault(place, way)
    for place, way in list(bad.items())[:3]:
        example, item = tries[place].example, tries[place].item
        score = task.score(example.truth, item.completion)
        made.note(1.0, offence_of(task.name, "determinism", example, item, score, f"differs {way}"))
    note = f"first {next(iter(bad.values()))}" if bad else f"{len(ways)} ways"
    return line(task.name, "determinism", "pooled", float(len(bad)), len(tries), note)


def _digest(task: Task[Any], one: _Try) -> str:
    return digest(task.score(one.example.truth, one.item.completion).model_dump(mode="json"))


def _in_process(name: str, tries: Sequence[_Try], hash_seed: str, naive: bool) -> list[str]:
    """Scored by a fresh interpreter. Raises Unavailable with its last line where it fails, or where it takes too long."""
    truths: dict[str, Any] = {one.example.row.id: one.example.row.truth for one in tries}
    order = [(one.example.row.id, one.item.completion) for one in tries]
    asked = json.dumps({"task": name, "naive": naive, "truths": truths, "items": order})
    try:
        run = subprocess.run(
            [sys.executable, "-m", "cap_rlvr.quality.rescore"],
            input=asked,
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
