"""What a run of the suite found: plain frozen data, the same for the terminal, `--json` and `--html`."""

from __future__ import annotations

from typing import Literal

from cap_rlvr.quality.lines import HELD, Line, weakest
from cap_rlvr.wire.frozen import Frozen

CLIPPED = 2_000  # characters of an output that are kept


class Offence(Frozen):
    """An output that a line does not forgive. ``limit`` is the most that it may earn (for an honest form, the least)."""

    task: str
    line: str
    source: str
    row_id: str
    family: str
    reward: float
    limit: float
    reason: str
    completion: str


class Attempt(Frozen):
    """An output of an attacker, the limit that it has by construction, and what it earned."""

    row_id: str
    reward: float
    limit: float
    reason: str
    completion: str


class Attacker(Frozen):
    """What a search or a learner got out of one reward.

    ``attempts`` counts the outputs tried, ``scored`` those of them that were wrong by construction and not tried before.
    ``best`` is the output with the highest reward among those that deserve nothing (limit at most .05);
    ``worst_excess`` the one furthest above its own limit. ``holes`` counts outputs above theirs. ``before`` and
    ``after``: a learner's mean reward, less the limit, over the first and the last quarter of its groups. ``turns``: rows
    that a search has been through, some more than once; steps of a learner.
    """

    task: str
    method: Literal["search", "learned"]
    attempts: int
    scored: int
    turns: int
    holes: int
    best: Attempt | None
    worst_excess: Attempt | None
    before: float | None = None
    after: float | None = None


class Suite(Frozen):
    """One run over one set of rewards. ``sets`` digests the probes of each task; ``rows`` counts by task and source."""

    form: str
    origin: str
    seed: str
    rows: dict[str, dict[str, int]]
    sets: dict[str, str]
    scorers: dict[str, str]
    lines: tuple[Line, ...]
    offences: tuple[Offence, ...]
    attackers: tuple[Attacker, ...] = ()

    @property
    def rq(self) -> float | None:
        """The smallest q over the measured lines of the pooled rows; None where nothing could be measured."""
        return self.rq_of("pooled")

    def rq_of(self, scope: str) -> float | None:
        found = weakest(self.lines, scope)
        return found.q if found else None

    @property
    def sources(self) -> tuple[str, ...]:
        """`real` and `synthetic`, as far as there are rows of them."""
        return tuple(sorted({source for found in self.rows.values() for source, count in found.items() if count}))

    @property
    def rq_by_source(self) -> dict[str, float | None]:
        """RQ of each source apart; of one alone the pooled rows are that."""
        alone = self.sources if len(self.sources) == 1 else ()
        return {source: self.rq if source in alone else self.rq_of(source) for source in ("real", "synthetic")}

    @property
    def weakest(self) -> Line | None:
        return weakest(self.lines)

    @property
    def not_measured(self) -> tuple[Line, ...]:
        """The pooled lines that nothing could be said of."""
        return tuple(one for one in self.lines if one.scope == "pooled" and one.q is None)

    @property
    def unjudged(self) -> tuple[str, ...]:
        """The tasks with too few rows to try attacks on, of which no RQ speaks."""
        return tuple(one.task for one in self.not_measured if one.name == "false_accepts")

    @property
    def passed(self) -> bool:
        """Whether every task could be judged, every measured line holds, and no attacker got above a limit."""
        holes = any(one.holes for one in self.attackers)
        return self.rq is not None and self.rq >= HELD and not holes and not self.unjudged
