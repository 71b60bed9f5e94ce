"""A process of its own that makes and scores the items of rows on stdin, and prints a digest of each; see repeat.py."""

from __future__ import annotations

import json
import sys

from cap_rlvr import registry
from cap_rlvr.quality.naive import naive_task
from cap_rlvr.quality.repeat import digests_of
from cap_rlvr.quality.samples import examples_of
from cap_rlvr.wire.rows import Row


def main() -> None:
    asked = json.load(sys.stdin)
    found: dict[str, list[str]] = {}
    for name, rows in asked["rows"].items():
        task = naive_task(registry.get(name)) if asked["naive"] else registry.get(name)
        examples = examples_of(task, map(Row.model_validate, rows))
        found[name] = digests_of(task, examples, asked["seed"])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
