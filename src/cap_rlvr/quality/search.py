"""A search for rewards without the gold: hypothesis draws templates, fillers, splices and moves, and climbs by `target`."""

from __future__ import annotations

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

_A_ROUND = 500  # attempts on one row before the next: hypothesis' memory of what it tried grows with them
_MOST_MOVES = 3


def search(
    task: Task[Any],
    adversary: Adversary,
    examples: Sequence[Example],
    attempts: int,
    seed: str,
    done: Callable[[int], None],
) -> Attacker:
    """Try so many outputs over the rows in turn. Raises BadInput where hypothesis is not installed."""
    tally = Tally(task, adversary)
    turn = 0
    while tally.attempts < attempts:
        target = target_of(task, adversary, examples, turn % len(examples), f"{seed}/{turn}")
        before = tally.attempts
        number = int(keyed_unit("search", seed, task.name, turn) * 2**53)
        _climb(target, tally, min(_A_ROUND, attempts - before), number)
        done(tally.attempts - before)
        turn += 1
    return tally.result("search")


def _climb(target: Target, tally: Tally, attempts: int, number: int) -> None:
    """One run of hypothesis on one row."""
    try:
        import hypothesis as hy
    except ImportError:
        raise BadInput("the search needs hypothesis", "--attempts", "Run: pip install 'cap-rlvr[quality]'") from None

    settings = hy.settings(
        max_examples=attempts,
        database=None,
        deadline=None,
        phases=[hy.Phase.generate, hy.Phase.target],
        suppress_health_check=[
            hy.HealthCheck.too_slow,
            hy.HealthCheck.data_too_large,
            hy.HealthCheck.large_base_example,
        ],
    )

    def climb(completion: str) -> None:
        hy.target(tally.excess(target, completion))

    hy.seed(number)(settings(hy.given(outputs(target))(climb)))()


def outputs(target: Target) -> SearchStrategy[str]:
    """All that can be made for a row: a filled template or a known attack, two of them spliced, then up to three moves."""
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


def _moved(text: str, moves: Sequence[tuple[str, float]]) -> str:
    for name, at in moves:
        text = MOVES[name](text, at)
    return text
