"""Find the treatments that one decision states, and cases that it only cites, each with its passage; or why there is none."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from cap_rlvr.law.hierarchy import may_overrule, seat_by_text, seat_of_citation, seat_of_court
from cap_rlvr.law.litigation import affirming_words, decision_below, disposes, named_decision_below, under_review
from cap_rlvr.law.mentions import Cited, Mention, distinctive
from cap_rlvr.law.passages import Passages, Region
from cap_rlvr.law.treatment import CUE, Sentence, Treatment, belongs_elsewhere, sentences
from cap_rlvr.tasks.entail.evidence import evidence_for, words_in
from cap_rlvr.tasks.entail.truth import MAX_WORDS, MIN_WORDS, Label
from cap_rlvr.wire.case import Case, Opinion, SourceKind
from cap_rlvr.wire.frozen import Frozen, keyed_order, keyed_unit
from cap_rlvr.wire.rows import Candidate, Refusal

TASK = "entail"
Kind = Literal[
    "overrules",
    "distinguishes",
    "affirms_litigation",
    "affirms_reaffirmed",
    "none_near",
    "none_history",
    "none_attempt",
    "none_below",
    "none_plain",
]
SIZE = 1_300  # characters of a passage: some 330 tokens
MIN_SIZE = 250
MAX_NEAR, MAX_PLAIN = 2, 2  # NONE rows of one passage, of one opinion
MAX_NAME = 90
_COURT = {"majority", "unanimous", "on-the-merits", "rehearing"}
_EN_BANC = re.compile(r"\b(?:en|in) ban[ck]\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\{\s?\d+\}\s*")
_MISREAD = re.compile(r"[■•^~|_\\�¬°¶†‡«»]|\b(?:tbe|aud|thc|tlie|wliich|oi|iu)\b")


class Offer(Frozen):
    """A candidate's payload. ``start`` to ``end`` is the evidence in ``context``; ``low`` to ``high`` the same words in
    ``field`` of the case, ``window`` the whole passage there. ``key`` tells the cited case from others.
    """

    label: Label
    kind: Kind
    context: str
    start: int
    end: int
    citing: str
    cited: str
    cite: str
    key: str
    field: str
    low: int
    high: int
    window: tuple[int, int]


def find(case: Case) -> Iterator[Candidate | Refusal]:
    """What the court's own opinions say of the cases that they cite."""
    order = 0
    refused: Counter[str] = Counter()
    for place, opinion in enumerate(case.opinions):
        if opinion.type not in _COURT or not CUE.search(opinion.text):
            continue
        for offer in _Reader(case, place, opinion).offers(refused):
            yield Candidate(
                task=TASK,
                case_id=case.id,
                source_kind=case.source,
                kind=offer.kind,
                block="/".join((case.source.value, *case.id.split("/")[:2]))
                if case.id.count("/") > 1
                else f"{case.source}/{case.id.split('/')[0]}",
                order=order,
                rare_as=offer.label if case.source is not SourceKind.SYNTHETIC else "",
                payload=offer.model_dump(),
            )
            order += 1
    for reason, times in sorted(refused.items()):
        yield Refusal(case_id=case.id, task=TASK, reason=reason, detail=f"{times} times")
    if not order and not refused:
        yield Refusal(case_id=case.id, task=TASK, reason="no_treatment")


class _Reader:
    def __init__(self, case: Case, place: int, opinion: Opinion) -> None:
        self.case = case
        self.field = f"opinions/{place}"
        self.text = opinion.text
        self.passages = Passages(opinion.text)
        self.citing = _short(case.name_abbreviation or case.name)
        self.seat = seat_of_court(case.court, case.jurisdiction) or seat_by_text(opinion.text)
        self.en_banc = bool(_EN_BANC.search(case.head_matter) or _EN_BANC.search(opinion.text[:1500]))

    def offers(self, refused: Counter[str]) -> Iterator[Offer]:
        chosen = self._chosen(refused)
        for treatment, region, place in chosen:
            offer, first, last = self._offer(treatment.label, _kind(treatment), treatment.mention, region, place)
            if isinstance(offer, str):
                refused[offer] += 1
                continue
            yield offer
            yield from self._near(region, first, last)
        yield from self._elsewhere(refused)
        below = list(self._below())
        yield from below
        if chosen or below:
            yield from self._plain()

    def _chosen(self, refused: Counter[str]) -> list[tuple[Treatment, Region, int]]:
        """One clear treatment of each case; two labels for one case, or no power to overrule, are refused."""
        by_case: dict[str, list[tuple[Treatment, Region, int]]] = defaultdict(list)
        for found in self.passages.found:
            fault = found[0].fault or self._fault(found[0])
            if fault:
                refused[fault] += 1
            else:
                by_case[found[0].cited.key].append(found)
        chosen: list[tuple[Treatment, Region, int]] = []
        for all_of_one in by_case.values():
            if len({treatment.label for treatment, _, _ in all_of_one}) > 1:
                refused["two_treatments"] += 1
                continue
            best = next((one for one in all_of_one if words_in(one[0].sentence.text) >= MIN_WORDS), all_of_one[0])
            chosen.append(best)
        return chosen

    def _fault(self, treatment: Treatment) -> str:
        if treatment.label != "AFFIRMS" and self._on_review(treatment.cited):
            return "decision_below"  # what is done to it is the order, and no word on a precedent
        if treatment.label == "OVERRULES":
            cited = seat_of_citation(treatment.cited.reporters, treatment.cited.court)
            return "" if may_overrule(self.seat, cited, self.en_banc) else "no_power_to_overrule"
        if treatment.label != "AFFIRMS" and not treatment.mention.full and self._own_history(treatment.cited):
            return "own_party"  # the short name is a party's here
        if treatment.kind == "litigation_named":
            same = distinctive(self.citing) & distinctive(treatment.cited.name)
            return "" if same and treatment.mention.full else "not_this_litigation"
        if treatment.label == "DISTINGUISHES" and treatment.kind == "misplaced" and not self._explained(treatment):
            return "unexplained"
        return ""

    def _explained(self, treatment: Treatment) -> bool:
        """Whether `reliance … is misplaced` is followed by what that case was about: else it may be bad law or misread."""
        if re.search(r"\bstate of the law\b|\bsupersed|\bno longer\b", treatment.sentence.text):
            return False
        end = treatment.sentence.end
        after = self.passages.cases.mentions(end, min(len(self.text), end + 250))
        same = any(mention.cited.key == treatment.cited.key for mention in after)
        return (
            same
            or bool(re.search(r"\b(?:because|since|for)\b", treatment.sentence.text[-250:]))
            or bool(re.match(r"\s*(?:There|In that case|That case|Here)\b", self.text[end : end + 40]))
        )

    def _offer(
        self, label: Label, kind: Kind, mention: Mention, region: Region, place: int
    ) -> tuple[Offer | str, int, int]:
        """The row's material, or why it can't be had; and the places of its sentences in the region."""
        cited = mention.cited
        first, last = region.around(
            place, SIZE, 0.15 + 0.7 * keyed_unit("window", self.case.id, self.field, cited.key, kind)
        )
        evidence = evidence_for(self.text, region, place, mention)
        if evidence is None:
            return "evidence_length", first, last
        first, last = min(first, evidence.first), max(last, evidence.last)
        window = region.sentences[first].start, region.sentences[last - 1].end
        return self._made(label, kind, cited, (evidence.start, evidence.end), window), first, last

    def _made(
        self, label: Label, kind: Kind, cited: Cited, evidence: tuple[int, int], window: tuple[int, int]
    ) -> Offer | str:
        low, high = evidence
        before, inside, after = (
            " ".join(_PARAGRAPH.sub("", self.text[a:b]).split())
            for a, b in ((window[0], low), (low, high), (high, window[1]))
        )
        glue = " " if self.text[high : high + 1].isspace() else ""
        start = len(before) + 1 if before else 0
        context = f"{before} {inside}{glue}{after}".strip()
        if not MIN_WORDS <= words_in(inside) <= MAX_WORDS:
            return "evidence_length"
        if len(context) < MIN_SIZE:
            return "short_passage"
        if _MISREAD.search(inside):
            return "noise"
        name = cited.name or self.citing
        if not name or len(name) > MAX_NAME:
            return "no_short_name"
        return Offer(
            label=label, kind=kind, context=context, start=start, end=start + len(inside), citing=self.citing, cited=name,
            cite=f"{cited.cite} ({f'{cited.court} {cited.year}'.strip()})" if cited.year else cited.cite,
            key=cited.key, field=self.field, low=low, high=high, window=window,
        )  # fmt: skip

    def _near(self, region: Region, first: int, last: int) -> Iterator[Offer]:
        """Cases that the same passage cites and leaves untouched: its cue words belong to another case."""
        given = 0
        for place, mention in self._untouched(region, first, last):
            evidence = evidence_for(self.text, region, place, mention)
            if evidence is None or evidence.first < first or evidence.last > last or given == MAX_NEAR:
                continue
            window = region.sentences[first].start, region.sentences[last - 1].end
            offer = self._made("NONE", "none_near", mention.cited, (evidence.start, evidence.end), window)
            if isinstance(offer, Offer):
                given += 1
                yield offer

    def _untouched(self, region: Region, first: int, last: int) -> Iterator[tuple[int, Mention]]:
        seen: set[str] = set()
        for place in range(first, last):
            for mention in region.sentences[place].mentions:
                key = mention.cited.key
                if not mention.full or key in seen or self._own_history(mention.cited):
                    continue
                seen.add(key)
                if self.passages.is_neutral(mention.cited, region, first, last):
                    yield place, mention

    def _own_history(self, cited: Cited) -> bool:
        """Whether a cited case may be an earlier stage of this one, for a name that they share or what the text says."""
        return cited.key in self._reviewed_keys or bool(distinctive(self.citing) & distinctive(cited.name))

    def _on_review(self, cited: Cited) -> bool:
        """Whether a cited case is the decision that this one reviews: so named, or told of as what is appealed."""
        mine, other = distinctive(self.citing), distinctive(cited.name)
        return cited.key in self._reviewed_keys or (bool(mine and other) and (mine <= other or other <= mine))

    @cached_property
    def _reviewed_keys(self) -> frozenset[str]:
        return under_review(self.passages.cases.full, self.text)

    def _elsewhere(self, refused: Counter[str]) -> Iterator[Offer]:
        """Sentences whose cue words are another court's or a failed attempt: the case is only cited here."""
        kinds: dict[str, Kind] = {"later_history": "none_history", "attempt_fails": "none_attempt"}
        for region in self.passages.regions:
            for place, sentence in enumerate(region.sentences):
                kind = kinds.get(belongs_elsewhere(sentence)) if sentence.mentions and sentence.cues else None
                if kind is None:
                    continue
                mention = sentence.mentions[0] if kind == "none_attempt" else _before_history(sentence)
                if mention is None or not mention.full or self._own_history(mention.cited):
                    continue
                if self.passages.is_touched(mention.cited):
                    continue
                offer, _, _ = self._offer("NONE", kind, mention, region, place)
                if isinstance(offer, str):
                    refused[offer] += 1
                else:
                    yield offer

    def _below(self) -> Iterator[Offer]:
        """The decision on review, where it is reported, affirmed as a whole, and named by its court; and the passage that
        only tells of it, so that its being the decision below is no sign of the label.
        """
        words = affirming_words(self.text)
        cited = self._reviewed() if words else None
        if not words or not cited:
            return
        region = self._around(words)
        place = region.place_of(words[0])
        if place is None:
            return
        mention = Mention(cited, words[0], words[1], full=False)
        affirmed = self._offer("AFFIRMS", "affirms_litigation", mention, region, place)[0]
        if isinstance(affirmed, Offer):
            yield affirmed
            yield from self._told(cited)

    def _reviewed(self) -> Cited | None:
        """The decision below: named as what is appealed, or without a name where this case has one."""
        if self.seat and self.seat.level == "high":
            named = named_decision_below(self.passages.cases.full, self.text, self.seat)
            if named:
                return named
        found = decision_below(self.text, self.case.year) if self.citing else None
        below = found[1] if found else None
        if not found or (self.seat and below and (self.seat.level != "high" or below.level == "trial")):
            return None
        return found[0]

    def _told(self, cited: Cited) -> Iterator[Offer]:
        """The passage that tells of the decision below and does nothing to it."""
        region = self._around((cited.start, cited.end))
        place = region.place_of(cited.start)
        if not place:
            return
        first, last = region.around(place, SIZE, 0.5)
        window = region.sentences[first].start, region.sentences[last - 1].end
        whole = region.sentences[place - 1].start, region.sentences[place].end
        evidence = (
            whole if words_in(self.text[slice(*whole)]) <= MAX_WORDS else (region.sentences[place].start, whole[1])
        )
        if disposes(self.text[slice(*window)]) or evidence[0] < window[0]:
            return
        offer = self._made("NONE", "none_below", cited, evidence, window)
        if isinstance(offer, Offer):
            yield offer

    def _around(self, span: tuple[int, int]) -> Region:
        low, high = max(0, span[0] - SIZE), min(len(self.text), span[1] + SIZE)
        return Region(tuple(sentences(self.passages.cases, low, high)))

    def _plain(self) -> Iterator[Offer]:
        """Citations far from any cue word."""
        given = 0
        known = [cited for cited in self.passages.cases.full if not self.passages.is_touched(cited)]
        for cited in keyed_order(known, self.case.id, self.field, "plain"):
            low, high = max(0, cited.start - 800), min(len(self.text), cited.end + 800)
            if given == MAX_PLAIN or self._own_history(cited) or CUE.search(self.text[low:high]):
                continue
            region = Region(tuple(sentences(self.passages.cases, low, high)))
            place = next(
                (i for i, one in enumerate(region.sentences) if any(m.start == cited.start for m in one.mentions)), 0
            )
            if place in (0, len(region.sentences) - 1) or not self.passages.is_neutral(
                cited, region, 1, len(region.sentences) - 1
            ):
                continue
            region = Region(region.sentences[1:-1])
            mention = next((m for m in region.sentences[place - 1].mentions if m.start == cited.start), None)
            offer = self._offer("NONE", "none_plain", mention, region, place - 1)[0] if mention else ""
            if isinstance(offer, Offer):
                given += 1
                yield offer


def _kind(treatment: Treatment) -> Kind:
    if treatment.label == "AFFIRMS":
        return "affirms_reaffirmed" if treatment.kind == "reaffirmed" else "affirms_litigation"
    return "overrules" if treatment.label == "OVERRULES" else "distinguishes"


def _before_history(sentence: Sentence) -> Mention | None:
    """The case whose later history is told: the last one before the cue word."""
    cue = CUE.search(sentence.text)
    at = sentence.start + cue.start() if cue else 0
    return next((mention for mention in reversed(sentence.mentions) if mention.end <= at + 1), None)


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= MAX_NAME else ""
