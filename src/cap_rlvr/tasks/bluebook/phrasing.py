"""The questions in words: several ways to say the same facts, chosen by key, so that no position can be learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cap_rlvr.wire.frozen import keyed_unit

BLANK = "____"
PRINTED_FIRST = 0.3
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_DECIDED = (
    "{name}{docket} was decided by the {court} {on}.",
    "The {court} decided {name}{docket} {on}.",
    "{On}, the {court} gave judgment in {name}{docket}.",
    "Decision of the {court}, dated {date}: {name}{docket}.",
    "Case: {name}{docket}. Court: {court}. Date: {date}.",
)
_DECIDED_BY_UNNAMED = (
    "{name}{docket} was decided {on}.",
    "{On}, judgment was given in {name}{docket}.",
    "Decision dated {date}: {name}{docket}.",
    "Case: {name}{docket}. Date: {date}.",
)
_PRINTED = (
    "It is printed in volume {volume} of {title}, from page {page}{to}.",
    "See volume {volume}, {title}, where it begins at page {page}{ends}.",
    "The report starts on page {page}{ends} of {title}, volume {volume}.",
    "{title} prints it in volume {volume} at page {page}{to}.",
    "Reported: {title}, volume {volume}, first page {page}{final}.",
)
_PRINTED_FIRST = (
    "A report starts on page {page}{ends} of {title}, volume {volume}.",
    "{title} prints this case in volume {volume} at page {page}{to}.",
    "Reported: {title}, volume {volume}, first page {page}{final}.",
)
_ASK = (
    "Cite it without the case name.",
    "Cite the case, leaving out its name.",
    "Give its citation without the name.",
)
_FILL = ("Fill in the blanks: {form}", "Complete the citation: {form}", "Replace the blanks: {form}")
_RECALL = (
    "{name}{docket} was decided by the {court} {on}. From memory, {fill}",
    "You know {name}{docket}, decided {on} by the {court}. {Fill}",
)


@dataclass(frozen=True)
class Facts:
    """What a question says of a case. ``last_page`` and ``docket`` are there to distract; either may be empty.

    ``court`` is empty where the source doesn't say it and the reporter's title does.
    """

    name: str
    court: str
    title: str
    volume: str
    page: str
    decision_date: str
    docket: str
    last_page: str


def conversion(facts: Facts, key: str) -> str:
    """Fields in prose, to be made into a citation."""
    decided = _pick(_DECIDED if facts.court else _DECIDED_BY_UNNAMED, key, "decided")
    if keyed_unit(key, "order") < PRINTED_FIRST:
        said = f"{_pick(_PRINTED_FIRST, key, 'printed')} {decided}"
    else:
        said = f"{decided} {_pick(_PRINTED, key, 'printed')}"
    said = said.format(**_words(facts, key)).replace("..", ".")  # `et al.` at the end of a sentence
    return f"{said} {_pick(_ASK, key, 'ask')}"


def open_book(facts: Facts, others: Sequence[Facts], form: str, key: str) -> str:
    """Entries of one volume, one of them to be cited; ``form`` is the citation with blanks."""
    lines = [
        f"{one.name}{f' ({one.docket})' if one.docket else ''}, {one.court}, {date_in_words(one.decision_date, 0)}, "
        f"p. {one.page}"
        for one in (facts, *others)
    ]
    order = sorted(range(len(lines)), key=lambda index: keyed_unit(key, "line", index))
    listed = "\n".join(lines[index] for index in order)
    return f"{facts.title}, volume {facts.volume}:\n{listed}\n{_pick(_FILL, key, 'fill').format(form=form)}"


def closed_book(facts: Facts, form: str, key: str) -> str:
    """A citation with blanks and no source: recall."""
    fill = _pick(_FILL, key, "fill").format(form=form)
    words = _words(facts, key) | {"fill": fill[0].lower() + fill[1:], "Fill": fill}
    return _pick(_RECALL, key, "recall").format(**words)


def date_in_words(date: str, style: int) -> str:
    """`1892-06-01` as June 1, 1892 / 1 June 1892 / 1892-06-01; shorter dates as far as they go."""
    parts = date.split("-")
    if len(parts) == 1 or (style == 2 and len(parts) == 3):
        return date
    month = _MONTHS[int(parts[1]) - 1]
    if len(parts) == 2:
        return f"{month} {parts[0]}"
    day = int(parts[2])
    return f"{month} {day}, {parts[0]}" if style == 0 else f"{day} {month} {parts[0]}"


def _words(facts: Facts, key: str) -> dict[str, str]:
    style = int(keyed_unit(key, "date") * 3)
    date = date_in_words(facts.decision_date, style)
    on = f"on {date}" if facts.decision_date.count("-") == 2 else f"in {date}"
    last = facts.last_page
    return {
        "name": facts.name,
        "docket": f" ({facts.docket})" if facts.docket else "",
        "court": facts.court,
        "title": facts.title,
        "volume": facts.volume,
        "page": facts.page,
        "date": date,
        "on": on,
        "On": on[0].upper() + on[1:],
        "to": f" to page {last}" if last else "",
        "ends": f" and ends at {last}" if last else "",
        "final": f", last page {last}" if last else "",
    }


def _pick(choices: Sequence[str], key: str, what: str) -> str:
    return choices[int(keyed_unit(key, what) * len(choices))]
