"""Score a relation: the label (.60); then, only if it is right, the evidence (.25) and, only if that is right, the reasoning (.15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from cap_rlvr import linear
from cap_rlvr.answer import Reply, element, normalise, read_reply
from cap_rlvr.law.mentions import distinctive
from cap_rlvr.law.same_name import is_latin
from cap_rlvr.task import graded, nothing
from cap_rlvr.tasks.entail.claims import CITED, CITING, Names, claim_fault, with_signs
from cap_rlvr.tasks.entail.prose import MAX_CHARS, form_fault, is_prose
from cap_rlvr.tasks.entail.truth import (
    LABELS,
    MASK,
    MAX_WORDS,
    MIN_WORDS,
    EntailTruth,
    Gold,
    Words,
    read_gold,
    read_words,
)
from cap_rlvr.wire.scoring import Part, Reason, Score

WEIGHTS = {"label": 0.60, "consistency": 0.25, "reasoning": 0.15}
FABRICATED_CAP = 0.30
MIN_OVERLAP = 0.5  # words in common over words in either
MAX_PLACES = 50  # of one quotation in the passage
MAX_PIECES = 20  # of a quotation with gaps; looking each up costs 10 microseconds
MIN_FRAGMENT = 3  # words of a piece of a quotation with gaps; most of it must stand in such pieces
MIN_QUOTED = 6  # words; shorter quotations in the reasoning are names and terms

_ANY_TAG = linear.compile(r"(?i)</?(?:answer|evidence|reasoning)>")
_QUOTES = str.maketrans(dict.fromkeys("\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f", '"'))
_DOUBLED = linear.compile(r"``|''|<[^<>]{0,20}>")  # quotation marks of TeX; markup in a quotation
_QUOTED = linear.compile(r'"([^"]{20,})"')
_OPENED = [  # by their place beside spaces, where marks don't pair or are apostrophes
    linear.compile(r'(?:^|[\s(\[])"([^\s"][^"]{18,}[^\s"])"(?:$|[\s.,;:!?)\]])'),
    linear.compile(r"(?:^|[\s(\[])'([^\s'](?:[^']|\b'\b){18,}?)'(?:$|[\s.,;:!?)\]])"),
]
_ALTERED = linear.compile(r"\[([^\[\]]{1,60})\]")
_GAP = linear.compile(r"\.\s?\.\s?\.|\[\s*\]")
_DECORATION = " \t\n\"'`*_.()[]"

REASONS = {
    "right": "Label, evidence and reasoning are right.",
    "wrong_label": "The label is {}, which is not what the court does here.",
    "no_label": "The answer is not one of OVERRULES, DISTINGUISHES, AFFIRMS, NONE.",
    "nested_tags": "The answer, evidence and reasoning must stand beside one another, not inside.",
    "label_right": "The label is right; the ground truth has no evidence to judge by.",
    "evidence_missing": "The label is right; there is no single evidence element.",
    "evidence_fabricated": "The evidence, or a quotation in the reasoning, does not stand in the passage: at most .30.",
    "evidence_length": "The label is right; the evidence is not of 6 to 40 words.",
    "evidence_elided": "The label is right; the evidence leaves out words of the passage.",
    "evidence_elsewhere": "The label is right; the evidence is not the passage that decides it.",
    "reasoning_fault": "Label and evidence are right; the reasoning pays nothing: {}.",
}
REASONING = {
    "missing": "there is no single reasoning element",
    "length": "it has not 20 to 120 words",
    "not_prose": "it is not written in sentences",
    "copied": "it copies the passage instead of reasoning",
    "citing_unnamed": "it does not name the citing case",
    "cited_unnamed": "it does not name the cited case",
    "no_terms": "it uses fewer than two of the terms near the evidence",
    "other_label": "it asserts another label",
    "denies_label": "it denies its own label",
    "label_unsaid": "it does not say what the court does to the cited case",
}


@dataclass(frozen=True)
class Evidence:
    """What was found of a quotation: ``fault`` is empty where it covers the gold."""

    fault: str
    start: int = 0
    end: int = 0


def gold(truth: EntailTruth) -> str:
    """The canonical completion; a label alone where the truth has no evidence."""
    from cap_rlvr.tasks.entail.phrasing import reasoning  # only the gold needs it: it decides no score

    answer = f"<answer>{truth.label}</answer>"
    if truth.evidence_span is None:
        return answer
    text = reasoning(truth, read_gold(truth).terms)
    return f"{answer}\n<evidence>{truth.evidence}</evidence>\n<reasoning>{text}</reasoning>"


def score(truth: EntailTruth, completion: str) -> Score:
    """Judge one completion; nothing is paid behind a wrong label."""
    reply = read_reply(completion, tags_required=True)
    if reply.answer is None:
        return nothing(reply)
    if _nested(reply.text):
        return nothing(reply, "nested_tags", REASONS["nested_tags"])
    label = reply.answer.strip(_DECORATION).upper() if reply.answer.isascii() else ""
    if label not in LABELS:
        return nothing(reply, "no_label", REASONS["no_label"])
    if label != truth.label:
        part = Part(value=0.0, weight=WEIGHTS["label"], evidence=_answer_range(reply), note=label)
        reason = Reason(code="wrong_label", text=REASONS["wrong_label"].format(label))
        return graded(reply, {"label": part}, reason, {"label": False})
    return _behind_the_label(truth, reply)


def _behind_the_label(truth: EntailTruth, reply: Reply) -> Score:
    known = read_gold(truth)
    quoted, at, _ = element(reply.text, "evidence")
    reasoned, where, _ = element(reply.text, "reasoning")
    found = judge_evidence(quoted, known, truth.evidence_span is not None)
    invented = found.fault == "evidence_fabricated" or (reasoned is not None and _invents(reasoned, known.context))
    fault = "" if found.fault or invented else _reasoning(truth, reasoned, known)
    judged = truth.evidence_span is not None
    weights = WEIGHTS if judged else {"label": 1.0, "consistency": 0.0, "reasoning": 0.0}
    dropped = "" if judged else "not applicable: the ground truth has no evidence_span"
    parts = {
        "label": Part(value=1.0, weight=weights["label"], evidence=_answer_range(reply), note=truth.label),
        "consistency": Part(
            value=float(judged and not found.fault and not invented),
            weight=weights["consistency"],
            evidence=reply.evidence(at, at + len(quoted)) if quoted else None,
            note=dropped or found.fault,
        ),
        "reasoning": Part(
            value=float(judged and not found.fault and not invented and not fault),
            weight=weights["reasoning"],
            evidence=reply.evidence(where, where + len(reasoned)) if reasoned else None,
            note=dropped or fault,
        ),
    }
    code = "evidence_fabricated" if invented else found.fault or ("reasoning_fault" if fault else "right")
    code = "label_right" if not judged and not invented else code
    reason = Reason(code=code, text=REASONS[code].format(REASONING.get(fault, "")))
    strict = code in ("right", "label_right")
    return graded(reply, parts, reason, {"label": True}, FABRICATED_CAP if invented else 1.0, strict)


def judge_evidence(quoted: str | None, known: Gold, judged: bool) -> Evidence:
    """Whether a quotation stands in the passage word for word and covers the gold."""
    if not quoted:
        return Evidence("evidence_missing")
    said = read_words(quoted)
    first = _places(said, known.context)
    if not first:
        return Evidence("evidence_elided" if _elided(quoted, known.context) else "evidence_fabricated")
    if not MIN_WORDS <= len(said.words) <= MAX_WORDS:
        return Evidence("evidence_length")
    if judged and max(_overlap(at, at + len(said.words), known) for at in first) < MIN_OVERLAP:
        return Evidence("evidence_elsewhere")
    return Evidence("")


def _places(said: Words, context: Words) -> list[int]:
    """The places (in words) where the context has these words in a row."""
    if not said.words or len(said.words) > len(context.words):
        return []
    text, wanted = context.joined, said.joined
    return list(islice(_found(text, wanted), MAX_PLACES))


def _found(text: str, wanted: str) -> Any:
    at = text.find(wanted)
    while at >= 0:
        yield text.count(" ", 0, at)
        at = text.find(wanted, at + 1)


def _overlap(start: int, end: int, known: Gold) -> float:
    common = max(0, min(end, known.last) - max(start, known.first))
    return common / (max(end, known.last) - min(start, known.first)) if common else 0.0


def _elided(quoted: str, context: Words) -> bool:
    """Whether a quotation is true but for gaps that it marks with dots."""
    gaps: list[Any] = list(islice(_GAP.finditer(quoted), MAX_PIECES))
    if len(gaps) == MAX_PIECES:
        return False
    pieces = [read_words(piece) for piece in _GAP.split(quoted)]
    filled = [piece for piece in pieces if piece.words]
    long = sum(len(piece.words) for piece in filled if len(piece.words) >= MIN_FRAGMENT)
    most = 2 * long >= sum(len(piece.words) for piece in filled)
    return len(pieces) > 1 and long > 0 and most and all(_places(piece, context) for piece in filled)


def _invents(reasoned: str, context: Words) -> bool:
    """Whether the reasoning puts between quotation marks what the passage does not say, as far as it may be long."""
    text = _DOUBLED.sub(_mark, reasoned[:MAX_CHARS].translate(_QUOTES))
    forms = _OPENED if text.count('"') % 2 else [_QUOTED, *_OPENED[1:]]
    found = [hit.group(1) for form in forms for hit in islice(form.finditer(text), MAX_PLACES)]
    return any(_is_invented(_ALTERED.sub(_as_written, quotation), context) for quotation in found)


def _is_invented(quotation: str, context: Words) -> bool:
    said = read_words(quotation)
    return len(said.words) >= MIN_QUOTED and not _places(said, context) and not _elided(quotation, context)


def _as_written(hit: Any) -> str:
    """A quoter's own brackets: a changed first letter (`[w]e`) as the word, anything else but a mask as a gap."""
    inside = hit.group(1)
    return inside if len(inside) == 1 else hit.group() if inside == MASK.strip("[]") else " ... "


def _mark(hit: Any) -> str:
    return "" if hit.group()[0] == "<" else '"'


def _reasoning(truth: EntailTruth, reasoned: str | None, known: Gold) -> str:
    if not reasoned:
        return "missing"
    if len(reasoned) > MAX_CHARS:
        return "length"
    said = read_words(reasoned)
    both, citing, cited = _names(truth.citing, truth.cited)
    signed = with_signs(reasoned, normalise(truth.citing)[0], normalise(truth.cited)[0])
    fault = form_fault(reasoned, said, known.context)
    fault = fault or ("" if reasoned.isascii() or is_latin(reasoned.translate(_letters_of(truth))) else "not_prose")
    fault = fault or ("" if is_prose(signed, both) else "not_prose")
    fault = fault or claim_fault(signed, truth.label, Names(cited - citing or cited, known.others))
    if fault:
        return fault
    words = frozenset(word.removesuffix("'s").replace("'", "") for word in said.words)
    if citing and not words & ((citing - cited) or citing):
        return "citing_unnamed"
    if cited and not words & ((cited - citing) or cited):
        return "cited_unnamed"
    return "" if len(_singular(words) & _singular_terms(known.terms)) >= 2 else "no_terms"


@lru_cache(maxsize=512)  # the completions of one group are judged against one truth
def _names(citing: str, cited: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """All words of both names and their signs; the words that tell the one, and the other."""
    both = read_words(f"{normalise(f'{citing} {cited}')[0]} {CITING} {CITED}").words
    return frozenset(both), distinctive(citing), distinctive(cited)


@lru_cache(maxsize=512)
def _singular_terms(terms: tuple[str, ...]) -> frozenset[str]:
    return _singular(terms)


def _letters_of(truth: EntailTruth) -> dict[int, None]:
    """The letters of another script that stand in the passage or a name, to be left out."""
    return {ord(char): None for char in f"{truth.context}{truth.citing}{truth.cited}" if not char.isascii()}


def _singular(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in words)


def _nested(text: str) -> bool:
    """Whether an element is opened before the one before it is closed."""
    opened = ""
    for tag in _ANY_TAG.finditer(text):
        name = tag.group().strip("</>").lower()
        if tag.group()[1] != "/":
            if opened:
                return True
            opened = name
        elif opened != name:
            return True
        else:
            opened = ""
    return bool(opened)


def _answer_range(reply: Reply) -> Any:
    return reply.evidence(reply.answer_start, reply.answer_start + len(reply.answer or ""))
