"""The case's body in its three forms: a dict, CAP API v1's `{status, data}` around one, and XML or HTML in a string."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, cast

from cap_rlvr.wire.case import Origin
from cap_rlvr.wire.errors import BadData


@dataclass
class RawOpinion:
    """An opinion before repair."""

    type: str
    author: str = ""
    text: str = ""


@dataclass
class Body:
    """Head matter, opinions and parties before repair."""

    head_matter: str = ""
    opinions: list[RawOpinion] = field(default_factory=list[RawOpinion])
    parties: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """Characters of head matter and opinions joined by newlines: what CAP counted as `char_count`."""
        return len(self.head_matter) + sum(1 + len(opinion.text) for opinion in self.opinions)


def read_body(casebody: Any, origin: Origin) -> Body:
    """Read any form of `casebody`. Raises BadData where there is none, or CAP did not give it."""
    if isinstance(casebody, dict) and "data" in casebody:
        status = cast("dict[str, Any]", casebody).get("status", "ok")
        if status != "ok":
            raise BadData(f"`casebody.status` is {status!r}: CAP gave no text", str(origin), "Fetch the case again")
        casebody = cast("dict[str, Any]", casebody)["data"]
    if isinstance(casebody, str) and "<" in casebody:
        body = read_markup(casebody)
    elif isinstance(casebody, dict):
        body = _from_dict(cast("dict[str, Any]", casebody), origin)
    else:
        raise BadData("the case has no `casebody`", str(origin), "Look at the record")
    if not body.head_matter.strip() and not any(opinion.text.strip() for opinion in body.opinions):
        raise BadData("`casebody` holds no text", str(origin), "Look at the record")
    return body


def _from_dict(data: dict[str, Any], origin: Origin) -> Body:
    opinions: Any = data.get("opinions") or []
    head: Any = data.get("head_matter") or ""
    if not isinstance(opinions, list) or not isinstance(head, str):
        raise BadData(
            "`casebody.opinions` or `casebody.head_matter` has a wrong type", str(origin), "Look at the record"
        )
    parties = data.get("parties")
    named = cast("list[Any]", parties) if isinstance(parties, list) else []
    return Body(
        head_matter=head,
        opinions=[_opinion(entry, origin) for entry in cast("list[Any]", opinions)],
        parties=tuple(party for party in named if isinstance(party, str)),
    )


def _opinion(entry: Any, origin: Origin) -> RawOpinion:
    fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
    text = fields.get("text")
    if not isinstance(text, str):
        raise BadData("an entry of `casebody.opinions` has no `text`", str(origin), "Look at the record")
    return RawOpinion(type=str(fields.get("type") or ""), author=str(fields.get("author") or ""), text=text)


def read_markup(markup: str) -> Body:
    """Read the API's XML (`<opinion type=…><author>…`) or HTML (`<article class="opinion" data-type=…>`)."""
    reader = _MarkupReader()
    reader.feed(markup)
    reader.close()
    return reader.body()


_BLOCKS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "li", "parties", "docketnumber", "court", "decisiondate",
    "otherdate", "attorneys", "author", "summary", "syllabus", "headnotes", "judges", "opinion", "article", "casebody",
    "section", "footnote", "aside", "citation", "disposition", "history",
}  # fmt: skip
_PAGE_MARKS = {"page-number", "page-label"}
_VOID = {"br", "img", "hr", "wbr", "input", "meta", "link"}


class _MarkupReader(HTMLParser):
    """Collects blocks of text in order, with the opinion that each stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, str]] = []  # tag, role
        self._head: list[str] = []
        self._parties: list[str] = []
        self._opinions: list[RawOpinion] = []
        self._lines: list[list[str]] = []
        self._pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._pieces.append(" ")
            return
        given = {name: value or "" for name, value in attrs}
        role = self._role(tag, given)
        if tag in _BLOCKS:
            self._end_block()
        if role == "opinion":
            self._opinions.append(RawOpinion(type=given.get("type") or given.get("data-type") or ""))
            self._lines.append([])
        self._open.append((tag, role))

    def handle_endtag(self, tag: str) -> None:
        if tag not in (name for name, _ in self._open):
            return
        if tag in _BLOCKS:
            self._end_block()
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(role == "page" for _, role in self._open):
            self._pieces.append(data)

    def body(self) -> Body:
        self._end_block()
        for opinion, lines in zip(self._opinions, self._lines, strict=True):
            opinion.text = "\n".join(lines)
        return Body("\n".join(self._head), self._opinions, tuple(self._parties))

    def _role(self, tag: str, given: dict[str, str]) -> str:
        names = {tag, *given.get("class", "").split()}
        for role in ("opinion", "author", "parties"):
            if role in names:
                return role
        return "page" if names & _PAGE_MARKS else ""

    def _end_block(self) -> None:
        text = re.sub(r"\s+", " ", "".join(self._pieces)).strip()
        self._pieces.clear()
        if not text:
            return
        roles = {role for _, role in self._open}
        if "opinion" in roles:
            self._lines[-1].append(text)
            if "author" in roles and not self._opinions[-1].author:
                self._opinions[-1].author = text
            return
        self._head.append(text)
        if "parties" in roles:
            self._parties.append(text)
