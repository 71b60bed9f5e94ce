"""Which volumes a corpus of a given size has, and where each case stands: all of it computed, none of it stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cap_rlvr.corpus.synthetic.chance import keyed
from cap_rlvr.corpus.synthetic.tables import Doctrine, Reporter, doctrines, reporters
from cap_rlvr.wire.errors import BadInput

MIN_CASES, MAX_CASES = 10, 1_000_000
_STATE_ONLY = {"divorce", "estate"}


@dataclass(frozen=True)
class Volume:
    """``first`` is the corpus-wide index of its first case; days are proleptic ordinals.

    ``memoranda``: its cases are decided without an opinion, and no case cites them.
    """

    order: int
    reporter: Reporter
    number: int
    first: int
    size: int
    from_day: int
    to_day: int
    memoranda: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """A corpus: ``timeline`` gives each system's volumes of opinions by date, ``points`` the points of law that it
    litigates, ``held`` the volumes by reporter slug and number. ``cases`` counts those with an opinion.
    """

    seed: int
    cases: int
    per_volume: int
    volumes: tuple[Volume, ...]
    timeline: dict[str, tuple[Volume, ...]]
    points: dict[str, tuple[Doctrine, ...]]
    held: dict[tuple[str, int], Volume]

    def volume_of(self, index: int) -> Volume:
        return self.volumes[index // self.per_volume]

    def doctrine_at(self, volume: Volume, slot: int) -> Doctrine:
        """The point of law that the case in that place of a volume decides."""
        points = self.points[volume.reporter.system]
        return points[(slot + _turn(self.seed, volume)) % len(points)]

    def slots_of(self, volume: Volume, doctrine: Doctrine) -> range:
        """The places of a volume whose cases decide that point."""
        points = self.points[volume.reporter.system]
        if doctrine not in points:
            return range(0)
        return range((points.index(doctrine) - _turn(self.seed, volume)) % len(points), volume.size, len(points))

    @property
    def spread(self) -> float:
        """How many cases decide one point in one decade, over all systems: sizes the pools of shared authorities."""
        return self.cases / (len(doctrines()) * 5)


def _turn(seed: int, volume: Volume) -> int:
    return (seed * 31 + volume.order * 7919) % 9973


@lru_cache(maxsize=4)
def make_plan(cases: int, seed: int, memoranda: int = 0) -> Plan:
    """Lay out a corpus: ``cases`` with an opinion and ``memoranda`` without, both in whole volumes.

    Raises BadInput for a size that can't be made.
    """
    total = cases + memoranda
    if not (cases >= MIN_CASES and memoranda >= 0 and total <= MAX_CASES):
        raise BadInput(
            f"a corpus of {total} cases can't be made", "cases", f"Ask for {MIN_CASES:,} to {MAX_CASES:,} cases"
        )
    per_volume = min(25, max(5, total // 8)) if total <= 50_000 else 180
    count = -(-total // per_volume)
    brief = count * memoranda // total  # volumes, spread over all
    volumes: list[Volume] = []
    for reporter, share in _shares(count):
        for number in _numbers(reporter, share, seed):
            order = len(volumes)
            first = order * per_volume
            begin, end = reporter.days(number)
            last_day = reporter.days(reporter.volumes[1])[1]
            size = min(per_volume, total - first)
            closes = min(max(end, begin + 60), last_day)
            without = (order + 1) * brief // count > order * brief // count
            volumes.append(Volume(order, reporter, number, first, size, begin, closes, without))
    systems = sorted({volume.reporter.system for volume in volumes})
    timeline = {
        system: tuple(
            sorted(
                (volume for volume in volumes if volume.reporter.system == system and not volume.memoranda),
                key=lambda volume: (volume.from_day, volume.order),
            )
        )
        for system in systems
    }
    points = {system: _points(system, sum(volume.size for volume in timeline[system]), seed) for system in systems}
    held = {(volume.reporter.slug, volume.number): volume for volume in volumes}
    return Plan(seed, cases, per_volume, tuple(volumes), timeline, points, held)


def _shares(count: int) -> list[tuple[Reporter, int]]:
    """Deal volumes to the reporters in turn, each at most as many as the real series has."""
    taken = dict.fromkeys(reporters(), 0)
    while count:
        for slug, reporter in reporters().items():
            if count and taken[slug] <= reporter.volumes[1] - reporter.volumes[0]:
                taken[slug] += 1
                count -= 1
    return [(reporters()[slug], share) for slug, share in taken.items() if share]


def _numbers(reporter: Reporter, count: int, seed: int) -> list[int]:
    """``count`` volume numbers spread over the series, moved by the seed."""
    low, high = reporter.volumes
    total = high - low + 1
    shift = keyed(seed, "shift", reporter.slug).below(total)
    return sorted(low + (shift + place * total // count) % total for place in range(count))


def _points(system: str, cases: int, seed: int) -> tuple[Doctrine, ...]:
    """A system with few cases litigates few points, so that its cases still meet and cite one another."""
    fit = [doctrine for doctrine in doctrines() if system != "federal" or doctrine.form not in _STATE_ONLY]
    return tuple(keyed(seed, "points", system).some(fit, max(5, cases // 5)))
