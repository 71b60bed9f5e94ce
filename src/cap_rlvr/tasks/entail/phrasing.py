"""The reasoning of the canonical gold, one frame a label. Two frames a label, so that a model learns no single sentence."""

from __future__ import annotations

from collections.abc import Mapping

from cap_rlvr.tasks.entail.truth import EntailTruth
from cap_rlvr.wire.frozen import keyed_unit

_FRAMES: Mapping[str, tuple[str, str]] = {
    "OVERRULES": (
        (
            "Speaking for itself, the court in {citing} declares that {cited} is no longer the law on the point cited. The words quoted are "
            "its own, and what stands near them, on {one} and {two}, shows that the precedent is overruled."
        ),
        (
            "The court in {citing} gives up {cited}, as far as it bears on {one} and {two}. It speaks in its own voice, and the words "
            "quoted mean that the precedent is overruled."
        ),
    ),
    "DISTINGUISHES": (
        (
            "The court in {citing} declines to apply {cited}, because that case arose on something else. The words quoted are its own, and "
            "what stands near them, on {one} and {two}, shows that the precedent is distinguished."
        ),
        (
            "As {citing} sees it, {cited} is about another situation and so has no force here. The passage turns on {one} and {two}, "
            "and in the words quoted the court itself distinguishes that case."
        ),
    ),
    "AFFIRMS/litigation": (
        (
            "The court in {citing} reviews the decision in {cited}, given earlier in the same litigation. The words quoted are its own order, "
            "and what stands near them, on {one} and {two}, shows that the decision is affirmed."
        ),
        (
            "What {citing} has before it is the decision in {cited}, in the same litigation, about {one} and {two}. In the words quoted the court "
            "affirms it."
        ),
    ),
    "AFFIRMS/reaffirmed": (
        (
            "The court in {citing} stands by {cited} in its own voice. The words quoted say so expressly, and what stands near them, "
            "on {one} and {two}, shows that the precedent is reaffirmed."
        ),
        (
            "Having considered {one} and {two}, the court in {citing} keeps to {cited}. In the words quoted it expressly reaffirms "
            "that decision."
        ),
    ),
    "NONE": (
        (
            "The court in {citing} cites {cited} in speaking of {one} and {two}. In the words quoted it neither overrules nor distinguishes "
            "nor affirms that decision, and it does nothing else to it in the passage."
        ),
        (
            "In {citing} the case of {cited} is cited for what it says, near the words {one} and {two}. The court does not "
            "overrule it, it does not distinguish it, and it does not affirm it."
        ),
    ),
}
UNNAMED = "the present decision"


def reasoning(truth: EntailTruth, terms: tuple[str, ...]) -> str:
    """Two sentences on why the label is right; the terms near the evidence come from the passage."""
    one, two = (*terms, "the facts", "the law")[:2]
    kind = f"AFFIRMS/{truth.affirm_kind or 'reaffirmed'}" if truth.label == "AFFIRMS" else truth.label
    frame = _FRAMES[kind][int(keyed_unit("frame", truth.pair_id, truth.context) * 2)]
    return frame.format(citing=truth.citing or UNNAMED, cited=truth.cited or "the cited case", one=one, two=two)
