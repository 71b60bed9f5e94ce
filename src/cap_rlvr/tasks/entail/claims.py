"""What a reasoning claims that the court does to the cited case: said in the label's own words or a plain synonym, or denied.

    The tenant asks the court to overrule Harker, but it distinguishes that case.   ->   DISTINGUISHES (OVERRULES is a party's)

A word counts only where it is the court's and the cited case's: what a party wants, another court did, or happens to
another case of the passage or to a motion, is told and not claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cap_rlvr import linear
from cap_rlvr.law.words import words
from cap_rlvr.tasks.entail.truth import LABELS, Label

_ABBREVIATION = linear.compile(
    r"\b(v|vs|[A-Z]|Co|Inc|Corp|Bros|No|Nos|Dist|Sch|Bd|Dept|Ins|Mut|Ltd|St|Mr|Mrs|Dr|Ry|Ass'n|Cty)\.(\s)"
)
_TORN = linear.compile(r"(?i)\b(over|ab|af|up|dis|dist)-(\pL)")  # `over-rules`
_LONGEST_BEFORE, _LONGEST_AFTER = 240, 140  # characters of the clause around a claim
_CLAUSE = linear.compile(
    r"[.!?;:]+(?:\s|$)|,? (?:but|whereas|although|though|while|because|so that) |,? (?:so|and) (?:it|the court|this court) "
    r"|(?:,| and) (?:so|thus|therefore|hence|consequently|meaning that|which means that|which means|which makes) |, (?:the|its) (?:\w+ ){0,2}(?:label|relation\w*|treatment|answer|classification)\b"
)
_CONCLUDES = linear.compile(r"^\W*(?:is|applies|fits|follows|remains|seems|must be|should be|would be) ")
_JOINED = linear.compile(r"(?i) and (?:(?:is|was|so|it|thus|then|therefore|expressly|instead) )*$")
_NOT_AFTER = linear.compile(
    r"(?i), | (?:and|but) (?:not|never|neither|does not|is not) | (?:rather than|instead of|since|where|when|as) "
)
_EMPHASIS = linear.compile(  # words of negation that deny nothing of what follows
    r"(?i)\b(?:(?:without|no|not|n't|nothing|never|beyond)(?: any| a| the| be| in| slightest| open to| choice)* (?:hesita\w*|doubt\w*|question\w*|reserv\w*|delay"
    r"|disput\w*|den(?:y|ied)|contest\w*|unclear|uncertain terms|small part|fail(?:s|ed|ing)? to|less than|short of|shrink\w*|fear\w*)"
    r"|(?:rather|instead)(?:,|\s+(?:it|the court)\b)|n(?:ot|'t) (?:only|just))"
)
_TOLD_NOT = linear.compile(  # `nothing in the passage suggests that the court overrules it`
    r"(?i)\b(?:(?:no|nothing|nowhere|never|not|neither|nor|hardly|\w+n't)\b(?:\W+\w+){0,8}?\W+(?:that|suggest\w*|indicat\w*|sign|hint\w*|sa(?:y|id|ys|ying)"
    r"|show\w*|mean\w*|declar\w*|stat(?:e|es|ed|ing)|announc\w*)|(?:false|untrue|wrong|incorrect|mistaken|mistake) (?:\w+ ){0,3}(?:that|say|think))\b"
)
_NEGATIONS = frozenset(
    [
        "not",
        "no",
        "nor",
        "neither",
        "never",
        "without",
        "nothing",
        "none",
        "rather",
        "instead",
        "cannot",
        "declines",
        "declined",
        "declining",
        "refuses",
        "refused",
        "refusing",
        "nowhere",
        "hardly",
        "short",
        "far",
        "avoids",
        "stops",
    ]
)
_DIRECT = frozenset({"rather", "instead", "never", "neither", "nor", "hardly", "nowhere", "not"})
_PASSIVE = linear.compile(
    r"(?i)\b(?:is|are|was|were|be|been|being)(?: \w+ly| not| never| now| thus| also| so| then| therefore| neither| later| since)* $"
)

# The labels' own words, which count wherever they stand; then synonyms, which count where the clause speaks of the cited case.
_OWN: dict[Label, str] = {
    "OVERRULES": r"overrul\w*|overturn\w*|abrogat\w*|disapprov\w*|disavow\w*|nullif\w*|repudiat\w*",
    "DISTINGUISHES": r"distinguish\w*",
    "AFFIRMS": r"(?:re-?)?affirm\w*|upholds?\b|upheld\b|upholding\b",
    "NONE": r"(?-i:NONE)\b|(?:only|merely|simply|just) (?:cit|mention)(?:es|ed|e|s|ing)?\b",
}
_LIKE: dict[Label, str] = {
    "OVERRULES": r"no longer (?:\w+ ){0,3}(?:law|authority|precedent|rule|force|follow\w*|adher\w*|bind\w*|controls?|governs?|stands?)|"
    r"(?:bad|dead) law|g(?:ives?|ave|iven|iving)(?: \w+){0,3} up|abandon\w*|discard\w*|renounc\w*|invalidat\w*|jettison\w*|supersed\w*|undoes|undone|"
    r"(?:cast|set|sweep|throw|put|push)s? (?:\w+ ){0,4}aside|(?:depart|reced|retreat|resil)\w* from|walks? away from|turns? its back on|"
    r"ceas\w+ to (?:be|bind|have|govern|control)|(?:strip|depriv)\w* (?:\w+ ){0,4}of|(?:put|lay)s? (?:\w+ ){0,4}(?:an end|to rest)|(?:wrongly|wrong when) decided|"
    r"wipes?|(?:from now on|henceforth) (?:\w+ ){0,6}(?:law|rule|authority|bind\w*|rely)|retir(?:es|ed|ing)|do(?:es)? away with|done away with",
    "DISTINGUISHES": r"(?:a|this|the|that) (?:\w+ )?distinction\b|limit(?:s|ed|ing)? (?:\w+ ){0,3}(?:reach|scope)|inapposite|inapplicable|(?:declin|refus)\w* to (?:apply|extend)|(?:not|n't) (?:here )?(?:apply|control\w*|govern\w*|applicable|apposite|in point|on point|reach|fit|extend)|"
    r"no (?:bearing|application|force|relevance|purchase|help)|(?:other|another|different|dissimilar|unlike|else)\b(?: \w+){0,2} (?:facts?|situations?|circumstances|footing|issues?|questions?|matters?|setting|grounds? of fact)|"
    r"(?:factually|materially) (?:different|unlike|dissimilar)|differs?\b|(?:is|are|was) (?:about |on )?something else|arose on|turned on other|confin\w*|"
    r"(?:to|on) its (?:own )?(?:particular )?facts|sets? (?:\w+ ){0,4}apart|does not carry over|lies? outside|out of place",
    "AFFIRMS": r"st(?:ands?|ood|anding) by|ke(?:eps?|pt|eping) to|adher(?:es|ed|ing) to|(?:re-?)?endors\w*|reiterat\w*|ratif\w*|(?:leaves?|lets?|left) (?:\w+ ){0,5}stand(?:ing)?\b|"
    r"renew(?:s|ed)|reconfirm\w*|re-?adopt\w*|breathes? new life",
    "NONE": r"do(?:es)? nothing(?: else| more)? to|(?:cit|quot|mention|invok)\w* (?:\w+ ){0,4}(?:with approval|in passing|as (?:good |settled |background )?(?:authority|support))|"
    r"leaves? (?:\w+ ){0,5}(?:untouched|alone|as it is)",
}
# What NONE may be said with; nothing else would claim it.
_NEUTRAL = linear.compile(
    r"(?i)\b(?:cit(?:e|es|ed|ing|ation)|quot\w+|mention\w*|refer\w*|invok\w*|rel(?:y|ies|ied|iance|ying)|follow(?:s|ed|ing)?|appl(?:y|ies|ied)|authority|support\w*|background|"
    r"named?|names|draws? on|in passing)\b"
)
_FOLLOWS = linear.compile(  # who reaffirms a case may follow it, and NONE covers what is followed
    r"(?i)\bfollow(?:s|ed) (?:it\b|that (?:case|decision|rule)|the (?:cited )?(?:case|decision|precedent|rule|holding))"
)
_SAYS = {label: linear.compile(rf"(?i)\b(?:{words})") for label, words in _OWN.items()}
_HINTS = {label: linear.compile(rf"(?i)\b(?:{_LIKE[label]})") for label in LABELS}
_OF_CASE = linear.compile(
    r"(?i)\b(?:it|its|itself|(?:that|this|the|such|this|older|earlier|cited|same)(?: \w+){0,2} (?:case|decision|precedent|holding|ruling|authority|opinion|rule|law))\b"
)
_ANOTHER = linear.compile(
    r"(?i)\b(?:others?\b|another\b|(?:different|later|earlier|separate|neighbou?ring|companion|those|these|some)(?: \w+){0,2} (?:cases?|decisions?|precedents?|opinions?|authorit\w+|rulings?)\b)"
)
_THING = linear.compile(
    r"(?i)^\W*(?:\w+ ){0,3}(?:motions?|objections?|demurrers?|judgments?|convictions?|sentences?|orders?|rulings? of|verdicts?|decrees?|denials?|dismissals?|awards?|findings?|"
    r"contracts?|leases?|agreements?|sales?|exceptions?|pleas?|petitions?|contentions?|arguments?|claims?)\b"
)
_THIRD = linear.compile(
    r"(?i)\b(?:part(?:y|ies)|plaintiffs?|defendants?|appell(?:ant|ee)s?|petitioners?|respondents?|tenants?|employers?|insurers?|counsel|state|government|prosecut\w+|dissent\w*|"
    r"concurr\w*|someone else|others|legislature|congress|(?:trial|lower|district|circuit|appellate|another|other|different|later|earlier|inferior|federal|second|higher) (?:courts?|panels?|judges?)|"
    r"courts? below|court of (?:\w+ )?appeals?|\w+ circuit)\b"
)
_ASKS = linear.compile(
    r"(?i)\b(?:attempt|seek|sought|urg|ask|argu|contend|insist|invit|request|propos|want|tri|try|claim|suggest|maintain|believ|hop|effort|bid|would|invitation|plea)\w*\b"
)
_TRYING = linear.compile(
    r"(?i)\b(?:attempt|tr(?:y|ies|ied)|effort|seek|sought|ask|urg|invit|want|bid|plea|request|hop)\w* (?:\w+ ){0,4}to (?:\w+ly )?$"
)
_COURT_TRIES = linear.compile(
    r"(?i)\b(?:court(?:'s)?|it|its)(?: \w+){0,2} (?:attempt|tr(?:y|ies|ied)|effort|seek|sought|want|bid|hop)\w* "
)
_ASKED = linear.compile(r"(?i)\b(?:asked|urged|invited) to $")
_EXCEEDED = linear.compile(r"(?i)\b(?:more than|beyond|further than)(?: \w+){0,2} $")
_NOBODY = linear.compile(r"(?i)\b(?:nothing|nowhere|nobody|none|no one|no (?:part|word|line|sentence|passage))\b[^,]*$")
_COURT = linear.compile(r"(?i)\b(?:the|this) court\b|\bCitingcase\b")
_BY_OTHER = linear.compile(
    r"(?i)^\W*(?:\w+ ){0,4}?(?:by (?:a |an |the |some )?(?:another|other|later|higher|different|second|subsequent|legislature|statute|different|dissent\w*|part(?:y|ies)|supreme|trial|lower|court of|[A-Z]\w+ circuit)|on other grounds)\b"
)


@dataclass(frozen=True)
class Names:
    """The words that tell the cited case, in lower case; ``others`` are of any other name in the passage."""

    cited: frozenset[str]
    others: frozenset[str]


CITING, CITED = "Citingcase", "Citedcase"  # what stands for a case's full name, so that `State` in it is no party


def with_signs(text: str, citing: str, cited: str) -> str:
    """A text on one line, without stops of abbreviations, labels unhyphenated, each case's full name as a sign of its own."""
    text = _TORN.sub(r"\1\2", " ".join(text.split()))
    for name, sign in ((" ".join(cited.split()), CITED), (" ".join(citing.split()), CITING)):
        text = _naming(name).sub(sign, text) if name else text
    return _ABBREVIATION.sub(r"\1\2", text)


@lru_cache(maxsize=512)  # the completions of one group are judged against one truth
def _naming(name: str) -> linear.Pattern:
    return linear.compile(f"(?i){linear.escape(name)}")


def claim_fault(text: str, label: Label, names: Names) -> str:
    """`other_label`, `denies_label`, `label_unsaid`; empty where a reasoning, with its signs, claims its own label and no other."""
    disowned = False  # another label is denied, or told of someone or something else
    for other in LABELS:
        if other == label:
            continue
        for verdict in _claims(text, other, label, names):
            if verdict == "claimed":
                return "other_label"
            disowned = True
    own = _claims(text, label, label, names)
    if "denied" in own:
        return "denies_label"
    said = "claimed" in own or (label == "NONE" and (disowned or bool(_NEUTRAL.search(text))))
    return "" if said else "label_unsaid"


def _claims(text: str, label: Label, right: Label, names: Names) -> list[str]:
    """`claimed`, `denied` or `told` for each place where a text speaks of a label."""
    found = [_verdict(text, hit.span(), label, right, names) for hit in _SAYS[label].finditer(text)]
    for hit in _HINTS[label].finditer(text):
        verdict = _verdict(text, hit.span(), label, right, names, strong=False)
        if label == right:
            found += ["claimed"] if verdict == "claimed" else []
        elif _speaks_of_cited(text, hit.span(), names):
            found.append(verdict)
    if label == "NONE" and right in ("OVERRULES", "DISTINGUISHES"):
        found += [_verdict(text, hit.span(), label, right, names) for hit in _FOLLOWS.finditer(text)]
    return found


def _verdict(text: str, span: tuple[int, int], label: Label, right: Label, names: Names, strong: bool = True) -> str:
    said = text[span[0] : span[1]].lower()
    whole = _CLAUSE.split(text[max(0, span[0] - _LONGEST_BEFORE) : span[0]])[-1]
    after = _CLAUSE.split(text[span[1] : span[1] + _LONGEST_AFTER])[0]
    # `it does not overrule or affirm it, NONE is right`
    if said.upper() == text[slice(*span)] and _CONCLUDES.search(after):
        whole = whole.rsplit(",", 1)[-1]
    passive = bool(_PASSIVE.search(whole)) or said.endswith(("able", "apposite", "applicable"))
    if _denied(whole, said, after, passive):
        return "denied"
    if _third_party(whole, right) or _EXCEEDED.search(whole) or (passive and _BY_OTHER.search(after)):
        return "told"
    if label == right:
        return "claimed"
    near = after.split(",")[0]
    inside = any(_whose(word, names) == "cited" for word in _words(said))
    owner = "cited" if inside else _owner(whole, near, passive, names)
    if owner == "other" or (right == "NONE" and _ANOTHER.search(whole if passive else near)):
        return "told"
    if strong and owner == "" and _THING.search(after):
        return "told"
    return "claimed"


def _denied(before: str, said: str, after: str, passive: bool) -> bool:
    clause = _EMPHASIS.sub(" ", before)
    finite = not passive and any(word.endswith(("s", "ed")) for word in (*said.split()[:1], *said.split()[-1:]))
    if finite and _JOINED.search(clause):
        return False
    words = _words(clause)
    nobody = _NOBODY.search(clause)
    if _TOLD_NOT.search(clause) or (nobody and not _COURT.search(nobody.group())):
        return True
    if finite:
        near = words[-3:]
        if any(word in _DIRECT or word.endswith("n't") for word in near):
            return True
    elif any(word in _NEGATIONS or word.endswith("n't") for word in words[-14:]):
        return True
    behind = _words(_NOT_AFTER.split(after)[0])[:4]
    return any(word in _NEGATIONS or word.endswith("n't") for word in behind)


def _third_party(before: str, right: Label) -> bool:
    """Whether someone else than the court is the subject: for NONE anyone, else only who asks for it."""
    if _TRYING.search(before):
        return not _COURT_TRIES.search(before)
    third = list(_THIRD.finditer(before))
    if not third:
        return bool(_ASKED.search(before))
    rest = before[third[-1].end() :]
    asks = bool(_ASKS.search(rest))
    return asks or (right == "NONE" and not _COURT.search(rest))


def _owner(before: str, after: str, passive: bool, names: Names) -> str:
    """Whose fate a claim is, by the nearest name: `cited`, `other`, or empty where there is no name."""
    behind = next((one for one in (_whose(word, names) for word in _words(after)) if one), "")
    ahead = next((one for one in (_whose(word, names) for word in reversed(_words(before))) if one), "")
    return (ahead or behind) if passive else (behind or ahead)


def _whose(word: str, names: Names) -> str:
    word = word.removesuffix("'s").replace("'", "")
    return "cited" if word in names.cited or word == CITED.lower() else "other" if word in names.others else ""


def _speaks_of_cited(text: str, span: tuple[int, int], names: Names) -> bool:
    before = _CLAUSE.split(text[max(0, span[0] - _LONGEST_BEFORE) : span[0]])[-1]
    after = _CLAUSE.split(text[span[1] : span[1] + _LONGEST_AFTER])[0]
    clause = f"{before} {text[slice(*span)]} {after}"
    return bool(_OF_CASE.search(clause)) or any(_whose(word, names) == "cited" for word in _words(clause))


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words(text))
