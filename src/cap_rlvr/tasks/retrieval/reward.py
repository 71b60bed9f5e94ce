"""The retrieval reward: .80 for relevance above chance, .20 for the share of gold, and nothing at or below chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import re2

from cap_rlvr.answer import Reply, read_reply
from cap_rlvr.law.citations import MAX_CHARS, CaseCitation, read_citation
from cap_rlvr.law.courts import looks_like_court
from cap_rlvr.law.reporters import meanings
from cap_rlvr.law.same_name import names_agree
from cap_rlvr.task import graded, nothing
from cap_rlvr.tasks.retrieval.truth import Key, RetrievalTruth, key_of, plain
from cap_rlvr.wire.scoring import Evidence, Part, Reason, Score, Step

SIMILARITY_WEIGHT = 0.8
QUANTITY_WEIGHT = 0.2
FABRICATION = 0.2  # taken from the quantity part for each case that is not in the list

Kind = Literal["gold", "other", "repeated", "fabricated", "unresolved"]

REASONS = {
    "right": "Every case named is gold.",
    "partly_right": "{gold} of {n} are gold{rest}.",
    "no_better_than_chance": "{gold} of {n} are gold{rest}: no better than a lucky random pick.",
    "no_cases": "No line of the answer names a case of the list.",
}
REST: dict[Kind, str] = {
    "repeated": "named again",
    "fabricated": "not in the list",
    "unresolved": "not an id or a citation",
}

_re2 = cast(Any, re2)
_BULLET = _re2.compile(r"^(?:[-*+]|\x{2022}|\(?\d{1,2}[.)])[ \t]+(.+)$")
_LOOKS_LIKE_ID = _re2.compile(r"^[A-Za-z]{0,6}[-_/#]?\d[\w/.-]{0,80}$")
_DECORATION = " \t`\"'*_[](){}#"


@dataclass(frozen=True)
class Slot:
    """What one line of the answer is: the candidate's index where it is one, and the line's range in the reply."""

    kind: Kind
    index: int | None
    start: int
    end: int


def gold(truth: RetrievalTruth) -> str:
    """The canonical completion: the first gold cases in the order of the list, by id, or by citation in a closed book."""
    chosen = [one for one in truth.candidates if one.id in truth.positives][: truth.asked]
    listed = "\n".join(one.cites[0] if truth.closed_book and one.cites else one.id for one in chosen)
    return f"<answer>\n{listed}\n</answer>"


def score(truth: RetrievalTruth, completion: str) -> Score:
    """Judge one completion: only its first n lines count."""
    reply = read_reply(completion, tags_required=True)
    if reply.answer is None:
        return nothing(reply)
    key = key_of(truth)
    slots = _slots(reply, truth, key)
    if not any(slot.index is not None for slot in slots):
        return nothing(reply, "no_cases", REASONS["no_cases"])
    parts = _parts(slots, truth, key, reply)
    verdict = graded(reply, parts, _reason(slots, truth, parts), {"above_chance": parts["similarity"].value > 0})
    return verdict.model_copy(update={"strict": _strict(slots, truth), "steps": _steps(slots, truth, key)})


def _parts(slots: list[Slot], truth: RetrievalTruth, key: Key, reply: Reply) -> dict[str, Part]:
    similarity, quantity = _values(slots, truth, key)
    return {
        "similarity": Part(
            value=similarity,
            weight=SIMILARITY_WEIGHT,
            evidence=_extent(slots, reply),
            note="" if truth.has_vectors else "without vectors: only gold counts",
        ),
        "quantity": Part(value=quantity, weight=QUANTITY_WEIGHT),
    }


def _values(slots: list[Slot], truth: RetrievalTruth, key: Key) -> tuple[float, float]:
    """(relevance above chance, share of gold less what was made up); the second is 0 where the first is."""
    found = [key.relevance[slot.index] for slot in slots if slot.index is not None and slot.kind in ("gold", "other")]
    similarity = max(0.0, (sum(found) / truth.asked - key.chance) / (1 - key.chance))
    if similarity <= 0:
        return 0.0, 0.0
    hits = sum(slot.kind == "gold" for slot in slots)
    made_up = sum(slot.kind == "fabricated" for slot in slots)
    return min(1.0, similarity), max(0.0, hits / truth.asked - FABRICATION * made_up)


def _steps(slots: list[Slot], truth: RetrievalTruth, key: Key) -> tuple[Step, ...]:
    """What each line added: the reward of the answer up to it, less that of the answer before it."""
    steps: list[Step] = []
    before = 0.0
    for count in range(1, len(slots) + 1):
        similarity, quantity = _values(slots[:count], truth, key)
        after = round(SIMILARITY_WEIGHT * similarity + QUANTITY_WEIGHT * quantity, 4)
        steps.append(Step(name=f"line {count}: {slots[count - 1].kind}", earned=round(after - before, 4)))
        before = after
    return tuple(steps)


def _strict(slots: list[Slot], truth: RetrievalTruth) -> bool:
    return len(slots) == truth.asked and all(slot.kind == "gold" for slot in slots)


def _reason(slots: list[Slot], truth: RetrievalTruth, parts: dict[str, Part]) -> Reason:
    code = "partly_right" if parts["similarity"].value > 0 else "no_better_than_chance"
    if _strict(slots, truth):
        return Reason(code="right", text=REASONS["right"])
    counts = {kind: sum(slot.kind == kind for slot in slots) for kind in REST}
    rest = "".join(f", {counts[kind]} {said}" for kind, said in REST.items() if counts[kind])
    hits = sum(slot.kind == "gold" for slot in slots)
    return Reason(code=code, text=REASONS[code].format(gold=hits, n=truth.asked, rest=rest))


def _extent(slots: list[Slot], reply: Reply) -> Evidence | None:
    hits = [slot for slot in slots if slot.kind == "gold"]
    return reply.evidence(hits[0].start, hits[-1].end) if hits else None


def _slots(reply: Reply, truth: RetrievalTruth, key: Key) -> list[Slot]:
    """The first n lines that hold anything, each resolved to a candidate or to what it is instead."""
    slots: list[Slot] = []
    seen: set[int] = set()
    answer, at = reply.answer or "", reply.answer_start
    for line in answer.split("\n"):
        start, at = at, at + len(line) + 1
        if not line.strip():
            continue
        index = _resolved(line, truth, key)
        kind: Kind = _unlisted(line) if index is None else "gold" if index in key.gold else "other"
        if index is not None and index in seen:
            kind = "repeated"
        elif index is not None:
            seen.add(index)
        slots.append(Slot(kind, index, start, start + len(line)))
        if len(slots) == truth.asked:
            break
    return slots


def _resolved(line: str, truth: RetrievalTruth, key: Key) -> int | None:
    """The one candidate that a line names, by its id or by a citation of its own; None for anything else."""
    for text in _readings(line):
        if not truth.closed_book and plain(text) in key.by_id:
            return key.by_id[plain(text)]
        cited = read_citation(text) if len(text) <= MAX_CHARS else "too_long"
        index = None if isinstance(cited, str) else _cited(cited, truth, key)
        if index is not None:
            return index
    return None  # a bullet may be read as a name, so no reading but the last is final


def _readings(line: str) -> list[str]:
    """The line, then without its bullet or number, each also without decoration."""
    line = line.strip()
    bullet = _BULLET.match(line[: 2 * MAX_CHARS])
    texts = [line, line.rstrip(".;,").strip(_DECORATION)]
    if bullet:
        texts += [bullet.group(1), bullet.group(1).rstrip(".;, ").strip(_DECORATION)]
    return list(dict.fromkeys(texts))


def _cited(cited: CaseCitation, truth: RetrievalTruth, key: Key) -> int | None:
    """The candidate that all locators of a citation lead to.

    A name given must be that candidate's and nothing more; in parentheses stand a year and a court, or nothing: else a
    line could hedge or deny beside its citation.
    """
    found: set[int] = set()
    for one in cited.locators:
        known = key.by_place.get((one.volume, one.page), ())
        hits = {index for spelling, index in known if _same_reporter(one.reporter, spelling)}
        if len(hits) != 1:
            return None
        found |= hits
    if len(found) != 1:
        return None
    (index,) = found
    named = not cited.name or names_agree(cited.name, [truth.candidates[index].name])
    dated = not cited.court or (bool(cited.year) and looks_like_court(cited.court))
    return index if named and dated else None


def _same_reporter(one: str, other: str) -> bool:
    """Both are spellings of the index, so eyecite never sees a model's text, and its verdicts are finite."""
    return one == other or bool(meanings(one) & meanings(other))


def _unlisted(line: str) -> Kind:
    """A line that has the shape of an id or a citation names a case that is not there; other text names none."""
    for text in _readings(line):
        if _LOOKS_LIKE_ID.match(text) or (len(text) <= MAX_CHARS and not isinstance(read_citation(text), str)):
            return "fabricated"
    return "unresolved"
