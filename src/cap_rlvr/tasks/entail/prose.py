"""Whether a reasoning is prose that stands behind its label: no salad, no copy, no second label beside the first."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import re2

from cap_rlvr.tasks.entail.truth import LABELS, Label, Words

MIN_WORDS, MAX_WORDS = 20, 120
FUNCTION_SHARE = (0.28, 0.76)  # names left out
MIN_DISTINCT = 0.8  # of runs of three words
MAX_COPIED = 14  # words in a row from the passage, names and citations included
MAX_WITHOUT_VERB = 30  # words, names not counted
BEFORE, AFTER = 7, 4  # words around a label's word in which a negation belongs to it

_re2 = cast(Any, re2)
_CLAUSE = _re2.compile(
    r"[.!?;:]+(?:\s|$)|,? (?:but|whereas|although|though|while|because|so that) |, (?:so|it|the court) "
)
_JOINED = _re2.compile(r"(?i) and (?:(?:is|was|so|it|thus|then|therefore|expressly|instead) )*$")
_NOT_AFTER = _re2.compile(r"(?i), | (?:rather than|instead of) ")
_EMPHASIS = _re2.compile(  # words of negation that deny nothing
    r"(?i)\b(?:(?:without|no|not|nothing|never|beyond)(?: any| a| the| slightest)* (?:hesita\w*|doubt\w*|question|reserv\w*|delay"
    r"|fail(?:s|ed|ing)? to|less than|short of|shrink\w*|fear\w*)|(?:rather|instead)(?:,|\s+(?:it|the court)\b))"
)
_WORD = _re2.compile(r"[\p{L}\p{N}]+(?:'\p{L}+)?")
_LIST = _re2.compile(r"(?:[\p{L}'-]+[,;]\s+){5}")  # five words with nothing but commas between them
_FUNCTION = frozenset(
    _WORD.findall(
        "a an the this that these those it its he she they them their his her we us our you i who whom whose which what where when why "
        "how if then than so as at by for from in into of off on onto out over to under up upon with within without about against "
        "between through during before after above below not no nor neither either or and but yet while because since although though "
        "unless until whether is are was were be been being am has have had having do does did done can could may might must shall "
        "should will would there here both each every all any some such own same only just also too very more most less one other "
        "another rather instead once now itself himself themselves nothing something anything"
    )
)
_FINITE = frozenset(
    _WORD.findall(
        "is are was were has have had do does did can could may might must shall should will would says said holds held states stated "
        "declares declared declines declined applies applied cites cited shows showed finds found treats treated explains explained "
        "relies relied refuses refused rejects rejected follows followed uses used makes made gives gave calls called upholds upheld "
        "stands stood concerns concerned involves involved turns turned reaches reached concludes concluded overrules overruled "
        "distinguishes distinguished affirms affirmed reaffirms reaffirmed adopts adopted disapproves quotes quoted mentions mentioned"
    )
)
_SAYS: dict[Label, Any] = {
    "OVERRULES": _re2.compile(r"(?i)\b(?:overrul|overturn|abrogat|disapprov|disavow|nullif|repudiat)\w*"),
    "DISTINGUISHES": _re2.compile(r"(?i)\bdistinguish\w*"),
    "AFFIRMS": _re2.compile(r"(?i)\b(?:re-?)?affirm\w*|\bupholds?\b|\bupheld\b"),
    "NONE": _re2.compile(r"\bNONE\b|(?i)\b(?:only|merely|simply|just) (?:cit|mention)(?:es|ed|e|s|ing)?\b"),
}
_NEGATIONS = frozenset(
    _WORD.findall(
        "not no nor neither never without nothing none rather instead cannot declines declined refuses refused nowhere hardly"
    )
)


def reasoning_fault(text: str, said: Words, context: Words, label: Label, names: frozenset[str]) -> str:
    """The first reason why a reasoning pays nothing, by its form and what it asserts; empty where there is none.

    ``names``: the words of the cases' names, which count neither for nor against its being prose.
    """
    count = len(said.words)
    if not MIN_WORDS <= count <= MAX_WORDS:
        return "length"
    if _LIST.search(text) or not _is_prose(said.words, names):
        return "not_prose"
    if _copies(said, context):
        return "copied"
    for other in LABELS:
        for negated in _assertions(text, other):
            if other == label and negated:
                return "denies_label"
            if other != label and not negated:
                return "other_label"
    return ""


def _is_prose(words: tuple[str, ...], names: frozenset[str]) -> bool:
    """Function words in the share of English prose, a finite verb again and again, and no phrase said over and over.

    Sentences are not looked for: the names of cases are full of stops (`Unified Sch. Dist.`).
    """
    own = [word for word in words if word not in names or word in _FUNCTION]
    share = sum(word in _FUNCTION for word in own) / max(1, len(own))
    trigrams = list(zip(words, words[1:], words[2:], strict=False))
    if not FUNCTION_SHARE[0] <= share <= FUNCTION_SHARE[1] or len(set(trigrams)) < MIN_DISTINCT * len(trigrams):
        return False
    verbs = [-1, *(place for place, word in enumerate(own) if word in _FINITE), len(own)]
    return len(verbs) > 3 and max(after - before for before, after in pairwise(verbs)) <= MAX_WITHOUT_VERB


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _copies(said: Words, context: Words) -> bool:
    """Whether more than MAX_COPIED words in a row are the passage's."""
    size = MAX_COPIED + 1
    if len(said.words) < size:
        return False
    text = context.joined
    return any(f" {' '.join(said.words[at : at + size])} " in text for at in range(len(said.words) - size + 1))


def _before(text: str, said: str) -> str:
    """The words of its own clause before a label's word; `declines to apply it and distinguishes it` is two clauses."""
    clause = _CLAUSE.split(_EMPHASIS.sub(" ", text))[-1]
    return "" if said.endswith(("s", "ed")) and _JOINED.search(clause) else clause


def _assertions(text: str, label: Label) -> list[bool]:
    """For each place where a text speaks a label's word: whether a negation in the same clause belongs to it."""
    found: list[bool] = []
    for hit in _SAYS[label].finditer(text):
        before = _words(_before(text[max(0, hit.start() - 120) : hit.start()], hit.group().lower()))
        after = _words(_NOT_AFTER.split(_CLAUSE.split(text[hit.end() : hit.end() + 60])[0])[0])
        near = [*before[-BEFORE:], *after[:AFTER]]
        found.append(any(word in _NEGATIONS or word.endswith("n't") for word in near))
    return found
