"""Find the holdings that one decision offers, each with the excerpt that asks for it, or why it can't be asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cap_rlvr.law.holdings import Holding, content_words, note_subject, notes, parentheticals, syllabus, we_hold
from cap_rlvr.law.names import plain_name
from cap_rlvr.law.opinions import majority_index
from cap_rlvr.tasks.holding import excerpt
from cap_rlvr.tasks.holding.following import known_as, speaks_of
from cap_rlvr.tasks.holding.roles import Names
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.rows import Candidate, Refusal

TASK = "holding"
MAX_PER_KIND = 6  # of one decision: enough to choose the gold from, and its other holdings as distractors
MIN_LEAD_WORDS = 6  # content words of a syllabus paragraph before its "Held": fewer don't say what was decided
MIN_BEARING = 0.4  # of a note's content words, in the part of the opinion that is shown
MIN_PASSAGE = 0.3  # of a note's content words, in three sentences of it that follow one another
MIN_SHOWN = 0.2  # of another holding's content words, in the text around it
MIN_CHARS_BEFORE = 250  # of real text before a holding in an opinion, where its question is put
NOTE_LEAD = "From the syllabus:"
_OF_HEAD_MATTER = {"syllabus", "note"}
_CUE_WORDS = ("hold", "conclu", "opinion")
# A note that tells what a party asked for, and not what the court ruled on it.
_ASKED = re.compile(r"\b(?:objected|excepted|moved|requested|contended|claimed|offered)\b")
_RULED = re.compile(
    r"\b(?:err\w*|(?:im)?proper\w*|(?:in)?correct\w*|(?:in)?admiss\w*|(?:in)?sufficien\w*|untenable|entitled|valid|void|"
    r"liable|sustain\w*|overrul\w*|refus\w*|revers\w*|disturb\w*|constitut\w*|not?|nor|must|may|should|would|could|"
    r"can|cannot|will|shall|is|are|has|have|does)\b"
)
# The words that lead to the blank were hidden with what was said before it.
_CUE_HIDDEN = re.compile(rf"{re.escape(excerpt.OTHER_MASK)}\W*{re.escape(excerpt.MASK)}")
_TRIAL_FOR = re.compile(
    r"^(?:where |in )?(?:(?:up)?on )?(?:an? |the )?(?:trial|appeal|prosecution|conviction)\b[^,]{0,80},", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[a-z)][.?!;])\s")
_VOLUME = re.compile(r"\b\d{4}-[A-Z]{2,6}-\d+|\b\d{1,4} [A-Z][A-Za-z. ]{0,12}?(?:[23]d)?(?=,? (?:at )?\d)")
MAX_CITATION = 160  # characters
_CITED_YEAR = re.compile(r"\((?:[^()]{0,40}\s)?(1[789]\d\d|20[0-4]\d)\)")


class Offer(Frozen):
    """A candidate's payload. ``start`` to ``end`` is the holding in ``field``; ``excerpts`` are masked prompt texts,
    the best first, of which a row shows one. Where none may be shown ``unfit`` says why, and the holding can only be a
    wrong option for others. ``subject`` is a note's caption; ``litigation`` the parties and the day, which a companion case
    shares; ``cited`` the volumes in which the case stands that a parenthetical speaks of; ``known_as`` what others call
    this case, and ``speaks_of`` what it calls others.
    """

    holding: str
    excerpts: tuple[str, ...]
    unfit: str = ""
    year: int
    field: str
    start: int
    end: int
    subject: str = ""
    litigation: str = ""
    cited: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    speaks_of: tuple[str, ...] = ()


def find(case: Case) -> Iterator[Candidate | Refusal]:
    """Each holding of the majority's opinion or syllabus, and each that it ascribes to a case in a parenthetical."""
    place = majority_index(case.opinions)
    if place is None:
        yield _refusal(case, "no_majority_opinion")
        return
    opinion = _read(case.opinions[place].text)
    found = [*opinion.holdings, *syllabus(case.head_matter), *notes(case.head_matter)]
    if not found:
        yield _refusal(case, "no_holding")
        return
    year = case.year or _latest_cited_year(opinion.text)
    if year is None:
        yield _refusal(case, "no_year")
        return
    names, known, spoken_of = Names(case), known_as(case), speaks_of(case)
    given: Counter[str] = Counter()
    for holding in found:
        fault = holding.fault or ("enough_of_this_case" if given[holding.kind] >= MAX_PER_KIND else "")
        text = names.as_roles(holding.text) if not fault else ""
        if fault or not text:
            yield _refusal(case, fault or "name_without_role", f"{holding.kind}: {holding.text[:80]}")
            continue
        shown, unfit = _fit(text, _excerpts(case, opinion, holding))
        given[holding.kind] += 1
        offer = Offer(
            holding=text,
            excerpts=tuple(shown),
            unfit=unfit,
            year=year,
            field="head_matter" if holding.kind in _OF_HEAD_MATTER else f"opinions/{place}",
            start=holding.start,
            end=holding.end,
            subject=note_subject(case.head_matter, holding) if holding.kind == "note" else "",
            litigation=_litigation(case),
            cited=_cited(opinion.text, holding) if holding.kind == "parenthetical" else (),
            known_as=known,
            speaks_of=spoken_of,
        )
        yield _candidate(case, holding, given[holding.kind], offer)


def _candidate(case: Case, holding: Holding, order: int, offer: Offer) -> Candidate:
    return Candidate(
        task=TASK,
        case_id=case.id,
        source_kind=case.source,
        kind=holding.kind,
        block=f"{case.source}|{_jurisdiction(case)}|{holding.kind}|{offer.year // 10 * 10}",
        order=order,
        payload=offer.model_dump(),
    )


def _read(text: str) -> excerpt.Opinion:
    cued = any(word in text for word in _CUE_WORDS)  # most opinions have none and are passed over at once
    return excerpt.Opinion(text, [*parentheticals(text), *we_hold(text)] if cued else [])


def _excerpts(case: Case, opinion: excerpt.Opinion, holding: Holding) -> list[str]:
    """Masked texts that ask for a holding: around it and, where there is enough, what follows it and what precedes it.

    For a syllabus: its paragraph, and of the opinion the part that is nearest to it, the beginning or the end.
    """
    text, target = opinion.text, (holding.start, holding.end)
    if holding.kind not in _OF_HEAD_MATTER:
        windows = dict.fromkeys(excerpt.around(text, target, before) for before in excerpt.CHARS_BEFORE)
        shown = [
            excerpt.masked(opinion, at, target, holding.text, share) for share in excerpt.RESTATED for at in windows
        ]
        return list(dict.fromkeys(shown))
    if holding.kind == "note":
        lead = f"{NOTE_LEAD} {note_subject(case.head_matter, holding)}."
    else:
        lead = _syllabus_lead(case.head_matter, holding)
    nearest = excerpt.nearest_window(opinion, f"{lead} {holding.text}")
    windows = dict.fromkeys((nearest, *excerpt.end_windows(text)))
    shares = excerpt.RESTATED_BESIDE
    parts = [excerpt.masked(opinion, at, None, holding.text, share) for share in shares for at in windows]
    return [f"{lead} {excerpt.MASK}.\n{part}" for part in dict.fromkeys(parts)]


def _syllabus_lead(head_matter: str, holding: Holding) -> str:
    """The syllabus paragraph up to the holding, with the holdings before it hidden."""
    start = head_matter.rfind("\n", 0, holding.cue) + 1
    start = max(start, holding.start - excerpt.MAX_LEAD_CHARS)
    pieces, position = list[str](), start
    for earlier in syllabus(head_matter):
        if start <= earlier.start and earlier.end <= holding.cue:
            pieces += [head_matter[position : earlier.start], f" {excerpt.OTHER_MASK} "]
            position = earlier.end
    return " ".join("".join([*pieces, head_matter[position : holding.start]]).split())


def _fit(text: str, excerpts: list[str]) -> tuple[list[str], str]:
    """The excerpts that may be shown; where none may, why the first may not."""
    faults = [_unfit(text, shown) for shown in excerpts]
    fit = [shown for shown, fault in zip(excerpts, faults, strict=True) if not fault]
    return fit, "" if fit else faults[0]


def _unfit(text: str, shown: str) -> str:
    lead, _, opinion = shown.rpartition("\n")
    is_note = lead.startswith(NOTE_LEAD)
    checks = (
        ("no_ruling", lambda: is_note and _ASKED.search(text) and not _RULED.search(text)),
        ("thin_lead", lambda: lead and not is_note and len(content_words(lead)) < MIN_LEAD_WORDS),
        ("short_context", lambda: excerpt.MASK not in shown or excerpt.visible_chars(opinion) < excerpt.MIN_CHARS),
        ("no_lead", lambda: not lead and excerpt.chars_before(shown) < MIN_CHARS_BEFORE),
        ("cue_hidden", lambda: _CUE_HIDDEN.search(shown)),
        ("off_the_point", lambda: not (_bears_on if is_note else _is_told)(text, opinion)),
        ("said_in_the_open", lambda: _given_away(text, shown)),
    )
    return next((code for code, is_so in checks if is_so()), "")


def _bears_on(text: str, opinion: str) -> bool:
    """Whether a part of an opinion has enough of a note's content words to tell that it decides the note's point, and a
    passage of it that decides it. What the trial was for is in every sentence of its opinion, and tells nothing.
    """
    meant = excerpt.stems(_TRIAL_FOR.sub("", text)) or excerpt.stems(text)
    said = [excerpt.stems(sentence) for sentence in _SENTENCE_END.split(opinion)]
    passage = max(len(meant & frozenset[str]().union(*said[i : i + 3])) for i in range(len(said)))
    return len(meant & excerpt.stems(opinion)) >= MIN_BEARING * len(meant) and passage >= MIN_PASSAGE * len(meant)


def _is_told(text: str, shown: str) -> bool:
    """Whether what is left around a holding says something of what it is about."""
    meant = excerpt.stems(text)
    return len(meant & excerpt.stems(shown)) >= MIN_SHOWN * len(meant)


def _given_away(text: str, shown: str) -> bool:
    """Whether eight words of the holding in a row stand unmasked in the excerpt."""
    words = re.findall(r"\w+", text.lower())
    seen = " ".join(re.findall(r"\w+", shown.lower()))
    return any(" ".join(words[i : i + 8]) in seen for i in range(len(words) - 7))


def _litigation(case: Case) -> str:
    """The parties and the day of decision; empty where either is not known."""
    name = plain_name(case.name_abbreviation or case.name)
    return f"{name}|{case.decision_date}" if " v " in name and len(case.decision_date) == len("1908-03-20") else ""


def _cited(text: str, holding: Holding) -> tuple[str, ...]:
    """The volumes (`118 N.M.`, `880 P.2d`) or numbers (`1999-NMSC-010`) named between the citation's start and its parenthetical."""
    before = re.split(r"; |\(holding", text[max(0, holding.cue - MAX_CITATION) : holding.cue])[-1]
    return tuple(sorted({re.sub(r"\W", "", found).lower() for found in _VOLUME.findall(before)}))


def _latest_cited_year(text: str) -> int | None:
    years = [int(year) for year in _CITED_YEAR.findall(text)]
    return max(years, default=None)


def _jurisdiction(case: Case) -> str:
    return case.jurisdiction.name or case.reporter_slug or case.id.split("/", 1)[0]


def _refusal(case: Case, reason: str, detail: str = "") -> Refusal:
    return Refusal(case_id=case.id, task=TASK, reason=reason, detail=detail)
