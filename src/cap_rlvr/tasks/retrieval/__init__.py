"""Which of some forty cases turn on the same points of law as the one shown."""

from __future__ import annotations

from pathlib import Path

from cap_rlvr.task import Task
from cap_rlvr.tasks.retrieval import probes
from cap_rlvr.tasks.retrieval.assemble import assemble
from cap_rlvr.tasks.retrieval.extract import find
from cap_rlvr.tasks.retrieval.reward import gold, score
from cap_rlvr.tasks.retrieval.truth import RetrievalTruth, with_vectors

TASK = Task(
    name="retrieval",
    title="Analogous cases",
    version="1",
    truth=RetrievalTruth,
    example={
        "candidates": [
            {
                "id": f"{letter}{10 + 3 * number}",
                "cites": [f"{31 + number} Tex. Crim. {35 + 11 * number}"],
                "year": 1892 + number // 2,
                "courts": ["Crim. App.", "Tex. Crim. App."],
            }
            for number, letter in enumerate("KBTQWHDMXRLAJNGEPCYFSVUZ")
        ],
        "positives": ["T16", "R37", "E55", "Z79"],
    },
    template=(Path(__file__).parent / "prompt.md").read_text(encoding="utf-8").strip(),
    ceiling=1.0,
    tags_required=True,
    find=find,
    assemble=assemble,
    gold=gold,
    score=score,
    probes=probes.PROBES,
    with_vectors=with_vectors,
)
