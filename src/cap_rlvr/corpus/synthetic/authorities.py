"""Which decisions a case cites: authorities that others of its time and subject share, earlier cases, the case below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from cap_rlvr.corpus.synthetic.chance import Chance, keyed
from cap_rlvr.corpus.synthetic.decisions import Cite, Decision, authority, authority_on, decision
from cap_rlvr.corpus.synthetic.plan import Plan, Volume
from cap_rlvr.corpus.synthetic.tables import Reporter, doctrines, reporters

POOL = 5  # authorities on one point in one decade; a case cites three of them, so two such cases mostly share two
_SHARERS = 10  # how many cases draw on one pool, so that an authority stays under twenty citations
_YOUNGEST = 3  # years that a reporter must have run before an authority in it can be cited


def shared(plan: Plan, case: Decision, chance: Chance) -> list[Decision]:
    """Authorities of any court on the case's point of law, drawn from the pool of its decade."""
    decade = case.year // 10 * 10
    pools = max(1, round(plan.spread / _SHARERS))
    pool = chance.below(pools)
    found = [_pooled(plan, case, decade, pool, place) for place in chance.some(range(POOL), 3)]
    return [item for item in found if item is not None]


def _pooled(plan: Plan, case: Decision, decade: int, pool: int, place: int) -> Decision | None:
    known = [reporter for reporter in reporters().values() if reporter.years[0] <= decade - _YOUNGEST]
    if not known:
        return None
    reporter = keyed(plan.seed, "pool", case.doctrine.name, decade, pool, place).pick(known)
    return authority(plan, reporter, case.doctrine, (decade - 35, decade - 1), "pool", decade, pool, place)


def home(plan: Plan, case: Decision, chance: Chance, yes: bool, kind: str) -> Decision | None:
    """An authority of the case's own system on its point that came out on the given side.

    ``kind`` names what it is used for, so that no two uses meet; None where the system's reports are too young.
    """
    choices = list(_home_reporters(case, kind))
    if not choices:
        return None
    reporter = chance.pick(choices)
    pools = max(1, round(plan.spread / 13 / _SHARERS))
    place = chance.below(3)
    return authority_on(
        plan, reporter, case.doctrine, (case.year // 10 * 10 - 30, case.year - 1), yes, kind, chance.below(pools), place
    )


def _home_reporters(case: Decision, kind: str) -> Iterator[Reporter]:
    for reporter in reporters().values():
        if reporter.system != case.reporter.system or reporter.years[0] > case.year - _YOUNGEST:
            continue
        if kind == "overruled" and reporter.level != case.reporter.level:
            continue
        yield reporter


def hub(plan: Plan, case: Decision) -> Decision | None:
    """The case that a court cites, time and again, for its standard of review."""
    choices = list(_home_reporters(case, "hub"))
    if not choices:
        return None
    decade = case.year // 10 * 10
    return authority(plan, choices[0], doctrines()[0], (decade - 20, case.year - 1), "hub", case.reporter.system)


def earlier(plan: Plan, case: Decision, chance: Chance) -> list[Decision]:
    """Up to six earlier cases of the corpus and system on the same point, from volumes that closed before it."""
    volumes = plan.timeline[case.reporter.system]
    closed = _before(volumes, case.day, chance)
    found: list[Decision] = []
    for volume in closed:
        slots = plan.slots_of(volume, case.doctrine)
        if slots:
            found.append(decision(plan, volume.first + chance.pick(slots)))
    return found[:6]


def _before(volumes: tuple[Volume, ...], day: int, chance: Chance) -> list[Volume]:
    low, high = 0, len(volumes)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if volumes[middle].from_day < day else (low, middle)
    recent = [volume for volume in volumes[max(0, low - 40) : low] if volume.to_day < day]
    return chance.some(recent, 12)


def below(plan: Plan, case: Decision) -> Decision | None:
    """The decision of the court below in the same litigation, as its own reporter printed it."""
    day = date(case.year - 1, 6, 1).toordinal()
    for reporter in reporters().values():
        if reporter.system != case.reporter.system or reporter.level != "middle":
            continue
        number = reporter.number(day)
        if number is None:
            continue
        place = authority(plan, reporter, case.doctrine, _year(day), "below", case.key)
        cites = (Cite(reporter, place.volume, place.page), *place.cites[1:])
        return replace(
            case, index=None, reporter=reporter, court=place.court, day=place.day, cites=cites,
            last_page=place.last_page, key=str(cites[0]),
        )  # fmt: skip
    return None


def _year(day: int) -> tuple[int, int]:
    year = date.fromordinal(day).year
    return year, year
