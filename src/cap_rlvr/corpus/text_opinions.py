"""Cuts the one string of a text row into head matter and opinions, and says whose words each is.

The witnesses, best first: running heads that name the page's author; lines that begin a separate opinion
(`Justice Kavanaugh, with whom Justice Gorsuch joins, concurring in the judgment.`); CAP's blank line before each
opinion. Words that none of them attributes are typed `unattributed`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise

from cap_rlvr.law.opinions import BOTH, UNATTRIBUTED, speaks_apart, type_of_opening
from cap_rlvr.law.running_heads import PageHead, Voice, page_heads


@dataclass(frozen=True)
class Piece:
    """An opinion at [start, end) of the row's text."""

    start: int
    end: int
    type: str
    author: str = ""


@dataclass(frozen=True)
class Cut:
    """Head matter at [0, head_end) and the opinions after it."""

    head_end: int
    pieces: tuple[Piece, ...]


_JUSTICE = r"(?:Chief Justice|Justice|CHIEF JUSTICE|JUSTICE|THE CHIEF JUSTICE|The Chief Justice)"
_SEPARATE_LINE = re.compile(
    rf"\n\n[ \t]*(?:\[\*+\d+\]\s*)*(?P<author>{_JUSTICE} ?[A-Z][\w’']*)"
    r"[^\n]{0,300}?\b(?:concurring|dissenting)\b[^\n]{0,120}\.?[ \t]*(?=\n)",
)
_COURT_LINE = re.compile(
    rf"^\s*(?:\[\*+\d+\]\s*)*(?:PER CURIAM|Per Curiam|(?P<author>{_JUSTICE} ?[A-Z][\w’']*)[^\n]{{0,80}} delivered the opinion)"
)
_INLINE_LABEL = re.compile(
    r"(?<=[.)\]}])\s*(?P<author>[A-Z][A-ZÁÉÍÓÚÑ.’' -]{2,40}?, (?:Chief |Presiding |Pro Tem(?:pore)? |Senior )?"
    r"(?:Judge|Justice|J\.|C\.J\.))\s?,?\s?\(?\s?(?:[Ss]pecially |[Rr]especially )?(?:[Cc]oncurring|[Dd]issenting)"
    r"[^.({]{0,60}\)?\.?\s*(?=[{(\[]?\d{1,3}[})\].]|I )"
    r"|(?:CONCURRING|DISSENTING) OPINION OF [A-Z ]{4,50}\.",
)
_LABEL_WORD = re.compile(r"[CcDd](?:oncurring|issenting|ONCURRING|ISSENTING)")
_AUTHOR = re.compile(
    r"(?:(?:MEMORANDUM )?(?:OPINION|DECISION)(?: AND ORDER)?\s*)?"
    r"(?P<author>[A-Z][A-Za-zÁÉÍÓÚÑ.’', -]{1,50}?,? (?:Chief |Presiding |District |Associate |Circuit |Acting |Pro Tem(?:pore)? )?"
    r"(?:Judge|Justice|J\.|JJ\.|C\. ?J\.|P\. ?J\.|JUDGE|JUSTICE))"
)
_ORDERED = re.compile(
    r"(?:(?:[Ii]t is )?[Ss]o ordered|IT IS SO ORDERED|Reversed|Affirmed|Vacated|Dismissed)[^.\n]{0,40}\.(?=[ \t]*\n[ \t]*\n)"
)
_NEW_OPINION = re.compile(r"(?<=[.?!”’)\d])[ \t]*\n[ \t]*\n(?=[A-Z“][^\n]{34})(?!Id\.|Ibid)")
_LEAD = {Voice.COURT, Voice.PART}
MAX_FIRST_HEAD = 3  # the first page never names its author, and one more head may be lost
PAGE_LENGTH = 3500  # characters of a slip opinion's page, footnotes included, with room
_TAIL = 600  # characters in which the court's own order stands at an opinion's end


def cut_row(text: str, author: str, from_cap: bool) -> Cut:
    """Cut a row's text. ``author`` is the row's own field, of the first opinion; ``from_cap``: the id is CAP's."""
    heads = page_heads(text)
    if heads:
        head_end = _first_line_end(text)
        return Cut(head_end, tuple(_by_heads(text, heads, head_end)))
    if from_cap:
        head_end = _or_end(text.find("\n\n"), text)
        return Cut(head_end, tuple(_by_blank_lines(text, head_end, author)))
    head_end = _first_line_end(text)
    return Cut(head_end, tuple(_by_labels(text, head_end)))


def _or_end(position: int, text: str) -> int:
    return position if position >= 0 else len(text)


def _first_line_end(text: str) -> int:
    """The end of a title line with a blank line after it; 0 where the text begins with the opinion."""
    title = re.match(r"[^\n]{3,300}(?=\n\n)", text)
    return title.end() if title else 0


def _by_blank_lines(text: str, head_end: int, author: str) -> Iterator[Piece]:
    """CAP's shape: each opinion after a blank line, its author before it (and mostly again as its first words)."""
    starts = [hit.end() for hit in re.finditer(r"\n\n+", text) if hit.start() >= head_end]
    for number, (start, after) in enumerate(pairwise([*starts, len(text) + 2])):
        end = min(after - 2, len(text))
        block = text[start:end]
        name = author if not number and author and block.startswith(author + " ") else _doubled(block)
        body = start + len(name) + 1 if name else start
        kind = type_of_opening(text[body:end], name)
        if kind is None or (not number and kind == "rehearing"):
            kind = "majority" if not number else UNATTRIBUTED  # a lone opinion on rehearing is the court's
        yield Piece(body, end, kind, name)


def _doubled(block: str) -> str:
    """The author that stands before a block and again as one of its first lines (`DICE, Judge. DICE, Judge.`).

    Of two authors the second copy may hold the first alone.
    """
    opening = block[:400]
    for hit in re.finditer(r" ", opening[:80]):
        name, rest = opening[: hit.start()], opening[hit.end() :]
        line = rest.split("\n", 1)[0]
        if len(name) > 2 and (f"\n{name}\n" in f"\n{rest}" or (len(line) > 6 and name.startswith(line + " "))):
            return name
    return ""


def _by_labels(text: str, head_end: int) -> Iterator[Piece]:
    """No pages, no blank lines of CAP: cut at lines or words that begin a separate opinion."""
    marks = [(hit.start(), hit.group()) for hit in _SEPARATE_LINE.finditer(text, head_end)]
    marks += [(hit.start(), hit.group()) for hit in _inline_labels(text, head_end)]
    starts = [(head_end, ""), *sorted(marks)]
    for (start, label), (end, _) in pairwise([*starts, (len(text), "")]):
        body = text[start:end]
        if label:
            yield Piece(start, end, type_of_opening(label) or UNATTRIBUTED, _author_of(label))
            continue
        yield Piece(start, end, "majority" if _is_the_courts(body) else UNATTRIBUTED, _author_of(body))


def _inline_labels(text: str, head_end: int) -> Iterator[re.Match[str]]:
    """Labels run into the text; looked for only around the words that each must hold."""
    done = head_end
    for word in _LABEL_WORD.finditer(text, head_end):
        hit = _INLINE_LABEL.search(text, max(done, word.start() - 100), word.end() + 120)
        if hit:
            done = hit.end()
            yield hit


def _is_the_courts(body: str) -> bool:
    """The first words are the court's if an author line says so or its order ends them, and nobody speaks apart."""
    opening = body.lstrip()[:200]
    attributed = bool(_COURT_LINE.match(opening) or _AUTHOR.match(opening))
    return (attributed or bool(re.search(r"(?i)so ordered", body[-_TAIL:]))) and not speaks_apart(body)


def _author_of(body: str) -> str:
    opening = body.strip()[:200]
    hit = _COURT_LINE.match(opening) or _AUTHOR.match(opening)
    name = hit["author"] if hit else re.match(rf"{_JUSTICE} ?[A-Z][\w’']*", opening)
    if name is None:
        return "PER CURIAM" if hit else ""
    return name if isinstance(name, str) else name.group()


def _by_heads(text: str, heads: list[PageHead], head_end: int) -> Iterator[Piece]:
    """Pages that follow on one another under one author are an opinion; what lies between two is cut with care."""
    runs = _runs(heads)
    start = yield from _before_heads(text, runs[0], head_end)
    for number, run in enumerate(runs):
        after = runs[number + 1][0] if number + 1 < len(runs) else None
        cut, resumed = _boundary(text, run, after)
        yield Piece(start, cut, _checked(text[start:cut], _type_of_run(run, number == 0)), _name_of_run(run))
        if resumed > cut:
            yield Piece(cut, resumed, UNATTRIBUTED)
        start = resumed


def _before_heads(text: str, run: list[PageHead], head_end: int) -> Generator[Piece, None, int]:
    """Yields what stands before the first run's own pages, and returns where the run's opinion begins.

    The first page of a print bears no head that names its author, so that a head on page 2 speaks for it too.
    """
    first = run[0]
    region = text[head_end : first.start]
    pages = max(1, first.page - 1)
    fits = first.page <= MAX_FIRST_HEAD and len(region) <= pages * PAGE_LENGTH
    if fits and (first.voice in _LEAD or not _COURT_LINE.match(region)):
        return head_end
    ordered = _ORDERED.search(region)
    cut = head_end + ordered.end() if ordered else first.start
    body = text[head_end:cut]
    yield Piece(head_end, cut, "majority" if ordered and _is_the_courts(body) else UNATTRIBUTED, _author_of(body))
    if ordered and fits:
        return cut
    if cut < first.start:
        yield Piece(cut, first.start, UNATTRIBUTED)
    return first.start


def _checked(body: str, kind: str) -> str:
    return UNATTRIBUTED if kind == "majority" and speaks_apart(body) else kind


def _runs(heads: list[PageHead]) -> list[list[PageHead]]:
    runs: list[list[PageHead]] = []
    for head in heads:
        if runs and _same_opinion(runs[-1], head):
            runs[-1].append(head)
        else:
            runs.append([head])
    return runs


def _same_opinion(run: list[PageHead], head: PageHead) -> bool:
    last = run[-1]
    if head.page <= last.page:
        return False
    if head.voice in _LEAD and last.voice in _LEAD:
        return head.page - last.page <= 2 or head.voice == last.voice
    if head.voice != last.voice:
        return False
    return not last.names or not head.names or bool(last.names & head.names)


def _type_of_run(run: list[PageHead], first: bool) -> str:
    """An opinion of the court counts as one where it is seen from its first pages on."""
    voices = {head.voice for head in run}
    if voices == {Voice.COURT}:
        return "majority" if run[0].page <= MAX_FIRST_HEAD else UNATTRIBUTED
    if voices <= _LEAD:
        return "plurality" if first or Voice.COURT in voices else "mixed"
    names = {Voice.DISSENT: "dissent", Voice.CONCURRENCE: "concurrence", Voice.BOTH: BOTH}
    return names.get(run[0].voice, UNATTRIBUTED)


def _name_of_run(run: list[PageHead]) -> str:
    names = sorted(run[0].names, key=len, reverse=True)
    return names[0] if names and run[0].voice is not Voice.COURT else ""


def _boundary(text: str, run: list[PageHead], after: PageHead | None) -> tuple[int, int]:
    """Where an opinion ends and the next begins, between its last running head and the next one's first.

    Both are equal where the place is certain; otherwise the words between them are nobody's.
    """
    start, stop = run[-1].end, after.start if after else len(text)
    if after is not None and after.page == 1:
        return stop, stop
    ordered = _ORDERED.search(text, start, stop)
    if after is None:
        if ordered:
            return ordered.end(), stop
        return (start, stop) if run[0].voice in _LEAD and speaks_apart(text[start:stop]) else (stop, stop)
    resumes = after.page <= MAX_FIRST_HEAD
    if ordered:
        return ordered.end(), ordered.end() if resumes else stop
    places = [hit.start() for hit in _NEW_OPINION.finditer(text, start, stop)]
    if len(places) == 1 and resumes:
        return places[0], places[0]
    return start, stop
