"""Whether a change of the scorers' code changed any verdict: judge now, keep, and judge the same again later.

    python benchmarks/same_verdicts.py --keep before.jsonl [--workspace workspace] [--rows 60]
    python benchmarks/same_verdicts.py --against before.jsonl

Every output that the quality suite makes for these rows (gold, honest forms, attacks, chains, junk) is judged, and its
verdict compared byte for byte. Exits 1 where one differs, and prints the first ten.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cap_rlvr import registry
from cap_rlvr.quality.items import items_of
from cap_rlvr.quality.samples import Example, choose, invented, prepared
from services.reward_api.verdicts import scored

SEED = "same_verdicts"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--workspace", type=Path, help="prepared rows; without it fiction is made")
    parser.add_argument("--rows", type=int, default=60, help="of each task and source")
    chosen = parser.parse_args()
    if chosen.against:
        return _compare(chosen.against)
    if not chosen.keep:
        parser.error("give --keep or --against")
    counts: Counter[str] = Counter()
    with chosen.keep.open("w") as file:
        for line in _judged(chosen.workspace, chosen.rows):
            file.write(json.dumps(line) + "\n")  # writes lone surrogates as escapes, which orjson does not
            counts[line["task"]] += 1
    print(f"{counts.total()} verdicts kept: {dict(counts)}")
    return 0


def _judged(workspace: Path | None, rows: int) -> Iterator[dict[str, Any]]:
    tasks = [registry.get(name) for name in registry.names()]
    fiction = {} if workspace else invented(tasks, 200, rows, 7, lambda _: None)
    for task in tasks:
        found: list[Example] = prepared(task, workspace) if workspace else fiction[task.name]
        examples = choose(found, rows, SEED)
        for at, example in enumerate(examples):
            yield {"task": task.name, "truth": example.row.truth}
            for item in items_of(task, examples, at, SEED):
                verdict = _verdict(task, example.truth, item.completion)
                yield {"task": task.name, "completion": item.completion, "verdict": verdict}


def _verdict(task: Any, truth: Any, completion: str) -> str:
    return scored(task.name, task.score(truth, completion)).core.decode()


def _compare(kept: Path) -> int:
    judged: Counter[str] = Counter()
    different: list[str] = []
    truth: Any = None
    with kept.open() as file:
        for number, text in enumerate(file, 1):
            line = json.loads(text)
            task = registry.get(line["task"])
            if "truth" in line:
                truth = task.read_truth(line["truth"])
                continue
            judged[task.name] += 1
            now = _verdict(task, truth, line["completion"])
            if now != line["verdict"]:
                different.append(f"{kept}:{number} {task.name}\n  was {line['verdict']}\n  is  {now}")
    print(f"{judged.total()} verdicts compared ({dict(judged)}): {len(different)} differ")
    for one in different[:10]:
        print(one)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
