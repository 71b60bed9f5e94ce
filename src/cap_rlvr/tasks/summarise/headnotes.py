"""The reporter's headnotes in a decision's head matter: their catchwords, and their sentences as statements of law."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cap_rlvr.tasks.summarise.words import FUNCTION_WORDS, RAREST, sentences, stem, weight

MIN_WORDS, MAX_WORDS = 8, 85  # of one statement
MAX_CHARS = 2_000  # of all headnotes together: the first ones say what the case is known for
_ROLE = (
    r"(?:plaintiffs?|defendants?|appell\w+|respondents?|petitioners?|relators?|state|people|commonwealth|complainants?|"
    r"motion|claimants?|libell?ants?|prisoner|accused|government|insurers?|prosecution)"
)
_STOP = re.compile(  # what follows the headnotes: how the case came up, who appeared, the reporter's own story
    rf"\W*(?:Appeals? (?:by|from|to)|Error (?:to|from)|Case (?:reserved|made)|Tried below|Certiorari|Motion|Ejectment|"
    r"Action|Suit|Proceedings?|Application|Habeas corpus|Demurrer|Petition|Bill (?:in|of|to)|In equity|Contested|"
    r"This (?:is|was) (?:an?|the)|On (?:the )?\d|On or about|The (?:indictment|appellant|facts|opinion|statement|"
    r"defendants? was|defendants? were|plaintiffs? (?:sued|brought))|Plaintiffs? below|Appellant was|Before |Argued|Decided|"
    r"Submitted|Messrs|Heard|Indictment (?:for|charg)|Prosecution for|Questions? )"
    rf"|.{{0,140}}[\w.,)] (?:on brief\)?,? )?(?:for|contra|opposed)(?:,? the| said)? {_ROLE}\b|[\w., &’']+(?:contra|opposed)\.?$"
    r"|.*\bAttorney[- ]General\b|[^.]{0,60}\.?[^.]{0,90}\bfor the \w+(?: \w+)?\.?$|.*\bon (?:the )?brief\b|.*\bargued the cause\b",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"\W*(?:No\. |Decided|Argued|[\[(]*Civ\.|Record No|Docket|Court of|Supreme Court|County Court|Case No|In Equity|"
    r"\([A-Z][a-z]+ Division|(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)|"
    r".*\bv(?:s)?\. |MATTER OF|In re\b|Ex parte\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^\W*(?:<?\d{1,2}|[ivx]{1,4})?\s*[.)]+\s*[—-]?\s*", re.IGNORECASE)
_TITLE_THEN_TEXT = re.compile(r"^(?P<title>[A-Z][^.]{2,110}?)\.\s?[—–-]+\s?(?P<text>[A-Z].{40,})$", re.DOTALL)
_TOPIC_BREAK = re.compile(r"\s*(?:—|–|&emdash;|\.|;|--)+\s*")
_NO_TOPIC = re.compile(
    r"^(?:same|id)$|\b(?:(?:supreme|circuit|district|county|superior|appellate) court|court of appeals?|no|division|department|reported|term|sitting|plaintiffs?|defendants?)\b"
)
_TOPIC = re.compile(r"[A-Za-z][A-Za-z ,']{3,48}[A-Za-z]")
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|may|must|can|cannot|could|does|do|did|shall|will|should|would|might|applies|apply|"
    r"requires?|includes?|begins?|confers?|gives?|makes?|prevents?|ceases?|extends?|possess(?:es)?)\b"
)
_QUOTES = re.compile(r"[\"“”]")
_TO_BE = re.compile(r"\bto (?:have|do)\b(?: been)?")
_HELD = re.compile(
    r"(?P<lead>^|[\s,:;.—-]+)(?:it (?:is|was) |and |but )?held(?:,? (?:further|also|upon error brought))?(?P<mark>[,:]? that|,|:)\s+",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?:where|when|if|under|upon|on|in|after|as|because|for|at|by|from)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"(?:it|he|she|they|this|these|those|such|his|her|its|their|we|our|i|said|same|the same|so|here|there(?:fore)?|that|see|"
    r"following|also|furthermore|moreover|neither|either|but|and|or|nor|thus|hence|accordingly|besides|which|who|to)\b",
    re.IGNORECASE,
)
_UNFIT = re.compile(
    r"[\"“”?*\[\]•■^|\\<>{}=]|\bsee\b|\bquære|\bquære|\bqucere|\bit seems\b|\bante\b|\bpost\b|\bsupra\b|\bid\.|\bv(?:s)?\. "
    r"|\bRep\.|\bS\. ?W\.|\bstated in (?:the )?opinion|\b\w+\d[a-z]|&c|, e\.|\bante, |\bpost, |\.—|— *Same|\b[A-Za-z]-\b",
    re.IGNORECASE,
)
_OF_BEFORE = re.compile(  # within the first eight words, where nothing that it could mean has been named
    r"(?:[\w’']+,? ){0,8}?(?:(?:said|such) (?!(?:as|that|a|an|other|case|cases|manner|extent|time)\b|(?:\w+ ){1,8}as\b)|(?:these|those)[ -](?!\w+ (?:who|which|that|of|in)\b))"
    r"|.*\bthat (?:suit|action)\b",
    re.IGNORECASE,
)
_OF_SOMEONE = re.compile(r"(?:\w+ ){1,2}(?:he|she|they|his|her|their)\b", re.IGNORECASE)
_PLEADED = re.compile(  # what a party said is no law
    r"the (?:plaintiff|defendant|complainant|relator|petitioner|appellant|appellee|respondent)s?\b[^,]{0,30}?"
    r"\b(?:alleg(?:es?|ed)|presented|filed|moved|sued|claim(?:s|ed)|contend(?:s|ed)|insist(?:s|ed)|pray(?:s|ed))\b|.*\bit appears? that\b",
    re.IGNORECASE,
)
_STRAY_STOP = re.compile(r"(?<=[a-z])\. (?=[a-z]{2,})")
_SUBORDINATE = re.compile(r"\b(?:where|when|if)\b")
_DEPENDENT = re.compile(r"(?:where|when|if|although|though|while|because|since|after)\b", re.IGNORECASE)
_CONCLUDES = re.compile(
    r"\b(?:error|should|must|may|can(?: |)not|cannot|shall|properly|correctly|improper\w*|(?:is|was|were|be|being|not) proper|(?:in)?sufficient(?:ly)?|"
    r"(?:in)?admissible|(?:in)?competent|(?:im)?material|warranted|authori[sz]ed|required|necessary|entitled|liable|void|"
    r"(?:in)?valid|guilty|justified|(?:un)?lawful|will not|did not (?:apply|warrant|authorize|require|constitute)|(?:is|are)(?! (?:alleged|charged|claimed|said))|"
    r"(?:conviction|judgment|verdict) (?:was|is|will be|must be) (?:sustained|affirmed|set aside|reversed)|"
    r"acquires|no abuse|fatal|defective|correct)\b"
)
_SAYS_LAW = re.compile(  # what is only told in the past tense is a fact of the case, not its law
    rf"{_CONCLUDES.pattern}|\b(?:may|must|shall|can|has|have|does|do|possess(?:es)?|extends?|applies|apply|confers?|gives?|"
    r"includes?|prevents?|requires?|depends?|ceases?|belongs?|arises?)\b"
)
_FRAGMENT = re.compile(
    r"(?:error|no error|reversible error|void|valid|sufficient|not|held|of|as to|for|than|however|attention)\b|[A-Z]\. |.*\b(?:considered|discussed|construed|approved|followed)$|.*\breviewed and held\b|.*\bnegro",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:Following|Overruling|Distinguishing|Approving|Citing|Compare|Affirm(?:ed|ing)|Revers(?:ed|ing))\b.*$",
    re.DOTALL,
)
_OCR = re.compile(
    r"\b(?:tbe|tho|aud|thc|tlie|hy|wliich|iu|oi|ol|bo|lie|liis|tli\w*|rvas|fco|witb|tbat|sucb|eourt|wbere|sbould|lias|op|ob|por|"
    r"ease|prom|ho|be (?:is|was))\b(?! of the)|[a-z][A-Z]|[A-Z]{2}[a-z]|(?<![\w'’.])[b-hj-zB-HJ-Z](?![\w.'’])|[,.;]{2}|\s[,.;](?:\w|\s)|[a-z]-\s|\s-\w|"
    r"\bw[bl]\w+|\b[Ww]hore\b|\b(?:ami|ana|liog|tr)\b|\bwhich be \w+(?:s|ed)\b|[a-z],[a-z]|[a-z]\.[A-Za-z]{2}|[A-Z]{4,}\s+[A-Z]{3,}|[^\x00-\x7f—–‘’“”§]|\d[a-z]{2}(?<!st|nd|rd|th)|[a-rt-z]['’] |[ -]['‘]\w|[a-z]-[a-z]+-to|-to\b|[a-z]['’][a-z]{3,}|_"
    r"|[a-z]\d\b|\bnot he \w+ed\b"
)  # fmt: skip
_MISREAD = {  # what scanning made of common words, where it made no other word of them
    "tbe": "the", "tlie": "the", "thc": "the", "tbat": "that", "tliat": "that", "tbey": "they", "tbeir": "their", "tbis": "this",
    "tbere": "there", "tbese": "these", "tbose": "those", "tben": "then", "wbich": "which", "wliich": "which", "whicb": "which",
    "wbere": "where", "wben": "when", "wbo": "who", "wbat": "what", "bave": "have", "sucb": "such", "witb": "with", "aud": "and",
    "otber": "other", "upou": "upon", "tbereof": "thereof", "wbether": "whether", "sball": "shall", "sbould": "should",
    "wbicb": "which", "liis": "his", "liim": "him", "bim": "him", "iliis": "this",
}  # fmt: skip
_MISREAD_WORD = re.compile(rf"\b(?:{'|'.join(_MISREAD)})\b", re.IGNORECASE)
_LOWER = re.compile(r"(?<![\w'’])[a-z]{2,}")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]+")
_AND = re.compile(r", and\b")
_POSTURE = re.compile(
    r"(?P<appeal>Appeals?(?: by [^.;]{0,80}?)? from an? (?:conviction of |judgment |order |decree )[^.;,\n]{5,110})"
    r"|(?P<motion>Motions? (?:to|for) [^.;,\n—]{4,90})|(?P<error>Error to (?:the )?[A-Z][^.;,\n]{4,60})"
)
_POSTURE_END = re.compile(
    r",? (?:\w+ly )?(?:rendered|entered|made|herein|on the \d|dated|which|in an action|wherein|filed)\b.*$"
)
MAX_POSTURE_WORDS = 18


@dataclass(frozen=True)
class Statement:
    """A statement of law: ``text`` can stand after "that", and is read from [start, end) of the head matter."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Headnotes:
    """``text`` is all of the headnotes, at [start, end) of the head matter; ``topics`` their catchwords."""

    text: str
    start: int
    end: int
    topics: tuple[str, ...]
    statements: tuple[Statement, ...]
    posture: Statement | None


def read_headnotes(head_matter: str) -> Headnotes | None:
    """The headnotes after the caption, None where there are none that state anything."""
    topics: list[str] = []
    bodies: list[tuple[int, int]] = []
    for start, end in _lines(head_matter):
        line = head_matter[start:end]
        if _STOP.match(line):
            if bodies:
                break
            continue
        if not bodies and _CAPTION.match(line):
            continue
        opening = _NUMBERED.match(line)
        low = start + (opening.end() if opening else 0)
        titled = _TITLE_THEN_TEXT.match(head_matter[low:end])
        if titled and not _FINITE.search(titled["title"]):
            topics += _topics(titled["title"])
            low += titled.start("text")
        text = head_matter[low:end]
        if len(text.split()) >= MIN_WORDS and _FINITE.search(text):
            bodies.append((low, end))
        else:
            topics += _topics(text)
        if bodies and end - bodies[0][0] > MAX_CHARS:
            break
    if not bodies:
        return None
    statements = [one for start, end in bodies for one in _statements(head_matter, start, end)]
    text = "\n".join(head_matter[start:end].strip() for start, end in bodies)
    return Headnotes(
        repaired(text[:MAX_CHARS]),
        bodies[0][0],
        bodies[-1][1],
        tuple(dict.fromkeys(topics)),
        tuple(statements),
        posture(head_matter),
    )


def repaired(text: str) -> str:
    """A text with its common misread words put right."""

    def put(hit: re.Match[str]) -> str:
        word = _MISREAD[hit.group().lower()]
        return word.capitalize() if hit.group()[0].isupper() else word

    return _MISREAD_WORD.sub(put, text)


def posture(head_matter: str) -> Statement | None:
    """How the case came up, as the reporter tells it: `the case came up on an appeal from a conviction of theft`."""
    hits = list(_POSTURE.finditer(head_matter))
    for hit in [hit for hit in hits if hit["appeal"]] or hits:  # a motion beside an appeal is a headnote's subject
        told = " ".join(_POSTURE_END.sub("", hit.group()).split()).strip(" ,")
        if _UNFIT.search(told) or _OCR.search(told) or len(told.split()) > MAX_POSTURE_WORDS or len(told.split()) < 4:
            continue
        told = re.sub(r" (?:denied|granted|overruled|sustained)$", "", told)
        told = re.sub(r"^Appeals?(?: by .*?)? from", "an appeal from", told)
        told = (
            re.sub(r"^Motions? ", "a motion ", told)
            .replace("New Trial", "a new trial")
            .replace("for new trial", "for a new trial")
            .replace("a a new trial", "a new trial")
        )
        told = re.sub(r"^Error ", "error ", told)
        told = re.sub(r"\b[A-Z]{3,}\b", lambda word: word.group().lower(), told)
        return Statement(f"the case came up on {told}", hit.start(), hit.end())
    return None


class Names:
    """The names in a decision: words that it writes with a capital inside its sentences, and never without."""

    def __init__(self, text: str) -> None:
        self._lower = frozenset(_LOWER.findall(text))
        self._names = frozenset(_NAME.findall(text))

    def has(self, word: str) -> bool:
        """Whether a capitalised word at the head of a sentence is a name; a word of no other case counts as one."""
        plain = word.lower()
        if plain in FUNCTION_WORDS or plain in self._lower:
            return False
        return word in self._names or weight(stem(plain)) == RAREST


def as_clause(text: str, names: Names) -> str:
    """A sentence as it stands after "that": no full stop, a small first letter unless its first word is a name."""
    text = " ".join(text.split()).strip(" .,;:—–-")
    first = re.match(r"[A-Za-z]+\b(?! [A-Z][a-z])|(?:The|An?|In|No|Under|Where|When|If|Upon|On)\b", text)
    if first and not names.has(first.group()) and first.group() != "I" and not first.group()[1:].isupper():
        text = text[0].lower() + text[1:]
    return text


def _shorter(text: str) -> str:
    """A long sentence up to an "and" that joins two statements."""
    if len(text.split()) <= MAX_WORDS:
        return text
    joints = [hit.start() for hit in _AND.finditer(text) if len(text[: hit.start()].split()) <= MAX_WORDS]
    return next((text[:end] for end in reversed(joints) if _is_closed(text[:end])), text)


def _is_closed(text: str) -> bool:
    """Whether a text goes on, after the last condition in it, to say what then holds in law."""
    last = max((hit.start() for hit in _SUBORDINATE.finditer(text)), default=0)
    return _has_main_clause(text[last:]) if last else True


def _points_back(text: str) -> bool:
    """Whether a statement names what only the sentences before it tell: `such conduct`, `said license`, `if she had`."""
    return bool(_OF_SOMEONE.match(text) or _OF_BEFORE.match(text))


def _has_main_clause(text: str) -> bool:
    """Whether a sentence that opens with a condition goes on to say what then holds in law."""
    return bool(_CONCLUDES.search(text, text.find(",") + 1)) if "," in text else False


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1


def _topics(title: str) -> list[str]:
    """The catchwords of a title: `Local Option—Charge of Court` -> local option, charge of court."""
    parts = (part.strip(" ,'") for part in _TOPIC_BREAK.split(title))
    kept = [
        part.lower() for part in parts if not part.endswith("ble") and _TOPIC.fullmatch(part) and not _OCR.search(part)
    ]
    return [
        part for part in kept if not _NO_TOPIC.search(part) and 1 <= len(part.split()) <= 6 and not _FINITE.search(part)
    ]


def _statements(head_matter: str, start: int, end: int) -> Iterator[Statement]:
    body = head_matter[start:end]
    for low, high in sentences(body):
        statement = _statement(_CUT.sub("", body[low:high]))
        if statement:
            yield Statement(statement, start + low, start + high)


def _statement(sentence: str) -> str:
    """What a headnote's sentence states, the reporter's "held" left out; empty where it can't stand alone."""
    text = _STRAY_STOP.sub(" ", " ".join(_QUOTES.sub("", repaired(sentence)).split())).strip(" .—–-'‘’")
    held = list(_HELD.finditer(text))
    if len(held) > 1:
        return ""
    if held:
        before, after = text[: held[0].start()].strip(" ,;:."), text[held[0].end() :]
        whole = f"{before}, {after[:1].lower()}{after[1:]}"
        conditional = _CONDITION.match(before) and not (_DEPENDENT.match(before) and _has_main_clause(before))
        text = whole if conditional and len(whole.split()) <= MAX_WORDS else after
    if len(text.split()) > MAX_WORDS:
        text = _shorter(text.partition(";")[0])
    return text if _stands(text) else ""


def _stands(text: str) -> bool:
    """Whether a text is a whole sentence that says something without the sentences around it, and was well read."""
    said = text.split()
    if not MIN_WORDS <= len(said) <= MAX_WORDS or not _FINITE.search(_TO_BE.sub(" ", text)):
        return False
    if _UNFIT.search(text) or _OCR.search(text) or _PRONOUN.match(text) or _FRAGMENT.match(text):
        return False
    if not _has_main_clause(text) if _DEPENDENT.match(text) else not _SAYS_LAW.search(text):
        return False
    if _points_back(text) or _PLEADED.match(text):
        return False
    title = sum(word[0].isupper() for word in said[1:]) > 0.35 * len(said)
    return not title and text.count("(") == text.count(")") and text[-1].isalnum()
