"""Rows of candidates: a brief that reaches the ceiling, one a decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cap_rlvr.tasks.summarise.extract import TASK
from cap_rlvr.tasks.summarise.reward import STRICT, gold, score
from cap_rlvr.tasks.summarise.truth import SummariseTruth
from cap_rlvr.wire.frozen import digest
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """A row for each candidate whose canonical brief reaches the ceiling; the others are refused with what it lacks."""
    del seed  # nothing is drawn: every decision is asked in the one way there is
    for block in blocks:
        for candidate in block:
            yield _row(candidate)


def _row(candidate: Candidate) -> Row | Refusal:
    truth = SummariseTruth.model_validate(candidate.payload["truth"])
    verdict = score(truth, gold(truth))
    if verdict.reward < STRICT or not verdict.strict:
        reason = f"gold_{verdict.reason.code}"
        detail = f"{verdict.reward}: {verdict.reason.text}"
        return Refusal(case_id=candidate.case_id, task=TASK, reason=reason, detail=detail)
    return Row(
        id=f"{TASK}-{digest([candidate.case_id, truth.source])[:16]}",
        case_id=candidate.case_id,
        task=TASK,
        inputs=truth.source,
        spans=tuple(Span.model_validate(span) for span in candidate.payload["spans"]),
        source_kind=candidate.source_kind,
        kind=candidate.kind,
        difficulty=0.7 if candidate.payload["cut"] else 0.5,
        truth=truth.model_dump(mode="json"),
    )
