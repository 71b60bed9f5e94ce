"""How often a person and the gold agree, with Wilson's 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cap_rlvr.labels.sheet import Label
from cap_rlvr.report.intervals import wilson_interval

ENOUGH = 20  # checked rows below which a share proves nothing
ALL = "all"


@dataclass(frozen=True)
class Share:
    """``hits`` of ``total``."""

    hits: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(self.hits, self.total)

    def __str__(self) -> str:
        if not self.total:
            return "none"
        low, high = self.interval
        unproven = "" if self.total >= ENOUGH else ", unproven"
        return f"{self.hits} of {self.total} = {self.hits / self.total:.3f} ({low:.3f} to {high:.3f}{unproven})"


@dataclass(frozen=True)
class Agreement:
    """One line of the result. ``blind``: agreed before the gold was seen. ``right``: the gold is right, after a second look.

    ``seen_through``: decoys that were called wrong. ``unclear`` is not in ``right``, and ``skipped`` in no share;
    ``badly_put`` are counted in the shares as they were answered.
    """

    name: str
    blind: Share
    right: Share
    seen_through: Share
    unclear: int
    skipped: int
    badly_put: int


def agreements(labels: Sequence[Label]) -> list[Agreement]:
    """One line a stratum, then all together."""
    strata = sorted({label.stratum for label in labels})
    lines = [_agreement(name, [label for label in labels if label.stratum == name]) for name in strata]
    return [*lines, _agreement(ALL, labels)] if len(strata) > 1 else lines


def _agreement(name: str, labels: Sequence[Label]) -> Agreement:
    given = [label for label in labels if label.agrees is not None]
    asked = [label for label in given if not label.decoy]
    decoys = [label for label in given if label.decoy]
    right = sum(label.verdict == "gold_right" or bool(label.agrees and not label.verdict) for label in asked)
    unclear = sum(label.verdict == "unclear" for label in asked)
    return Agreement(
        name=name,
        blind=Share(sum(bool(label.agrees) for label in asked), len(asked)),
        right=Share(right, len(asked) - unclear),
        seen_through=Share(sum(bool(label.agrees) for label in decoys), len(decoys)),
        unclear=unclear,
        skipped=sum(label.agrees is None for label in labels),
        badly_put=sum(label.badly_put for label in labels),
    )
