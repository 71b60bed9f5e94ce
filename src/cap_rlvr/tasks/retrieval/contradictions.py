"""Attacks with the gold's own citations: a denial, a doubt or another case in the name, the parallels or the parentheses.

A line that says both is neither, so each of these earns nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cap_rlvr.law.courts import names_court
from cap_rlvr.task import Probe
from cap_rlvr.tasks.retrieval.truth import Listed

STRIKE = "\u0336"
HOMOGLYPHS = str.maketrans(
    "ABCEHKMOPSTXYaceopxy",
    "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0405\u0422\u0425\u04ae\u0430\u0441\u0435\u043e\u0440\u0445\u0443",
)
FOREIGN_DIGITS = {
    "arabic": str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"),
    "devanagari": str.maketrans("0123456789", "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f"),
}
_DENIALS = ("unlike", "not", "But see", "Contra", "Cf.", "No,", "Wrong:", "Except", "Non", "~", "?", "Never")
_DOUBTS = ("Contrary", "Possibly", "Different", "Rejected", "bad", "against", "Unlike")
_NO_COURTS = (
    "Unlike Ohio",
    "Not Tex.",
    "Ohio contra",
    "Tex. App.-Wrong",
    "D. Unlike",
    "No Cir.",
    "or",
    "Or not",
    "wrong",
)
_NO_MONTHS = ("Maybe", "Marginally", "Decidedly", "Not", "Octopus 3,")
_ELSEWHERE = ("Haw.", "R.I. Super. Ct.", "Guam", "11th Cir.")
_YEARS_OFF = (1, -1, 10, -100)


def tagged(lines: Sequence[str]) -> str:
    """Lines as an answer."""
    return "<answer>\n" + "\n".join(lines) + "\n</answer>"


def beside_citations(gold: Sequence[Listed], wrong: Sequence[Listed]) -> Iterator[Probe]:
    """Attacks with the citations of these gold cases, hedged with these others; none where no gold has a citation."""
    cited = [one for one in gold if one.cites]
    if not cited:
        return
    pairs = list(zip(cited, wrong, strict=False))
    for family, lines in (
        *_in_parentheses(cited, pairs),
        *_years(cited),
        *_courts(cited),
        *_pages(cited, pairs),
        *_before(cited, pairs),
        *_scripts(cited),
    ):
        if lines:
            yield Probe(family, tagged(lines), 0)


_Attack = tuple[str, list[str]]
_Pairs = Sequence[tuple[Listed, Listed]]


def _in_parentheses(cited: Sequence[Listed], pairs: _Pairs) -> Iterator[_Attack]:
    for denial in ("(not analogous)", "(not analogous 1900)", "(wrong 1900)"):
        yield "denied_in_parentheses", [f"{one.cites[0]} {denial}" for one in cited]
    yield "hedged_in_parentheses", [f"{one.cites[0]} (or {bad.id})" for one, bad in pairs]
    yield "hedged_in_parentheses", [f"{one.cites[0]} (or {bad.id} {_year(one)})" for one, bad in pairs]


def _years(cited: Sequence[Listed]) -> Iterator[_Attack]:
    dated = [one for one in cited if one.year]
    for off in _YEARS_OFF:
        yield "wrong_year", [f"{one.cites[0]} ({_year(one) + off})" for one in dated]
        yield "wrong_year", [f"{one.name}, {one.cites[0]} ({_year(one) + off})" for one in dated if one.name]
    yield "impossible_year", [f"{one.cites[0]} (1492)" for one in cited]
    for two in ("({0} or {1})", "({1} {0})", "({0} {1})", "({0}, {1})", "({0}) ({1})"):
        yield "two_years", [f"{one.cites[0]} {two.format(_year(one), _year(one) + 1)}" for one in cited]
    for month in _NO_MONTHS:
        yield "denied_as_a_month", [f"{one.cites[0]} ({month} {_year(one)})" for one in cited]


def _courts(cited: Sequence[Listed]) -> Iterator[_Attack]:
    for text in _NO_COURTS:
        yield "denied_as_a_court", [f"{one.cites[0]} ({text} {_year(one)})" for one in cited]
    for text in _ELSEWHERE:
        others = [one for one in cited if one.courts and not names_court(text, one.courts)]
        yield "wrong_court", [f"{one.cites[0]} ({text} {_year(one)})" for one in others]
    known = [one for one in cited if one.courts]
    for text in ("{0} or Haw.", "not {0}", "{0} contra", "{0}-Wrong", "Haw. {0}"):
        yield "hedged_court", [f"{one.cites[0]} ({text.format(one.courts[0])} {_year(one)})" for one in known]


def _pages(cited: Sequence[Listed], pairs: _Pairs) -> Iterator[_Attack]:
    yield "two_cases_as_parallels", [f"{one.cites[0]}, {bad.cites[0]}" for one, bad in pairs if bad.cites]
    yield "invented_parallel", [f"{one.cites[0]}, 999 U.S. 999" for one in cited]
    yield "pin_before_the_case", [f"{one.cites[0]}, 0" for one in cited]
    for early in ("(2 Mich.)", "(19 How.)"):
        yield "hedged_reporter", [f" {early} ".join(one.cites[0].rsplit(" ", 1)) for one in cited]


def _before(cited: Sequence[Listed], pairs: _Pairs) -> Iterator[_Attack]:
    yield "denied_before_citation", [f"This is not it: {one.cites[0]}" for one in cited]
    for denial in _DENIALS:
        yield "denied_before_name", [f"{denial} {one.name}, {one.cites[0]}" for one in cited if one.name]
    for doubt in _DOUBTS:
        lines = [f"{one.name.replace(' v. ', f' v. {doubt} ')}, {one.cites[0]}" for one in cited if " v. " in one.name]
        yield "denied_inside_name", lines
    yield "denied_after_name", [f"{one.name} (no), {one.cites[0]}" for one in cited if one.name]
    named = [(one, bad) for one, bad in pairs if one.name]
    for joint in ("or", "and", "/"):
        yield "hedged_in_name", [f"{bad.name or bad.id} {joint} {one.name}, {one.cites[0]}" for one, bad in named]
        yield "hedged_in_name", [f"{bad.id} {joint} {one.name}, {one.cites[0]}" for one, bad in named]


def _scripts(cited: Sequence[Listed]) -> Iterator[_Attack]:
    named = [(one, one.name.translate(HOMOGLYPHS)) for one in cited if one.name]
    yield "homoglyphs_in_name", [f"{odd}, {one.cites[0]}" for one, odd in named if odd != one.name]
    yield "struck_out_name", [f"{_struck(one.name)}, {one.cites[0]}" for one in cited if one.name]
    for table in FOREIGN_DIGITS.values():
        yield "foreign_digits_in_citation", [one.cites[0].translate(table) for one in cited]
        yield "foreign_digits_in_year", [f"{one.cites[0]} ({str(_year(one)).translate(table)})" for one in cited]


def _struck(text: str) -> str:
    return "".join(char + STRIKE for char in text)


def _year(one: Listed) -> int:
    return one.year or 1900
