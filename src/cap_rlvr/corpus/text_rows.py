"""Rows of the Common Pile (`common-pile/caselaw_access_project`): one string a case, made into a `Case`."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import orjson

from cap_rlvr.corpus.lines import MAX_RECORD_BYTES, records
from cap_rlvr.corpus.reporters import reporter_title, short_name
from cap_rlvr.law.text import repair
from cap_rlvr.wire.case import Case, Citation, Opinion, Origin, SourceKind
from cap_rlvr.wire.errors import BadData

OnBad = Callable[[BadData], None]
_CAP_ID = re.compile(r"(?P<slug>[\w.-]+?)_(?P<volume>[^_/]+)/html/(?P<file>[^/]+)\.html")


def read_shard(path: Path, on_bad: OnBad) -> Iterator[Case]:
    """The cases of a shard, line by line; broken lines and refused texts go to ``on_bad``."""
    try:
        for number, line in records(path):
            origin = Origin(file=str(path), line=number)
            try:
                yield read_row(_parsed(line, origin), origin)
            except BadData as error:
                on_bad(error)
    except (OSError, EOFError, zlib.error) as error:
        on_bad(BadData(f"the rest can't be read ({error})", str(path), "Download the shard again"))


def read_row(row: dict[str, Any], origin: Origin) -> Case:
    """Make a `Case` of a row. Raises BadData where a field is missing or the text may not be used."""
    row_id, text = row.get("id"), row.get("text")
    if not isinstance(row_id, str) or not row_id or not isinstance(text, str) or not text.strip():
        raise BadData("the row has no `id` or no `text`", str(origin), "Look at the line")
    place = _CAP_ID.fullmatch(row_id)
    slug, volume, file = place.groups() if place else ("", "", "")
    page = re.sub(r"^0+(?=\d)", "", file.rsplit("-", 1)[0])
    repaired = repair(text, page)
    head, *opinions = repaired.text.split("\n\n")
    reporter = short_name(slug)
    return Case(
        id=f"{slug}/{volume}/{file}" if place else row_id,
        source=SourceKind.TEXT,
        origin=origin,
        name=head.split("\n", 1)[0],
        decision_date=str(row.get("created") or ""),
        first_page=page,
        reporter_slug=slug,
        reporter_title=reporter_title(slug),
        volume=volume,
        citations=(Citation(type="official", cite=f"{volume} {reporter} {page}"),) if reporter else (),
        head_matter=head,
        opinions=tuple(Opinion(type="majority", text=opinion) for opinion in opinions),
    )


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
