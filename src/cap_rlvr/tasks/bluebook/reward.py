"""The citation reward: nothing without the right reporter and page; then fields (.80) and form (.20)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from cap_rlvr import linear
from cap_rlvr.answer import Reply, read_reply
from cap_rlvr.law import reporters
from cap_rlvr.law.citations import CaseCitation, Locator, read_citation, unstressed
from cap_rlvr.law.courts import is_a_places
from cap_rlvr.law.reporters import squeezed
from cap_rlvr.law.same_name import names_agree
from cap_rlvr.task import graded, nothing
from cap_rlvr.tasks.bluebook.truth import BluebookTruth, Field, Gold
from cap_rlvr.wire.scoring import Part, Reason, Score

FIELDS_WEIGHT = 0.8
FIELD_WEIGHTS: dict[Field, float] = {"volume": 0.3, "page": 0.3, "year": 0.2, "court": 0.2}
FORM_WEIGHTS = {"spelling": 0.08, "parenthetical": 0.06, "syntax": 0.06}
FORM_WEIGHT = 0.2
IMPOSSIBLE_YEAR_CAP = 0.5
_WRAPPINGS = ("`", '"', "**", "__", "*", "_")
_YEAR = linear.compile(r"\b\d{4}\b")
_COURT_WORD = linear.compile(r"\p{Lu}[\pL.'&-]*|\d{1,2}(?:st|nd|rd|d|th)|&|of|for|and|the")
_COURT_WORDS = 12  # at most; in the expression itself they would be more than RE2 takes without a complaint a text

REASONS = {
    "right": "The citation is right in every part.",
    "partly_right": "The case is found, but not all is right: {}.",
    "impossible_year": "The reporter had no volumes in that year: at most half of the reward.",
    "too_long": "The answer is longer than 400 characters.",
    "no_citation": "No known reporter stands between a volume and a page.",
    "too_many": "More than four locators are given.",
    "extra_text": "Something other than one citation stands in the answer.",
    "two_cases": "More than one case is cited, or a parallel that is not this case's.",
    "wrong_reporter": "The reporter is not the case's.",
    "wrong_page": "The first page is not the case's.",
    "wrong_name": "The case name given is not this case's.",
    "nothing_asked": "Only what the question shows is right, and nothing that it asks for.",
    "altered_field": "A field that the question shows was altered or left out: {}.",
}


def gold(truth: BluebookTruth) -> str:
    """The canonical completion."""
    return f"<answer>{truth.ground_truth}</answer>"


def score(truth: BluebookTruth, completion: str) -> Score:
    """Judge one completion. Weights are renormalised over the fields that are asked for and can be judged."""
    reply = read_reply(completion)
    if reply.answer is None:
        return nothing(reply)
    key = Gold.of(truth)
    reply = _unwrapped(reply, reply.answer)
    cited = read_citation(reply.answer or "", key.reporter)
    if isinstance(cited, str):
        return nothing(reply, cited, REASONS[cited])
    locator, fault = _find(cited, key, truth)
    if locator is None:
        return _closed(reply, fault, "")
    altered = _altered(cited, locator, key, truth)
    gates = {
        "locator": True,
        "name": not cited.name or names_agree(cited.name, key.names, truth.metadata.court),
        "shown": not altered,
    }
    if not all(gates.values()):
        return _closed(reply, "altered_field" if gates["name"] else "wrong_name", ", ".join(altered), gates)
    parts = _scaled(_fields(reply, cited, locator, key, truth), FIELDS_WEIGHT)
    gates["asked"] = any(part.value * part.weight for part in parts.values())
    if not gates["asked"]:
        return _closed(reply, "nothing_asked", "", gates)
    parts |= _scaled(_form(reply, cited, locator, key, truth), FORM_WEIGHT)
    return _verdict(reply, cited, parts, gates, key, truth)


def _unwrapped(reply: Reply, answer: str) -> Reply:
    """The reply with its answer out of marks of Markdown or quotation around the whole, which say nothing of a citation."""
    start = 0
    for mark in _WRAPPINGS:
        end = len(answer) - start
        if end - start > 2 * len(mark) and answer.startswith(mark, start) and answer.endswith(mark, start, end):
            start += len(mark)
    return replace(reply, answer=answer[start : len(answer) - start], answer_start=reply.answer_start + start)


def _verdict(
    reply: Reply,
    cited: CaseCitation,
    parts: dict[str, Part],
    gates: dict[str, bool],
    key: Gold,
    truth: BluebookTruth,
) -> Score:
    wrong = [name for name, part in parts.items() if part.weight and part.value < 1]
    years = truth.metadata.volume_years or ((key.year, key.year) if key.year else None)
    possible = not cited.year or reporters.possible_year(key.reporter, int(cited.year), years)
    code = "impossible_year" if not possible else "partly_right" if wrong else "right"
    reason = Reason(code=code, text=REASONS[code].format(", ".join(wrong)))
    cap = 1.0 if possible else IMPOSSIBLE_YEAR_CAP
    return graded(reply, parts, reason, gates, cap, strict=possible and not wrong)


def _closed(reply: Reply, code: str, detail: str, gates: dict[str, bool] | None = None) -> Score:
    reason = Reason(code=code, text=REASONS[code].format(detail))
    return graded(reply, {}, reason, gates or {"locator": False})


def _find(cited: CaseCitation, key: Gold, truth: BluebookTruth) -> tuple[Locator | None, str]:
    """The locator in the case's own reporter with the case's page; every other must be a known parallel."""
    own = [one for one in cited.locators if reporters.may_mean(one.reporter, key.reporter)]
    if not own:
        return None, "wrong_reporter"
    others = [one for one in cited.locators if one is not own[0]]
    parallels = (*(one.text for one in key.cited.locators[1:]), *truth.parallels)
    if len(own) > 1 or not all(_is_parallel(one, parallels) for one in others):
        return None, "two_cases"
    if any(_is_another_volume(one.nominative, key) for one in cited.locators):
        return None, "two_cases"
    if own[0].page != key.locator.page:
        return None, "wrong_page"
    return own[0], ""


def _is_another_volume(nominative: str, key: Gold) -> bool:
    """Whether what stands as an early reporter's volume, `(19 How.)`, is one of a place's or a court's own: a second case."""
    name = nominative.strip("()").lstrip("0123456789 ")
    known = nominative in ("", key.locator.nominative)
    return not known and (is_a_places(name) or reporters.may_mean(name, key.reporter))


def _is_parallel(locator: Locator, parallels: tuple[str, ...]) -> bool:
    for text in parallels:
        known = read_citation(text)
        if isinstance(known, str):
            continue
        one = known.locators[0]
        same_place = (one.volume, one.page) == (locator.volume, locator.page)
        if same_place and reporters.meanings(one.reporter) & reporters.meanings(locator.reporter):
            return True
    return False


def _altered(cited: CaseCitation, locator: Locator, key: Gold, truth: BluebookTruth) -> list[str]:
    """The shown fields that the answer does not repeat as they were shown."""
    same = {
        "volume": locator.volume == key.locator.volume,
        "page": locator.page == key.locator.page,
        "year": key.year is None or cited.year == str(key.year),
        "court": key.courts is None or _names_court(cited.court, key),
    }
    return [field for field, kept in same.items() if field not in truth.masked and not kept]


def _names_court(text: str, key: Gold) -> bool:
    return key.courts is not None and _fold(text) in _folded((*key.courts.accepted, *key.courts.naming))


@lru_cache(maxsize=256)  # the completions of one group are judged against one truth
def _folded(forms: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_fold, forms))


def _fold(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _scaled(parts: dict[str, Part], weight: float) -> dict[str, Part]:
    """The parts with weights that sum to ``weight``; parts of weight 0 are named and count for nothing."""
    whole = sum(part.weight for part in parts.values())
    return {
        name: Part(
            value=part.value,
            weight=round(weight * part.weight / whole, 6) if whole else 0.0,
            evidence=part.evidence,
            note=part.note,
        )
        for name, part in parts.items()
    }


def _fields(reply: Reply, cited: CaseCitation, locator: Locator, key: Gold, truth: BluebookTruth) -> dict[str, Part]:
    right = {
        "volume": locator.volume == key.locator.volume,
        "page": True,
        "year": cited.year == str(key.year) and not _YEAR.search(cited.court),  # `(1891 1892)` is two years
        "court": _names_court(cited.court, key),
    }
    place = reply.evidence(reply.answer_start + locator.start, reply.answer_start + locator.end)
    parts: dict[str, Part] = {}
    for field, weight in FIELD_WEIGHTS.items():
        why = _not_applicable(field, right[field], key, truth)
        parts[field] = Part(
            value=float(right[field]),
            weight=0.0 if why else weight,
            evidence=place if field in ("volume", "page") else None,
            note=why,
        )
    return parts


def _not_applicable(field: Field, right: bool, key: Gold, truth: BluebookTruth) -> str:
    """Why a field doesn't count, or empty. A court that the reporter conveys counts only where it is wrong."""
    if field not in truth.masked:
        return "shown in the question"
    if field == "year" and key.year is None:
        return "the ground truth has no year"
    if field == "court" and key.courts is None:
        return "not applicable: the court is in no table"
    if field == "court" and key.courts and key.courts.conveyed and right:
        return "not applicable: the reporter conveys the court"
    return ""


def _form(reply: Reply, cited: CaseCitation, locator: Locator, key: Gold, truth: BluebookTruth) -> dict[str, Part]:
    answer = reply.answer or ""
    spellings = reporters.accepted_spellings(key.reporter)
    written = answer[locator.start : locator.end]
    spelled = locator.reporter in spellings and written == locator.text and answer == squeezed(answer)
    faults = _syntax_faults(answer, cited, locator, key, truth)
    values = {
        "spelling": (spelled, "" if spelled else f"canonical: {locator.volume} {spellings[0]} {locator.page}"),
        "parenthetical": (key.courts is not None and cited.court in key.courts.accepted, ""),
        "syntax": (not faults, "; ".join(faults)),
    }
    unknown = {"parenthetical"} if key.courts is None else set[str]()
    return {
        name: Part(
            value=float(value),
            weight=0.0 if name in unknown else FORM_WEIGHTS[name],
            note="not applicable: the court is in no table" if name in unknown else note,
        )
        for name, (value, note) in values.items()
    }


def _syntax_faults(answer: str, cited: CaseCitation, locator: Locator, key: Gold, truth: BluebookTruth) -> list[str]:
    faults: list[str] = []
    if _unstressed(answer, cited.locators[0].start).removesuffix(".") != cited.text.removesuffix("."):
        faults.append(f"written as {cited.text!r} it would be in form")
    if not cited.year and key.year is not None:
        faults.append("no year in parentheses")
    if cited.dated:
        faults.append("only the year belongs in the parentheses")
    if truth.name_asked and not cited.name:
        faults.append("the case name is asked for")
    if any(not _pin_in_case(pin, key, truth.metadata.last_page) for pins in cited.pins for pin in pins):
        faults.append("a pin cite lies outside the case")
    if key.courts is None and not _may_be_court(cited.court):
        faults.append("what stands before the year is no court")
    early = f"({reporters.early_volume(key.locator.volume)})" if key.reporter == "U.S." else ""
    if locator.nominative not in ("", key.locator.nominative, early):
        faults.append("the early reporter in parentheses is not the case's")
    return faults


def _may_be_court(text: str) -> bool:
    words = text.split()
    return len(words) <= _COURT_WORDS and all(map(_COURT_WORD.fullmatch, words))


def _unstressed(answer: str, start: int) -> str:
    """The answer with single spaces, and the name before its first locator out of italics: in print they are its form."""
    head, rest = squeezed(answer[:start]), squeezed(answer[start:])
    name = unstressed(head.removesuffix(","))
    comma = head.endswith(",") or name.endswith(",")
    return f"{name.removesuffix(',')}{',' if comma else ''} {rest}".lstrip()


def _pin_in_case(pin: str, key: Gold, last_page: int | None) -> bool:
    """Whether a pin cite (`37`, `37-38`) lies in the case; where its end is not known only the first page does."""
    start, _, end = pin.partition("-")
    end = start[: max(0, len(start) - len(end))] + end if end else start  # 1272-73 is 1272-1273
    first = int(key.locator.page)
    return first <= int(start) <= int(end) <= (last_page or first)
