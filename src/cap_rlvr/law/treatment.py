"""What a court does to a case that it cites: whose voice it is, negated or not, and to which case the words belong.

A sentence is read with each cited case put as one sign, so that a pattern sees grammar and not citations::

    We therefore overrule Cole v. Ames, 81 Mich. 4 (1890), which held …    ->    We therefore overrule §0§ which held …

Only plain words of the court itself count: what a party says or another court did, what is conceded, supposed,
negated or quoted, is no treatment. Where the words don't tell clearly, there is a fault and no label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from cap_rlvr.law.mentions import Cases, Cited, Mention
from cap_rlvr.law.sentences import sentence_spans
from cap_rlvr.law.treatment_shapes import ASIDE, PATTERNS, Label, N

# Words that speak of treatment, by the label that they suggest: what a masked row hides.
CUES: dict[Label, str] = {
    "OVERRULES": r"overrul\w*|overturn\w*|disapprov\w*|disavow\w*|abrogat\w*|repudiat\w*|unsound|no longer (?:adhere|follow)\w*",
    "DISTINGUISHES": r"(?:in)?distinguish\w*|distinction\w*|inapposite|not (?:here )?(?:controlling|apposite|applicable)|"
    r"not (?:factually )?(?:in|on) point|inapplicable|no application|(?:does|do) not (?:here )?(?:control|govern|apply)|"
    r"misplaced|dissimilar\w*|unlike",
    "AFFIRMS": r"re-?affirm\w*|affirm(?:s|ed|ing|ance)?",
}
CUE = re.compile(r"\b(?:" + "|".join(f"(?:{words})" for words in CUES.values()) + r")\b", re.IGNORECASE)
# Other bad words for a precedent: a case near them is neither well nor plainly treated, and gives no row.
NEGATIVE = re.compile(
    r"\b(?:criticiz\w*|question(?:ed|able|s)\b|limit(?:ed|s|ing)?\b|declin\w+ to (?:follow|extend|apply|adopt)|disagree\w*|reject\w*|"
    r"unpersua\w+|not persua\w+|erroneous\w*|wrong\w*|contra(?:ry)?|but see|but cf|supersed\w*|modif\w+|vacat\w+|revers\w+|rev'd|aff'd|"
    r"withdrawn|conflict\w*|inconsistent|dict(?:a|um)|depart\w*|reced\w+|abandon\w*|differ\w*|cannot|incorrect\w*|confus\w+|"
    r"narrow\w*|refus\w+|retreat\w*|doubt\w*|ignor\w+|fail\w*|however|nor\b|contend\w*|argu\w+|no help|not help\w*|not support\w*|clarif\w+)",
    re.IGNORECASE,
)

_OTHERS = re.compile(  # a party, another court, a supposition or a concession governs the words that follow
    r"\b(?:although|though|while|whilst|even if|even assuming|assuming|nevertheless|nonetheless|arguably|if|unless|whether|"
    r"contend|argu|urg|assert|claim|insist|maintain|suggest|attempt|seek|sought|try|tries|tried|submit|ask|invit|request|believe[sd]|"
    r"says?|would have us|respond|complain|concede|reason to|need not|declin|refus|cannot|can not|could|would|should|might|may|unable|"
    r"no basis|difficult|hard|not|acknowledg|recogni[sz]|admit|position|note first)(?:e|es|ed|s|ing|ies|ation|ment|ments|ion)?\b[^.;]*$",
    re.IGNORECASE,
)
_CLAUSE_BREAK = re.compile(
    r"[;:]|, (?:and|but) (?=we |it |this )|,? (?:and |but )?(?=[Tt]o the extent)|^(?:Although|While|Even though) [^,]*, (?=we )"
)
_OWN_LEAD = re.compile(  # words of denial by which the court turns to its own reason
    r"^(?:Contrary to [^,;]{3,80}, |We (?:decline|refuse|disagree|do not agree|are not persuaded)\b[^,;]{0,60}? because )"
)
_REPORTED = re.compile(
    r"(?:\b(?i:after) (?:determining|finding|holding|concluding)\b[^.;]*$)|(?:§\d+§|\b(?:[Cc]ourt|[Cc]ircuit|[Jj]udge|[Jj]ustice|[Dd]issent|majority|panel|they|he|she|it|which)(?: of [A-Z][\w ]+)?)(?: in §\d+§)?,? "
    r"(?:\w+ ){0,2}(?:held|ruled|found|concluded|stated|said|noted|reasoned|determined|opined|observed|thought|distinguish\w*)\b[^.;]*$"
)
_SEVERAL = re.compile(
    r"(?:\band |\bor |, |(?:facts|circumstances|cases?|decisions|holdings)(?: \w+)? (?:in|of)(?: the case of)? |cases )$"
)
_AND_THIS = re.compile(r" and (?:from )?(?:this|the (?:present|instant)) case")
_FROM_ANOTHER = re.compile(r"[^.;§]{0,60}\bfrom (?:the |that in )?(?:§|[A-Z]\w+ case\b)")
_MAY_FOLLOW_NOT = re.compile(r"\bnot (?:only|merely)\b", re.IGNORECASE)
_AFTER_BAD = re.compile(
    r"^[^.;§]{0,40}\b(?:on other grounds|as recognized|in part by|by the (?:legislature|statute)|by §)", re.IGNORECASE
)
_HISTORY = re.compile(
    r"^,?\s*(?:which (?:was|has been) )?(?:subsequently |later |expressly |partially |impliedly )*(?:overruled|abrogated|disapproved|superseded|"
    r"disavowed|limited)\b[^§]{0,60}?(?:\bby\b|\bin\b|,|§|grounds)"
)
_ATTEMPT = re.compile(
    r"\b(?:attempt(?:s|ed)? to distinguish|(?:argu|contend|suggest|maintain)\w* (?:\w+ ){0,6}(?:that )?§\d+§[^.]{0,60}"
    r"(?:distinguish|overrul|limited to)|might be distinguished|arose on different)"
)
_ATTEMPT_FAILS = re.compile(
    r"\b(?:but (?:the|this|that) (?:attempt|argument|effort) fails|(?:its|the) reasoning applies|the difference does not matter|"
    r"we (?:do not agree|disagree|are not persuaded)|that we do not accept|we find nothing)"
)
_BREAK = re.compile(
    r"(?<=[a-z”\"')\]])[.?!][”\"’')]*(?=\{\d+\}|\d{1,3}\.? ?[A-Z]|[A-Z][a-z]|(?:[A-H]|[IVX]{1,4})\. ?(?:[A-Z][a-z]|\d{1,3}\.))"
    r"|\n+|(?<=[.?!”\"])\s+(?=\{\d+\})"
)
_CONTINUES = re.compile(r"\s*(?:[,;)\]]|[a-z]{2,}\s|(?:Affirmed|AFFIRMED)\b)")
_PARENTHESIS = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\)")
_ONLY_CASES = re.compile(r"\(((?:(?:and |see )?§\d+§[;,]? ?)+)\)")
_QUOTES = re.compile(r"“[^”]{25,}(?:”|$)|(?<!\w)\"[^\"]{25,}(?:\"|$)")
SPEAKS_OF_CASE = re.compile(
    r"\b(?:that|this|those|these|the|such) (?:case|decision|opinion|authority|holding|court|rule)s?\b|^(?:it|there|they|both|each|neither)\b",
    re.IGNORECASE,
)
PROCEDURAL = re.compile(  # motions, objections, judgments below: cue words that speak of no precedent
    r"\b(?:motions?|objections?|demurrers?|exceptions?|assignments?|points? of error|contentions?|rehearing|petitions?|judgments?|"
    r"convictions?|sentences?|orders?|verdicts?|decrees?|trial (?:court|judge)|district court|statut\w+|sections?|rules? \d|ordinances?|doctrine|immunity)\b",
    re.IGNORECASE,
)
MAX_SENTENCE = 900


@dataclass(frozen=True)
class Sentence:
    """A sentence with the cases that it speaks of; few are asked for more than their mentions."""

    start: int
    end: int
    text: str
    mentions: tuple[Mention, ...]

    @cached_property
    def cues(self) -> bool:
        return bool(CUE.search(self.text))

    @cached_property
    def plain(self) -> str:
        """The text with each case as `§n§` (n: its place in ``mentions``)."""
        pieces: list[str] = []
        at = 0
        for place, mention in enumerate(self.mentions):
            pieces += [self.text[at : max(at, mention.start - self.start)], f" §{place}§ "]
            at = max(at, min(mention.end - self.start, len(self.text)))
        plain = " ".join("".join([*pieces, self.text[at:]]).replace("’", "'").split())
        plain = re.sub(r"§ ([,.;:)'])", r"§\1", re.sub(r"^(?:\{\d+\}|\d{1,3}\.)\s*", "", plain))
        plain = re.sub(r"([(\[]) §", r"\1§", plain)
        plain = re.sub(r"§(\d+)§'s?\b", r"§\1§", plain)
        plain = re.sub(r"(?:[Tt]he |[Tt]hat )?[Cc]ases? of (?=§)", "", plain)
        return re.sub(r"§(\d+)§, supra,?", r"§\1§", plain)


@dataclass(frozen=True)
class Treatment:
    """A case and what the court does to it in a sentence; ``fault`` says why the words are no clear treatment."""

    label: Label
    kind: str
    mention: Mention
    sentence: Sentence
    fault: str = ""

    @property
    def cited(self) -> Cited:
        return self.mention.cited


def sentences(cases: Cases, start: int, end: int) -> list[Sentence]:
    """The sentences of a part of a text. Breaks that nupunkt can't see (`… Code.{12} We hold`) are added."""
    text = cases.text
    mentions = cases.mentions(start, end)
    breaks = {start + high for _, high in sentence_spans(text[start:end])}
    breaks |= {hit.end() for hit in _BREAK.finditer(text, start, end)}
    inside = [(mention.start, mention.end) for mention in mentions]
    kept = [
        at
        for at in sorted(breaks)
        if start < at < end and not _CONTINUES.match(text, at) and not any(low < at <= high for low, high in inside)
    ]
    made = [
        _sentence(text, low, high, tuple(mention for mention in mentions if low <= mention.start < high))
        for low, high in pairwise([start, *kept, end])
    ]
    return [one for one in made if one.text]


def _sentence(text: str, start: int, end: int, mentions: tuple[Mention, ...]) -> Sentence:
    while start < end and text[start] in " \n\t":
        start += 1
    while end > start and text[end - 1] in " \n\t":
        end -= 1
    return Sentence(start, end, text[start:end], mentions)


def treatments(sentence: Sentence) -> Iterator[Treatment]:
    """Each treatment that a sentence may state, with the fault where it doesn't clearly."""
    if not sentence.mentions or not sentence.cues or len(sentence.text) > MAX_SENTENCE:
        return
    plain = _PARENTHESIS.sub(" ", _ONLY_CASES.sub(r"\1", sentence.plain))
    plain = re.sub(r" ([,.;:])", r"\1", " ".join(plain.split()))
    seen: set[tuple[str, int]] = set()
    for label, kind, pattern in PATTERNS:
        for hit in pattern.finditer(plain):
            place = int(next(filter(None, hit.groups())))
            if (label, place) in seen:
                continue
            seen.add((label, place))
            fault = _fault(sentence, plain, hit, label, kind)
            yield Treatment(label, kind, sentence.mentions[place], sentence, fault)


def _fault(sentence: Sentence, plain: str, hit: re.Match[str], label: Label, kind: str) -> str:
    lead = plain[: hit.start()]
    clause = _OWN_LEAD.sub("", _CLAUSE_BREAK.split(lead)[-1])
    words = hit.group()
    place = int(next(filter(None, hit.groups())))
    alone = re.match(rf"{N}{ASIDE},? (?:are|were|do|seem|appear)\b", words)
    checks = (
        ("not_own_voice", bool(_REPORTED.search(clause))),
        ("not_stated", not words.startswith("depart from") and bool(_OTHERS.search(_MAY_FOLLOW_NOT.sub("", clause)))),
        (
            "negated",
            bool(re.search(r"\b(?:not|never|hardly|no longer) (?:\w+ )?(?:distinguish|overrul|affirm)", words)),
        ),
        ("later_history", label == "OVERRULES" and bool(_AFTER_BAD.search(plain[hit.end() :]))),
        ("quoted", _is_quoted(hit, plain)),
        (
            "conceded",
            bool(
                re.match(
                    r"(?:but|yet|though)?,? ?(?:nevertheless|nonetheless|but (?:its|the|their) (?:reasoning|logic|principle))",
                    plain[hit.end() :].lstrip(" ,"),
                )
            ),
        ),
        (
            "other_subject",
            bool(alone) and not _SEVERAL.search(lead) and " and " not in sentence.mentions[place].cited.name,
        ),
        ("procedural", label == "OVERRULES" and kind == "passive" and bool(PROCEDURAL.search(lead))),
        ("compared", label == "DISTINGUISHES" and bool(_FROM_ANOTHER.match(plain[hit.end() :]))),
        ("compared", label == "DISTINGUISHES" and bool(_AND_THIS.match(plain[hit.end() :]))),
        ("asked", plain.rstrip().endswith("?")),
        ("sole_of_many", kind == "sole" and len({m.cited.key for m in sentence.mentions}) > 1),
    )
    return next((code for code, wrong in checks if wrong), "")


def _is_quoted(hit: re.Match[str], plain: str) -> bool:
    """Whether the words stand in a long quotation, or in a sentence that is the middle of one."""
    for quote in _QUOTES.finditer(plain):
        if quote.start() < hit.end() and hit.start() < quote.end() and quote.start() <= hit.start():
            return True
    opened = plain.count("“") - plain.count("”")
    return opened != 0 or plain.count('"') % 2 == 1 or plain.startswith(("‘", "'"))


def belongs_elsewhere(sentence: Sentence) -> str:
    """Why a sentence with cue words treats none of the cases that it names as the court's own act; empty: unclear.

    `later_history`: `overruled by` another decision; `attempt_fails`: a party's attempt that the court turns down;
    `procedural`: motions and judgments.
    """
    plain = sentence.plain
    if _ATTEMPT.search(plain) and _ATTEMPT_FAILS.search(plain):
        return "attempt_fails"
    rest = CUE.sub("", plain)
    hits = list(CUE.finditer(plain))
    if len(hits) == 1 and hits[0].group().lower().startswith(("overrul", "abrogat", "disapprov")):
        before = re.search(r"§\d+§[^§]{0,12}$", plain[: hits[0].start()].rstrip(" ,") + " ")
        if before and _HISTORY.match(plain[hits[0].start() :]) and "§" in plain[hits[0].end() :]:
            return "later_history"
    if hits and all(_is_procedural(plain, cue) for cue in hits) and rest:
        return "procedural"
    return ""


def _is_procedural(plain: str, cue: re.Match[str]) -> bool:
    if (
        cue.group()
        .lower()
        .startswith(("disting", "indisting", "inappos", "misplac", "unlike", "not ", "does", "do ", "dissim"))
    ):
        return False
    near = plain[max(0, cue.start() - 60) : cue.end() + 60]
    return bool(PROCEDURAL.search(near)) and "§" not in plain[max(0, cue.start() - 25) : cue.end() + 25]
