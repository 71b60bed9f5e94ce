"""A verdict as a person reads it: in the terminal through rich, or as a piece of a web page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING
from unicodedata import category

from cap_rlvr.rewards.marks import Mark, Piece, cut
from cap_rlvr.wire.scoring import Score

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_STYLE = (
    ".cap-score{font:15px/1.5 system-ui,sans-serif;color:#1f2328;background:#fff;max-width:60rem}"
    ".cap-score pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f8fa;padding:.75rem}"
    ".cap-score mark{background:#fff3bf;color:inherit}"
    ".cap-score table{border-collapse:collapse}.cap-score caption{text-align:left;font-weight:600}"
    ".cap-score th,.cap-score td{text-align:left;padding:.15rem .9rem .15rem 0;border-bottom:1px solid #d0d7de}"
    ".cap-score td.number{text-align:right;font-variant-numeric:tabular-nums}"
)
_PARTS = ("part", "value", "weight", "adds", "note")


@dataclass(frozen=True)
class Explanation:
    """A completion and its verdict. ``print()`` gives plain text, rich gives colour, notebooks show ``html()``."""

    title: str
    completion: str
    score: Score

    def __str__(self) -> str:
        from rich.console import Console

        screen = Console(file=StringIO(), width=100, color_system=None)
        with screen.capture() as captured:
            screen.print(self)
        return "\n".join(line.rstrip() for line in captured.get().splitlines())

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        return Group(Text(self._headline(), style="bold"), self.completion_text(), *self.tables())

    def completion_text(self) -> Text:
        """The completion, with the stretches that parts rest on between marks."""
        return marked_text(cut(self.completion, self._marks()))

    def tables(self) -> Iterator[RenderableType]:
        """The parts, gates and steps; none where there are none."""
        from rich.text import Text

        score = self.score
        if score.parts:
            yield _table(_PARTS, list(self._part_rows()))
        if score.gates:
            yield Text("gates: " + ", ".join(f"{name} {_open(is_open)}" for name, is_open in score.gates.items()))
        if score.steps:
            yield Text("steps: " + ", ".join(f"{step.name} {step.earned:+.4g}" for step in score.steps))

    def html(self) -> str:
        """A piece of HTML with its own style and nothing loaded from elsewhere; all text is escaped."""
        score = self.score
        gates = "".join(f"<li>{escape(name)}: {_open(is_open)}</li>" for name, is_open in score.gates.items())
        steps = "".join(f"<li>{escape(step.name)}: {step.earned:+.4g}</li>" for step in score.steps)
        lists = (f"<p>Gates</p><ul>{gates}</ul>" if gates else "") + (f"<p>Steps</p><ol>{steps}</ol>" if steps else "")
        marked = "".join(map(_marked_html, cut(self.completion, self._marks())))
        return (
            f'<section class="cap-score"><style>{_STYLE}</style><p><strong>{escape(self._headline())}</strong></p>'
            f"<pre>{marked}</pre>{self._html_parts()}{lists}</section>"
        )

    _repr_html_ = html

    def _headline(self) -> str:
        strict = "fully right" if self.score.strict else "not fully right"
        read = f"read as: {self.score.parse_mode}"
        reason = self.score.reason
        return printable(f"{self.title}: {self.score.reward:g} ({strict}, {reason.code}, {read}). {reason.text}")

    def _marks(self) -> list[Mark]:
        parts = self.score.parts.items()
        return [Mark(part.evidence.start, part.evidence.end, name) for name, part in parts if part.evidence]

    def _part_rows(self) -> Iterator[tuple[str, ...]]:
        for name, part in self.score.parts.items():
            yield name, f"{part.value:g}", f"{part.weight:g}", f"{part.value * part.weight:.4g}", part.note

    def _html_parts(self) -> str:
        if not self.score.parts:
            return ""
        head = "".join(f'<th scope="col">{name}</th>' for name in _PARTS)
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f'<td class="number">{number}</td>' for number in numbers)
            + f"<td>{escape(note)}</td></tr>"
            for name, *numbers, note in self._part_rows()
        )
        return f"<table><caption>Parts</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def marked_text(pieces: list[Piece]) -> Text:
    """Marks as brackets that bear their names, and in colour where there is colour: `⟦gold: …⟧`."""
    from rich.text import Text

    text = Text()
    for piece in pieces:
        for name in piece.opens:
            text.append(f"⟦{name}: ", style="bold cyan")
        style = "bold green" if "gold" in piece.names else "cyan" if piece.names else ""
        text.append(printable(piece.text), style=style)
        text.append("⟧" * len(piece.closes), style="bold cyan")
    return text


def printable(text: str) -> str:
    """The text without what would steer a terminal (escape sequences, other control characters, lone surrogates)."""
    kept = (char if char in "\n\t" or char.isprintable() or category(char) == "Zs" else "�" for char in text)
    return "".join(kept)


def _marked_html(piece: Piece) -> str:
    text = escape(printable(piece.text))
    return f'<mark title="{escape(", ".join(piece.names))}">{text}</mark>' if piece.names else text


def _open(is_open: bool) -> str:
    return "open" if is_open else "closed"


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
