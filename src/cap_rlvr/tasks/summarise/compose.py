"""The canonical brief: fixed frames around pieces of the decision."""

from __future__ import annotations

from collections.abc import Sequence

from cap_rlvr.tasks.summarise.truth import Brief, SummariseTruth
from cap_rlvr.wire.errors import BadInput

_SIDE = {name: f"the {name}" for name in ("State", "People", "Commonwealth", "Territory", "United States")}
OF_MOTIONS = frozenset({"granted", "denied", "overruled", "sustained"})
MOTIONS = frozenset(
    {
        "motion",
        "petition",
        "demurrer",
        "application",
        "writ",
        "appeal",
        "exceptions",
        "injunction",
        "rule",
        "plea",
        "bill",
    }
)
PERSONS = frozenset({"relator", "prisoner"})
_APART = {"remanded": "the cause is remanded", "rendered": "judgment is rendered", "dismissed": "the case is dismissed"}


def gold(truth: SummariseTruth) -> str:
    """The canonical completion. Raises BadInput where the truth has no pieces to compose it from."""
    if truth.brief is None:
        raise BadInput("there is no canonical brief without its pieces", "ground_truth.brief", "Give a prepared row")
    return f"<answer>\n{compose(truth.brief, truth.ground_truth.disposition)}\n</answer>"


def compose(brief: Brief, verbs: Sequence[str]) -> str:
    """The four sections, a line each."""
    done = f"{disposed(verbs, brief.object)} in {_called(brief.case_name)}".removesuffix(".")
    return "\n".join((_issue(brief), _rule(brief), _application(brief), f"Conclusion: For these reasons, {done}."))


def _issue(brief: Brief) -> str:
    subject = " and of ".join(brief.topics)
    if not brief.asked:
        return f"Issue: In {_called(brief.case_name)}, what does the law require on the subject of {subject}?"
    opening = (
        f"In {_called(brief.case_name)}, on the subject of {subject}," if subject else f"In {_called(brief.case_name)},"
    )
    return f"Issue: {opening} is it the law that {brief.asked}?"


def _rule(brief: Brief) -> str:
    if brief.authority:
        return f"Rule: The court looks to {brief.authority}, and it takes as the governing standard that {brief.rule}."
    return f"Rule: The court takes as the governing standard that {brief.rule}."


def _application(brief: Brief) -> str:
    opening = "Measuring those facts by that standard" if brief.facts else "Measuring the record by that standard"
    told = [_came_up(brief)] if brief.court else []
    told += [f"The record before the court shows that {brief.facts[0]}."] if brief.facts else []
    told += [f"It further appears that {fact}." for fact in brief.facts[1:]]
    result = f"the court concludes that {brief.held}." if brief.held else "the court finds that it decides the case."
    return f"Application: {' '.join([*told, f'{opening}, {result}'])}"


def _came_up(brief: Brief) -> str:
    """Who stood before which court: what a brief may tell in its own words where little else fits."""
    first, _, second = brief.case_name.partition(" v. ")
    between = (
        f", with {_SIDE.get(first, first)} on one side and {_SIDE.get(second, second)} on the other"
        if second not in ("", first)
        else ""
    )
    return f"The case came before the {brief.court}{between}."


def disposed(verbs: Sequence[str], what: str) -> str:
    """What was done, as a clause: `the judgment is reversed and the cause is remanded`."""
    asked = [verb for verb in verbs if verb in OF_MOTIONS]
    own = [verb for verb in verbs if verb not in _APART and verb not in asked]
    person = what in PERSONS and not set(own) <= {"discharged"}
    clauses = [f"the {'judgment' if what in MOTIONS or person else what} is {_listed(own)}"] if own else []
    clauses += [f"the {what if what in MOTIONS or not own else 'motion'} is {_listed(asked)}"] if asked else []
    alone = not clauses
    for verb in verbs:
        if verb in _APART:
            clauses += [f"the {what} is dismissed" if verb == "dismissed" and alone else _APART[verb]]
    return _listed(clauses)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _called(case_name: str) -> str:
    """A case as a sentence with "in" names it: `the matter of Edrow` for `In re Edrow`."""
    return f"the matter of {case_name[6:]}" if case_name.startswith("In re ") else case_name
