"""An opinion read for treatment: its sentences around every cue, what each says of which case, and who is left untouched."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cap_rlvr.law.mentions import Cases, Cited, Mention
from cap_rlvr.law.treatment import (
    CUE,
    NEGATIVE,
    SPEAKS_OF_CASE,
    Sentence,
    Treatment,
    belongs_elsewhere,
    sentences,
    treatments,
)
from cap_rlvr.law.treatment_shapes import Label

REACH = 1_000  # characters on each side of a cue that are read
_BACK: tuple[tuple[Label, str, re.Pattern[str]], ...] = (
    (
        "AFFIRMS",
        "reaffirmed",
        re.compile(
            r"^[^§]{0,80}\b[Ww]e (?:\w+ly |now |today |again )?re-?affirm (?:that|this|its|these|the same) (?:holding|rule|principle|decision|conclusion|opinion|position)s?\b"
        ),
    ),
    (
        "OVERRULES",
        "back",
        re.compile(
            r"^[^§]{0,60}\b[Ww]e (?:\w+ly |now |today )?(?:overrule|disapprove of|disapprove|disavow) (?:that|this|those|these) (?:holding|rule|decision|statement|language|case)s?\b"
        ),
    ),
    (
        "DISTINGUISHES",
        "back",
        re.compile(
            r"^(?:But |However, |Yet )?(?:It|That case|That decision|The case) is (?:\w+ly |therefore |also ){0,2}(?:distinguishable|inapposite|not in point|not on point)\b"
        ),
    ),
)


@dataclass(frozen=True)
class Region:
    """Sentences that follow one another."""

    sentences: tuple[Sentence, ...]

    def place_of(self, position: int) -> int | None:
        """The place of the sentence that holds a position of the text."""
        return next((i for i, one in enumerate(self.sentences) if one.start <= position < one.end), None)

    def around(self, place: int, size: int, before: float) -> tuple[int, int]:
        """The places (first, one past the last) of whole sentences of about ``size`` characters, the share ``before``
        of the rest of them in front of the sentence at ``place``.
        """
        first, last = place, place + 1
        room = size - (self.sentences[place].end - self.sentences[place].start)
        front, back = room * before, room * (1 - before)
        first, front = self._back_to(first, front)
        while (
            last < len(self.sentences)
            and (taken := self.sentences[last].end - self.sentences[last - 1].end) <= back + front
        ):
            back -= taken
            last += 1
        return self._back_to(first, front + back)[0], last

    def _back_to(self, first: int, room: float) -> tuple[int, float]:
        while first > 0 and (taken := self.sentences[first].start - self.sentences[first - 1].start) <= room:
            room -= taken
            first -= 1
        return first, room


class Passages:
    """The parts of an opinion that have cue words, and what is said there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.cases = Cases(text)
        self.regions = [Region(tuple(sentences(self.cases, *span))) for span in self._spans()]
        self._resolved: dict[int, bool] = {}

    def _spans(self) -> Iterator[tuple[int, int]]:
        low = high = -1
        for cue in CUE.finditer(self.text):
            if low >= 0 and cue.start() - REACH > high:
                yield low, high
                low = -1
            low = max(0, cue.start() - REACH) if low < 0 else low
            high = min(len(self.text), cue.end() + REACH)
        if low >= 0:
            yield low, high

    @cached_property
    def found(self) -> list[tuple[Treatment, Region, int]]:
        """Every treatment, with or without a fault, and its place."""
        return [
            (treatment, region, place)
            for region in self.regions
            for place, sentence in enumerate(region.sentences)
            for treatment in (list(treatments(sentence)) or list(_back_reference(region, place)))
        ]

    @cached_property
    def touched(self) -> dict[str, set[str]]:
        """The cases of which something is or may be said, by key: its labels, `?` where a cue's owner is not clear."""
        labels: dict[str, set[str]] = defaultdict(set)
        for treatment, _, _ in self.found:
            labels[treatment.cited.key].add(treatment.label)
        for region in self.regions:
            for place, sentence in enumerate(region.sentences):
                if sentence.cues and not self.resolved(region, place):
                    for mention in (*sentence.mentions, *_before(region, place)):
                        labels[mention.cited.key].add("?")
        return labels

    def is_touched(self, cited: Cited) -> bool:
        """Whether anything is or may be said of a case anywhere in the text, by whichever reporter it is cited there."""
        return any(self.touched.get(key) for key in self._names.get(cited.name, {cited.key}))

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """The keys under which each name is cited: a case that is cited by two reporters has two."""
        keys: dict[str, set[str]] = defaultdict(set)
        for cited in self.cases.full:
            keys[cited.name].add(cited.key)
        return keys

    def resolved(self, region: Region, place: int) -> bool:
        """Whether it is clear which case, or that no case, a sentence's cue words speak of."""
        start = region.sentences[place].start
        if start not in self._resolved:
            self._resolved[start] = _is_resolved(region, place)
        return self._resolved[start]

    def is_neutral(self, cited: Cited, region: Region, first: int, last: int) -> bool:
        """Whether a passage leaves a case untouched: nothing good or bad is said in the sentences that speak of it."""
        if self.is_touched(cited):
            return False
        for place in range(first, last):
            sentence = region.sentences[place]
            speaks = any(mention.cited.key == cited.key for mention in sentence.mentions)
            follows = place > first and any(m.cited.key == cited.key for m in region.sentences[place - 1].mentions)
            if speaks and (sentence.cues or NEGATIVE.search(sentence.text)):
                return False
            if (
                follows
                and not sentence.mentions
                and SPEAKS_OF_CASE.search(sentence.text)
                and NEGATIVE.search(sentence.text)
            ):
                return False
            if sentence.cues and not self.resolved(region, place):
                return False
        return True


def _is_resolved(region: Region, place: int) -> bool:
    sentence = region.sentences[place]
    if any(not one.fault for one in treatments(sentence)) or belongs_elsewhere(sentence):
        return True
    if list(_back_reference(region, place)):
        return True
    return not sentence.mentions and not SPEAKS_OF_CASE.search(sentence.text)


def _before(region: Region, place: int) -> tuple[Mention, ...]:
    """The cases of the nearest sentence before, within three, that speaks of any."""
    for back in range(place - 1, max(-1, place - 4), -1):
        if region.sentences[back].mentions:
            return region.sentences[back].mentions
    return ()


def _back_reference(region: Region, place: int) -> Iterator[Treatment]:
    """A treatment of the one case that the sentence before speaks of (`We reaffirm that holding today.`)."""
    sentence = region.sentences[place]
    if sentence.mentions or not sentence.cues or place == 0:
        return
    mentions = region.sentences[place - 1].mentions or (region.sentences[place - 2].mentions if place > 1 else ())
    if not mentions or len({mention.cited.key for mention in mentions}) > 1:
        return
    for label, kind, pattern in _BACK:
        if pattern.search(sentence.plain):
            yield Treatment(label, kind, mentions[0], sentence)
