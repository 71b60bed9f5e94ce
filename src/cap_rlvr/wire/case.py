"""A decision of a US court, the same whatever source it was read from."""

from __future__ import annotations

from enum import StrEnum

from cap_rlvr.wire.frozen import Frozen


class SourceKind(StrEnum):
    """Where a case came from; rows and figures are always kept apart by it."""

    STATIC = "static"  # static.case.law volumes: structured fields, opinions apart
    TEXT = "text"  # Common Pile rows: one string, fields read from its head
    SYNTHETIC = "synthetic"  # our own fiction, in the static.case.law format


class Citation(Frozen):
    """One citation of the case itself; ``type`` is CAP's (official, nominative, parallel, vendor)."""

    type: str
    cite: str


class Court(Frozen):
    """CAP's court; ``id`` is CAP's number, None where the source has no such field."""

    id: int | None = None
    name: str = ""
    name_abbreviation: str = ""


class Jurisdiction(Frozen):
    """CAP's jurisdiction (`Tex.`, `Texas`)."""

    id: int | None = None
    name: str = ""
    name_long: str = ""


class CitedCase(Frozen):
    """One entry of `cites_to`. ``opinion_index`` -1 is the head matter; several ``case_ids`` are an ambiguity."""

    cite: str
    category: str = ""
    reporter: str = ""
    opinion_index: int = 0
    case_ids: tuple[int, ...] = ()
    year: int | None = None


class Opinion(Frozen):
    """One opinion. ``type`` is CAP's: majority, dissent, concurrence, rehearing, unanimous, on-the-merits, mixed and more."""

    type: str
    author: str = ""
    text: str


class Origin(Frozen):
    """The file (and member or line in it) that a case was read from, for messages and lineage."""

    file: str
    member: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = self.member or (str(self.line) if self.line else "")
        return f"{self.file}:{place}" if place else self.file


class Case(Frozen):
    """A decision after text repair.

    ``id`` is `<reporter slug>/<volume>/<file name>` (`tex-crim/31/0035-01`) for every source that has these, so
    that the same decision read from two sources has one id. Dates may be `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    """

    id: str
    source: SourceKind
    origin: Origin
    cap_id: int | None = None
    name: str
    name_abbreviation: str = ""
    decision_date: str = ""
    docket_number: str = ""
    first_page: str = ""
    last_page: str = ""
    reporter_slug: str = ""
    volume: str = ""
    citations: tuple[Citation, ...] = ()
    court: Court = Court()
    jurisdiction: Jurisdiction = Jurisdiction()
    cites_to: tuple[CitedCase, ...] = ()
    head_matter: str = ""
    opinions: tuple[Opinion, ...] = ()
    parties: tuple[str, ...] = ()
    simhash: str = ""
    volume_years: tuple[int, int] | None = None

    @property
    def year(self) -> int | None:
        """The decision's year, or None where the source has no date."""
        head = self.decision_date[:4]
        return int(head) if len(head) == 4 and head.isdigit() else None
