"""The real tasks and beside them `hostile`, whose scorer does what the completion says: chaos for the reward service."""

from __future__ import annotations

import os
import time
from typing import Any

from cap_rlvr import registry
from cap_rlvr.task import GroundTruth, Probes, Task
from cap_rlvr.wire.scoring import Part, Reason, Score, ScorerId

NAME = "hostile"


class NoTruth(GroundTruth):
    """Nothing is needed."""


def _nobody(*_: Any) -> Any:
    return iter(())


def _score(_: NoTruth, completion: str) -> Score:
    command, _, value = completion.partition(" ")
    if command == "burn":
        while True:
            pass
    elif command == "die":
        os._exit(3)
    elif command == "stall":
        time.sleep(3600)
    elif command == "bug":
        raise RuntimeError(value)
    elif command == "nap":
        time.sleep(float(value.split()[0]))
    return Score(
        reward=1.0,
        strict=True,
        answer="x",
        reason=Reason(code="obeyed", text="Done."),
        parts={"all": Part(value=1.0, weight=1.0)},
        parse_mode="tag",
    )


# What a completion's first word must come to: status, and the reason's or the failure's code.
OUTCOMES = {
    "burn": ("scored", "cost_limit"),
    "die": ("error", "worker_died"),
    "stall": ("error", "worker_stalled"),
    "bug": ("error", "scorer_failed"),
    "nap": ("scored", "obeyed"),
}
HOSTILE = Task(
    name=NAME,
    title="Do as told",
    version="1",
    truth=NoTruth,
    example={},
    template="{inputs}",
    ceiling=1.0,
    tags_required=False,
    find=_nobody,
    assemble=_nobody,
    gold=lambda _: "x",
    score=_score,
    probes=Probes(surface_forms=_nobody, attacks=_nobody, chains=_nobody),
)


def names() -> tuple[str, ...]:
    return (*registry.names(), NAME)


def get(name: str) -> Task[Any]:
    return HOSTILE if name == NAME else registry.get(name)


def scorer_id(name: str) -> ScorerId:
    return ScorerId(version="1", sha256="0" * 64) if name == NAME else registry.scorer_id(name)
