"""The retrieval reward: .80 for relevance above chance, .20 for the share of gold, and nothing at or below chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cap_rlvr.answer import Reply, read_reply
from cap_rlvr.task import graded, nothing
from cap_rlvr.tasks.retrieval.naming import names_a_case, resolved
from cap_rlvr.tasks.retrieval.truth import Key, RetrievalTruth, key_of
from cap_rlvr.wire.scoring import Evidence, Part, Reason, Score, Step

SIMILARITY_WEIGHT = 0.8
QUANTITY_WEIGHT = 0.2
FABRICATION = 0.2  # taken from the quantity part for each case that is not in the list

Kind = Literal["gold", "other", "repeated", "fabricated", "unresolved"]

REASONS = {
    "right": "Every case named is gold.",
    "partly_right": "{gold} of {n} are gold{rest}.",
    "no_better_than_chance": "{gold} of {n} are gold{rest}: no better than a lucky random pick.",
    "not_a_list": "After the cases asked for stands something else than ids or citations, or more of them than were shown.",
    "no_cases": "No line of the answer names a case of the list.",
}
REST: dict[Kind, str] = {
    "repeated": "named again",
    "fabricated": "not in the list",
    "unresolved": "not an id or a citation",
}


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
    """Judge one completion: only its first n lines count, and nothing but more of the list may follow them."""
    reply = read_reply(completion, tags_required=True)
    if reply.answer is None:
        return nothing(reply)
    key = key_of(truth)
    lines = _lines(reply)
    if _goes_on(lines, truth, key):
        return nothing(reply, "not_a_list", REASONS["not_a_list"])
    slots = _slots(lines, truth, key)
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


def _lines(reply: Reply) -> list[tuple[str, int]]:
    """The lines that hold anything but a fence of Markdown, each with its start in the reply."""
    lines: list[tuple[str, int]] = []
    at = reply.answer_start
    for line in (reply.answer or "").split("\n"):
        if line.strip().strip("`"):
            lines.append((line, at))
        at += len(line) + 1
    return lines


def _slots(lines: list[tuple[str, int]], truth: RetrievalTruth, key: Key) -> list[Slot]:
    """The first n lines, each resolved to a candidate or to what it is instead."""
    slots: list[Slot] = []
    seen: set[int] = set()
    for line, start in lines[: truth.asked]:
        index = resolved(line, truth, key)
        if index is None:
            kind: Kind = "fabricated" if names_a_case(line) else "unresolved"
        else:
            kind = "repeated" if index in seen else "gold" if index in key.gold else "other"
            seen.add(index)
        slots.append(Slot(kind, index, start, start + len(line)))
    return slots


def _goes_on(lines: list[tuple[str, int]], truth: RetrievalTruth, key: Key) -> bool:
    """Whether what follows the first n lines is no list: prose there could take back what the list says."""
    rest = [line for line, _ in lines[truth.asked :]]
    if len(lines) > len(truth.candidates):
        return True
    return not all(resolved(line, truth, key) is not None or names_a_case(line) for line in rest)
