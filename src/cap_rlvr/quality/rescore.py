"""A process of its own that scores what it reads on stdin and prints a digest of each score; see repeat.py."""

from __future__ import annotations

import json
import sys

from cap_rlvr import registry
from cap_rlvr.quality.naive import naive_task
from cap_rlvr.wire.frozen import digest


def main() -> None:
    asked = json.load(sys.stdin)
    task = registry.get(asked["task"])
    if asked["naive"]:
        task = naive_task(task) or task
    truths = {name: task.read_truth(truth) for name, truth in asked["truths"].items()}
    scores = (task.score(truths[name], completion) for name, completion in asked["items"])
    json.dump([digest(score.model_dump(mode="json")) for score in scores], sys.stdout)


if __name__ == "__main__":
    main()
