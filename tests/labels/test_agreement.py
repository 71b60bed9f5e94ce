"""Shares and intervals of developer labels."""

from typing import Any

import pytest

from cap_rlvr.labels.agreement import Share, agreements
from cap_rlvr.labels.sheet import Label
from cap_rlvr.report.intervals import wilson_interval


def label(agrees: bool | None, stratum: str = "NONE", **fields: Any) -> Label:
    common = {"task": "entail", "item": "i", "row_id": "r", "source_kind": "static", "answer": "x"}
    return Label.model_validate({**common, "stratum": stratum, "decoy": False, "agrees": agrees, **fields})


@pytest.mark.parametrize(
    ("hits", "total", "interval"),
    [
        (0, 0, (0, 1)),
        (0, 10, (0, 0.2775)),
        (10, 10, (0.7225, 1)),
        (45, 50, (0.7864, 0.9565)),
        (50, 100, (0.4038, 0.5962)),
    ],
)
def test_wilson_s_interval(hits: int, total: int, interval: tuple[float, float]) -> None:
    assert wilson_interval(hits, total) == pytest.approx(interval, abs=1e-4)


def test_blind_and_second_look_are_told_apart() -> None:
    given = [
        *(label(agrees=True) for _ in range(6)),
        label(agrees=False, verdict="gold_right"),
        label(agrees=False, verdict="gold_wrong", why="cut"),
        label(agrees=False, verdict="unclear"),
        label(agrees=None),
        label(agrees=True, decoy=True),
        label(agrees=False, decoy=True),
    ]
    [line] = agreements(given)
    assert (line.blind, line.right, line.seen_through) == (Share(6, 9), Share(7, 8), Share(1, 2))
    assert (line.unclear, line.skipped) == (1, 1)


def test_a_gold_that_was_agreed_with_may_turn_out_wrong() -> None:
    given = [
        label(agrees=True),
        label(agrees=True, verdict="gold_wrong", why="the row is cut"),
        label(agrees=True, verdict="gold_right", badly_put=True),
        label(agrees=True, verdict="unclear"),
        label(agrees=False, verdict="gold_right", badly_put=True),
    ]
    [line] = agreements(given)
    assert (line.blind, line.right, line.unclear, line.badly_put) == (Share(4, 5), Share(3, 4), 1, 2)


def test_strata_and_all_together() -> None:
    lines = agreements([label(agrees=True), label(agrees=False, stratum="AFFIRMS", verdict="gold_wrong")])
    assert [(line.name, line.right) for line in lines] == [
        ("AFFIRMS", Share(0, 1)),
        ("NONE", Share(1, 1)),
        ("all", Share(1, 2)),
    ]


def test_few_rows_prove_nothing() -> None:
    assert "unproven" in str(Share(19, 19))
    assert "unproven" not in str(Share(20, 20))
    assert str(Share(0, 0)) == "none"
