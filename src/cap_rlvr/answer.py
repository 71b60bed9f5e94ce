r"""The answer convention, the same for all tasks: one parser, no lenient chain behind it.

A reply is normalised, its thinking removed, and then exactly one answer is read from it, or none:

1. `<answer>…</answer>` with one distinct non-empty value (identical repeats are fine; unbalanced tags: no answer);
2. where the task allows it, `\boxed{…}` (also with `\text{…}` inside) or a line `Final answer: …`, `Answer: …`, `Citation: …`; all must agree;
3. where the task allows it, a one-line reply of at most 400 characters, taken whole.

Only RE2 touches the text, so time is linear in its length.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from cap_rlvr import linear
from cap_rlvr.wire.scoring import Evidence, ParseMode

MAX_BYTES = 32_000
MAX_BARE_CHARS = 400
# Unicode's stream-safe format (UAX 15, 13). Longer runs of combining marks are no writing; sorting them takes
# quadratic time.
MAX_MARKS = 30
MAX_HITS = 500  # tags or answer lines; more of them are no reply, and each takes 10 microseconds to find

_ASCII_FOR = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
        "\u00a0": " ", "\u00ad": "",
    }
)  # fmt: skip
_THINK = linear.compile(r"(?i)</?think>")
_TAG = {name: linear.compile(rf"(?i)<(/?){name}>") for name in ("answer", "evidence", "reasoning")}
_BOXED = linear.compile(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}")
_TEX = linear.compile(r"^(?:\\(?:text|textbf|textit|textrm|mathbf|mathrm|mathsf))?\{([^{}]*)\}$")
_LINE = linear.compile(r"(?im)^[ \t>*_#-]*(?:final answer|answer|citation)[ \t*_]*:[ \t*_]*(.*?)[ \t*_]*$")


@dataclass(frozen=True)
class Reply:
    """A reply as the scorers see it.

    ``text`` is normalised and without thinking; ``answer`` starts at ``answer_start`` in it; ``fault`` is the
    reason code where there is no answer (`oversize`, `unclosed_think`, `unbalanced_tags`, `conflicting_answers`,
    `no_answer`).
    """

    text: str
    answer: str | None
    answer_start: int
    mode: ParseMode
    fault: str | None
    _origin: tuple[tuple[int, int], ...] = ((0, 0),)

    def evidence(self, start: int, end: int) -> Evidence:
        """A range of ``text`` as a range of the completion that was sent."""
        last = _source(self._origin, max(start, end - 1))
        return Evidence(start=_source(self._origin, start), end=last + (end > start))


def read_reply(completion: str, tags_required: bool = False) -> Reply:
    """Read a model's reply by the convention; never raises, whatever the text."""
    if len(completion) > MAX_BYTES or len(completion.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Reply("", None, 0, "none", "oversize")
    text, origin = normalise(completion)
    if len(text) > MAX_BYTES:
        return Reply("", None, 0, "none", "oversize")
    kept = _without_thinking(text)
    if kept is None:
        return Reply("", None, 0, "none", "unclosed_think")
    text, origin = _keep(text, origin, kept)
    value, start, fault = element(text, "answer")
    mode: ParseMode = "tag" if value is not None else "none"
    if value is None and fault is None and not tags_required:
        value, start, mode, fault = _untagged(text)
    if value is None and fault is None:
        fault = "no_answer"
    return Reply(text, value, start, mode, fault, origin)


def _source(origin: tuple[tuple[int, int], ...], position: int) -> int:
    here, there = origin[bisect_right(origin, (position, 1 << 60)) - 1]
    return there + position - here


def normalise(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """NFKC, no format characters (category Cf), ASCII quotes, dashes and spaces; and where each run came from.

    The second value lists (position here, position in the input) at each place where the two drift apart.
    """
    if text.isascii():
        return text, ((0, 0),)
    out: list[str] = []
    origin: list[tuple[int, int]] = [(0, 0)]
    length, done = 0, 0
    odd = {char for char in set(text) if char > "\x7f" and (unicodedata.combining(char) or _plain(char) != char)}
    if not any(map(unicodedata.combining, odd)):  # each stands by itself: most texts, with curly quotes and dashes
        plain = {ord(char): _plain(char) for char in odd}
        if all(len(one) == 1 for one in plain.values()):
            return text.translate(plain), ((0, 0),)
    for index in [index for index, char in enumerate(text) if char in odd]:
        if index < done:
            continue
        # A mark belongs to the character before it, if that is in no piece yet.
        start = index - 1 if index > done and unicodedata.combining(text[index]) else index
        end = start + 1
        while end < len(text) and end - start <= MAX_MARKS and unicodedata.combining(text[end]):
            end += 1
        piece = _plain(text[start:end])
        if done < start:
            out.append(text[done:start])
        out.append(piece)
        length += start - done + len(piece)
        if len(piece) != end - start:
            origin.append((length, end))
        done = end
    return "".join((*out, text[done:])), tuple(origin)


@lru_cache(maxsize=4096)  # a text uses few characters many times
def _plain(piece: str) -> str:
    piece = unicodedata.normalize("NFKC", piece.translate(_ASCII_FOR)).translate(_ASCII_FOR)
    if piece.isalnum():  # none of the two categories
        return piece
    kinds = [(char, unicodedata.category(char)) for char in piece]
    return "".join("\ufffd" if kind == "Cs" else char for char, kind in kinds if kind != "Cf")


def element(text: str, name: str) -> tuple[str | None, int, str | None]:
    """The one distinct non-empty value of `<name>…</name>`: (value, its start, fault). No tags: (None, 0, None)."""
    values: list[tuple[str, int]] = []
    opened: int | None = None
    tags: list[Any] = list(islice(_TAG[name].finditer(text), MAX_HITS + 1))
    if len(tags) > MAX_HITS:
        return None, 0, "unbalanced_tags"
    for tag in tags:
        closing = bool(tag.group(1))
        if closing != (opened is not None):
            return None, 0, "unbalanced_tags"
        if closing:
            values.append(_stripped(text, cast(int, opened), tag.start()))
            opened = None
        else:
            opened = tag.end()
    if opened is not None:
        return None, 0, "unbalanced_tags"
    return _agreed(values)


def _agreed(values: list[tuple[str, int]]) -> tuple[str | None, int, str | None]:
    filled = [(value, start) for value, start in values if value]
    if not filled:
        return None, 0, "no_answer" if values else None
    if len(filled) > 1 and len({" ".join(value.split()) for value, _ in filled}) > 1:
        return None, 0, "conflicting_answers"
    return *filled[0], None


def _stripped(text: str, start: int, end: int) -> tuple[str, int]:
    value = text[start:end]
    return value.strip(), start + len(value) - len(value.lstrip())


def _without_tex(value: str, start: int) -> tuple[str, int]:
    r"""What `\text{B}` or `{B}` in a box holds."""
    hit = _TEX.search(value)
    if not hit:
        return value, start
    inside, offset = _stripped(value, hit.start(1), hit.end(1))
    return inside, start + offset


def _without_thinking(text: str) -> list[tuple[int, int]] | None:
    """The ranges to keep; None where a `<think>` is never closed, or the tags are too many to be thinking."""
    kept: list[tuple[int, int]] = []
    start, opened = 0, False
    tags: list[Any] = list(islice(_THINK.finditer(text), MAX_HITS + 1))
    if len(tags) > MAX_HITS:
        return None
    for tag in tags:
        closing = text[tag.start() + 1] == "/"
        if closing and opened:
            start, opened = tag.end(), False
        elif closing:
            kept, start = [], tag.end()
        elif not opened:
            kept.append((start, tag.start()))
            opened = True
    return None if opened else [*kept, (start, len(text))]


def _keep(
    text: str, origin: tuple[tuple[int, int], ...], ranges: list[tuple[int, int]]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    if ranges == [(0, len(text))]:
        return text, origin
    drift: list[tuple[int, int]] = []
    length = 0
    for start, end in ranges:
        source = _source(origin, start)
        drift.append((length, source))
        inside = origin[bisect_right(origin, (start, 1 << 60)) : bisect_left(origin, (end, -1))]
        drift.extend((length + here - start, there) for here, there in inside)
        length += end - start
    return "".join(text[start:end] for start, end in ranges), tuple(drift)


def _untagged(text: str) -> tuple[str | None, int, ParseMode, str | None]:
    hits: list[list[Any]] = [list(islice(form.finditer(text), MAX_HITS + 1)) for form in (_BOXED, _LINE)]
    if max(map(len, hits)) > MAX_HITS:
        return None, 0, "none", "conflicting_answers"
    boxed = [_without_tex(*_stripped(text, hit.start(1), hit.end(1))) for hit in hits[0]]
    lines = [_stripped(text, hit.start(1), hit.end(1)) for hit in hits[1] if not _BOXED.search(hit.group(1))]
    if boxed or lines:
        value, start, fault = _agreed(boxed + lines)
        mode: ParseMode = "none" if value is None else "boxed" if boxed else "line"
        return value, start, mode, fault
    value, start = _stripped(text, 0, len(text))
    if value and "\n" not in value and len(value) <= MAX_BARE_CHARS:
        return value, start, "bare", None
    return None, 0, "none", None
