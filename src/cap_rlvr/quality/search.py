"""A search for rewards without the gold: hypothesis draws templates, fillers, splices and moves, and climbs by `target`.

A draw is a chain of outputs, the base and what each move makes of it, and every one of them is tried: hypothesis takes
longer for a draw than a scorer for an output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cap_rlvr.quality.adversaries import Adversary, Target, fill, slots_of, target_of
from cap_rlvr.quality.moves import MOVES, splice
from cap_rlvr.quality.results import Attacker
from cap_rlvr.quality.samples import Example
from cap_rlvr.quality.tally import Tally
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import keyed_unit

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Done = Callable[[Attacker], None]
_A_ROUND = 250  # draws on one row before the next: hypothesis' memory of what it drew grows with them
_MOST_MOVES = 3
_A_DRAW = 2  # outputs that a draw tries at the least, nearly always


def search(  # noqa: PLR0913, PLR0917  (rows, how much, and from where to go on)
    task: Task[Any],
    adversary: Adversary,
    examples: Sequence[Example],
    attempts: int,
    seed: str,
    done: Done,
    before: Attacker | None = None,
) -> Attacker:
    """Try so many outputs over the rows in turn; ``done`` gets what was reached after each row.

    ``before``: what the same search had reached when it was stopped. Raises BadInput where hypothesis is not installed.
    """
    tally = Tally(task, adversary)
    if before is not None:
        tally.go_on_from(before)
    turn = before.turns if before else 0
    while tally.attempts < attempts:
        target = target_of(task, adversary, examples, turn % len(examples), f"{seed}/{turn}")
        number = int(keyed_unit("search", seed, task.name, turn) * 2**53)
        _climb(target, tally, min(_A_ROUND, max(1, (attempts - tally.attempts) // _A_DRAW)), number)
        turn += 1
        done(tally.result("search", turn))
    return tally.result("search", turn)


def _climb(target: Target, tally: Tally, draws: int, number: int) -> None:
    """One run of hypothesis on one row."""
    try:
        import hypothesis as hy
    except ImportError:
        raise BadInput("the search needs hypothesis", "--attempts", "Run: pip install 'cap-rlvr[quality]'") from None

    settings = hy.settings(
        max_examples=draws,
        database=None,
        deadline=None,
        phases=[hy.Phase.generate, hy.Phase.target],
        suppress_health_check=[
            hy.HealthCheck.too_slow,
            hy.HealthCheck.data_too_large,
            hy.HealthCheck.large_base_example,
        ],
    )

    lowest = math.inf

    def climb(completions: list[str]) -> None:
        nonlocal lowest
        best = max(tally.excess(target, one) for one in completions)
        lowest = min(lowest, best)
        if best > lowest:  # where all earn the same there is nothing to climb, and hypothesis would try the same again
            hy.target(best)

    hy.seed(number)(settings(hy.given(outputs(target))(climb)))()


def outputs(target: Target) -> SearchStrategy[list[str]]:
    """All that can be made for a row: a filled template or a known attack, two of them spliced; then up to three moves."""
    from hypothesis import strategies as st

    unit = st.integers(0, 99).map(lambda number: number / 100)
    base = st.sampled_from(target.seeds)
    if target.material.templates:
        base = st.sampled_from(target.material.templates).flatmap(lambda one: _filled(one, target)) | base
    whole = base | st.builds(splice, base, base, unit, unit)
    moves = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), unit), max_size=_MOST_MOVES)
    return st.builds(_moved, whole, moves)


def _filled(template: str, target: Target) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    slots = {name: st.sampled_from(target.material.slots.get(name) or ("",)) for name in slots_of(template)}
    return st.fixed_dictionaries(slots).map(lambda chosen: fill(template, chosen))


def _moved(text: str, moves: Sequence[tuple[str, float]]) -> list[str]:
    """The text, and what becomes of it move by move."""
    made = [text]
    for name, at in moves:
        made.append(MOVES[name](made[-1], at))
    return made
