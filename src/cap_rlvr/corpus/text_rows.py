"""Rows of the Common Pile (`common-pile/caselaw_access_project`): one string a case, made into a `Case`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, cast

import orjson

from cap_rlvr.corpus.lines import MAX_RECORD_BYTES, records
from cap_rlvr.corpus.text_head import read_head
from cap_rlvr.corpus.text_opinions import cut_row
from cap_rlvr.law import reporters
from cap_rlvr.law.text import repair
from cap_rlvr.wire.case import Case, Citation, Court, Opinion, Origin, SourceKind
from cap_rlvr.wire.errors import BadData

OnBad = Callable[[BadData], None]
SUPREME_COURT = "Supreme Court of the United States"
FIRST_PAGES = 200  # a volume whose files are named by page has a case that begins on one of these
_LEXIS_HEADNOTE = re.compile(r"(?<![\w-])\[?HN\d{1,3}\]?(?= ?[A-Z“\[])|LEdHN|LEdHR|(?i:LexisNexis\W{0,3} headnotes)")
_SLIP = re.compile(r"Cite as:\s*\d{1,3}\s+U\. ?S\.[^\n(]*\s*\((?P<year>\d{4})\)")
_CAP_ID = re.compile(r"(?P<slug>[\w.-]+?)_(?P<volume>[^_/]+)/html/(?P<file>[^/]+)\.html")


def read_shard(path: Path, on_bad: OnBad, ids: Collection[str] | None = None) -> Iterator[Case]:
    """The cases of a shard, or those of ``ids``, line by line; broken lines and refused texts go to ``on_bad``."""
    by_page: set[str] = set()
    try:
        for number, line in records(path):
            origin = Origin(file=str(path), line=number)
            try:
                row = _parsed(line, origin)
                if ids is None or _case_id(row, by_page) in ids:
                    yield read_row(row, origin, by_page)
            except BadData as error:
                on_bad(error)
    except (OSError, EOFError) as error:
        on_bad(BadData(f"the rest can't be read ({error})", str(path), "Download the shard again"))


def read_row(row: dict[str, Any], origin: Origin, by_page: set[str]) -> Case:
    """Make a `Case` of a row. Raises BadData where a field is missing or the text may not be used.

    ``by_page`` gathers the volumes of the shard whose files are seen to be named by page: some number theirs
    otherwise (`tex-crim_52/html/1082-01` is page 1), and then the id tells no page and no citation.
    """
    row_id, text = row.get("id"), row.get("text")
    if not isinstance(row_id, str) or not row_id or not isinstance(text, str) or not text.strip():
        raise BadData("the row has no `id` or no `text`", str(origin), "Look at the line")
    if ("HN" in text or "LEdH" in text or "exisN" in text) and _LEXIS_HEADNOTE.search(text):
        raise BadData("the text carries editorial LEXIS headnote marks", str(origin), "Such text is not used")
    place = _CAP_ID.fullmatch(row_id)
    slug, volume, file = place.groups() if place else ("", "", "")
    page = _page(slug, volume, file, by_page)
    metadata = row.get("metadata")
    author = str(cast("dict[str, Any]", metadata).get("author") or "") if isinstance(metadata, dict) else ""
    cut = cut_row(text, author, from_cap=place is not None)
    head_matter = repair(text[: cut.head_end], page).text
    head = read_head(head_matter)
    reporter = reporters.from_slug(slug) or ""
    slip = _SLIP.search(text) if not place and "Cite as:" in text else None
    created = row.get("created")
    return Case(
        id=f"{slug}/{volume}/{file}" if place else row_id,
        source=SourceKind.TEXT,
        origin=origin,
        name=head.name,
        decision_date=created if isinstance(created, str) and created else slip["year"] if slip else head.decision_date,
        docket_number=head.docket_number,
        first_page=page,
        reporter_slug=slug,
        volume=volume,
        citations=(Citation(type="official", cite=f"{volume} {reporter} {page}"),) if reporter and page else (),
        court=Court(name=SUPREME_COURT) if slip else Court(name=head.court),
        head_matter=head_matter,
        opinions=tuple(
            Opinion(type=piece.type, author=piece.author, text=repair(text[piece.start : piece.end], page).text.strip())
            for piece in cut.pieces
        ),
    )


def _case_id(row: dict[str, Any], by_page: set[str]) -> str:
    """The id that the row's case has, without reading its text."""
    place = _CAP_ID.fullmatch(str(row.get("id")))
    if place is None:
        return str(row.get("id"))
    slug, volume, file = place.groups()
    _page(slug, volume, file, by_page)
    return f"{slug}/{volume}/{file}"


def _page(slug: str, volume: str, file: str, by_page: set[str]) -> str:
    page = re.sub(r"^0+(?=\d)", "", file.rsplit("-", 1)[0])
    if page.isdecimal() and int(page) <= FIRST_PAGES:
        by_page.add(f"{slug}_{volume}")
    return page if f"{slug}_{volume}" in by_page else ""


def _parsed(line: bytes | None, origin: Origin) -> dict[str, Any]:
    if line is None:
        raise BadData(f"a line of over {MAX_RECORD_BYTES >> 20} MiB", str(origin), "Look at the file")
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadData(f"not JSON ({error})", str(origin), "Download the shard again") from None
    if not isinstance(row, dict):
        raise BadData("JSON, but no row (an object with `id` and `text`)", str(origin), "Look at the line")
    return cast("dict[str, Any]", row)
