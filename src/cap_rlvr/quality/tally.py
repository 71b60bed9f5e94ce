"""What an attacker has reached so far: its best wrong output, and the one furthest above its own limit."""

from __future__ import annotations

from typing import Any, Literal

from cap_rlvr.quality.adversaries import Adversary, Target
from cap_rlvr.quality.judging import SLACK, clip
from cap_rlvr.quality.results import Attacker, Attempt
from cap_rlvr.task import Task
from cap_rlvr.wire.scoring import Score

NOTHING = 0.05  # the most that an output may earn that deserves nothing


class Tally:
    """Scores outputs and remembers. An output whose limit is 1 may be right: it is not scored, and pays 0.

    ``scored`` counts the outputs that are wrong by construction, each once for a row at a time.
    """

    def __init__(self, task: Task[Any], adversary: Adversary) -> None:
        self._task = task
        self._adversary = adversary
        self._best: Attempt | None = None
        self._excess: Attempt | None = None
        self.attempts = 0
        self.scored = 0
        self.holes = 0
        self._seen: tuple[str, dict[str, float]] = ("", {})

    def go_on_from(self, before: Attacker) -> None:
        """Take over what an attacker had reached."""
        self.attempts, self.scored, self.holes = before.attempts, before.scored, before.holes
        self._best, self._excess = before.best, before.worst_excess

    def excess(self, target: Target, completion: str) -> float:
        """What an output earns less its limit, which is what attackers climb. Of equals the shorter one is kept.

        An output that was tried on the row just before counts as an attempt, and is not scored again.
        """
        self.attempts += 1
        if self._seen[0] != target.example.row.id:
            self._seen = (target.example.row.id, {})
        seen = self._seen[1]
        if completion not in seen:
            seen[completion] = self._tried(target, completion)
        return seen[completion]

    def _tried(self, target: Target, completion: str) -> float:
        truth = target.example.truth
        limit = self._adversary.most(truth, completion)
        if limit >= 1:
            return 0.0
        self.scored += 1
        score = self._task.score(truth, completion)
        if score.reward > limit + SLACK:
            self.holes += 1
        if limit <= NOTHING:
            self._best = _better(self._best, target, completion, score, limit, by_excess=False)
        self._excess = _better(self._excess, target, completion, score, limit, by_excess=True)
        return score.reward - limit

    def result(
        self, method: Literal["search", "learned"], turns: int, before: float | None = None, after: float | None = None
    ) -> Attacker:
        return Attacker(
            task=self._task.name,
            method=method,
            attempts=self.attempts,
            scored=self.scored,
            turns=turns,
            holes=self.holes,
            best=self._best,
            worst_excess=self._excess,
            before=before,
            after=after,
        )


def _better(
    kept: Attempt | None, target: Target, completion: str, score: Score, limit: float, by_excess: bool
) -> Attempt | None:
    worth = score.reward - limit if by_excess else score.reward
    if kept is not None:
        before = kept.reward - kept.limit if by_excess else kept.reward
        if worth < before or (worth == before and len(completion) >= len(kept.completion)):
            return kept
    return Attempt(
        row_id=target.example.row.id,
        reward=score.reward,
        limit=round(limit, 4),
        reason=f"{score.reason.code}: {score.reason.text}",
        completion=clip(completion),
    )
