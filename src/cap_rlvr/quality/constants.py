"""The best constant answer: one text given to every question, for each source and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cap_rlvr.quality.lines import Line, line, unmeasured
from cap_rlvr.quality.samples import Example, choose, scopes
from cap_rlvr.task import Task
from cap_rlvr.wire.frozen import keyed_order

# Letters are dealt in decks of five: from 41 rows on, a fair deal can't put one letter above .22.
ROWS = 41
MOST_ROWS = 2_000  # of a source that are scored; more would only cost time
GOLDS = 24  # golds of other rows that are tried as constants
_GO_ON = 16  # of all texts, tried on a few rows: the best, which are tried on all


def constant_lines(
    task: Task[Any], examples: Sequence[Example], texts: Sequence[str], seed: str, tried_on: int = 60
) -> dict[str, Line]:
    """By scope, the highest mean reward of one text over the rows of one source and split that has enough of them.

    ``texts`` are outputs that owe nothing to a row; golds of some rows are tried on the others beside them. All are
    tried on ``tried_on`` rows of each source, and the best of them then on all rows.
    """
    rows = choose(examples, MOST_ROWS, seed)
    drawn = choose(rows, tried_on, seed)
    golds = _golds(task, rows, seed)
    rewards = _rewards(task, rows, _promising(task, drawn, texts, golds), golds)
    return {scope: _line(task, _of(rows, scope), rewards, scope) for scope in scopes(examples)}


def _line(task: Task[Any], rows: Sequence[Example], rewards: dict[str, dict[str, float]], scope: str) -> Line:
    groups = _groups(rows)
    enough = {name: ids for name, ids in groups.items() if len(ids) >= ROWS}
    most = max(map(len, groups.values()), default=0)
    if not enough:
        return unmeasured(task.name, "constant", scope, most, f"too few rows: {most} of {ROWS} in a source and split")
    means = {(name, text): _mean(rewards[text], ids) for name, ids in enough.items() for text in rewards}
    name, text = max(means, key=lambda pair: means[pair])
    left_out = [f"{other} has {len(ids)} rows" for other, ids in groups.items() if other not in enough]
    note = "; ".join([f"{' '.join(text.split())[:60]!r} on {name}", *left_out])
    return line(task.name, "constant", scope, means[name, text], len(rows), note)


def _of(examples: Sequence[Example], scope: str) -> list[Example]:
    return [one for one in examples if scope in ("pooled", one.source)]


def _groups(rows: Sequence[Example]) -> dict[str, list[str]]:
    """Ids of rows by source and split, and of all rows of a source."""
    found: dict[str, list[str]] = {}
    for one in rows:
        for name in (f"{one.source}, all splits", f"{one.source} {one.row.split}"):
            found.setdefault(name, []).append(one.row.id)
    return found


def _promising(
    task: Task[Any], drawn: Sequence[Example], texts: Sequence[str], golds: dict[str, frozenset[str]]
) -> list[str]:
    """The texts that do best on a draw of the rows."""
    ids = [one.row.id for one in drawn]
    rewards = _rewards(task, drawn, list(dict.fromkeys([*texts, *golds])), golds)
    means = {text: _mean(by_row, ids) for text, by_row in rewards.items()}
    return sorted(means, key=lambda text: -means[text])[:_GO_ON]


def _golds(task: Task[Any], rows: Sequence[Example], seed: str) -> dict[str, frozenset[str]]:
    """Some golds as constants, the most frequent first, with the ids of the rows whose gold they are."""
    counts = Counter(task.gold(one.truth) for one in rows[:MOST_ROWS])
    ordered = keyed_order(sorted(counts), "constants", seed)
    chosen = set(sorted(ordered, key=lambda text: -counts[text])[:GOLDS])
    owners: dict[str, set[str]] = {text: set() for text in sorted(chosen)}
    for one in rows[:MOST_ROWS]:
        text = task.gold(one.truth)
        if text in chosen:
            owners[text].add(one.row.id)
    return {text: frozenset(ids) for text, ids in owners.items()}


def _rewards(
    task: Task[Any], rows: Sequence[Example], texts: Sequence[str], golds: dict[str, frozenset[str]]
) -> dict[str, dict[str, float]]:
    """By text and row; a gold that belongs to one row alone is not tried on that row.

    Row by row: scorers keep what they have read of the last truths only.
    """
    alone = {text: owners for text, owners in golds.items() if len(owners) == 1}
    found: dict[str, dict[str, float]] = {text: {} for text in texts}
    for one in rows:
        for text in texts:
            if one.row.id not in alone.get(text, ()):
                found[text][one.row.id] = task.score(one.truth, text).reward
    return found


def _mean(rewards: dict[str, float], ids: Sequence[str]) -> float:
    found = [rewards[name] for name in ids if name in rewards]
    return sum(found) / len(found) if found else 0.0
