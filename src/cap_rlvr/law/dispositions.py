"""What a court did: the set of disposition verbs of its last operative order.

`Reversed and remanded.` -> {reversed, remanded}. The order stands near the end of the opinion; an opinion on
rehearing that overrules the motion leaves the earlier order, one that grants it makes its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cap_rlvr.law.opinions import later_indexes, majority_index
from cap_rlvr.wire.case import Opinion

# How an order is written -> the verb as it is reported.
_STEMS = {
    "affirm": "affirmed", "revers": "reversed", "remand": "remanded", "vacat": "vacated", "dismiss": "dismissed",
    "modif": "modified", "quash": "quashed", "annul": "annulled", "reform": "reformed", "den": "denied",
    "grant": "granted", "set aside": "set aside", "discharg": "discharged", "overrul": "overruled",
    "sustain": "sustained", "render": "rendered", "abat": "abated", "confirm": "confirmed", "transfer": "transferred",
}  # fmt: skip
VERBS = tuple(sorted(_STEMS.values()))
# These dispose of much else than cases (contentions are overruled, lots set aside): they need a legal object.
_NEED_OBJECT = {
    "denied",
    "granted",
    "set aside",
    "discharged",
    "overruled",
    "sustained",
    "rendered",
    "abated",
    "confirmed",
    "transferred",
}

_DONE = "|".join(verb.replace(" ", r"\s+") for verb in _STEMS.values())
_DO = r"affirm|reverse|remand|vacate|dismiss|modify|quash|annul|reform|deny|grant|set\s+aside|discharge|overrule|sustain|render|abate|confirm|transfer"
_OBJECT = re.compile(
    r"\b(?:judgments?|decrees?|orders?|convictions?|sentences?|verdict|appeals?|writs?|petitions?|motions?|cause|"
    r"decisions?|rulings?|awards?|indictments?|informations?|complaints?|bill|demurrers?|exceptions?|suit|proceedings?|"
    r"injunction|applications?|relator|prisoner|petitioner|defendants?|appellants?|certiorari|relief|new trial|plea)\b",
    re.IGNORECASE,
)
_IDEA = re.compile(r"\b(?:contentions?|arguments?|propositions?|assignments? of error|objections?)\b", re.IGNORECASE)
_PASSIVE = re.compile(
    rf"(?P<aux>\b(?:is|are|be|he|stands?|hereby|accordingly|therefore|ordered|(?<!the )(?<!this )(?<!an )(?<!said )order)\b[ ,:—]*(?:\w+[ ,]+){{0,3}}?)(?P<verb>\b(?:{_DONE})\b)",
    re.IGNORECASE,
)
_ACTIVE = re.compile(
    rf"\b(?:we|this court|the court|I)\b(?:[, ]+(?:\w+ly|therefore|thus|hereby|do|must|will|also|now|and))*[, ]+(?P<verb>(?:{_DO})(?:s|es)?)\b",
    re.IGNORECASE,
)
_LATER_DONE = re.compile(rf"\b({_DONE})\b", re.IGNORECASE)
_LATER_DO = re.compile(rf"(?:\band|,|;)\s+(?:\w+ly\s+|we\s+|therefore\s+)?((?:{_DO})(?:s|es)?)\b", re.IGNORECASE)
_FRAGMENT = re.compile(
    rf"\W*(?:(?!(?:not|never|cannot|can|be|is|are|was|were|been|may|could|would|should|i|we)\b)[\w’']+\s+){{0,4}}?(?:{_DONE})\b(?:[\s,;:—-]|and|in part|as (?:modified|reformed)|with|without|directions|instructions|"
    rf"costs|prejudice|cause|the|to|case|appeal|judgment|order|prosecution|ordered|relator|{_DONE})*\W*",
    re.IGNORECASE,
)
# "Judgment affirmed, with costs to the wife." "Motion granted and case is ordered on the calendar."
_HEADLINE = re.compile(
    rf"\W*(?:{_OBJECT.pattern})(?:\s+(?!(?:not|never|be|is|are|was|were|been|being|has|had|which|that)\b)[\w’']+){{0,4}}?"
    rf"\s+(?P<verbs>(?:{_DONE})\b(?:,?\s+(?:and\s+)?(?:{_DONE})\b)*)(?!,?\s+(?:in\s+\d+|by|to|at|etc)\b)",
    re.IGNORECASE,
)
# "We conclude that the claim is barred and affirm the judgment."
_AND_AFFIRM = re.compile(
    r"\W*we\b.{5,}\band\s+(?:\w+ly\s+|therefore\s+)?(?P<verb>affirm|reverse|vacate)(?:\s+(?:the|his|her|that|Defendant['’]s)\b[^;]*)?\W*$",
    re.IGNORECASE | re.DOTALL,
)
_PART = re.compile(rf"\W*(?:(?:the\s+)?[\w’']+\s+){{0,2}}(?:(?:is|are)\s+)?({_DONE})\b", re.IGNORECASE)
_MISREAD = re.compile(r"\b(a)[fiñlt]{2,3}(rm(?:ed|s)?)\b", re.IGNORECASE)  # `aifirmed`, `afñrmed`
_NO_ORDER = re.compile(
    r"\b(?:cannot|can not|could|might|may|would|if|unless|whether|whenever|until|provided|not|(?:has|have|had) held(?: that)?|when an?|should (?:such|any|an?))\b[ ,]*(?:\w+[ ,]+){0,3}?$|\bto (?:have )?$|^\W*should\b[^.,;]*$",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\bno\b[^.;]{0,60}\breason\b|\b(?:was|were|am|are) of (?:the )?opinion|\bvotes?d? (?:to|for)\b|\b(?:should|would|could|might|ought to) (?:not )?have\b|\bcontend|\bargue[sd]?\b",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(  # what others did, what was done before, and what someone is told or asked to do
    rf"\b(?:was|were|been|had|having|has)\s+(?:\w+\s+){{0,2}}?(?:{_DONE})\b"
    rf"|\bto\s+(?:\w+ly\s+)?(?:{_DO})\b(?:\s+(?:and|or)\s+(?:to\s+)?(?:{_DO})\b)*"
    r"|\b(?:judgment|order|opinion|decree) of (?:affirmance|reversal|dismissal)[^.;]{0,60}?\b(?:set\s+aside|withdrawn|vacated)"
    r"|\b(?:former|original|prior|previous) (?:opinion|judgment|order)[^.;]{0,60}?\b(?:set\s+aside|withdrawn|vacated)"
    r"|\b(?:affirmance|reversal|dismissal)[^.;]{0,30}?\b(?:set\s+aside|withdrawn|vacated)"
    r"|\bdenied (?:of )?(?:his|her|their|its|the|an?|any|such|this|that) (?:\w+ ){0,2}?"
    r"(?:rights?|liberty|opportunity|privileges?|benefits?|protection|hearing|due process|day in court)\b"
    r"|\bdenied (?:due process|equal protection)\b"
    r"|\bgranted (?:to (?:be|have)|that|(?:up)?on (?:the )?(?:circumstances|good cause))\b|\btaken (?:for|as) granted\b"
    rf"|\bautomatically (?:{_DONE})\b|\b(?:{_DONE}) by (?:operation of law|the (?:act|statute|legislature))\b"
    r"|\bunless (?:\w+ ){0,2}discharged\b|\bremanded (?:in)?to (?:the )?(?:custody|jail|prison|sheriff|marshal)\b"
    rf"|\b(?:trial|lower|district|circuit|county|superior) (?:court|judge)\s+(?:\w+ly\s+|also\s+)?(?:{_DONE})\b",
    re.IGNORECASE,
)
_BOUND_TO = re.compile(  # "I am constrained to deny the motion" is an order
    rf"\b(?:I|we|this court)\b[^.;]{{0,30}}?\b(?:am|are|is)(?: \w+)? (?:constrained|compelled|obliged) to(?= (?:{_DO})\b)",
    re.IGNORECASE,
)
_PROVIDED = re.compile(r"[^.;]{0,80}?\b(?:provided|whenever|in (?:proper|such|like|similar) cases?)\b", re.IGNORECASE)
_QUOTED = re.compile(r"“[^“”]{20,1500}”")  # what a statute or another court says
_REHEARING_VERDICT = re.compile(
    r"\b(?:re-?hearing|re-?argument|reconsideration)\b[^.;]{0,60}?\b(?:granted|overruled|denied|refused|dismissed)\b"
    r"|\b(?:grant|overrule|deny|refuse)s?\b[^.;]{0,60}?\b(?:re-?hearing|re-?argument|reconsideration)\b",
    re.IGNORECASE,
)
# A full stop that ends no sentence: of `U. S.`, `State v. Reed`, `Oil Co., Inc.`, `5 Ind. App. 9, 12`.
_NO_STOP = (
    r"(?:(?<=\b[A-Zv])|(?<=\b(?:vs|No|St|Dr|Mr))|(?<=\b(?:Nos|Mrs|Art|Sec)))\."
    r"|\.(?=[\d,;]|[a-z]|\w\.| [a-z]| \d{1,4}(?:[,;)]| \()| [A-Z]\w{0,6}\. \d| [2-9]d\b)"
)
_SENTENCE = re.compile(rf"[^.!?\n]+(?:(?:{_NO_STOP})[^.!?\n]*)*[.!?]?")
_NOISE = re.compile(
    r"(?i)^\W*(?:it is )?so ordered|\b(?:JJ?|C\. ?J|P\. ?J)\.|concur|dissent|judges? (?:all )?present|absent|not sitting|costs|"
    r"no opinion|mandate|further proceedings|was of the opinion|hearing (?:by|in) the supreme court|done and ordered|\bjudges?\W*$"
)
_UNREAD = re.compile(  # an order whose verb is none of those that are told
    r"\b(?:demurrer|injunction|motion|plea|bill|exceptions?|rule|attachment|writ|application)\b[^.;]{0,60}?"
    r"\b(?:be|is|are|stand)(?: \w+ly| therefore| hereby)? (?:allowed|disallowed|dissolved|refused|made absolute)\b",
    re.IGNORECASE,
)
_TAIL = 2500  # characters at the end of an opinion in which its order is looked for; footnotes may follow it


@dataclass(frozen=True)
class Disposition:
    """``verbs`` in alphabetical order; the order's words are at [start, end) of opinion ``opinion``."""

    verbs: tuple[str, ...]
    opinion: int
    start: int
    end: int


@dataclass(frozen=True)
class _Order:
    verbs: frozenset[str]
    start: int
    end: int


def read_disposition(opinions: Sequence[Opinion]) -> Disposition | None:
    """The judgment in force after the court's last opinion; None where no operative order is found.

    Where the court's own opinions end without one, the line after all opinions tells it (`Order affirmed.`).
    """
    first = majority_index(opinions)
    if first is None:
        return None
    for index in reversed((first, *later_indexes(opinions))):
        order = find_order(opinions[index].text)
        if order is not None:
            return replace(order, opinion=index)
    last = len(opinions) - 1
    closing = _closing_line(opinions[last].text) if last > first else None
    return Disposition(tuple(sorted(closing.verbs)), last, closing.start, closing.end) if closing else None


def find_order(text: str) -> Disposition | None:
    """The last operative order of one opinion (``opinion`` is 0); one that only refuses a rehearing is none."""
    found: list[_Order] = []
    for order in _orders(text):
        unread = None if found else _UNREAD.search(text, order.start, order.end)
        if unread and not verbs_of(text[order.start : unread.start()] + text[unread.end() : order.end]):
            return None
        if order.verbs:
            found.append(order)
        elif found:
            break
    if not found:
        return None
    verbs = frozenset[str]().union(*(order.verbs for order in found))
    return Disposition(tuple(sorted(verbs)), 0, found[-1].start, found[0].end)


def _orders(text: str) -> Iterator[_Order]:
    """The sentences of the tail from the last one back, without votes and formulas; no verbs: not an order."""
    text = _QUOTED.sub(lambda quoted: re.sub(r"[^\n]", " ", quoted.group()), text)
    for hit in reversed(list(_SENTENCE.finditer(text, max(0, len(text) - _TAIL)))):
        words = hit.group()
        start = hit.start() + len(words) - len(words.lstrip())
        verbs = verbs_of(words.strip())
        if verbs or not (_NOISE.search(words) or len(words.strip()) < 8 or _REHEARING_VERDICT.search(words)):
            yield _Order(verbs, start, hit.end())


def verbs_of(sentence: str) -> frozenset[str]:
    """The disposition verbs of a sentence that is an order; empty for any other sentence."""
    if _ASIDE.search(sentence):
        return frozenset()
    sentence = _BOUND_TO.sub("we", _MISREAD.sub(r"\1ffi\2", sentence))
    words = _NOT_NOW.sub(" ", _REHEARING_VERDICT.sub(" ", sentence))
    if len(words) < 120 and _FRAGMENT.fullmatch(words):
        return _reported(_LATER_DONE.findall(words))
    headline = _HEADLINE.match(words)
    if headline:
        return _reported(_LATER_DONE.findall(headline["verbs"]) + _later_orders(words[headline.end() :]))
    found: list[str] = []
    closing = _AND_AFFIRM.match(words)
    if closing:
        found.append(closing["verb"])
    passive = next((hit for hit in _PASSIVE.finditer(words) if not _NO_ORDER.search(words, 0, hit.start())), None)
    if passive and not re.search(r"\b(?:not|never)\b", passive["aux"]):
        found += [passive["verb"], *_LATER_DONE.findall(words, passive.end())]
    active = _ACTIVE.search(words)
    if active and not _PROVIDED.match(words, active.end()):
        found += [active["verb"], *_LATER_DO.findall(words, active.end())]
    verbs = _reported(found)
    return verbs if _OBJECT.search(words) and not _IDEA.search(words) else verbs - _NEED_OBJECT


def _later_orders(words: str) -> list[str]:
    """The verbs of what else is ordered in one sentence: `; cause remanded`, `, and the petition is dismissed`."""
    return [hit.group(1) for part in re.split(r"[,;]|\band\b", words) for hit in [_PART.match(part)] if hit]


def _closing_line(text: str) -> _Order | None:
    start = text.rstrip().rfind("\n") + 1
    line = text[start:].strip()
    if len(line) > 120 or not _FRAGMENT.fullmatch(line):
        return None
    return _Order(_reported(_LATER_DONE.findall(line)), start, start + len(line))


def _reported(verbs: Sequence[str]) -> frozenset[str]:
    plain = (" ".join(verb.lower().split()) for verb in verbs)
    return frozenset(next(done for stem, done in _STEMS.items() if verb.startswith(stem)) for verb in plain)
