"""The rewards' quality in full: every line of every task, RQ, the naive rewards beside, search and learner.

    python benchmarks/reward_quality.py [--workspace workspace] [--form full] [--attempts 100000] [--task all]

With prepared rows where the workspace has some, else with fiction made on the spot. Writes
`benchmarks/results/reward_quality.json`, and with --html a page, and exits 1 below the bar. Cost is CPU time. What the
attackers reached is kept in `<workspace>/quality`, so that a run which was stopped goes on from there; `cap-rlvr attack
TASK --rows 400` does that part alone, so tasks can be attacked side by side before.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import orjson
from rich.console import Console

from cap_rlvr.cli.quality import form_of, run
from cap_rlvr.quality.page import as_json, render
from cap_rlvr.quality.tables import show
from cap_rlvr.wire.files import write_whole

RESULT = Path(__file__).parent / "results" / "reward_quality.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--form", default="full")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--attempts", type=int)
    parser.add_argument("--task", default="all")
    parser.add_argument("--html", type=Path)
    chosen = parser.parse_args()
    console = Console()
    form = form_of(chosen.form, chosen.rows, chosen.attempts)
    keep = (chosen.workspace or Path("workspace")) / "quality"
    made, baseline = run(chosen.task, chosen.workspace, form, 7, console, naive=True, keep=keep)
    write_whole(RESULT, orjson.dumps(as_json(made, baseline), option=orjson.OPT_INDENT_2) + b"\n")
    if chosen.html:
        write_whole(chosen.html, render(made, baseline))
    show(made, baseline, console)
    return 0 if made.passed else 1


if __name__ == "__main__":
    sys.exit(main())
