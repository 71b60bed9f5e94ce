"""Rows on a page that reads without this project: the case and its passage, the question, the gold, and what it earns.

Made for a lawyer who is asked whether golds are right. A page is Markdown or HTML, and loads nothing from elsewhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from cap_rlvr import registry
from cap_rlvr.corpus.lookup import case_link
from cap_rlvr.labels.forms import stratum
from cap_rlvr.labels.passages import Stretch, stretches
from cap_rlvr.rewards import Explanation, UnifiedRewardFunction
from cap_rlvr.rewards.explain import printable
from cap_rlvr.rewards.marks import Piece
from cap_rlvr.wire.case import Case, SourceKind
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.rows import Row, Span

_OPTION = r"(?m)^\[?{}(?:\]|\.) .*$"
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~])")
_SOURCES = {
    SourceKind.SYNTHETIC: "fiction",
    SourceKind.STATIC: "static.case.law",
    SourceKind.TEXT: "text of a modern opinion",
}


@dataclass(frozen=True)
class Printed:
    """A row as it is printed. ``points`` are the lines of the question that the gold names by letter or id.

    ``passages`` are those of the row's own case and of the gold: where a wrong option is from does not bear on it.
    """

    row: Row
    case: str
    names: Mapping[str, str]
    link: str | None
    passages: tuple[Stretch, ...]
    gold: str
    points: tuple[str, ...]
    score: Explanation

    @property
    def source(self) -> str:
        return _SOURCES[self.row.source_kind]


def draw(rows: Sequence[Row], count: int, seed: str) -> list[Row]:
    """So many rows, the labels (or kinds) in turn; real ones where there are any, by a keyed draw."""
    real = [row for row in rows if row.source_kind is not SourceKind.SYNTHETIC] or list(rows)
    known = {row.id: row for row in real}
    strata: defaultdict[str, list[str]] = defaultdict(list)
    for name in keyed_order(list(known), "print", seed):
        strata[stratum(known[name])].append(name)
    turns = chain.from_iterable(zip_longest(*(strata[name] for name in sorted(strata))))
    return [known[name] for name in turns if name is not None][:count]


def cases_of(row: Row) -> list[str]:
    """The ids of the cases that are looked up to print a row, its own first."""
    return list(dict.fromkeys([row.case_id, *(span.case_id for span in shown_spans(row))]))


def shown_spans(row: Row) -> list[Span]:
    return [span for span in row.spans if span.case_id == row.case_id or span.role == "gold"]


def printed(row: Row, cases: Mapping[str, Case]) -> Printed:
    """A row with its case, passage, gold and the gold's score."""
    task = registry.get(row.task)
    gold = task.gold(task.read_truth(row.truth))
    names = {name: _called(cases[name]) for name in cases_of(row) if name in cases}
    return Printed(
        row=row,
        case=names.get(row.case_id) or row.case_id,
        names=names,
        link=case_link(row.case_id, row.source_kind),
        passages=tuple(stretches(shown_spans(row), cases)),
        gold=gold,
        points=tuple(points_of(row.inputs, gold)),
        score=UnifiedRewardFunction().explain(row, gold),
    )


def _called(case: Case) -> str:
    return printable(", ".join(part for part in (case.name_abbreviation or case.name, case.decision_date) if part))


def points_of(inputs: str, gold: str) -> Iterator[str]:
    """The lines of a question that a gold names by letter or id."""
    for line in re.sub(r"<[^>]*>", "\n", gold).splitlines():
        name = line.strip()
        found = re.search(_OPTION.format(re.escape(name)), inputs) if re.fullmatch(r"\w{1,4}", name) else None
        if found:
            yield found[0]


def html(name: str, rows: Sequence[Printed]) -> str:
    """The page as HTML. Raises BadInput where jinja2 is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise BadInput("the page needs jinja2", "out", "Name a file that ends in .md instead") from None
    pages = Environment(loader=PackageLoader("cap_rlvr.labels", "."), autoescape=True, undefined=StrictUndefined)
    task = registry.get(name)
    return pages.get_template("printed.html.j2").render(task=task, rows=rows, plain=printable)


def markdown(name: str, rows: Sequence[Printed]) -> str:
    """The page as Markdown: the instructions once, and row by row what is its own."""
    task = registry.get(name)
    made = f"Made by `cap-rlvr rows print {name}`, scorer version {task.version}. The words of every question are:"
    head = [f"# {task.title}: {len(rows)} rows with their gold", made, _fenced(task.template)]
    return "\n\n".join([*head, *(part for at, one in enumerate(rows, 1) for part in _markdown_row(at, one))]) + "\n"


def _markdown_row(number: int, one: Printed) -> Iterator[str]:
    row, score = one.row, one.score.score
    yield f"## {number}. {_plain(one.case)}"
    where = f"[{one.source}]({one.link})" if one.link else one.source
    yield " · ".join(part for part in (f"`{row.id}`", where, row.kind.replace("_", " "), row.split) if part)
    yield "**What it was made from.**"
    for stretch in one.passages:
        name = f" ({_plain(one.names[stretch.case_id])})" if stretch.case_id in one.names else ""
        yield f"`{stretch.case_id}`{name} {stretch.field}:" + (f" {stretch.fault}" if stretch.fault else "")
        if stretch.pieces:
            text = "".join(map(_marked, stretch.pieces))
            shown = f"{'… ' * stretch.cut_before}{text}{' …' * stretch.cut_after}"
            yield "\n".join(f"> {line}".rstrip() for line in shown.splitlines())
    yield f"<details><summary>The question</summary>\n\n{_fenced(row.inputs)}\n\n</details>"
    yield "**Gold.**\n\n" + _fenced(one.gold)
    if one.points:
        yield "\n".join(f"> {_plain(point)}" for point in one.points)
    parts = ", ".join(f"{name} {part.value:g} × {part.weight:g}" for name, part in score.parts.items())
    yield f"**It earns {score.reward:g}**{f': {parts}' if parts else ''}. {_plain(score.reason.text)}"


def _marked(piece: Piece) -> str:
    opened = "".join(f"**⟦{name}:** " for name in piece.opens)
    return f"{opened}{_plain(piece.text)}{'**⟧**' * len(piece.closes)}"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}text\n{printable(text).rstrip()}\n{fence}"
