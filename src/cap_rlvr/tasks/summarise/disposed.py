"""What a conclusion says was done, and whether that is what the court did."""

from __future__ import annotations

from cap_rlvr import linear
from cap_rlvr.law.dispositions import VERBS
from cap_rlvr.tasks.summarise.words import sentences

_FORMS = {verb: verb for verb in VERBS} | {
    "affirms": "affirmed", "affirm": "affirmed", "upheld": "affirmed", "upholds": "affirmed", "uphold": "affirmed",
    "reverses": "reversed", "reverse": "reversed", "overturned": "reversed", "overturns": "reversed",
    "remands": "remanded", "remand": "remanded", "vacates": "vacated", "vacate": "vacated", "dismisses": "dismissed",
    "dismiss": "dismissed", "modifies": "modified", "modify": "modified", "quashes": "quashed", "quash": "quashed",
    "annuls": "annulled", "annul": "annulled", "denies": "denied", "deny": "denied", "grants": "granted", "grant": "granted",
    "sets aside": "set aside", "discharges": "discharged", "overrules": "overruled", "overrule": "overruled",
    "sustains": "sustained", "sustain": "sustained", "confirms": "confirmed", "transfers": "transferred", "refused": "denied",
}  # fmt: skip
_VERB = linear.compile(rf"(?i)\b({'|'.join(sorted(_FORMS, key=len, reverse=True))})\b")
_NOT = linear.compile(
    r"(?i)\b(?:not|never|cannot|neither|nor|no longer|no means|no wise|nowise|far from|without|hardly|scarcely"
    r"|declin\w+ to|refus\w+ to|fail\w* to)\b(?:\W+\w+){0,3}\W*$"
)
_JOINED = linear.compile(
    r"(?i)\b(?:and|so|but|yet|because|therefore)\b"
)  # "did not err and affirmed" denies the error alone
_INFLECTED = ("ed", "s", "ld")  # "did not hear and affirm" denies both
_NOT_THAT = linear.compile(
    r"(?i)\b(?:not|never|cannot|no one|nobody|none|no means|hardly|scarcely|false|untrue|wrong|incorrect|mistaken|doubtful"
    r"|refus\w+|declin\w+|den(?:y|ies|ied)|reject\w*)\b(?:\W+\w+){0,4}\W+that\b[^,]*$"
)
_UNSAID = linear.compile(
    r"(?i)(?:\b(?:whether|if|unless)\b|\b(?:pray|ask|argu|contend|urg|mov|claim|insist)(?:ed|e?s)\W+that\b)[^,]*$"
)
_WISHED = linear.compile(r"(?i)\b(?:should|ought|could|would|might)(?:\W+not)?(?:\W+to)?\W+have\W+(?:been\W+)?$")
_UP = frozenset({"affirmed", "confirmed"})
_DOWN = frozenset({"reversed", "vacated", "quashed", "annulled", "set aside"})
_YES = frozenset({"granted", "sustained"})
_NO = frozenset({"denied", "overruled", "dismissed"})
_OPPOSITES = [(_UP, _DOWN), (_YES, _NO), (_UP, frozenset({"dismissed"}))]


def said_verbs(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The disposition verbs that a text uses: (said, said with a negation before them)."""
    said: set[str] = set()
    negated: set[str] = set()
    told = (text[low:high] for low, high in sentences(text))
    for clause in (part for sentence in told if not sentence.rstrip().endswith("?") for part in sentence.split(";")):
        for hit in _VERB.finditer(clause):
            before = clause[: hit.start()]
            if _WISHED.search(before) or _UNSAID.search(before):
                continue
            verb = _FORMS[" ".join(hit.group(1).lower().split())]
            (negated if _is_denied(before, hit.group(1).lower()) else said).add(verb)
    return frozenset(said), frozenset(negated)


def _is_denied(before: str, form: str) -> bool:
    """Whether what stands before a verb in its sentence denies it."""
    before = before.lower().replace("anything but", "far from")
    joined = list(_JOINED.finditer(before)) if form.endswith(_INFLECTED) else []
    if joined and not before[joined[-1].end() :].strip():
        return False
    return bool(_NOT.search(before[joined[-1].end() :] if joined else before) or _NOT_THAT.search(before))


def agreement(text: str, true: frozenset[str]) -> tuple[float, bool]:
    """(how much of the true disposition a conclusion gives, whether it says the contrary).

    Contrary: verbs of which none is the court's, one that can't stand beside the court's, or a true one denied.
    All verbs and no other: 1. Each verb that the court did not use costs a quarter.
    """
    said, negated = said_verbs(text)
    contrary = (
        bool(negated & true) or any(_opposed(verb, true) for verb in said - true) or bool(said and not said & true)
    )
    if contrary or not said:
        return 0.0, contrary
    return max(0.0, len(said & true) / len(true) - 0.25 * len(said - true)), False


def _opposed(verb: str, true: frozenset[str]) -> bool:
    return any((verb in one and true & other) or (verb in other and true & one) for one, other in _OPPOSITES)


def contrary_of(true: tuple[str, ...]) -> tuple[str, bool]:
    """(a verb that the court did not use, whether it can't be true beside those that it did use)."""
    others = [verb for verb in ("reversed", "affirmed", "denied", "granted", "dismissed") if verb not in true]
    opposed = [verb for verb in others if _opposed(verb, frozenset(true))]
    return (opposed or others)[0], bool(opposed)
