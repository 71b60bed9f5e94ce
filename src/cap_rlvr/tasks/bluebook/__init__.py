"""Citation conversion and completion: fields of a reported case -> its citation in Bluebook form."""

from __future__ import annotations

from pathlib import Path

from cap_rlvr.task import Task
from cap_rlvr.tasks.bluebook import extract, probes
from cap_rlvr.tasks.bluebook.reward import gold, score
from cap_rlvr.tasks.bluebook.truth import BluebookTruth

TASK = Task(
    name="bluebook",
    title="Bluebook citation",
    version="1",
    truth=BluebookTruth,
    example={
        "ground_truth": "31 Tex. Crim. 35 (Crim. App. 1892)",
        "metadata": {
            "volume": "31",
            "page": "35",
            "year": 1892,
            "reporter": "Tex. Crim.",
            "court": "Texas Court of Criminal Appeals",
            "last_page": 37,
            "volume_years": [1892, 1893],
        },
        "names": ["Reed v. State", "Willie Reed v. The State"],
    },
    template=(Path(__file__).parent / "prompt.md").read_text(encoding="utf-8").strip(),
    ceiling=1.0,
    tags_required=False,
    find=extract.find,
    assemble=extract.assemble,
    gold=gold,
    score=score,
    probes=probes.PROBES,
)
