"""A brief of a decision in four parts: issue, rule, application, conclusion."""

from __future__ import annotations

import json
from pathlib import Path

from cap_rlvr.task import Task
from cap_rlvr.tasks.summarise import probes
from cap_rlvr.tasks.summarise.assemble import assemble
from cap_rlvr.tasks.summarise.extract import find
from cap_rlvr.tasks.summarise.reward import STRICT, gold, score
from cap_rlvr.tasks.summarise.truth import SummariseTruth

_FOLDER = Path(__file__).parent

TASK = Task(
    name="summarise",
    title="IRAC summary",
    version="1",
    truth=SummariseTruth,
    example=json.loads((_FOLDER / "data" / "example.json").read_text(encoding="utf-8")),
    template=(_FOLDER / "prompt.md").read_text(encoding="utf-8").strip(),
    ceiling=STRICT,
    tags_required=True,
    find=find,
    assemble=assemble,
    gold=gold,
    score=score,
    probes=probes.PROBES,
)
