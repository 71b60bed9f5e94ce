"""What an attacker may use against a list of cases: every case of the list but the gold, and cases of elsewhere."""

from __future__ import annotations

from cap_rlvr.answer import normalise
from cap_rlvr.law.citations import find_locators
from cap_rlvr.task import Material
from cap_rlvr.tasks.retrieval.probes import limit
from cap_rlvr.tasks.retrieval.truth import RetrievalTruth, plain
from cap_rlvr.wire.frozen import keyed_order

_TEMPLATES = (
    "<answer>\n{one}\n{two}\n{three}\n{four}\n{five}\n</answer>",
    "<answer>\n{one}\n{two}\n</answer>",
    "<answer>\n{one}\n{one}\n{one}\n</answer>",
    "<answer>\n{one}{joint}{two}{joint}{three}\n</answer>",
    "<answer>\n- {one}\n- {two}\n- {absent}\n</answer>",
    "<answer>\n1. **{one}**\n2. **{cite}**\n</answer>",
    "<answer>\n{name}, {cite}\n{absent}\n{one}\n</answer>",
    "<answer>\n{cite}\n{foreign}\n</answer>",
    "<answer>\n{near}\n{hub}\n{near}\n{hub}\n</answer>",
    "<answer>\n{wild}\n{wild}\n</answer>",
)


def material(truth: RetrievalTruth, other: RetrievalTruth, key: str) -> Material:
    """Candidates that are not gold by their likeness, their fame and by chance, and cases that are not listed."""
    wrong = [one for one in truth.candidates if one.id not in truth.positives]
    drawn = [one.id for one in keyed_order(wrong, key)]
    near = sorted(wrong, key=lambda one: (-(one.similarity or 0.0), one.id))
    hubs = sorted(wrong, key=lambda one: (-one.indegree, one.id))
    cites = tuple(cite for one in wrong for cite in one.cites) or ("410 U.S. 113",)
    return Material(
        _TEMPLATES,
        {
            "one": tuple(drawn),
            "two": tuple(drawn[1::2]),
            "three": tuple(drawn[::3]),
            "four": tuple(drawn[::4]),
            "five": (*drawn[::5], "____"),
            "near": tuple(one.id for one in near[:8]),
            "hub": tuple(one.id for one in hubs[:8]),
            "cite": cites,
            "name": tuple(one.name for one in wrong if one.name) or ("Roe v. Wade",),
            "absent": ("Q999", "X00", "Z1", "410 U.S. 113", "347 U.S. 483", "1 U.S. 1"),
            "foreign": tuple(other.positives),
            "joint": (", ", " ", "; ", "\t", " and ", " or "),
            "wild": (".*", "*", "%", "all of them", "[A-Z][0-9][0-9]", truth.query or "the case itself"),
        },
    )


def most(truth: RetrievalTruth, completion: str) -> float:
    """What an answer may earn that names as many gold cases as this text can possibly be read to name."""
    text = plain(normalise(completion)[0])
    gold = [one for one in truth.candidates if one.id in truth.positives]
    hits = sum(plain(one.id) in text or any(_holds(text, cite) for cite in one.cites) for one in gold)
    return limit(truth, min(hits, truth.asked))


def _holds(text: str, cite: str) -> bool:
    """Whether volume and page of a citation both stand in the text, wherever that is."""
    return any(place.volume in text and place.page in text for place in find_locators(cite)[:1])
