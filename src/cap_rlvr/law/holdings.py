"""Where a court states its holdings: "(holding that …)", "Held, that …" in a syllabus, and "we hold that …".

Every statement is found, so that a prompt can hide all of them; ``fault`` says why one is not fit to be quoted alone
as a holding of the court (attributed, quoted, cut short, about the parties only …), and is empty where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from cap_rlvr.law.sentences import sentence_spans

Kind = Literal["parenthetical", "syllabus", "note", "we_hold"]
Range = tuple[int, int]

MIN_WORDS, MAX_WORDS = 8, 60
MIN_CONTENT_WORDS = 4  # fewer, beside procedural words, is a conclusion about the parties and no rule
MIN_NOTE_WORDS = 7  # content words; what a note of fewer says is true of many cases
_REACH = 900  # characters after a cue within which a statement of 60 words must have ended

_ADVERB = (
    r"(?:therefore|thus|accordingly|also|further|furthermore|now|hereby|again|likewise|consequently|then|so|"
    r"nevertheless|however|instead|simply|only|first|second|finally|additionally|specifically|unanimously|merely|"
    r"today|must|do|hence|moreover|expressly|explicitly|as a matter of law)"
)
_HOLD = r"(?:hold|conclude|are(?:\s+\w+ly)?\s+of\s+(?:the\s+)?opinion)"
_ALSO = r"(?:only|further|also|therefore|however|accordingly|here|now|today|then)"
_WE_HOLD = re.compile(
    rf"\b(?:[Ww]e,?(?:\s+{_ADVERB},?){{0,2}}\s+{_HOLD}|[Oo]ur\s+(?:holding|conclusion)\s+is|"
    rf"[Ii]t\s+is\s+(?:the|our)\s+opinion(?:\s+of\s+this\s+court)?|[Tt]his\s+[Cc]ourt\s+(?:is\s+of\s+(?:the\s+)?opinion|holds)),?"
    rf"(?:\s+{_ALSO},?){{0,2}}\s+that,?\s"
)
_PARENTHETICAL = re.compile(r"\(\s*holding,?\s+that,?\s")
_HELD = re.compile(r"\b(?:it\s+(?:was|is)\s+)?(?:[Hh]eld|HELD)\b")
_AFTER_HELD = re.compile(
    r"[.,:;\s—–-]*(?:(?:also|further|therefore|accordingly|likewise|moreover|again|too|in effect)[,:;\s]*)?"
    r"(?:\(?\d{1,2}(?:st|d|nd|rd|th)?[.)]\s*)?(that\b[,\s]*)?",
    re.IGNORECASE,
)
_LIKE_HOLDING = re.compile(
    r"\b(?:(?:we|court|justices?)\s+(?:\w+,?\s+){0,2}(?:hold|held|holds|conclude|concluded)\b|"
    r"(?:our|the)\s+holding\b|our\s+conclusion\b|opinion,?\s+that\b|opinion\s+of\s+this\s+court\b|(?:it\s+(?:is|was)\s+)?held,?\s+that\b|hold(?:s|ing)?,?\s+that\b)",
    re.IGNORECASE,
)
_NOT_OWN = re.compile(
    r"(?:\b(?:if|unless|whether|should|were|until|before|lest|may|might|could|would|can|cannot|not|neither|nor|do|did|reason|request)\s+(?:\w+\s+)?|"
    r"\b(?:contend|argu|urg|ask|claim|insist|maintain|suggest|request|invit|submit|believ|dissent|requir)"
    r"(?:e|s|es|ed|ing)?\b[^,.;]{0,80})$",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"\b(?:because|since|as|although|though|while|having|inasmuch as)(?:,[^,.;]{2,60},)?\s+$", re.IGNORECASE
)
# "2. Same.—The …" or "(1.) Theft — Charge of court.\nThe …": a numbered note of a syllabus up to its text
_NOTE = re.compile(r"^\(?(\d{1,2})[.)]+\s*[.—–-]*\s*[A-Z][^\n]{2,160}?(?:\.\s?[—–]\s?|[.—–]*\n)(?=[A-Z])", re.MULTILINE)
_NOTE_POINTS_ELSEWHERE = re.compile(
    r"(?:see|for|appeal|error|same|note|facts|opinion|statement|article|section)\b", re.IGNORECASE
)
_FORMAL = re.compile(
    r"\b(?:approved|usual|proper|correct|regular) (?:\w+ )?(?:precedents?|forms?)\b|\bapproved by this court\b",
    re.IGNORECASE,
)
# "We hold that …, and that …": the second `that` is the cue's own, unless a word before it has a clause of its own.
_AND_THAT = re.compile(
    r"(?:[,;]? )((?:and|but)(?: further| also| therefore| thus| rather)?),? that\b(?! (?:is|are|was|were)\b)"
)
_THAT_CLAUSE = re.compile(
    r"\b(?!(?:and|but|or|so|the|an?|all|one|those|findings?|of|in|to|for|with|from|by|on)\b)\w+,? that\b"
    r"(?! (?:would|will|may|might|could|can|must|should|shall|is|are|was|were|has|have|had|does?|did|not)\b)",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^(?:(?!\w that\b).)*[,;] that\b.*[,;] (?:and|but) that\b|"
    r"\band (?:refus|reject|not|stat|affirm|revers|conclud|declin|remand|uphold)ing\b"
)
_IN_SENTENCE = re.compile(r"(?:[.;?!][\"”’')\]]*\s+|\{\d+\})(?=\S)")
_QUOTE = re.compile(r"[\"“”„]|(?<!\w)['‘][A-Za-z]|``")
_ATTRIBUTED = re.compile(
    r"\b(?:held in|court held|courts? (?:have|has) held|holding (?:in|of)|as (?:stated|held|announced) (?:in|by)|"
    r"(?:contends?|argues?|urges?|insists?|maintains?|submits?) that|\w+['’]s case|supra|infra|ante|ibid|id\.)",
    re.IGNORECASE,
)
_CITATION = re.compile(
    r"\b\d{1,4}\s+[A-Z][\w.' ]{0,20}\.\s?(?:\([1-4]d\)\s?|[1-4]d\s)?\s?\d{1,5}\b|\b\d{4}[- ][A-Z]{2,6}[- ]\d+|"
    r"\bv(?:s)?\.\s|\bIn re\b|\bEx parte\b"
)
_PRONOUN = re.compile(
    r"(?:it|he|she|they|this|these|those|such|his|her|hers|its|their|theirs|we|our|i|you|who|which|what|one|same|the "
    r"same|the former|the latter|said|all of|none of|here|as to|so)\b",
    re.IGNORECASE,
)
# "It was error to admit …": this `it` stands for nothing that was said before; nor does the `one` of "one who sells".
_STANDS_FOR_NOTHING = re.compile(
    r"(?:it (?:is|was|would be) (?:not )?(?:\w+ly )?(?:reversible |prejudicial |plain |fundamental )?(?:error|erroneous|proper|improper|"
    r"necessary|unnecessary|competent|incompetent|permissible|unlawful|sufficient|immaterial)(?: for [^,;]{3,40}?)? (?:to|that)|"
    r"one (?:who|whose|that))\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:above|before|hereinbefore|heretofore|previously|already|just)[- ](?:mentioned|stated|named|quoted|set|described|recited|"
    r"referred|discussed|outlined|noted|detailed|shown)\b|\baforesaid\b|\babove\W*$|\b(?:mentioned|stated|detailed|described|"
    r"discussed|outlined|quoted|noted|set (?:out|forth)|explained) (?:above|below|here|herein|earlier)\b|\bin this connection\b|"
    r"\breasons stated\b",
    re.IGNORECASE,
)
_DEMONSTRATIVE = re.compile(
    r"\b(?:(?:this|these|those|said|(?:to|of|on|for|by|under|with|from) that) ([a-z]{3,}(?<!ed)(?<!ing))|such (?:an? )?([a-z]{3,})\b"
    r"(?!(?: [\w-]+){0,6} as\b)(?!(?: of(?: \w+){1,3})? that\b))",
    re.IGNORECASE,
)
_ENOUGH_BEFORE_SUCH = 12  # words, in which what a "such claim" stands for has most likely been said
_NEEDS_NONE = frozenset(  # after `this` and the like: what every case has, and what is no noun
    re.findall(
        r"\w+",
        "case cases court courts state country commonwealth jurisdiction action appeal appeals record opinion date day time who whom whose "
        "which that are is was were has have had will would may can does did and nor not the his her its under from with for made "
        "having being enough",
    )
)
_THEM = re.compile(r"\b(?:they|them|themselves|theirs?)\b", re.IGNORECASE)
_PLURAL = re.compile(
    r"\b(?!(?:was|is|has|as|its|his|this|thus|does|unless|less|success|business|access|process)\b)"
    r"(?:\w{2,}s['’]?|men|women|people|children|persons?|jury|court|state|party|each|and|any\w*|every\w*|no one|who)(?!['’]s)\b",
    re.IGNORECASE,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|may|must|can|cannot|could|does|do|did|shall|will|should|would|might)\b",
    re.IGNORECASE,
)
_CUT_END = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Jr|Sr|St|Co|No|Nos|Art|Arts|Sec|Secs|v|vs|Inc|Ltd|Corp|Cir|Ct|Rev|Stat|Ann|App|Cal|Tex|[A-Z])\."
    r"|\b(?i:the|a|an|of|to|and|or|in|by|for|with|under|that|is|was|see|on|upon|at|from|as|if|whether|than|into|he|which|who|not|his|its|their|be|had)\W*|[-,:;(§]|\bdiscretion of the (?:trial|district|lower)\W*)$"
)
_TWO_SENTENCES = re.compile(
    r"(?:[a-z]{2}\d?|\)|[a-z] \d{1,2})[.?!] [A-Z]|\. (?:The|A|An|In|If|Where|When|On|It|This|We|See)\b|[a-z]\.[a-z]{2}"
)
_NOISE = re.compile(
    r"[■•^*~|_{}<>\\�¬°¶†‡«»\[\]]|\b(?:[tT][bk]|[wW]b)[a-z]+|[a-z]&[a-z]|[a-z]{2}\d|\d[a-z]{3}|[a-z]- [a-z]|[a-z]\. [a-z]| [,;]|[a-z][A-Z]|\s\.\s?\w|(?<!['’.(-])\b[b-hj-zB-HJ-Z]\b(?![.)'’-])|\w{25,}|"
    r"\b[Tt]he(?:court|defendant|evidence|state|jury|trial|judge|law)\b|\b(?:tho|hy|lias|tbe|aud|thc|tlie|wliich|oi|ol|bo|tire|tiie|iu|rvas|(?:may|must|to|cannot) he|suck|bim|bave|tire owner|ease|eases|ol|upa|onr)\b"
)
# A word broken in two, a letter misread, a stray mark: "interpreta tion", "in-faet", "cannot be' a", "with, a", "basing 1 his".
_MISREAD = re.compile(
    r" (?:tions?|sions?|ments?|ness|ity|ance|ence|ally|ously|ously|tive|ted|ble|cation|eration|ing)\b|\b(?:re|un|dis|mis|ap|ac|im|ob) [a-z]{2,}|(?<!\bet) al\b| ['’] |q(?!u)[a-z]|"
    r"(?<!cr)(?<!procr)eations?\b|\bfaet|[a-z]dng\b|\d[A-Z]\d|[a-z] -[a-z]|[a-rt-wy]['’] [a-z]|\d [—–-] \d|[a-z]-to [a-z]|"
    r"\b(?:with|against|the|an?), (?:an?|the|him|her|it|them)\b|\w+ing \d [a-z]|[a-z]: [a-z]+: |[a-z],[a-z]|\bho (?:error|evidence)\b|\biliis\b|\bI hat\b"
)
_BREAK = re.compile(
    r"\{\d+\}|\n\s*\n|(?<=[a-z]{2}[.?!])(?=[A-Z]|\d{1,2}[.\s])|(?<=[a-z)][.])[IVX]+\.|[.,]\s+\(?\d{1,2}[.)]\s+(?:—\s*)?[A-Z]|"
    r"(?<=\.)\s+\.|(?<=\))\.(?=[A-Z])"
)
_BRACKET = re.compile(r"[()]")
_FRAGMENT = re.compile(
    r"(?:to|not|and|but|or|(?:reversible |no )?error|void|valid|sufficient|insufficient|correct|proper(?:ly)?|improper(?:ly)?|"
    r"erroneous|good|bad|that)\b|\(",
    re.IGNORECASE,
)
_PARTY_CONCLUSION = re.compile(
    r"^(?:there (?:is|was|were|existed) |the \w+ presented )?(?:not )?(?:the |this |no |any |legally |all |ample )*(?:sufficient |insufficient |substantial |adequate )?"
    r"(?:evidence|testimony|proof|record|facts|findings?)\b(?! that\b)[^,;]*\b(?:sufficient|insufficient|sustain\w*|support\w*|authori[sz]e\w*|warrant\w*|justif\w+|establish\w*)\b|"
    r"\b(?:and|we)(?: therefore| accordingly| hereby| thus)?,? (?:affirm|reverse|remand|reject|vacate|decline|"
    r"(?:(?:do|need|can|will) ?not|cannot) (?:reach|address|consider|decide|discuss|review))\b|"
    r"\bjudgment (?:of|is|was|must|should)\b[^,;]*\b(?:affirm|revers|remand)",
    re.IGNORECASE,
)
_PROCEDURAL = frozenset(
    re.findall(
        r"\w+",
        "the a an of to in on and or by for with that there is was were be been are has have had did do does not no any "
        "this it its his her their as at from under upon so such which who we our all error errors erred err reversible "
        "prejudicial harmless reversed reverse reversal affirmed affirm remanded remand judgment judgments court courts "
        "trial district lower below county appeal appeals appellant appellants appellee appellees defendant defendants "
        "plaintiff plaintiffs state petitioner respondent case cause record evidence sufficient insufficient support "
        "supports supported verdict conviction convictions jury correct correctly properly proper improperly improper "
        "overruled overrule overruling sustained sustain sustaining refused refusing refuse denied deny denying granted "
        "grant granting motion motions bill bills exception exceptions exceptions assignment assignments contention "
        "contentions argument without merit abuse abused discretion discretion its finding findings ruling rulings "
        "decision must should will may new complaint charge charges instruction instructions given giving give "
        "admitted admitting admissible admission inadmissible excluded excluding facts circumstances shown show shows "
        "stated here these those clearly well made make makes issue issues each question questions matter matters ground grounds fact reason reasons requested special presented submitted before opinion law legal committed prejudiced prejudice entitled void valid therefore accordingly",
    )
)


@dataclass(frozen=True)
class Holding:
    """One statement of a holding.

    ``start`` to ``end`` is the clause after the cue, in the text searched; ``text`` is that clause as a sentence of
    its own; ``cue`` is where the cue words begin.
    """

    kind: Kind
    cue: int
    start: int
    end: int
    text: str
    fault: str = ""


def parentheticals(text: str) -> Iterator[Holding]:
    """Each "(holding that …)" up to its closing bracket."""
    for cue in _PARENTHETICAL.finditer(text):
        end = _closing_bracket(text, cue.start())
        if end is None:
            yield Holding("parenthetical", cue.start(), cue.end(), cue.end(), "", "truncated")
        else:
            yield _judged("parenthetical", text, cue.start(), (cue.end(), end))


def we_hold(text: str) -> Iterator[Holding]:
    """Each "we hold that …" up to the end of its sentence; `not_own` where it is another's, supposed or negated.

    `subordinate`: "because we hold that …, we affirm" runs on into another clause.
    """
    for cue in _WE_HOLD.finditer(text):
        clause = (cue.end(), sentence_end(text, cue.start()))
        lead = _IN_SENTENCE.split(text[max(0, cue.start() - 300) : cue.start()])[-1]
        if _NOT_OWN.search(lead) or lead.count('"') % 2 or lead.count("“") > lead.count("”"):
            yield Holding("we_hold", cue.start(), *clause, "", "not_own")
        elif _SUBORDINATE.search(lead):
            yield Holding("we_hold", cue.start(), *clause, "", "subordinate")
        else:
            yield _judged("we_hold", text, cue.start(), clause)


def syllabus(head_matter: str) -> Iterator[Holding]:
    """Each "Held, that …", "Held that …", "held: …" of head matter, up to the end of its sentence or the next one."""
    cues = [cue for cue in _HELD.finditer(head_matter) if _opens_a_holding(head_matter, cue)]
    for cue, following in zip_longest(cues, cues[1:]):
        after = _AFTER_HELD.match(head_matter, cue.end())
        start = after.end() if after else cue.end()
        end = sentence_end(head_matter, start)
        if following is not None and following.start() < end:
            end = max(start, following.start())
        holding = _judged("syllabus", head_matter, cue.start(), (start, end))
        if not holding.fault and not (after and after.group(1)) and not _FINITE.search(holding.text):
            holding = replace(holding, fault="fragment")
        yield holding


def notes(head_matter: str) -> Iterator[Holding]:
    """The first sentence of each numbered note of a syllabus that does not say "Held": the reporter's words for a point
    that the court decided. Numbers that do not count up from 1 are no notes.
    """
    found = list(_NOTE.finditer(head_matter))
    for number, (note, following) in enumerate(zip_longest(found, found[1:]), 1):
        if int(note.group(1)) != number:
            return
        start = note.end()
        paragraph = head_matter[note.start() : following.start() if following else _line_end(head_matter, start)]
        if _HELD.search(paragraph):
            continue
        judged = _judged("note", head_matter, note.start(), (start, sentence_end(head_matter, start)))
        if not judged.fault and (_NOTE_POINTS_ELSEWHERE.match(judged.text) or not _FINITE.search(judged.text)):
            judged = replace(judged, fault="fragment")
        if not judged.fault and (_FORMAL.search(judged.text) or len(content_words(judged.text)) < MIN_NOTE_WORDS):
            judged = replace(judged, fault="too_general")
        yield judged


def like_holdings(text: str, low: int = 0, high: int | None = None) -> Iterator[Range]:
    """The rest of each sentence that speaks of what this or another court holds, own or not: what a prompt must hide.

    Those that begin in [low, high); by default in the whole text.
    """
    for cue in _LIKE_HOLDING.finditer(text, low, len(text) if high is None else high):
        yield cue.end(), sentence_end(text, cue.start())


def sentence_end(text: str, position: int) -> int:
    """The end of the sentence that ``position`` is in; a paragraph mark such as `{12}` ends one too."""
    reach = text[position : position + _REACH]
    for _, end in sentence_spans(reach):
        if end > 3:
            reach = reach[:end]
            break
    mark = _BREAK.search(reach)
    return position + len((reach[: mark.start()] if mark else reach).rstrip())


def content_words(text: str) -> frozenset[str]:
    """The words that carry a statement's meaning: lower case, over two letters, none procedural."""
    return frozenset(re.findall(r"[a-z]{3,}", text.lower())) - _PROCEDURAL


def _judged(kind: Kind, text: str, cue: int, clause: Range) -> Holding:
    start, end = clause
    raw = " ".join(text[start:end].split())
    statement = _as_sentence(raw)
    return Holding(kind, cue, start, end, statement, _fault(raw, statement))


def _as_sentence(raw: str) -> str:
    """The clause with a capital and a full stop, without a footnote mark or "and it is so ordered"."""
    text = re.sub(r"(?<=[a-z.)])\s?\d{1,2}\.?$|(?<=[a-z)])\.\s?\d{1,2}\.?$", "", raw.strip(" ,;:—–-"))
    text = re.sub(r",? and it is so ordered\W*$", "", text)
    text = re.sub(
        r"^((?:in|under|on|upon|where|when|as|for|if|after|by)\b[^,;]{3,120},) that\b", r"\1", text, flags=re.IGNORECASE
    )
    text = _AND_THAT.sub(lambda hit: hit[0] if _THAT_CLAUSE.search(text, 0, hit.start()) else f", {hit[1]}", text)
    text = text.rstrip(" .,;:—–-'’*")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _fault(raw: str, statement: str) -> str:
    words = statement.split()
    checks = (
        ("quoted", bool(_QUOTE.search(raw))),
        ("citation", bool(_CITATION.search(raw))),
        ("attributed", bool(_ATTRIBUTED.search(raw))),
        ("leading_pronoun", bool(_PRONOUN.match(statement)) and not _STANDS_FOR_NOTHING.match(statement)),
        ("points_back", _points_back(statement)),
        ("fragment", bool(_FRAGMENT.match(statement))),
        ("too_short", len(words) < MIN_WORDS),
        ("too_long", len(words) > MAX_WORDS),
        ("several", bool(_LIST.search(statement))),
        ("truncated", bool(_CUT_END.search(raw)) or statement.count("(") != statement.count(")")),
        ("two_sentences", bool(_TWO_SENTENCES.search(statement))),
        ("noise", bool(_NOISE.search(statement) or _MISREAD.search(statement))),
        ("dangling", _dangles(statement)),
        (
            "party_conclusion",
            bool(_PARTY_CONCLUSION.search(statement)) or len(content_words(statement)) < MIN_CONTENT_WORDS,
        ),
    )
    return next((code for code, wrong in checks if wrong), "")


def _points_back(statement: str) -> bool:
    """Whether it speaks of something by name that only the text before it tells ("said license", "as stated above")."""
    if _POINTS_BACK.search(statement):
        return True
    for hit in _DEMONSTRATIVE.finditer(statement):
        noun = hit[hit.lastindex or 1].lower()
        if hit[2] and noun != "circumstances" and len(statement[: hit.start()].split()) >= _ENOUGH_BEFORE_SUCH:
            continue
        if noun not in _NEEDS_NONE and noun[:5] not in statement[: hit.start()].lower():
            return True
    return False


def _dangles(statement: str) -> bool:
    """Whether a "them" comes before any word that it could stand for."""
    them = _THEM.search(statement)
    return them is not None and not _PLURAL.search(statement, 0, them.start())


def note_subject(head_matter: str, note: Holding) -> str:
    """What a note of a syllabus is about, as its caption says: `Local Option — Indictment`; `Same` is spelt out."""
    subject, first = "", ""
    for caption in _NOTE.finditer(head_matter, 0, note.start + 1):
        words = re.split(r"\s*[—–]+\s*|\s+-\s*|\s*-\s+", re.sub(r"^\W*\d+\W*", "", caption.group()).strip(" .—–-\n"))
        if words[0][:4].lower() == "same" and first:
            words[0] = f"{first}{words[0][4:]}".rstrip(" .,")
        first = words[0].split(".")[0]
        subject = " — ".join(word for word in words if word)
    return subject


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _opens_a_holding(text: str, cue: re.Match[str]) -> bool:
    before = text[max(0, cue.start() - 40) : cue.start()].rstrip(' "“')
    after = text[cue.end() : cue.end() + 12].lstrip(' "”')
    opened = (
        not before or before[-1] in ".,;:—–-}])?!" or text[cue.start() - 1] == "\n" or cue.group().lower() != "held"
    )
    return opened and (after[:1] in {",", ":", ";", ".", "—", "–"} or after.startswith("that") or cue.group() == "Held")


def _closing_bracket(text: str, start: int) -> int | None:
    depth = 0
    for bracket in _BRACKET.finditer(text, start, start + _REACH):
        depth += 1 if bracket.group() == "(" else -1
        if depth == 0:
            return bracket.start()
    return None
