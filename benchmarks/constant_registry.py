"""The real tasks and beside them `constant`, whose scorer does nothing: what the service itself costs."""

from __future__ import annotations

from typing import Any

from cap_rlvr import registry
from cap_rlvr.task import GroundTruth, Probes, Task
from cap_rlvr.wire.scoring import Part, Reason, Score, ScorerId


class NoTruth(GroundTruth):
    """Nothing is needed."""


def _nobody(*_: Any) -> Any:
    return iter(())


_SCORE = Score(
    reward=1.0,
    strict=True,
    answer="x",
    reason=Reason(code="right", text="Always."),
    parts={"all": Part(value=1.0, weight=1.0)},
    parse_mode="tag",
)
CONSTANT = Task(
    name="constant",
    title="Nothing",
    version="1",
    truth=NoTruth,
    example={},
    template="{inputs}",
    ceiling=1.0,
    tags_required=False,
    find=_nobody,
    assemble=_nobody,
    gold=lambda _: "x",
    score=lambda _, __: _SCORE,
    probes=Probes(surface_forms=_nobody, attacks=_nobody, chains=_nobody),
)


def names() -> tuple[str, ...]:
    return (*registry.names(), "constant")


def get(name: str) -> Task[Any]:
    return CONSTANT if name == "constant" else registry.get(name)


def scorer_id(name: str) -> ScorerId:
    return ScorerId(version="1", sha256="0" * 64) if name == "constant" else registry.scorer_id(name)
