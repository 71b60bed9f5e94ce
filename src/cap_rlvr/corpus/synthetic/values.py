"""The values of a case's slots: the numbers, sums, days and places in its facts, chosen once and used throughout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from cap_rlvr.corpus.synthetic.chance import Chance
from cap_rlvr.corpus.synthetic.names import firm, lawyer, place, street, surname, venue
from cap_rlvr.corpus.synthetic.tables import fill

Slots = Mapping[str, tuple[str, ...]]

_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_COUNTED = {  # slot: smallest and largest number
    "days": (11, 88), "days2": (3, 29), "weeks": (3, 24), "months": (4, 19), "months2": (5, 23), "hours": (2, 30),
    "minutes": (9, 55), "minutes2": (6, 50), "fewer": (3, 8), "years": (5, 34), "age": (21, 90), "feet": (12, 260),
    "miles": (2, 140), "count": (2, 9), "count2": (13, 97), "count3": (10, 19), "few": (2, 7), "youth": (8, 15),
    "percent": (6, 48), "acres": (3, 95), "trialdays": (2, 11), "rods": (2, 40), "number": (110, 989),
    "chapter": (13, 290), "section": (13, 99), "title": (13, 46),
}  # fmt: skip
_DATED = {  # slot: days before the event of the case, smallest and largest
    "day": (0, 0), "day2": (-200, -20), "day0": (40, 900), "wedding": (1200, 9000),
}  # fmt: skip
_MADE: dict[str, Callable[[Chance], str]] = {
    "town": place, "venue": venue, "county": place, "street": street, "witness": surname, "witness2": surname, "firm": firm, "firm2": firm,
    "lawyer": lawyer, "lawyer2": lawyer, "lawyer3": lawyer, "lawyer4": lawyer,
}  # fmt: skip


def number_word(number: int) -> str:
    """Numbers to twelve in words, as reporters print them."""
    return _NUMBERS[number - 2] if 2 <= number <= 12 else str(number)


def printed_date(day: int) -> str:
    then = date.fromordinal(day)
    return f"{_MONTHS[then.month - 1]} {then.day}, {then.year}"


def money(chance: Chance) -> str:
    """A sum between 200 and about 98,000 dollars, some of them not round."""
    amount = chance.between(2, 98) * chance.pick((100, 100, 250, 1000))
    if chance.happens(35):
        amount += chance.between(1, 99)
    return f"${amount:,}"


class Values(dict[str, str]):
    """Slot values, each chosen when first asked for from a stream of its own, so that the order doesn't matter.

    ``slots`` are tables of choices, the first that has the slot wins; ``words`` are given values. KeyError for a
    slot that nothing defines.
    """

    def __init__(self, chance: Chance, day: int, slots: tuple[Slots, ...], words: Mapping[str, str]) -> None:
        super().__init__(words)
        self._chance = chance
        self._day = day
        self._slots = slots
        self._words = words

    def turned(self, *slots: Slots) -> Values:
        """The same case seen with other tables put before its own (of a case's two sides, say)."""
        return Values(self._chance, self._day, (*slots, *self._slots), self._words)

    def __missing__(self, slot: str) -> str:
        chance = self._chance.fork(slot)
        self[slot] = value = self._choose(slot, chance)
        return value

    def _choose(self, slot: str, chance: Chance) -> str:
        for table in self._slots:
            if slot in table:
                return fill(chance.pick(table[slot]), self)
        counted = _COUNTED.get(slot) or _COUNTED.get(slot.rstrip("0123456789"))
        if counted:
            return number_word(chance.between(*counted))
        if slot in _DATED:
            event = self._day - self._chance.fork("event").between(420, 1300)
            return printed_date(event - chance.between(*_DATED[slot]))
        if slot in _MADE:
            return _MADE[slot](chance)
        if slot == "fortune":
            return f"${chance.between(240, 990)},{chance.between(0, 999):03d}"
        if slot.startswith("sum"):
            return money(chance)
        raise KeyError(slot)
