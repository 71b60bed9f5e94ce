"""What there is to know about a decision: one of the corpus, or an authority that only exists by being cited.

Everything follows from the seed and the decision's place, so any case can speak of any other without holding it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from cap_rlvr.corpus.synthetic.chance import Chance, keyed
from cap_rlvr.corpus.synthetic.names import Party, couple, party, person, surname
from cap_rlvr.corpus.synthetic.plan import Plan, Volume
from cap_rlvr.corpus.synthetic.tables import (
    CourtEntry,
    Doctrine,
    Reporter,
    Series,
    Side,
    System,
    fill,
    side_slots,
    systems,
    word_slots,
)
from cap_rlvr.corpus.synthetic.values import Slots, Values, printed_date

CAP_ID_BASE = 900_000_000  # far above CAP's own ids, so that a synthetic case is never taken for a real one
_LONGEST_WITH_RIDER = 42  # words: a holding of the corpus has at most 60
_LATEST_START, _LONGEST = 9, 6  # pages
_FLIPPED = {"ga", "va", "mass"}  # where an accused's appeal is often captioned with the accused first
_MARRIAGES = {"cal", "ill", "wash", "or"}


@dataclass(frozen=True, slots=True)
class Cite:
    """One place where a decision is printed: ``held`` where that reporter's volume is part of the corpus."""

    series: Series
    number: int
    page: int

    def __str__(self) -> str:
        return f"{self.number} {self.series.short} {self.page}"


@dataclass(frozen=True, slots=True)
class Decision:
    """``index`` is the place in the corpus, None for an authority outside it. ``yes``: the claimant's side prevails."""

    index: int | None
    reporter: Reporter
    last_page: int
    day: int
    court: CourtEntry
    doctrine: Doctrine
    yes: bool
    values: Values
    claimant: Party
    respondent: Party
    name: str
    caption: str
    docket: str
    cites: tuple[Cite, ...]
    key: str

    @property
    def year(self) -> int:
        return date.fromordinal(self.day).year

    @property
    def system(self) -> System:
        return systems()[self.reporter.system]

    @property
    def page(self) -> int:
        return self.cites[0].page

    @property
    def file_name(self) -> str:
        return f"{self.page:04d}-01"

    @property
    def volume(self) -> int:
        return self.cites[0].number

    @property
    def case_id(self) -> str | None:
        """The id that a reader gives to this case, None for an authority outside the corpus."""
        if self.index is None:
            return None
        return f"{self.reporter.slug}/{self.volume}/{self.file_name}"

    @property
    def cap_id(self) -> int | None:
        return None if self.index is None else CAP_ID_BASE + self.index

    @property
    def side(self) -> Side:
        return self.doctrine.yes if self.yes else self.doctrine.no

    @property
    def other_side(self) -> Side:
        return self.doctrine.no if self.yes else self.doctrine.yes

    def hold(self, wording: int) -> str:
        """The holding as a clause: wording 0 is the opinion's own, 1 the syllabus's, 2 that of later cases."""
        holds = self.side.hold
        text = fill(holds[(self._choice + wording) % len(holds)], self.values)
        ridden = wording != 1 and (self._choice % 5 < 2 or not any(map(str.isdigit, text)))
        return f"{text}, {self.values[self._rider]}" if ridden and text.count(" ") < _LONGEST_WITH_RIDER else text

    @property
    def _rider(self) -> str:
        return "criminal_rider" if self.doctrine.form == "criminal" else "civil_rider"

    def contrary(self, wording: int) -> str:
        """What the losing side would have had the court hold."""
        side = self.other_side
        return fill(side.hold[(self._choice + wording) % len(side.hold)], self.values.turned(side.slots))

    @property
    def turn(self) -> str:
        """The fact on which the case turned, as a clause."""
        return fill(self.side.turn[self._choice % len(self.side.turn)], self.values)

    @property
    def _choice(self) -> int:
        return self.day + self.last_page

    @property
    def short(self) -> str:
        """The name by which later text refers to the case."""
        first, _, second = self.name.partition(" v. ")
        government = {"State", "People", "Commonwealth", "United States"}
        if first.startswith(("In re", "Estate")):
            return first
        return second if first in government else first


@lru_cache(maxsize=128)
def pages(plan: Plan, order: int) -> tuple[tuple[int, int], ...]:
    """First and last page of each case of a volume, ascending."""
    volume = plan.volumes[order]
    chance = keyed(plan.seed, "pages", volume.reporter.slug, volume.number)
    place = chance.between(1, _LATEST_START)
    out: list[tuple[int, int]] = []
    for _ in range(volume.size):
        last = place + chance.between(3, _LONGEST)
        out.append((place, last))
        place = last + chance.between(1, _gap(volume))
    return tuple(out)


def _gap(volume: Volume) -> int:
    return 9 if volume.size <= 25 else 1


def _beyond(volume: Volume) -> int:
    """A page that no case of the volume reaches."""
    return _LATEST_START + volume.size * (_LONGEST + _gap(volume)) + 1


@lru_cache(maxsize=2048)
def decision(plan: Plan, index: int) -> Decision:
    """The facts of a case of the corpus."""
    volume = plan.volume_of(index)
    slot = index - volume.first
    chance = keyed(plan.seed, "case", volume.reporter.slug, volume.number, slot)
    span = volume.to_day - volume.from_day
    day = _weekday(volume.from_day + (slot * 97 + chance.below(97)) * span // (volume.size * 97), volume)
    first, last = pages(plan, volume.order)[slot]
    cites = _cites(chance, volume.reporter, volume.number, first, day)
    return _decided(chance, plan.doctrine_at(volume, slot), _Print(volume.reporter, cites, day, last, index))


def authority(plan: Plan, reporter: Reporter, doctrine: Doctrine, years: tuple[int, int], *key: object) -> Decision:
    """A decision outside the corpus, within the years (clipped to the reporter's), fixed by the key."""
    return _authority(plan, reporter, doctrine, years, "/".join(map(str, key)), None)


def authority_on(
    plan: Plan, reporter: Reporter, doctrine: Doctrine, years: tuple[int, int], yes: bool, *key: object
) -> Decision:
    """The same, with the side that prevailed chosen."""
    return _authority(plan, reporter, doctrine, years, "/".join(map(str, key)), yes)


@lru_cache(maxsize=2048)
def _authority(
    plan: Plan, reporter: Reporter, doctrine: Doctrine, years: tuple[int, int], key: str, yes: bool | None
) -> Decision:
    chance = keyed(plan.seed, "authority", reporter.slug, doctrine.name, years, key, yes)
    low = max(years[0], reporter.years[0])
    high = max(low, min(years[1], reporter.years[1]))
    start = date(low, 1, 5).toordinal()
    day = start + chance.below(max(1, date(high, 12, 20).toordinal() - start))
    number = reporter.number(day) or reporter.volumes[0]
    page = chance.between(1, 890)
    held = plan.held.get((reporter.slug, number))
    if held:  # never the first page of a case that the corpus holds
        page = _beyond(held) + chance.below(300)
    cites = _cites(chance, reporter, number, page, day)
    return _decided(chance, doctrine, _Print(reporter, cites, day, page + chance.between(4, 14)), yes)


def _weekday(day: int, volume: Volume) -> int:
    """The day, or the Friday before it where it falls on a weekend, within the volume's days."""
    return max(day - {6: 1, 0: 2}.get(day % 7, 0), volume.from_day)


def _cites(chance: Chance, reporter: Reporter, number: int, page: int, day: int) -> tuple[Cite, ...]:
    cites = [Cite(reporter, number, page)]
    for series in reporter.parallel:
        volume = series.number(day)
        if volume is not None:
            cites.append(Cite(series, volume, chance.between(1, 1190)))
    return tuple(cites)


@dataclass(frozen=True, slots=True)
class _Print:
    """Where and when a decision was printed."""

    reporter: Reporter
    cites: tuple[Cite, ...]
    day: int
    last_page: int
    index: int | None = None


def _decided(chance: Chance, doctrine: Doctrine, place: _Print, yes: bool | None = None) -> Decision:
    """A decision's parties, side and words; ``yes`` None leaves the side to chance."""
    reporter, day = place.reporter, place.day
    system = systems()[reporter.system]
    claimant, respondent = _parties(chance, doctrine, system)
    side = chance.happens(50) if yes is None else yes
    words = {
        "P": claimant.short,
        "D": respondent.short,
        "people": system["people"],
        "agency": system["agency"],
        "claimant": doctrine.roles[0],
        "respondent": doctrine.roles[1],
    }
    name, caption = _names(chance, doctrine, system, claimant, respondent)
    return Decision(
        index=place.index,
        reporter=reporter,
        last_page=place.last_page,
        day=day,
        court=reporter.courts[0] if reporter.names_court else chance.pick(reporter.courts),
        doctrine=doctrine,
        yes=side,
        values=Values(chance, day, (_slots_of(doctrine, side), doctrine.slots, side_slots(), word_slots()), words),
        claimant=claimant,
        respondent=respondent,
        name=name,
        caption=caption,
        docket=_docket(chance, system, day),
        cites=place.cites,
        key=str(place.cites[0]),
    )


def _slots_of(doctrine: Doctrine, yes: bool) -> Slots:
    return doctrine.yes.slots if yes else doctrine.no.slots


def _parties(chance: Chance, doctrine: Doctrine, system: System) -> tuple[Party, Party]:
    if doctrine.form == "divorce":
        return couple(chance)
    first = party(chance, doctrine.kinds[0])
    if doctrine.form == "criminal":
        people = system["people"]
        return first, Party(people, people, f"the {people}")
    if doctrine.form == "tax":
        return first, Party(system["taxman"], system["taxman"], f"the {system['taxman'].split()[0].lower()}")
    second = party(chance, doctrine.kinds[1])
    if second.brief == first.brief:
        second = party(chance, doctrine.kinds[1])
    return first, second


def _names(chance: Chance, doctrine: Doctrine, system: System, claimant: Party, respondent: Party) -> tuple[str, str]:
    """The abbreviated name and the caption."""
    upper = str.upper if system["caption"] == "upper" else str
    versus = system["versus"]
    if doctrine.form == "estate":
        decedent = person(chance)
        return f"In re Estate of {decedent.brief}", f"In re {upper(f'Estate of {decedent.full}')}, Deceased"
    if doctrine.form == "divorce" and system.name in _MARRIAGES and chance.happens(50):
        both = f"{claimant.full} and {respondent.full}"
        return f"In re Marriage of {claimant.brief}", f"In re {upper(f'Marriage of {both}')}"
    first, second = claimant, respondent
    if doctrine.form == "criminal" and not (system.name in _FLIPPED and chance.happens(40)):
        first, second = respondent, claimant
    others = " et al." if doctrine.form == "civil" and chance.happens(12) else ""
    article = "The " if doctrine.form == "criminal" and chance.happens(40) and first is respondent else ""
    article = article if respondent.brief in {"People", "State"} else ""
    return (
        f"{first.brief} v. {second.brief}",
        f"{article}{upper(first.full)} {versus} {upper(second.full)}{others}",
    )


def _docket(chance: Chance, system: System, day: int) -> str:
    filed = date.fromordinal(day - chance.between(200, 700)).year % 100
    pattern = chance.pick(system.words["docket"]).replace("YY", f"{filed:02d}")
    digits = [str(chance.between(1 if place == 0 else 0, 9)) for place in range(pattern.count("#"))]
    for digit in digits:
        pattern = pattern.replace("#", digit, 1)
    return pattern


@lru_cache(maxsize=1024)
def bench(seed: int, court: str, term: int) -> tuple[str, ...]:
    """The surnames of a court's judges for a term of seven years, the presiding judge first."""
    chance = keyed(seed, "bench", court, term)
    return tuple(dict.fromkeys(surname(chance) for _ in range(9)))[:7]


def judges(plan: Plan, case: Decision) -> tuple[str, ...]:
    return bench(plan.seed, case.court.abbreviation, case.year // 7)


def printed_day(case: Decision) -> str:
    return printed_date(case.day)
