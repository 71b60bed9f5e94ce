"""Rows of candidates: each decision's brief has been found already, and is asked in the one way there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cap_rlvr.tasks.summarise.extract import TASK
from cap_rlvr.wire.frozen import digest
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """A row for each candidate."""
    del seed  # nothing is drawn
    for block in blocks:
        for candidate in block:
            truth = candidate.payload["truth"]
            yield Row(
                id=f"{TASK}-{digest([candidate.case_id, truth['source']])[:16]}",
                case_id=candidate.case_id,
                task=TASK,
                inputs=truth["source"],
                spans=tuple(Span.model_validate(span) for span in candidate.payload["spans"]),
                source_kind=candidate.source_kind,
                kind=candidate.kind,
                difficulty=0.7 if candidate.payload["cut"] else 0.5,
                truth=truth,
            )
