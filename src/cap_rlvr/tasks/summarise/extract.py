"""What one decision offers: its shown text, what is true of it, and the pieces of its canonical brief."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from cap_rlvr.law.dispositions import Disposition, read_disposition
from cap_rlvr.law.names import sides
from cap_rlvr.law.opinions import later_indexes, majority_index
from cap_rlvr.tasks.summarise import passages
from cap_rlvr.tasks.summarise.compose import MOTIONS, OF_MOTIONS
from cap_rlvr.tasks.summarise.drafts import Draft, drafts, gather
from cap_rlvr.tasks.summarise.headnotes import Headnotes, Names, Statement, read_headnotes
from cap_rlvr.tasks.summarise.passages import Passage
from cap_rlvr.tasks.summarise.reward import gold, score
from cap_rlvr.tasks.summarise.truth import Party, Reference, SummariseTruth
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.rows import Candidate, Refusal, Span
from cap_rlvr.wire.scoring import Score

TASK = "summarise"
MAX_DRAFTS = 80  # that are scored before a decision is given up
MAX_VERBS = 3  # of one order: more of them speak of several things
MAX_HEAD = 12_000  # characters of head matter that are read
_STATE = re.compile(r"(?:The )?(?:State|People|Commonwealth|Territory|Regina)(?: of [A-Z]\w+(?: [A-Z]\w+)?)?")
_PROSECUTOR = re.compile(rf"{_STATE.pattern}|United States(?: of America)?|Government")
_JUDGED = (
    "affirmed",
    "reversed",
    "vacated",
    "modified",
    "reformed",
    "set aside",
    "annulled",
    "confirmed",
    "rendered",
    "remanded",
)
_OBJECTS = re.compile(
    r"\b(judgment|decree|order|conviction|sentence|motion|petition|demurrer|application|writ|appeal|exceptions|indictment|"
    r"injunction|rule|relator|prisoner|complaint|award|bill|plea|report)\b",
    re.IGNORECASE,
)
_OTHER_VERB = re.compile(r"\b(?:allowed|disallowed|dissolved)\b")


@dataclass(frozen=True)
class _Text:
    """The court's words as one text, and the opinion that each part of it stands in: (start in text, field, length)."""

    text: str
    parts: tuple[tuple[int, str, int], ...]

    def span(self, case_id: str, start: int, end: int, role: str) -> Span:
        base, field, length = next(part for part in reversed(self.parts) if part[0] <= start)
        return Span(case_id=case_id, field=field, start=start - base, end=min(end - base, length), role=role)


def find(case: Case) -> Iterator[Candidate | Refusal]:
    """The brief that a decision with headnotes can be asked for, or why none can."""
    notes = read_headnotes(case.head_matter[:MAX_HEAD]) if case.head_matter else None
    if notes is None:
        yield _refusal(case, "no_reference")
        return
    disposition = read_disposition(case.opinions)
    text = _court_text(case, disposition)
    if disposition is None or text is None:
        yield _refusal(
            case, "no_disposition" if text or majority_index(case.opinions) is not None else "no_majority_opinion"
        )
        return
    if len(text.text) < passages.MIN_CHARS:
        yield _refusal(case, "short_opinion")
        return
    ranges = passages.shown_ranges(text.text)
    order = _order(text, disposition)
    if not any(low <= order[0] and order[1] <= high for low, high in ranges):
        yield _refusal(case, "order_not_shown")
        return
    if set(disposition.verbs) <= {"overruled", "denied"} and "rehearing" in text.text.lower():
        yield _refusal(case, "rehearing_unclear")  # the order may be the motion's, with the judgment before it unread
        return
    what = _object(case, disposition)
    if not what:
        yield _refusal(case, "object_unknown", " ".join(disposition.verbs))
        return
    yield from _offer(case, notes, text, disposition.verbs, what)


def _offer(
    case: Case, notes: Headnotes, text: _Text, verbs: tuple[str, ...], what: str
) -> Iterator[Candidate | Refusal]:
    ranges = passages.shown_ranges(text.text)
    shown = f"\n{passages.GAP}\n".join(text.text[low:high].strip() for low, high in ranges)
    name = " ".join((case.name_abbreviation or case.name).split())
    court = ", ".join(part for part in (case.court.name, case.decision_date) if part)
    source = f"{name}\n{court}\n\n{shown}"
    pieces = gather(notes, text.text, ranges, Names(f"{case.head_matter[:MAX_HEAD]} {shown}"), source)
    if not pieces.statements:
        yield _refusal(case, "no_statement")
        return
    reference = Reference(disposition=verbs, syllabus=notes.text, key_parties=_parties(name, shown))
    truth = SummariseTruth(source=source, ground_truth=reference)
    found, verdict = _best(truth, drafts(pieces, name, verbs, what, _sat(case)))
    if found is None:
        reason = f"gold_{verdict.reason.code}" if verdict else "no_fitting_length"
        yield _refusal(case, reason, f"{verdict.reward}: {verdict.reason.text}" if verdict else "")
        return
    yield Candidate(
        task=TASK,
        case_id=case.id,
        source_kind=case.source,
        kind="headnotes",
        block=f"{case.source}|{case.reporter_slug}|{case.volume}",
        payload={
            "truth": truth.model_copy(update={"brief": found.brief}).model_dump(mode="json"),
            "spans": [span.model_dump(mode="json") for span in _spans(case.id, notes, text, ranges, found)],
            "cut": len(ranges) > 1,
        },
    )


def _best(truth: SummariseTruth, offered: Iterable[Draft]) -> tuple[Draft | None, Score | None]:
    """The first draft that reaches the ceiling; where none does, None and the best one's score."""
    best: Score | None = None
    for draft in islice(offered, MAX_DRAFTS):
        whole = truth.model_copy(update={"brief": draft.brief})
        verdict = score(whole, gold(whole))
        if verdict.strict:
            return draft, verdict
        best = verdict if best is None or verdict.reward > best.reward else best
    return None, best


def _spans(case_id: str, notes: Headnotes, text: _Text, ranges: list[tuple[int, int]], draft: Draft) -> list[Span]:
    """What the gold was made of, then what was shown, then the reference."""

    def of_head(start: int, end: int, role: str) -> Span:
        return Span(case_id=case_id, field="head_matter", start=start, end=end, role=role)

    spans = [of_head(one.start, one.end, role) for one, role in draft.used if isinstance(one, Statement)]
    spans += [text.span(case_id, one.start, one.end, role) for one, role in draft.used if isinstance(one, Passage)]
    spans += [text.span(case_id, low, high, "shown") for low, high in ranges]
    return [*spans, of_head(notes.start, notes.end, "syllabus")]


def _court_text(case: Case, disposition: Disposition | None) -> _Text | None:
    first = majority_index(case.opinions)
    if first is None or disposition is None:
        return None
    indexes = [first, *(index for index in later_indexes(case.opinions) if index <= disposition.opinion)]
    parts: list[tuple[int, str, int]] = []
    text = ""
    for index in indexes:
        text += "\n\n" if text else ""
        parts.append((len(text), f"opinions/{index}", len(case.opinions[index].text)))
        text += case.opinions[index].text
    if disposition.opinion not in indexes:  # the line after all opinions tells it
        closing = case.opinions[disposition.opinion].text[disposition.start : disposition.end]
        text += "\n\n"
        parts.append((len(text), f"opinions/{disposition.opinion}", disposition.end))
        text += closing
    return _Text(text, tuple(parts))


def _order(text: _Text, disposition: Disposition) -> tuple[int, int]:
    base, _, length = text.parts[-1]
    if length == disposition.end and len(text.text) - base == disposition.end - disposition.start:
        return base, len(text.text)
    return base + disposition.start, base + disposition.end


def _object(case: Case, disposition: Disposition) -> str:
    """What the order disposes of, as the order names it; a judgment where only judgments are so disposed of."""
    order = case.opinions[disposition.opinion].text[disposition.start : disposition.end]
    named = [hit.lower() for hit in _OBJECTS.findall(order)]
    judged = set(disposition.verbs) & set(_JUDGED)
    asked = set(disposition.verbs) & OF_MOTIONS
    if len(MOTIONS & set(named)) > 1 and (len(asked) > 1 or _OTHER_VERB.search(order)):
        return ""  # which verb goes with which
    if asked and not MOTIONS & set(named):
        return ""  # what was granted is not said: a new trial, say, or letters of administration
    if "report" in named or len(disposition.verbs) > MAX_VERBS or ("discharged" in disposition.verbs and judged):
        return ""  # more than one thing was disposed of: a referee's report, a person beside an order
    fitting = [one for one in named if (one in MOTIONS) != bool(judged)] or named
    if fitting:
        asked_alone = bool(asked) and not judged - {"remanded", "rendered"}
        return "" if asked_alone and fitting[0] not in MOTIONS else fitting[0]
    return "judgment" if judged - {"annulled", "confirmed", "modified", "set aside"} else ""


def _sat(case: Case) -> str:
    """The court and the year of a decision: `Texas Court of Criminal Appeals in 1907`."""
    year = case.decision_date[:4]
    return f"{case.court.name} in {year}" if case.court.name and year.isdigit() else ""


def _parties(name: str, shown: str) -> tuple[Party, ...]:
    """The two sides; the accused of a criminal case is the defendant, other roles are read from the source when scored."""
    both = [one[:120] for one in sides(name)]
    roles = [""] * len(both)
    if len(both) == 2 and _PROSECUTOR.fullmatch(both[0]):
        roles[1] = "defendant"
    elif len(both) == 2 and _STATE.fullmatch(both[1]):
        roles[0] = "appellant" if "appellant" in shown.lower() else "defendant"
    return tuple(Party(name=one, role=role) for one, role in zip(both, roles, strict=True))


def _refusal(case: Case, reason: str, detail: str = "") -> Refusal:
    return Refusal(case_id=case.id, task=TASK, reason=reason, detail=detail)
