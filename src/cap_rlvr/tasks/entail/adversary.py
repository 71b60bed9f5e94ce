"""What an attacker may use against a relation: wrong labels with the best evidence, and the right one with none."""

from __future__ import annotations

import re

from cap_rlvr.answer import normalise
from cap_rlvr.task import Material
from cap_rlvr.tasks.entail.phrasing import reasoning
from cap_rlvr.tasks.entail.reward import WEIGHTS
from cap_rlvr.tasks.entail.truth import LABELS, MAX_WORDS, EntailTruth, read_gold, read_words

_TEMPLATES = (
    "<answer>{wrong}</answer>\n<evidence>{evidence}</evidence>\n<reasoning>{why}</reasoning>",
    "<answer>{wrong}</answer><answer>{second}</answer>\n<evidence>{evidence}</evidence>",
    "<answer>{wrong}{joint}{second}</answer>\n<evidence>{evidence}</evidence>\n<reasoning>{why}</reasoning>",
    "<answer>{label}</answer>\n<evidence>{elsewhere}</evidence>\n<reasoning>{why}</reasoning>",
    "<answer>{label}</answer>\n<evidence>{elsewhere}{gap}{elsewhere}</evidence>\n<reasoning>{why}</reasoning>",
    "<answer>{label}</answer>\n<evidence>{foreign}</evidence>\n<reasoning>{strange}</reasoning>",
    "<answer>{label}</answer>\n<evidence>{elsewhere}</evidence>\n<reasoning>{strange} {why}</reasoning>",
    "<answer>{label}</answer>",
    "<answer>{wrong}</answer>",
)
_RUN = 3  # words in common with the gold evidence, from which on a text may hold it


def material(truth: EntailTruth, other: EntailTruth, key: str) -> Material:
    """Windows of the passage that do not touch the evidence; both reasonings; all labels, in slots of their own."""
    del key
    wrong = tuple(label for label in LABELS if label != truth.label)
    start, end = truth.evidence_span or (0, 0)
    windows = [*_windows(truth.context[:start]), *_windows(truth.context[end:])] or ["the court"]
    return Material(
        _TEMPLATES,
        {
            "wrong": (*wrong, "none of these", "UNKNOWN"),
            "second": (*wrong, ""),
            "label": (truth.label,),
            "evidence": (truth.evidence or truth.context[:200], *windows[:3]),
            "elsewhere": tuple(windows),
            "foreign": (other.evidence or "the court so held in an earlier case", truth.context),
            "why": (reasoning(truth, read_gold(truth).terms), "It is plain.", ""),
            "strange": (reasoning(other, read_gold(other).terms), "because therefore the court"),
            "joint": (" or ", "/", ", not ", " ", "\n"),
            "gap": (" ... ", " [...] ", " ", "; "),
        },
    )


def most(truth: EntailTruth, completion: str) -> float:
    """0 where the label stands nowhere but in evidence or reasoning; the label's share where the evidence is not told."""
    text = normalise(completion)[0]
    # `[^<]`: an element that is opened, and never closed, takes no answer behind it along.
    outside = re.sub(r"(?i)<(evidence|reasoning)>[^<]*</\1>", " ", text).upper()
    if truth.label not in outside:
        return 0.0
    if truth.evidence_span is None:
        return 1.0
    gold, said = (_runs(part) for part in (truth.evidence, text))
    return 1.0 if gold & said else WEIGHTS["label"]


def _windows(text: str) -> list[str]:
    words = text.split()
    size = MAX_WORDS // 2
    return [" ".join(words[at : at + size]) for at in range(0, len(words) - 5, size)]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = read_words(normalise(text)[0]).words
    return set(zip(*(words[at:] for at in range(_RUN)), strict=False))
