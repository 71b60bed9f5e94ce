"""Citation questions from CAP's fields: one row a case, most of them conversions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cap_rlvr.law import reporters
from cap_rlvr.law.citations import read_citation
from cap_rlvr.law.courts import Parentheticals, conveyed, parentheticals, parentheticals_read
from cap_rlvr.tasks.bluebook import phrasing
from cap_rlvr.tasks.bluebook.phrasing import BLANK, Facts
from cap_rlvr.tasks.bluebook.truth import FIELDS, LONGEST_TEXT, BluebookTruth, CourtForms, Field, Metadata
from cap_rlvr.wire.case import Case, SourceKind
from cap_rlvr.wire.frozen import keyed_unit
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span

NAME = "bluebook"
CLOSED_SHARE = 0.09  # of a volume's rows at most: over all volumes this stays under the 10 % allowed
OPEN_SHARE = 0.22
GOOD_NAME = 60  # characters; a longer full name gives way to CAP's abbreviated one
MAX_NAME = 90
MAX_DOCKET = 30
NEIGHBOURS = 3
REPAGINATED = frozenset({"Jeff."})  # text rows know the page of the scan only, and a reprint was scanned
_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-\d{2})?)?")
MASKS: tuple[tuple[Field, ...], ...] = (
    ("page",),
    ("page", "year"),
    ("volume", "page"),
    ("volume", "page", "year"),
    FIELDS,
)


def find(case: Case) -> Iterator[Candidate | Refusal]:
    """The case's own citation and what a question may say about it."""
    reason, payload = _read(case)
    if reason:
        yield Refusal(case_id=case.id, task=NAME, reason=reason, detail=str(payload.get("detail", "")))
        return
    yield Candidate(
        task=NAME,
        case_id=case.id,
        source_kind=case.source,
        kind="citation",
        block=f"{case.source}|{case.reporter_slug}/{case.volume}",
        order=int(payload["page"]),
        payload=payload,
    )


def _read(case: Case) -> tuple[str, dict[str, Any]]:
    """(why the case can't be asked about, or empty; the candidate's payload)."""
    cited = _own_citation(case)
    if cited is None:
        return "no_own_citation", {"detail": "; ".join(cite.cite for cite in case.citations)}
    index, volume, abbreviation, page = cited
    if case.source is SourceKind.TEXT and abbreviation in REPAGINATED:
        return "page_not_citable", {"detail": f"{abbreviation} is cited by the pages of its first edition"}
    name = _name(case)
    if not name:
        return "no_short_name", {"detail": case.name[:100]}
    if not _DATE.fullmatch(case.decision_date):
        return "no_date", {"detail": case.decision_date}
    forms = _court_forms(case, abbreviation)
    if forms is None and not case.court.name_abbreviation:
        return "court_unknown", {"detail": case.court.name}
    last = case.last_page if case.first_page == page and case.last_page.isdigit() else ""
    return "", {
        "name": name,
        "names": list(
            dict.fromkeys(one for one in (case.name_abbreviation, case.name) if 0 < len(one) <= LONGEST_TEXT)
        ),
        "short_name": case.name_abbreviation,
        "index": index,
        "volume": volume,
        "reporter": abbreviation,
        "page": page,
        "last_page": last if last and int(last) >= int(page) else "",
        "date": case.decision_date,
        "docket": case.docket_number.rstrip(" .") if len(case.docket_number) <= MAX_DOCKET else "",
        "court": _court_in_words(case, abbreviation),
        "court_forms": [list(forms.accepted), list(forms.naming)] if forms else None,
        "court_text": forms.accepted[0] if forms else case.court.name_abbreviation,
        "parallels": _parallels(case, index),
        "volume_years": list(case.volume_years) if case.volume_years else None,
        "lengths": _lengths(case, index),
    }


def _lengths(case: Case, index: int) -> dict[str, int]:
    """The fields that the gold is made from, whole, with their lengths in characters."""
    fields = {"name": case.name, "decision_date": case.decision_date, "court/name": case.court.name}
    if index >= 0:
        fields[f"citations/{index}"] = case.citations[index].cite
    return {field: len(text) for field, text in fields.items() if text}


def _court_forms(case: Case, reporter: str) -> Parentheticals | None:
    """What the parenthetical may say; where the source names no court, what the reporter's title conveys."""
    if case.court.name or case.court.name_abbreviation:
        return parentheticals(case.court, case.jurisdiction, reporter)
    return parentheticals_read("", reporter) if conveyed(reporter).court is not None else None


def _court_in_words(case: Case, reporter: str) -> str:
    """The court's name, with its state where neither the name nor the reporter's title says it (`Chatham ...`)."""
    court, state = case.court.name or case.court.name_abbreviation, case.jurisdiction.name_long
    said = f"{court} {reporters.title(reporter)}".lower()
    federal = case.jurisdiction.name in ("U.S.", "")
    return court if not court or federal or state.lower() in said else f"{court}, {state}"


def _own_citation(case: Case) -> tuple[int, str, str, str] | None:
    """(index in `citations`, volume, reporter, page) of the citation in the volume that the case was read from."""
    expected = reporters.from_slug(case.reporter_slug)
    found: list[tuple[int, str, str, str]] = []
    for index, cite in enumerate(case.citations):
        read = read_citation(cite.cite)
        abbreviation = None if isinstance(read, str) else reporters.canonical(read.locators[0].reporter)
        if abbreviation and not isinstance(read, str) and (expected in (None, abbreviation)):
            found.append((index, read.locators[0].volume, abbreviation, read.locators[0].page))
    if found:
        return found[0]
    if not case.citations and expected and case.volume.isdigit() and case.first_page.isdigit():
        return -1, case.volume, expected, case.first_page
    return None


def _parallels(case: Case, own: int) -> list[str]:
    others = [cite.cite for index, cite in enumerate(case.citations) if index != own]
    return [cite for cite in others if not isinstance(read_citation(cite), str)]


def _name(case: Case) -> str:
    full = reporters.squeezed(case.name)
    short = reporters.squeezed(case.name_abbreviation)
    tried = ((full, GOOD_NAME), (short, MAX_NAME), (full, MAX_NAME))
    return next((name for name, longest in tried if 0 < len(name) <= longest), "")


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """Rows volume by volume: the volume's dates and namesakes decide what can be asked of a case."""
    for block in blocks:
        yield from _volume(block, seed)


def _volume(block: list[Candidate], seed: str) -> Iterator[Row | Refusal]:
    years = [_year(one) for one in block]
    lonely = _strays(years)
    kept = [one for one in block if _year(one) not in lonely]
    cites = Counter(_cite(one) for one in block)
    names = Counter(one.payload["short_name"].lower() for one in block)
    closed_left = int(len(kept) * CLOSED_SHARE)
    for one in block:
        if _year(one) in lonely:
            detail = f"{one.payload['date']} in a volume of {min(set(years) - lonely)} to {max(set(years) - lonely)}"
            yield Refusal(case_id=one.case_id, task=NAME, reason="year_outside_volume", detail=detail)
            continue
        short = one.payload["short_name"].lower()
        unique = bool(short) and cites[_cite(one)] == 1 and names[short] == 1
        recallable = (
            unique and one.source_kind is not SourceKind.SYNTHETIC and closed_left > 0
        )  # nobody recalls fiction
        kind = _kind(f"{seed}/{one.case_id}", recallable, unique and len(names) > NEIGHBOURS)
        closed_left -= kind == "closed_book"
        try:
            yield _row(one, kind, kept, seed)
        except ValueError as error:  # odd fields, such as a court with brackets in it, whose gold is no citation
            yield Refusal(case_id=one.case_id, task=NAME, reason="row_failed", detail=str(error)[:300])


def _year(one: Candidate) -> int:
    return int(one.payload["date"][:4])


def _cite(one: Candidate) -> tuple[str, str]:
    return one.payload["volume"], one.payload["page"]


def _strays(years: list[int]) -> set[int]:
    """Years of a volume that a gap parts from nine tenths of its cases: misprints of the date (1905 in 1907-1908)."""
    counts = Counter(years)
    if len(years) < 20:
        return set()
    for start in sorted(counts):
        run = [start]
        while run[-1] + 1 in counts:
            run.append(run[-1] + 1)
        if len(run) <= 3 and sum(counts[year] for year in run) >= 0.9 * len(years):
            return set(counts) - set(run)
    return set()


def _kind(key: str, may_close: bool, may_open: bool) -> str:
    chance = keyed_unit(key, "kind")
    if chance < CLOSED_SHARE and may_close:
        return "closed_book"
    if CLOSED_SHARE <= chance < CLOSED_SHARE + OPEN_SHARE and may_open:
        return "open_book"
    return "conversion"


def _row(one: Candidate, kind: str, block: list[Candidate], seed: str) -> Row:
    key = f"{seed}/{one.case_id}/{kind}"
    data = one.payload
    masked = _masked(kind, data, key)
    named = kind != "conversion"
    locator = f"{data['volume']} {data['reporter']} {data['page']}"
    citation = f"{locator} ({_inside(data['court_text'], data['date'][:4])})"
    text = {
        "conversion": lambda: phrasing.conversion(_facts(data), key),
        "open_book": lambda: phrasing.open_book(_facts(data), _neighbours(one, block, key), _form(data, masked), key),
        "closed_book": lambda: phrasing.closed_book(_facts(data), _form(data, masked), key),
    }[kind]()
    truth = BluebookTruth(
        ground_truth=f"{data['short_name']}, {citation}" if named else citation,
        metadata=Metadata(
            volume=data["volume"],
            page=data["page"],
            year=int(data["date"][:4]),
            reporter=data["reporter"],
            court=data["court"],
            last_page=int(data["last_page"]) if data["last_page"] else None,
            volume_years=_volume_years(block, data),
        ),
        masked=masked,
        court_forms=_accepted_forms(data),
        court_scored=data["court_forms"] is not None,
        names=tuple(data["names"]),
        name_asked=named,
        parallels=tuple(data["parallels"]),
    )
    return Row(
        id=f"{NAME}:{one.case_id}:{kind}",
        case_id=one.case_id,
        task=NAME,
        inputs=text,
        spans=_spans(one),
        source_kind=one.source_kind,
        kind=kind,
        difficulty={"conversion": 0.3, "open_book": 0.5, "closed_book": 0.9}[kind],
        evaluation_only=kind == "closed_book",
        truth=truth.model_dump(mode="json"),
    )


def _masked(kind: str, data: Mapping[str, Any], key: str) -> tuple[Field, ...]:
    if kind == "conversion":
        return FIELDS
    if kind == "closed_book":
        return ("volume", "page")
    masked = MASKS[int(keyed_unit(key, "mask") * len(MASKS))]
    hideable = data["court_forms"] is not None and bool(data["court_text"])
    return masked if hideable else tuple(field for field in masked if field != "court")


def _form(data: Mapping[str, Any], masked: tuple[Field, ...]) -> str:
    """The citation with a blank for each field that is asked for."""
    volume = BLANK if "volume" in masked else data["volume"]
    court = BLANK if "court" in masked and data["court_text"] else data["court_text"]
    year = BLANK if "year" in masked else data["date"][:4]
    return f"{data['short_name']}, {volume} {data['reporter']} {BLANK} ({_inside(court, year)})"


def _inside(court: str, year: str) -> str:
    return f"{court} {year}".strip()


def _facts(data: Mapping[str, Any]) -> Facts:
    return Facts(
        name=data["name"],
        court=data["court"],
        title=reporters.title(data["reporter"]),
        volume=data["volume"],
        page=data["page"],
        decision_date=data["date"],
        docket=data["docket"],
        last_page=data["last_page"] if data["last_page"] != data["page"] else "",
    )


def _neighbours(one: Candidate, block: list[Candidate], key: str) -> list[Facts]:
    """Other cases of the volume, with names of their own, to be told apart from the one asked for."""
    mine = {one.payload[field].lower() for field in ("name", "short_name")}
    others = [other for other in block if not mine & {other.payload[field].lower() for field in ("name", "short_name")}]
    others.sort(key=lambda other: keyed_unit(key, "neighbour", other.case_id))
    return [_facts(other.payload) for other in others[:NEIGHBOURS]]


def _accepted_forms(data: Mapping[str, Any]) -> CourtForms | None:
    forms = data["court_forms"]
    return CourtForms(accepted=tuple(forms[0]), naming=tuple(forms[1])) if forms else None


def _volume_years(block: list[Candidate], data: Mapping[str, Any]) -> tuple[int, int]:
    years = [_year(one) for one in block] + list(data["volume_years"] or ())
    return min(years), max(years)


def _spans(one: Candidate) -> tuple[Span, ...]:
    data = one.payload
    return tuple(
        Span(case_id=one.case_id, field=field, start=0, end=length, role="gold")
        for field, length in data["lengths"].items()
    )
