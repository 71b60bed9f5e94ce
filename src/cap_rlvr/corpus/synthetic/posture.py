"""How a case came to the court and how it ends: who appeals, what second question there is, which order is made."""

from __future__ import annotations

from dataclasses import dataclass

from cap_rlvr.corpus.synthetic.chance import Chance, keyed
from cap_rlvr.corpus.synthetic.decisions import Decision, judges
from cap_rlvr.corpus.synthetic.names import Party
from cap_rlvr.corpus.synthetic.plan import Plan
from cap_rlvr.corpus.synthetic.tables import SidePoint, capital, fill, phrase, side_points
from cap_rlvr.corpus.synthetic.values import Values

VERBS = {
    "affirmed": ("affirmed",),
    "affirmed_costs": ("affirmed",),
    "reversed": ("reversed",),
    "reversed_remanded": ("remanded", "reversed"),
    "vacated_remanded": ("remanded", "vacated"),
    "affirmed_in_part": ("affirmed", "remanded", "reversed"),
    "affirmed_vacated": ("affirmed", "remanded", "vacated"),
    "granted": ("granted",),
    "denied": ("denied",),
    "granted_dismissed": ("dismissed", "granted"),
}


@dataclass(frozen=True)
class Scene:
    """A case ready to be written. ``point_won``: the appellant wins the second question. ``order`` is a key of VERBS.

    ``rehearing`` is "", "denied" or "granted"; ``words`` has all that the phrases need.
    """

    plan: Plan
    case: Decision
    words: Values
    trial: bool
    appellant_is_claimant: bool
    point: SidePoint | None
    point_won: bool
    order: str
    rehearing: str
    bench: tuple[str, ...]
    author: str

    def chance(self, part: str) -> Chance:
        """A stream for one part of the text, so that parts can change without moving one another."""
        return keyed(self.plan.seed, "text", self.case.reporter.slug, self.case.key, part)

    @property
    def verbs(self) -> tuple[str, ...]:
        """The disposition as the set of verbs of the last operative order, sorted."""
        return ("remanded", "reversed") if self.rehearing == "granted" else VERBS[self.order]


def make_scene(plan: Plan, case: Decision) -> Scene:
    chance = keyed(plan.seed, "scene", case.reporter.slug, case.key)
    trial = case.reporter.level == "trial"
    form = case.doctrine.form
    below_for_claimant = form != "criminal" and chance.happens(50)
    appellant_is_claimant = _movant_is_claimant(form) if trial else not below_for_claimant
    appellant_wins = case.yes == appellant_is_claimant
    point, won = (None, False) if trial else _second_question(chance, form, appellant_wins)
    order = _trial_order(chance, form, appellant_wins) if trial else _order(chance, appellant_wins, won)
    rehearing = ""
    if not trial and chance.happens(5):
        rehearing = "granted" if order == "affirmed" and chance.happens(25) else "denied"
    bench = judges(plan, case)
    scene_words = _words(chance, case, trial, appellant_is_claimant, below_for_claimant)
    scene_words["touches"] = point.touches if point else "award of costs"
    return Scene(
        plan=plan,
        case=case,
        words=scene_words,
        trial=trial,
        appellant_is_claimant=appellant_is_claimant,
        point=point,
        point_won=won,
        order=order,
        rehearing=rehearing,
        bench=bench,
        author=chance.pick(bench),
    )


def _movant_is_claimant(form: str) -> bool:
    """In a trial court the accused moves for a new trial, a taxpayer for judgment, otherwise the respondent moves."""
    return form in {"criminal", "tax"}


def _second_question(chance: Chance, form: str, appellant_wins: bool) -> tuple[SidePoint | None, bool]:
    fit = [point for point in side_points() if form in point.forms]
    if not fit or not chance.happens(62):
        return None, False
    point = chance.pick(fit)
    return point, not appellant_wins and point.touches.startswith(("award", "sentence")) and chance.happens(40)


def _order(chance: Chance, appellant_wins: bool, point_won: bool) -> str:
    if appellant_wins:
        return chance.pick(("reversed", "reversed_remanded", "reversed_remanded", "vacated_remanded"))
    if point_won:
        return chance.pick(("affirmed_in_part", "affirmed_vacated"))
    return chance.pick(("affirmed", "affirmed", "affirmed", "affirmed_costs"))


def _trial_order(chance: Chance, form: str, movant_wins: bool) -> str:
    if not movant_wins:
        return "denied"
    return "granted_dismissed" if form == "civil" and chance.happens(50) else "granted"


def _words(
    chance: Chance, case: Decision, trial: bool, appellant_is_claimant: bool, below_for_claimant: bool
) -> Values:
    words = case.values.turned()
    system, form = case.system, case.doctrine.form
    claimant, respondent = _Actor(case.claimant, f"the {case.doctrine.roles[0]}"), _respondent(case)
    appellant, appellee = (claimant, respondent) if appellant_is_claimant else (respondent, claimant)
    winner, loser = (claimant, respondent) if case.yes else (respondent, claimant)
    words |= {
        "P_full": case.claimant.full,
        "D_full": case.respondent.full if form != "criminal" else respondent.role,
        "App": appellant.party.short,
        "App_start": capital(appellant.party.short),
        "Ape": appellee.party.short,
        "app": appellant.role,
        "ape": appellee.role,
        "App_role": capital(appellant.role),
        "Ape_role": capital(appellee.role),
        "winner": winner.role,
        "loser": loser.role,
        "Winner_role": capital(winner.role),
        "Loser_role": capital(loser.role),
        "trial": "Probate Court" if form in {"divorce", "estate"} and system.name == "mass" else system["trial"],
        "middle": system["middle"],
        "motion": "a new trial" if form == "criminal" else "summary judgment",
    }
    if system.name == "federal":
        words["venue"] = f"the {chance.pick(('Northern', 'Southern', 'Eastern', 'Western', 'Middle'))} District"
    for slot in ("suit", "question"):
        words[slot] = fill(getattr(case.doctrine, slot), words)
    words["code"] = fill(system["code"], words)
    words["contention"] = case.contrary(0)
    words["turn"] = case.turn
    if form != "criminal" and not trial:
        group = "outcome_for" if below_for_claimant else "outcome_against"
        words["outcome"] = phrase(chance, group, form, words)
    return words


@dataclass(frozen=True)
class _Actor:
    party: Party
    role: str


def _respondent(case: Decision) -> _Actor:
    if case.doctrine.form != "criminal":
        return _Actor(case.respondent, f"the {case.doctrine.roles[1]}")
    people = case.respondent.brief
    role = {"United States": "the Government", "People": "the prosecution"}.get(people, f"the {people}")
    return _Actor(case.respondent, role)
