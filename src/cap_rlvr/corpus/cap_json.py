"""One case's JSON, of static.case.law or of CAP's API, made into a `Case`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from cap_rlvr.corpus.casebody import Body, read_body
from cap_rlvr.law import reporters
from cap_rlvr.law.text import repair
from cap_rlvr.wire.case import Case, Citation, CitedCase, Court, Jurisdiction, Opinion, Origin, SourceKind
from cap_rlvr.wire.errors import BadData

_FRONTEND = re.compile(r"/(?P<slug>[^/]+)/(?P<volume>[^/]+)/(?P<page>[^/]+)/?$")


@dataclass(frozen=True)
class Volume:
    """What is known of the volume that a case lies in; ``years`` are the first and last of its decisions."""

    slug: str = ""
    number: str = ""
    years: tuple[int, int] | None = None


def read_case(fields: dict[str, Any], origin: Origin, volume: Volume) -> Case:
    """Make a `Case` of a parsed case. Raises BadData that names the field where the record is broken."""
    name = _text(fields, "name")
    if not name and not _text(fields, "name_abbreviation"):
        raise BadData("the case has no `name`", str(origin), "Look at the record")
    body = read_body(fields.get("casebody"), origin)
    place = _place(fields, volume)
    first, last = _text(fields, "first_page"), _text(fields, "last_page")
    return Case(
        id=f"{place.slug}/{place.number}/{_file_name(fields, origin)}",
        source=_source(fields),
        origin=origin,
        cap_id=_number(fields.get("id")),
        name=name or _text(fields, "name_abbreviation"),
        name_abbreviation=_text(fields, "name_abbreviation"),
        decision_date=_text(fields, "decision_date"),
        docket_number=_text(fields, "docket_number"),
        first_page=first,
        last_page=last,
        reporter_slug=place.slug,
        volume=place.number,
        citations=tuple(_citation(entry) for entry in _entries(fields, "citations")),
        court=_court(_part(fields, "court")),
        jurisdiction=_jurisdiction(_part(fields, "jurisdiction")),
        cites_to=tuple(_cited(entry) for entry in _entries(fields, "cites_to")),
        head_matter=repair(body.head_matter, first, last).text,
        opinions=_opinions(body, first, last),
        parties=body.parties,
        simhash=_text(_part(fields, "analysis"), "simhash"),
        volume_years=place.years,
    )


def _opinions(body: Body, first: str, last: str) -> tuple[Opinion, ...]:
    return tuple(
        Opinion(type=opinion.type or "majority", author=opinion.author, text=repair(opinion.text, first, last).text)
        for opinion in body.opinions
    )


def _place(fields: dict[str, Any], volume: Volume) -> Volume:
    """The volume: as the folder says, or for a case of the API as its own fields say."""
    link = _FRONTEND.search(_text(fields, "frontend_url"))
    own_number = _text(_part(fields, "volume"), "volume_number")
    if not link and not own_number:
        return volume
    cites = _entries(fields, "citations")
    slug = link["slug"] if link else reporters.slug(_reporter_of(_text(cites[0], "cite"))) if cites else ""
    number = link["volume"] if link else own_number
    if slug == volume.slug and number == volume.number:
        return volume
    return Volume(slug=slug, number=number)


def _reporter_of(cite: str) -> str:
    """`31 Tex. Crim. 35` -> `Tex. Crim.`."""
    return " ".join(cite.split()[1:-1])


def _file_name(fields: dict[str, Any], origin: Origin) -> str:
    """`0035-01`: as the record says, as its file is named, or from its first page."""
    name = _text(fields, "file_name")
    if name:
        return name
    stem = (origin.member or origin.file).rsplit("/", 1)[-1].removesuffix(".json")
    if re.fullmatch(r"[\w.]+-\d{2,}", stem):
        return stem
    page = _text(fields, "first_page")
    return f"{page:0>4}-01" if page else stem


def _source(fields: dict[str, Any]) -> SourceKind:
    told = _text(_part(fields, "provenance"), "source")
    return SourceKind.SYNTHETIC if told == "synthetic" else SourceKind.STATIC


def _citation(entry: dict[str, Any]) -> Citation:
    return Citation(type=_text(entry, "type"), cite=_text(entry, "cite"))


def _court(entry: dict[str, Any]) -> Court:
    return Court(
        id=_number(entry.get("id")),
        name=_text(entry, "name"),
        name_abbreviation=_text(entry, "name_abbreviation"),
    )


def _jurisdiction(entry: dict[str, Any]) -> Jurisdiction:
    return Jurisdiction(id=_number(entry.get("id")), name=_text(entry, "name"), name_long=_text(entry, "name_long"))


def _cited(entry: dict[str, Any]) -> CitedCase:
    ids = entry.get("case_ids")
    index = _number(entry.get("opinion_index"))
    return CitedCase(
        cite=_text(entry, "cite"),
        category=_text(entry, "category"),
        reporter=_text(entry, "reporter"),
        opinion_index=0 if index is None else index,
        case_ids=tuple(item for item in cast("list[Any]", ids) if isinstance(item, int))
        if isinstance(ids, list)
        else (),
        year=_number(entry.get("year")),
    )


def _text(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _number(value: Any) -> int | None:
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _part(fields: dict[str, Any], key: str) -> dict[str, Any]:
    value = fields.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _entries(fields: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = fields.get(key)
    return [entry for entry in cast("list[Any]", value) if isinstance(entry, dict)] if isinstance(value, list) else []
