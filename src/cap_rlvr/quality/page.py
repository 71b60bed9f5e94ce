"""The suite's result as one page of HTML without outside references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cap_rlvr.quality.lines import HELD, TITLES, Line
from cap_rlvr.quality.results import Suite
from cap_rlvr.quality.samples import SCOPES
from cap_rlvr.quality.tables import counted, figure, heading, learnt, verdict
from cap_rlvr.wire.errors import BadInput


def render(suite: Suite, baseline: Suite | None) -> str:
    """Tables, bars of q, the worst outputs with their reasons. Raises BadInput where jinja2 is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise BadInput("the page needs jinja2", "--html", "Run: pip install 'cap-rlvr[quality]'") from None
    pages = Environment(loader=PackageLoader("cap_rlvr.quality", "."), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("page.html.j2").render(
        suite=suite,
        baseline=baseline,
        held=HELD,
        verdict=verdict(suite, baseline),
        titles=TITLES,
        scopes=[scope for scope in SCOPES if any(one.scope == scope for one in suite.lines)],
        cells=_cells(suite),
        naive_cells=_cells(baseline) if baseline else {},
        naive_attackers={(one.task, one.method): one for one in baseline.attackers} if baseline else {},
        counted=counted(suite),
        heading=heading,
        learnt=learnt,
        figure=figure,
    )


def _cells(suite: Suite) -> Mapping[tuple[str, str, str], Line]:
    return {(one.scope, one.name, one.task): one for one in suite.lines}


def as_json(suite: Suite, baseline: Suite | None) -> dict[str, Any]:
    """`rq` first, then everything that it was computed from."""
    weakest = suite.weakest
    return {
        "rq": suite.rq,
        "rq_by_source": suite.rq_by_source,
        "passed": suite.passed,
        "weakest": weakest.model_dump(mode="json") if weakest else None,
        "not_measured": [f"{one.task} {one.name}: {one.note}" for one in suite.not_measured],
        "naive_rq": baseline.rq if baseline else None,
        **suite.model_dump(mode="json"),
        "naive": baseline.model_dump(mode="json") if baseline else None,
    }
