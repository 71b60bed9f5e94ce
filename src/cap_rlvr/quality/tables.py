"""The suite's result for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cap_rlvr.quality.lines import HELD, TITLES, Line, Name
from cap_rlvr.quality.results import Attacker, Attempt, Suite
from cap_rlvr.quality.samples import SCOPES

_CLIPPED = 300
_SHOWN = 12


def show(suite: Suite, baseline: Suite | None, console: Console) -> None:
    """Tables by scope, the baseline's beside them, the worst outputs, what attackers reached, and the verdict."""
    console.print(f"Rows: {suite.origin}. {counted(suite)}", soft_wrap=True, markup=False, highlight=False)
    for scope in SCOPES:
        if any(one.scope == scope for one in suite.lines):
            console.print(table(suite, scope, f"Reward quality, {heading(suite, scope).lower()}"))
    if baseline:
        console.print(table(baseline, "pooled", "The naive rewards through the same suite"))
    if suite.attackers:
        console.print(attackers(suite.attackers, baseline.attackers if baseline else ()))
    for one in sorted((one for one in suite.offences if one.line != "cost_worst"), key=lambda one: one.task)[:_SHOWN]:
        head = f"{one.task} · {one.line} · {one.family} · {one.row_id}: {one.reward:g} against {one.limit:g} ({one.reason})"
        console.print(f"[red]{escape(head)}[/red]\n{escape(one.completion[:_CLIPPED])}", soft_wrap=True)
    for sentence in verdict(suite, baseline):
        console.print(sentence, soft_wrap=True, highlight=False, markup=False)


def table(suite: Suite, scope: str, title: str) -> Table:
    """Lines down, tasks across: the value; in red with its q where it does not hold, `?` where it was not measured."""
    tasks = list(suite.rows)
    found = {(one.name, one.task): one for one in suite.lines if one.scope == scope}
    drawn = Table("line", *tasks, title=title, title_justify="left", box=SIMPLE)
    for name in TITLES:
        cells = [found.get((name, task)) for task in tasks]
        if any(cells):
            drawn.add_row(TITLES[name], *(_cell(one) for one in cells))
    return drawn


def _cell(one: Line | None) -> str:
    if one is None:
        return "–"
    if one.value is None:
        return f"[yellow]? n={one.n}[/yellow]"
    value = figure(one.name, one.value)
    return value if one.held else f"[red]{value} (q {one.q:.2f})[/red]"


def figure(name: Name, value: float) -> str:
    """A value as its line is read."""
    return f"{value:.1f}" if name.startswith("cost") else f"{value:.0f}" if name == "determinism" else f"{value:.4f}"


def attackers(own: Sequence[Attacker], naive: Sequence[Attacker] = ()) -> Table:
    """The best wrong output of each attacker beside the limit that it has by construction."""
    columns = ("task", "attacker", "tries", "wrong", "best", "its limit", "above theirs", "mean excess", "best output")
    drawn = Table(*columns, title="Attackers without the gold", title_justify="left", box=SIMPLE)
    for which, one in _both(own, naive):
        best = one.best
        drawn.add_row(
            one.task + which,
            one.method,
            f"{one.attempts:,}",
            f"{one.scored:,}",
            f"{best.reward:.3f}" if best else "–",
            f"{best.limit:.2f}" if best else "–",
            f"[red]{one.holes:,}[/red]" if one.holes and not which else f"{one.holes:,}",
            learnt(one),
            escape(_short(one.worst_excess if one.holes else best)),
        )
    return drawn


def _both(own: Sequence[Attacker], naive: Sequence[Attacker]) -> Iterator[tuple[str, Attacker]]:
    for one in own:
        yield "", one
        for other in naive:
            if (other.task, other.method) == (one.task, one.method):
                yield " (naive)", other


def outputs(own: Sequence[Attacker]) -> Iterator[str]:
    """In full, what an attacker got reward with: its best output that deserves nothing, and what is furthest above its limit."""
    for one in own:
        above = one.worst_excess if one.holes else None
        for what, shown in (("best that deserves nothing", one.best), ("above its limit", above)):
            if shown is not None and (shown.reward or shown is above):
                head = f"{one.task}, {one.method}, {what}: {shown.reward:g} of at most {shown.limit:g}"
                yield f"\n{head} on {shown.row_id} ({shown.reason})\n{shown.completion}"


def learnt(one: Attacker) -> str:
    """A learner's mean reward less the limit, first and last; empty for a search."""
    return "" if one.before is None or one.after is None else f"{one.before:z.3f} → {one.after:z.3f}"


def _short(one: Attempt | None) -> str:
    return "" if one is None else repr(one.completion[:90])


def verdict(suite: Suite, baseline: Suite | None) -> list[str]:
    """RQ with the weakest link, what was not measured, and the baseline, a sentence each."""
    found: list[str] = []
    weakest = suite.weakest
    if weakest is None or suite.rq is None:
        found.append("RQ: nothing could be measured.")
    else:
        held = "every measured line holds" if suite.rq >= HELD else f"below the bar of {HELD}"
        link = f"{weakest.task}, {weakest.title} {figure(weakest.name, weakest.value or 0.0)} (bar {weakest.bar:g})"
        found.append(f"RQ {suite.rq:.4f}: {held}. Weakest link: {link}{'; ' + weakest.note if weakest.note else ''}.")
    parts = [f"{source} {rq:.4f}" for source, rq in suite.rq_by_source.items() if rq is not None]
    if parts:
        found.append(f"RQ by source: {', '.join(parts)}.")
    if suite.unjudged:
        found.append(f"Too few rows to judge: {', '.join(suite.unjudged)}. Prepare more, or leave --workspace out.")
    if suite.not_measured:
        named = "; ".join(f"{one.task}, {one.title} ({one.note})" for one in suite.not_measured)
        found.append(f"Not measured, so not held: {len(suite.not_measured)} lines: {named}.")
    holes = sum(one.holes for one in suite.attackers)
    if holes:
        found.append(f"Outputs of attackers above their own limits: {holes:,}.")
    missing = sorted(set(suite.rows) - {one.task for one in suite.attackers}) if suite.attackers else []
    if missing:
        found.append(f"Not searched, for want of an adversary.py: {', '.join(missing)}.")
    if baseline and baseline.rq is not None and baseline.weakest:
        failing = sum(one.scope == "pooled" and one.q is not None and not one.held for one in baseline.lines)
        found.append(f"The naive rewards: RQ {baseline.rq:.4f}, {failing} lines below their bars.")
    return found


def heading(suite: Suite, scope: str) -> str:
    """What a table is of; pooled rows of one source are said to be that."""
    return f"{(suite.sources[0] if len(suite.sources) == 1 else scope).capitalize()} rows"


def counted(suite: Suite) -> str:
    """How many rows there are, by task and source."""
    counts = ", ".join(
        f"{task} {' + '.join(f'{count:,} {source}' for source, count in found.items() if count) or 'none'}"
        for task, found in suite.rows.items()
    )
    return f"{counts}."
