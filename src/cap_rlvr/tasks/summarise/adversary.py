"""What an attacker may use against a brief: the source's words in pieces, frames that fit any case, others' briefs."""

from __future__ import annotations

import itertools

from cap_rlvr.answer import normalise
from cap_rlvr.task import Material
from cap_rlvr.tasks.summarise import compose
from cap_rlvr.tasks.summarise.disposed import contrary_of
from cap_rlvr.tasks.summarise.probes import NOTHING
from cap_rlvr.tasks.summarise.salads import LONGEST_FRAME
from cap_rlvr.tasks.summarise.source import arts, constants, key_of
from cap_rlvr.tasks.summarise.truth import SummariseTruth
from cap_rlvr.tasks.summarise.words import is_content, stem, words
from cap_rlvr.wire.frozen import keyed_order

_PHRASES = 11  # that the longest frame has room for
_LONG = "\n".join(
    f"{part}: {text.format(*(f'{{phrase{at}}}' for at in range(_PHRASES)), name='{name}', link='{glue}', listed='{listed}')}"
    for part, text in zip(("Issue", "Rule", "Application"), LONGEST_FRAME, strict=True)
)
_BODY = "Rule: {rule}\nApplication: {facts} {facts2}\nConclusion: {end}\n</answer>"
_TEMPLATES = (
    "<answer>\nIssue: {issue}\n" + _BODY,
    f"<answer>\n{_LONG}\nConclusion: {{end}}\n</answer>",
    "<answer>\nIssue: In {name}, is it the law that the {run} {glue} the {run2}?\n" + _BODY,
    (
        "<answer>\nIssue: {issue}\nRule: The court takes as the governing standard that the {run} {glue} the {run2}, and that the {run3} must be "
        "shown.\nApplication: The record before the court shows that the {run3} {glue} the {run2}. It further appears that the {run} was made.\n"
        "Conclusion: {end}\n</answer>"
    ),
    "<answer>\nIssue: Whether {terms}?\nRule: {terms} {law}.\nApplication: {terms2} {law}. {terms}.\nConclusion: {end}\n</answer>",
    "<answer>\nIssue: {issue}\nRule: {law} {rule}\nApplication: {terms2}. {facts}\nConclusion: {end} {end2}\n</answer>",
    "<answer>\nIssue: {issue} {terms}\nRule: {rule} {run}, {run2}, {run3}.\nApplication: {facts} {terms2}.\nConclusion: {end}\n</answer>",
)
_OWN, _COPIED = 4, 5  # words in a row of the gold's pieces, and of the source, from which on a text may be a brief


def material(truth: SummariseTruth, other: SummariseTruth, key: str) -> Material:
    """Runs of two and three words at most: more of the source in a row could be an honest statement."""
    know = key_of(truth)
    said = words(truth.source.partition("\n\n")[2] or truth.source)
    asked = [word for word in dict.fromkeys(said) if is_content(word) and stem(word) in know.asked]
    runs = dict.fromkeys(itertools.pairwise(said)) | dict.fromkeys(zip(said, said[1:], said[2:], strict=False))
    able = [run for run in runs if is_content(run[0]) and is_content(run[-1])]
    best = sorted(able, key=lambda run: -sum(stem(word) in know.asked for word in run))[:60]
    told = [" ".join(run) for run in keyed_order(best, key)] or ["court"]
    strange = _sections(other)
    fixed = [", ".join(sorted(terms)[:12]) for terms in constants()[:6]]
    law = sorted(arts(said) & know.arts)
    done = compose.disposed(truth.ground_truth.disposition, truth.brief.object if truth.brief else "judgment")
    return Material(
        _TEMPLATES,
        {
            "issue": (f"What does the law require on the subject of {told[0]}?", strange["issue"], f"Did the court err in its rulings on {fixed[0]}?"),
            "rule": (strange["rule"], f"The law requires that {fixed[1]} be shown.", f"The {told[-1]} of the {told[0]} must be shown by the {told[-2:][0]}."),
            "facts": (strange["application"], f"The record shows that the {told[0]} was in the {told[-1]}.", "The parties were heard at the trial of this cause."),
            "facts2": ("", f"It further appears that the {told[len(told) // 2]} was made.", f"The court looked at {fixed[2]}."),
            "end": (f"For these reasons, {done}.", f"The judgment is {contrary_of(truth.ground_truth.disposition)[0]}.", strange["conclusion"]),
            "end2": ("", f"The {told[0]} was so."),
            "name": (truth.brief.case_name if truth.brief else "this case", "this case"),
            "run": tuple(told),
            "run2": tuple(told[1::2]) or tuple(told),
            "run3": tuple(told[::3]),
            **{f"phrase{at}": tuple(keyed_order(told, key, "phrase", at)) for at in range(_PHRASES)},
            "listed": tuple(", ".join(sorted(terms)[:5]) for terms in constants()[:6]),
            "glue": ("of", "and", "is for", "must be shown by", "was in", "requires"),
            "terms": tuple(" and the ".join(keyed_order(asked, key, at)[:15]) for at in range(4)),
            "terms2": tuple(", ".join(keyed_order(asked, key, "list", at)[:20]) for at in range(4)),
            "law": (" ".join(law[:15]), ", ".join(law[:8]), "court evidence judgment statute"),
        },
    )  # fmt: skip


def most(truth: SummariseTruth, completion: str) -> float:
    """What a hollow brief may get, where a text shares no longer run with the gold's pieces or the source; else 1."""
    said = words(normalise(completion)[0])
    brief = truth.brief
    pieces = [brief.asked, brief.rule, brief.authority, brief.held, *brief.facts, *brief.topics] if brief else []
    if any(_runs(words(piece), _OWN) & _runs(said, _OWN) for piece in pieces):
        return 1.0
    return 1.0 if _runs(words(truth.source), _COPIED) & _runs(said, _COPIED) else NOTHING


def _sections(truth: SummariseTruth) -> dict[str, str]:
    body = compose.gold(truth).removeprefix("<answer>\n").removesuffix("\n</answer>")
    return {name.lower(): text for name, _, text in (line.partition(": ") for line in body.split("\n"))}


def _runs(said: list[str], size: int) -> set[tuple[str, ...]]:
    return set(zip(*(said[at:] for at in range(size)), strict=False))
