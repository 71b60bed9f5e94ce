"""`python -m services.trainer.evaluate`: a stage's policy on held-out rows, greedily, through the fleet."""

from __future__ import annotations

from typing import cast, get_args

from cap_rlvr.wire.runs import Stage
from services.trainer.entry import flags, guarded, job_of, prepare


def main() -> None:
    parser = flags("evaluate")
    parser.add_argument("--stage", required=True, choices=get_args(Stage))
    given = parser.parse_args()
    ready = prepare(job_of(given), "redis_url", "reward_url")
    from services.trainer.held_out import evaluate

    evaluate(ready, cast(Stage, given.stage))


if __name__ == "__main__":
    guarded(main)
