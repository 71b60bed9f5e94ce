"""What one decision offers to retrieval: the text it may be asked by, its summary, and the authorities it relies on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cap_rlvr.law.authorities import Mention, authorities, located, majority
from cap_rlvr.law.citations import find_locators
from cap_rlvr.law.courts import parentheticals
from cap_rlvr.law.names import plain_name
from cap_rlvr.law.reporters import canonical
from cap_rlvr.tasks.retrieval import excerpt
from cap_rlvr.tasks.retrieval.passing import only_in_passing
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.rows import Candidate, Refusal

TASK = "retrieval"
MIN_AUTHORITIES = 2
MAX_AUTHORITIES = 400  # of one decision; a longer list is a treatise
MOST_PLACES = 3  # of one authority that are kept: enough to see what it is cited for
_ONE_CITATION = 25  # characters at most between the parallels of one citation
_YEARS = 10


class Offer(Frozen):
    """A candidate's payload. ``text`` is what a query shows and a vector is made of, ``blurb`` what a list shows; the
    spans are the fields and ranges that they were made from. ``authorities`` are groups of `volume|reporter|page`,
    ``places`` for each where the opinion cites it, ``passing`` whether it does so only in passing, and ``courts`` what may
    be written for its court.
    """

    text: str
    text_span: tuple[str, int, int]
    blurb: str
    blurb_span: tuple[str, int, int]
    authorities: tuple[tuple[str, ...], ...]
    places: tuple[tuple[tuple[int, int], ...], ...]
    passing: tuple[bool, ...]
    cites: tuple[str, ...]
    courts: tuple[str, ...]
    name: str
    litigation: str
    volume: str
    year: int | None


def find(case: Case) -> Iterator[Candidate | Refusal]:
    """The majority's opinion with its authorities, or why it can't be used."""
    place = majority(case)
    if place is None:
        yield _refusal(case, "no_majority_opinion")
        return
    mentions = located(case, place)
    groups = authorities(case, place, mentions)[:MAX_AUTHORITIES]
    if len(groups) < MIN_AUTHORITIES:
        yield _refusal(case, "few_authorities", str(len(groups)))
        return
    opinion = case.opinions[place].text
    own = (case.name, case.name_abbreviation, *case.parties)
    hidden = excerpt.names_to_hide(opinion, mentions, own)
    text = excerpt.query_text(opinion, place, mentions, hidden)
    shown = excerpt.blurb(case.head_matter, opinion, place, mentions, hidden)
    if shown is None or len(text.text) < excerpt.MIN_QUERY_CHARS:
        yield _refusal(case, "short_text")
        return
    offer = Offer(
        text=text.text,
        text_span=(text.field, text.start, text.end),
        blurb=shown.text,
        blurb_span=(shown.field, shown.start, shown.end),
        authorities=tuple(groups),
        places=_places(groups, mentions),
        passing=only_in_passing(groups, mentions, opinion),
        cites=tuple(cite.cite for cite in case.citations),
        courts=_courts(case),
        name=case.name_abbreviation or case.name,
        litigation=_litigation(case),
        volume=f"{case.reporter_slug or case.id.split('/', 1)[0]}/{case.volume}",
        year=case.year,
    )
    yield Candidate(
        task=TASK,
        case_id=case.id,
        source_kind=case.source,
        kind="case",
        block=f"{case.source}|{_jurisdiction(case)}|{_decade(case.year)}",
        payload=offer.model_dump(mode="json"),
    )


def _places(groups: Sequence[Sequence[str]], mentions: Sequence[Mention]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each authority the first ranges of the opinion in which it is cited, its parallels in one."""
    home = {locator: index for index, group in enumerate(groups) for locator in group}
    found: list[list[tuple[int, int]]] = [[] for _ in groups]
    for one in mentions:
        if one.key not in home:
            continue
        here = found[home[one.key]]
        if here and one.start - here[-1][1] <= _ONE_CITATION:
            here[-1] = (here[-1][0], one.end)
        else:
            here.append((one.start, one.end))
    return tuple(tuple(here[:MOST_PLACES]) for here in found)


def _courts(case: Case) -> tuple[str, ...]:
    """What a parenthetical may say of the court, in any of the case's reporters; nothing where the court is in no table."""
    found = [
        parentheticals(case.court, case.jurisdiction, canonical(place.reporter) or place.reporter)
        for cite in case.citations
        for place in find_locators(cite.cite)[:1]
    ]
    forms = [form for one in found if one for form in (*one.accepted, *one.naming) if form]
    return tuple(dict.fromkeys(forms))


def _litigation(case: Case) -> str:
    """The parties, by which two decisions in one litigation are known; empty where the name tells no parties apart."""
    name = plain_name(case.name_abbreviation or case.name)
    return name if " v " in f" {name} " else ""


def _jurisdiction(case: Case) -> str:
    return case.jurisdiction.name or case.reporter_slug or case.id.split("/", 1)[0]


def _decade(year: int | None) -> str:
    return str(year // _YEARS * _YEARS) if year is not None else "undated"


def _refusal(case: Case, reason: str, detail: str = "") -> Refusal:
    return Refusal(case_id=case.id, task=TASK, reason=reason, detail=detail)
