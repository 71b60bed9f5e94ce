"""`python -m services.trainer.evaluate`: a stage's policy on held-out rows, greedily, through the fleet."""

from __future__ import annotations

from typing import cast, get_args

from cap_rlvr.wire.runs import Stage
from services.trainer.entry import flags, guarded, job_of, prepare


def main() -> None:
    parser = flags("evaluate")
    parser.add_argument("--stage", required=True, choices=get_args(Stage))
    parser.add_argument("--local", action="store_true", help="generate in this process, where no replica serves it")
    given = parser.parse_args()
    needed = ("reward_url",) if given.local else ("redis_url", "reward_url")
    ready = prepare(job_of(given), *needed)
    from services.trainer.held_out import evaluate

    evaluate(ready, cast(Stage, given.stage), local=given.local)


if __name__ == "__main__":
    guarded(main)
