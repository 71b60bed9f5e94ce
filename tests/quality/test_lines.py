"""RQ's arithmetic: each line's q at its bar, at its ideal, beyond both; and what the smallest says."""

import pytest

from cap_rlvr import registry
from cap_rlvr.quality.lines import HELD, TITLES, Bar, Line, bar_of, line, quality, unmeasured, weakest


@pytest.mark.parametrize(
    ("value", "bar", "ideal", "q"),
    [
        (0.0, 0.02, 0.0, 1.0),
        (0.02, 0.02, 0.0, 0.97),
        (0.04, 0.02, 0.0, 0.94),
        (1.0, 0.02, 0.0, 0.0),
        (0.99, 0.99, 1.0, 0.97),
        (1.0, 0.99, 1.0, 1.0),
        (0.97, 0.99, 1.0, 0.91),
        (0.22, 0.22, 0.20, 0.97),
        (0.19, 0.22, 0.20, 1.0),  # better than ideal
    ],
)
def test_q_is_the_formula_of_the_specification(value: float, bar: float, ideal: float, q: float) -> None:
    assert quality(value, Bar(bar, ideal)) == pytest.approx(q)


@pytest.mark.parametrize(("value", "q"), [(0.0, 1.0), (1e-4, 0.0), (1.0, 0.0)])
def test_where_bar_and_ideal_are_one_q_is_one_or_nothing(value: float, q: float) -> None:
    assert quality(value, Bar(0.0, 0.0)) == q


@pytest.mark.parametrize(("value", "q"), [(0.1, 1.0), (5.0, 1.0), (5.01, 0.0)])
def test_a_gate_has_nothing_between(value: float, q: float) -> None:
    assert quality(value, Bar(5.0, 0.0, gate=True)) == q


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("task", ["holding", "bluebook", "summarise", "retrieval", "entail", "sixth"])
def test_a_line_holds_at_its_bar_and_not_beyond(task: str, name: str) -> None:
    held_to = bar_of(task, name)
    beyond = held_to.bar + 0.01 * (1 if held_to.bar >= held_to.ideal and name not in ("ceiling", "chains") else -1)
    assert line(task, name, "pooled", held_to.bar, 100).held
    assert not line(task, name, "pooled", beyond, 100).held


def test_the_bar_of_a_constant_and_the_ceiling_are_the_tasks_own() -> None:
    for name in registry.names():
        task = registry.get(name)
        assert bar_of(name, "constant") == Bar(task.most_constant, task.chance)
        assert bar_of(name, "ceiling") == Bar(task.ceiling, 1.0)


def test_the_specifications_own_bars() -> None:
    assert bar_of("holding", "constant") == Bar(0.22, 0.20)
    assert bar_of("entail", "constant").bar == pytest.approx(0.40 * 0.60)
    assert bar_of("bluebook", "constant").bar == 0.05
    assert bar_of("summarise", "ceiling").bar == 0.95
    assert bar_of("retrieval", "chains").bar == 0.98
    assert (bar_of("summarise", "cost_p99").bar, bar_of("entail", "cost_p99").bar) == (20.0, 5.0)


def test_the_smallest_q_is_the_weakest_link_and_no_mean_hides_it() -> None:
    lines = [
        line("a", "ceiling", "pooled", 1.0, 9),
        line("b", "junk_mean", "pooled", 0.5, 9),
        line("c", "auc", "pooled", 1.0, 9),
    ]
    found = weakest(lines)
    assert found is not None
    assert (found.task, found.q) == ("b", pytest.approx(0.25))


def test_what_was_not_measured_neither_holds_nor_counts() -> None:
    open_line = unmeasured("a", "auc", "pooled", 3, "too few rows")
    assert not open_line.held
    assert weakest([open_line]) is None
    held: Line = line("a", "ceiling", "pooled", 1.0, 50)
    assert weakest([open_line, held]) == held


def test_other_scopes_do_not_count() -> None:
    assert weakest([line("a", "ceiling", "real", 0.1, 50)]) is None
    assert HELD == 0.97
