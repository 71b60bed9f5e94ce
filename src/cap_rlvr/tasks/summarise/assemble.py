"""Rows of candidates: a brief that reaches the ceiling, one a decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cap_rlvr.tasks.summarise.extract import TASK
from cap_rlvr.tasks.summarise.reward import gold, score
from cap_rlvr.tasks.summarise.truth import Brief, SummariseTruth
from cap_rlvr.wire.frozen import digest
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span
from cap_rlvr.wire.scoring import Score


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """A row for each candidate whose canonical brief reaches the ceiling; the others are refused with what it lacks."""
    del seed  # nothing is drawn: every decision is asked in the one way there is
    for block in blocks:
        for candidate in block:
            yield _row(candidate)


def _row(candidate: Candidate) -> Row | Refusal:
    told = SummariseTruth.model_validate(candidate.payload["truth"])
    best: Score | None = None
    for offered in candidate.payload["briefs"]:
        truth = told.model_copy(update={"brief": Brief.model_validate(offered["brief"])})
        verdict = score(truth, gold(truth))
        if verdict.strict:
            return _written(candidate, truth, [*offered["spans"], *candidate.payload["spans"]])
        best = verdict if best is None or verdict.reward > best.reward else best
    assert best is not None, "a candidate offers a brief"
    detail = f"{best.reward}: {best.reason.text}"
    return Refusal(case_id=candidate.case_id, task=TASK, reason=f"gold_{best.reason.code}", detail=detail)


def _written(candidate: Candidate, truth: SummariseTruth, spans: list[Any]) -> Row:
    return Row(
        id=f"{TASK}-{digest([candidate.case_id, truth.source])[:16]}",
        case_id=candidate.case_id,
        task=TASK,
        inputs=truth.source,
        spans=tuple(Span.model_validate(span) for span in spans),
        source_kind=candidate.source_kind,
        kind=candidate.kind,
        difficulty=0.7 if candidate.payload["cut"] else 0.5,
        truth=truth.model_dump(mode="json"),
    )
