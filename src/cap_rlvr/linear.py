"""RE2's expressions, asked without google-re2's own Python layer, which costs several times what RE2 does.

The one kind of expression that may touch a text that a model wrote: its time is linear in the text. What is found is
what google-re2's layer finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import re2

_re2 = cast(Any, re2)
_ANYWHERE, _AT_START, _WHOLE = (
    getattr(_re2._re2.RE2.Anchor, name)  # noqa: SLF001 - what its own layer calls
    for name in ("UNANCHORED", "ANCHOR_START", "ANCHOR_BOTH")
)
Span = tuple[int, int]


class Hit:
    """Where an expression matched; a group that took no part is None, its places -1."""

    __slots__ = ("_spans", "_text")

    def __init__(self, text: str, spans: list[Span]) -> None:
        self._text = text
        self._spans = spans

    def group(self, number: int = 0) -> Any:
        start, end = self._spans[number]
        return None if start < 0 else self._text[start:end]

    def groups(self, default: str | None = None) -> tuple[Any, ...]:
        return tuple(default if start < 0 else self._text[start:end] for start, end in self._spans[1:])

    def start(self, group: int = 0) -> int:
        return self._spans[group][0]

    def end(self, group: int = 0) -> int:
        return self._spans[group][1]

    def span(self, group: int = 0) -> Span:
        return self._spans[group]


class Pattern:
    """A compiled expression. To `^` the place where a search starts is the text's beginning."""

    __slots__ = ("_compiled", "_match", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._compiled = _re2.compile(pattern)
        self._match = self._compiled._regexp.Match  # noqa: SLF001

    def search(self, text: str, start: int = 0) -> Hit | None:
        """The first match from ``start`` on."""
        return self._first(_ANYWHERE, text, start)

    def match(self, text: str, start: int = 0) -> Hit | None:
        """A match that begins at ``start``."""
        return self._first(_AT_START, text, start)

    def fullmatch(self, text: str) -> Hit | None:
        """A match of the whole text."""
        return self._first(_WHOLE, text, 0)

    def finditer(self, text: str) -> Iterator[Hit]:
        """All matches, none over another."""
        encoded = text.encode()
        start, end = 0, len(encoded)
        plain, known = text.isascii(), (0, 0)
        while (spans := self._match(_ANYWHERE, encoded, start, end))[0][0] >= 0:
            after = spans[0][1]
            if not plain:
                known, spans = _in_characters(encoded, spans, known)
            yield Hit(text, spans)
            if start == end:
                return
            start = after if after > start else _next(encoded, start)

    def findall(self, text: str) -> list[Any]:
        """The texts of all matches, or of their group, or of their groups where there are several."""
        found: list[Any] = []
        for hit in self.finditer(text):
            groups = hit.groups("")
            found.append(hit.group() if not groups else groups[0] if len(groups) == 1 else groups)
        return found

    def split(self, text: str) -> list[Any]:
        """What stands between matches, and between these the matches' groups."""
        pieces: list[Any] = []
        end = 0
        for hit in self.finditer(text):
            pieces += (text[end : hit.start()], *hit.groups())
            end = hit.end()
        return [*pieces, text[end:]]

    def sub(self, change: str | Callable[[Hit], str], text: str) -> str:
        r"""The text with each match changed; `\1` in a string is a group."""
        if isinstance(change, str) and "\\" in change:
            return self._compiled.sub(change, text)
        pieces: list[str] = []
        end = 0
        for hit in self.finditer(text):
            pieces += (text[end : hit.start()], change if isinstance(change, str) else change(hit))
            end = hit.end()
        return "".join((*pieces, text[end:])) if pieces else text

    def _first(self, anchor: Any, text: str, start: int) -> Hit | None:
        encoded = text.encode()
        plain = text.isascii()
        at = start if plain or not start else len(text[:start].encode())
        if at > len(encoded):
            return None
        spans = self._match(anchor, encoded, at, len(encoded))
        if spans[0][0] < 0:
            return None
        return Hit(text, spans if plain else _in_characters(encoded, spans, (0, 0))[1])


def _in_characters(encoded: bytes, spans: list[Span], known: Span) -> tuple[Span, list[Span]]:
    """Spans of bytes as spans of characters, from a known pair of places before them; and the match's start as such a pair."""
    start = spans[0][0]
    before = known[1] + len(encoded[known[0] : start].decode())

    def place(at: int) -> int:
        return before + len(encoded[start:at].decode())

    return (start, before), [(place(one), place(other)) if one >= 0 else (-1, -1) for one, other in spans]


def _next(encoded: bytes, at: int) -> int:
    """Where the next character begins."""
    at += 1
    while at < len(encoded) and encoded[at] & 0xC0 == 0x80:
        at += 1
    return at


def compile(pattern: str) -> Pattern:  # noqa: A001 - as in `re`
    """Raises `re2.error` for a wrong expression."""
    return Pattern(pattern)


def escape(text: str) -> str:
    """A text as an expression that matches just it."""
    return cast(str, _re2.escape(text))
