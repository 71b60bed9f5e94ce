"""What an opinion offers to a brief: the part that is shown, short facts, short rules, and the authorities it leans on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from cap_rlvr.tasks.summarise.headnotes import Names, as_clause
from cap_rlvr.tasks.summarise.source import arts
from cap_rlvr.tasks.summarise.words import salient, sentences, word_list, words

MAX_CHARS = 6_000  # of opinion in a prompt: about 1,500 tokens
MIN_CHARS = 900
OPENING_SHARE = 0.6  # of what is shown of a longer opinion; the rest is its end, where the order stands
GAP = "[...]"
MIN_WORDS, MAX_WORDS = 6, 14  # of a clause that is repeated word for word: the copy rule allows runs of 15
_OWN_VERB = re.compile(  # a participle after a noun ("the question urged in argument") is no verb of its own
    r"(?<!, )\b(?:was|were|had|did|went|gave|took|made|came|found|told|said|left|brought|sold|bought|held|"
    r"[a-z]{3,}ed(?= (?:that|the|a|an|his|her|no|another|him|two|three|some)\b))\b"
)
_AUTHOR = re.compile(r"\b[A-Z]{3,}\b|\bJ\.|\bJudge\b")
_LEAD = re.compile(r"[^A-Za-z]{0,6}")
MAX_SUBJECT = 9  # words before the verb of a fact
_NO_FACT = re.compile(
    r"\b(?:we|our|us|I|my|you|court'?s?|opinion|should|would|may|must|is|are|it|this case|error|errors|contention|counsel|"
    r"however|therefore|thus|assigned|assignment|argued|insisted|contended|contends|here|above|said|aforesaid|"
    r"affirmed|reversed|remanded|overruled|sustained|if|whether|following|exceptions?|thereof|therein|such|like question|v|having|cited|negro\w*|me|this|there|among|both|can|cannot|will be|opinions?|insists?|claims|has|have|rulings?|latter|improper\w*|void\w*)\b|[\"“”()\[\]:;§*■•&]|\d[a-z]|--",
    re.IGNORECASE,
)
_HARD_CUT = re.compile(
    r", (?:and|but|who|which|where|when|while|alleging|charging)\b|, (?!that\b|to\b)|\b and (?:his|that|was|were|the)\b"
)
_SUBORDINATE = re.compile(
    r"\b(?:who|which|that|when|where|whom|to|what|how|while|since|because|whose|after|before|until|if)\b"
)
_RULE = re.compile(
    r"\b(?:must|may|shall|cannot|can|will|is|are|does|do|has|requires?|begins|avoids|includes?|extends|belongs|passes|gives|makes|takes|"
    r"arises|depends|applies|confers|rests|follows|bars|runs|goes|lies)\b"
)
_RULE_CUT = re.compile(r", (?:and|but|so|for|though|although|since|because)\b|;")
_NO_RULE = re.compile(
    r"\b(?:we|our|us|I|my|you|(?:this|these|those) (?!State\b)|appellants?|appellees?|he|she|they|said|here|question|opinion|errors?|assigned|issue|"
    r"were|had|did|me|properly|in all respects|the case before|(?:the|this) (?:evidence|proof|record)|contends?|insists?|however|therefore|thus|above|counsel|point|first|second|third|been|facts|moved|motions?|demurrer|overruled|sustained|denied|granted|affirmed|reversed|affidavits?|following|testimony|witness|bill|disposed|presented|urged|argued|cited|authorities)\b"
    r"|[\"“”()\[\]:;§*■•&?]|\d",
    re.IGNORECASE,
)
_NORM = re.compile(
    r"\b(?:must|may|shall|cannot|can not|requires?|is (?:not )?(?:bound|entitled|liable|presumed)|does not|do not)\b"
)
_NO_START = re.compile(
    r"(?:It|He|She|They|This|These|Such|But|And|Or|So|In|On|If|When|Where|As|By|For|To|While|Under|Upon|After|At|That|What|Which|Who|"
    r"Nor|Yet|Then|There|Here|All|One|Some|Both|Also|Hence|See|No|Nothing|Neither|How|Why|Had|About|Before|During|Since|Because|From|With|Without|Thereupon|Again|Afterwards|Subsequently|"
    r"Finally|Further|Furthermore|Moreover|Still|Accordingly|Thus|Consequently|Only|Even|Just|Defense|Either|His|Her|Their|Its|My|Our|Unless|Among|Near|Yes|Said)\b"
)
_NOISE = re.compile(
    r"\b(?:tbe|tho|aud|thc|tlie|hy|wliich|iu|oi|ol|bo|lie|liis|rvas|witb|tbat|wbere|lias|op|ease|prom|Tire|ho)\b|[a-z][A-Z]|(?<![\w'’.])"
    r"[b-hj-zB-HJ-Z](?![\w.'’])|[,.;]{2}|\s[,.;]|[^\x00-\x7f—–‘’“”§]|\b[a-z]+-\s"
)
_DANGLING = word_list("no_last_words") | {"he", "she", "they"}
_STATUTE = re.compile(
    r"\b(?:[Aa]rticle|[Ss]ection|[Aa]rt\.|[Ss]ec\.) \d{1,4}(?:-\d+)?(?: (?:of|,) (?:the |our )?(?:[A-Z][\w']*(?: (?:of|and|the) )? ?){1,5})?"
    r"|(?:[A-Z]\w+(?: of)? ){0,3}(?:Penal Code|Code of Criminal Procedure|Revised Statutes|Code Crim\. Proc\.|Penal Law|Code),?"
    r" (?:§|[Aa]rticle|[Ss]ection|[Aa]rt\.|[Ss]ec\.) ?\d{1,4}(?:-\d+)?"
)
_NAME = r"(?:(?:[A-Z][a-z][\w'’&-]*|Co\.|Inc\.|Bros\.|&) ?){1,5}"
_CASE = re.compile(
    rf"(?P<name>{_NAME}v\. ?(?:[Tt]he )?{_NAME}),? (?P<locator>\(?\d{{1,3}} [A-Z][A-Za-z.,]*(?: [A-Z1-9][A-Za-z.]*\.?,?){{0,3}} \d{{1,4}})\b"
)
_CUT_SHORT = re.compile(r"(?: (?:of|the|and|our)| the (?:Acts?|Code|Laws?|Statutes?))+$")
_SIGNAL = re.compile(r"^(?:(?:See|Compare|In|Also|Accord|Cf|The|Under|And|As|Of|By|From|Citing|Rule|Case)[, ]+)+")
_BROKEN = re.compile(  # "testified that when he came", "convicted of theft, and his punishment", "indicted for the crime"
    r"\bthat (?:at|on|when|while|after|before|as)\b|, and (?:his|her|their|the) [\w’']+$|\bthe (?:crime|offense|charge)$|^Bill No"
)
_OTHER_CASE = re.compile(r"\bvs?\. |['’]s case\b")
_AGAINST = re.compile(
    r"\b(?:[Bb]ut [Ss]ee|[Cc]ontra|[Cc]ompare|overrul\w+|disapprov\w+|distinguish\w*|inapposite|contend\w*|relies|cited by)\b"
)


@dataclass(frozen=True)
class Passage:
    """A piece of an opinion: ``text`` as a brief repeats it, read from [start, end) of the opinion."""

    text: str
    start: int
    end: int


def shown_ranges(opinion: str) -> list[tuple[int, int]]:
    """What is shown of an opinion: all of it, or its opening and its end, cut between sentences."""
    if len(opinion) <= MAX_CHARS:
        return [(0, len(opinion))]
    opening = opinion.rfind(". ", 0, int(MAX_CHARS * OPENING_SHARE)) + 1 or int(MAX_CHARS * OPENING_SHARE)
    low = len(opinion) - (MAX_CHARS - opening)
    closing = opinion.find(". ", low)
    return [(0, opening), (closing + 2 if 0 <= closing < low + 500 else low, len(opinion))]


def facts(opinion: str, ranges: list[tuple[int, int]], names: Names) -> Iterator[Passage]:
    """Short statements of what happened, as they stand after "that"."""
    for low, end in _sentences(opinion, ranges):
        lead = _LEAD.match(opinion, low, end)
        start = lead.end() if lead else low
        raw = opinion[start:end]
        if _NO_START.match(raw) or not raw[:1].isupper() or _of_others(opinion, start):
            continue
        for text in _clauses(raw):
            if _tells(text) and not _AUTHOR.search(text) and not _NO_FACT.search(text) and _is_whole(text):
                clause = as_clause(text, names)
                if clause:
                    yield Passage(clause, start, start + len(text))
                break


def rules(opinion: str, ranges: list[tuple[int, int]], names: Names) -> Iterator[Passage]:
    """Short sentences in which the court states a rule."""
    for start, end in _sentences(opinion, ranges):
        raw, *rest = _RULE_CUT.split(opinion[start:end].strip(" .\n"), maxsplit=1)
        if (rest and "," in raw) or _is_quoted(opinion, start):  # cut inside a list
            continue
        said = words(raw)
        if not 7 <= len(said) <= MAX_WORDS + 1 or _NO_START.match(raw) or not _RULE.search(raw):
            continue
        if _NO_RULE.search(raw) or _AUTHOR.search(raw) or not _is_whole(raw) or len(set(salient(said))) < 2:
            continue
        if not (_NORM.search(raw) or arts(said)):
            continue
        clause = as_clause(raw, names)
        if clause[:1].islower():  # a rule about someone by name is none
            yield Passage(clause, start, start + len(raw))


def authorities(opinion: str, ranges: list[tuple[int, int]]) -> Iterator[Passage]:
    """Statutes and cases that the court cites in support of what it says."""
    for low, high in ranges:
        for hit in sorted([*_STATUTE.finditer(opinion, low, high), *_CASE.finditer(opinion, low, high)], key=_start):
            before = opinion[max(0, hit.start() - 90) : hit.start()].rpartition(". ")[2]
            if _AGAINST.search(before):
                continue
            start, text = hit.start(), " ".join(hit.group().split()).strip(" ,.")
            signal = _SIGNAL.match(text) if " v. " in text else None
            text = text[signal.end() :] if signal else text
            text = _CUT_SHORT.sub("", text)
            whole = opinion[start : hit.end()].find(text)
            if (
                whole < 0
                or text.count("(") != text.count(")")
                or _NOISE.search(text.replace(".,", ","))
                or len(text.split()) > MAX_WORDS
                or not text[:1].isalpha()
            ):
                continue
            if " v. " in text and (not _is_case(text)):
                continue
            yield Passage(text, start + whole, start + whole + len(text))


def _start(hit: re.Match[str]) -> int:
    return hit.start()


def _is_case(text: str) -> bool:
    first, _, rest = text.partition(" v. ")
    return len(first) > 2 and first.split()[0] not in ("State", "Co.", "Inc.", "&") and len(rest) > 2


def _paragraph(opinion: str, at: int) -> str:
    """What stands before a place in its paragraph."""
    return opinion[opinion.rfind("\n", 0, at) + 1 : at]


def _is_quoted(opinion: str, at: int) -> bool:
    """Whether a quotation is open at a place: its words are a witness's, a statute's or another court's."""
    before = _paragraph(opinion, at)
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1


def _of_others(opinion: str, at: int) -> bool:
    """Whether a sentence may tell of others than the parties: it is quoted, or a case is cited before it."""
    return _is_quoted(opinion, at) or bool(_OTHER_CASE.search(_paragraph(opinion, at)))


def _sentences(opinion: str, ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for low, high in ranges:
        for start, end in sentences(opinion[low:high]):
            yield low + start, low + end


def _clauses(raw: str) -> Iterator[str]:
    """The sentence itself, or its opening up to a place where a clause may end, if that is short enough."""
    text = raw.strip(" .\n")
    if MIN_WORDS <= len(text.split()) <= MAX_WORDS:
        yield text
    for cut in _HARD_CUT.finditer(text):
        clause = text[: cut.start()]
        if MIN_WORDS <= len(clause.split()) <= MAX_WORDS:
            yield clause


def _is_whole(text: str) -> bool:
    last = text.rsplit(maxsplit=1)[-1].lower().strip(".,")
    return (
        not _BROKEN.search(text)
        and last not in _DANGLING
        and not _NOISE.search(text)
        and text.count(",") <= 2
        and _has_subject(text)
    )


def _tells(text: str) -> bool:
    """Whether the first verb is the clause's own: none of who, which, that, when stands before it."""
    verb = _OWN_VERB.search(text)
    if verb is None or _SUBORDINATE.search(text, 0, verb.start()):
        return False
    return 1 <= len(text[: verb.start()].split()) <= MAX_SUBJECT


def _has_subject(text: str) -> bool:
    """Whether a verb stands after the first word, not at the very end."""
    found = text.split()
    return len(found) > 3 and not any(one == other for one, other in pairwise(found))
