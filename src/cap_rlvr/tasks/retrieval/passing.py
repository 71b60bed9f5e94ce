"""Authorities that an opinion cites only for how courts review a decision, read a statute or contract, or come to a point.

    … we give effect to its plain meaning. See Draper v. Mutual Cas. Co., 116 N.M. 775   (any case about any statute)

Two opinions that share nothing else turn on no common point: of 21 such pairs that were read, 18 did not.
"""

from __future__ import annotations

from collections.abc import Sequence

from cap_rlvr import linear
from cap_rlvr.law.authorities import Mention

_BEFORE, _AFTER = 260, 170  # characters: the sentence that a citation supports, and a parenthetical that explains it
_STRING = 60  # citations nearer than that to one another support one sentence
_CANONS = (
    r"plain\s(?:meaning|language)|clear\sand\sunambiguous|legislative\s(?:intent|purpose)|intent(?:ion)?\sof\sthe\slegislature|"
    r"legislature['\x{2019}]?s?['\x{2019}]?\sintent|statutory\s(?:construction|interpretation)|rules?\sof\s(?:statutory\s)?construction|"
    r"(?:construing|interpreting|construe|interpret)\s(?:a\s|the\s)?statutes?|statutes?\sas\sa\swhole|in\spari\smateria|"
    r"legislature\sis\s(?:presumed|assumed)|"
    r"usual\sand\sordinary|complete\sand\sharmonious|(?:policy|contract|instrument|construed)\sas\sa\swhole|susceptible\s(?:of|to)\s(?:\w+\s)?different|"
    r"(?:contract|policy|clause|terms?|language)\s(?:is|are)\s(?:\w+\s)?(?:un)?ambiguous|whether\san\sambiguity"
)
_REVIEW = (
    r"de\snovo|standards?\sof\s(?:appellate\s)?review|abuse\sof\sdiscretion|abused\sits\sdiscretion|substantial\sevidence|"
    r"cumulative\serror|light\smost\sfavorable|re-?weigh|whole\srecord|defer(?:ence|\sto)\b|mixed\squestions?\sof|"
    r"agency['\x{2019}]?s?['\x{2019}]?\s(?:own\s|legal\s)?interpretation|"
    r"stipulated\sfacts|facts\s(?:(?:are|were)\s)?(?:undisputed|not\sin\sdispute)|genuine\sissue|fact\sis\smaterial|"
    r"issues?\sof\s(?:material\s)?fact|summary\sjudgment\s(?:is|should\sbe|may\sbe)\s\w+|directed\sverdict\sis\s\w+"
)
_PRESERVED = (
    r"(?:deemed|considered)\s(?:abandoned|waived)|first\stime\son\sappeal|(?:cites?|cited|citing|supported\sby)\sno\sauthority|"
    r"for\sthe\swrong\sreason|not\s(?:raised|argued)\sbelow|"
    r"preserv(?:ed?|ing|ation\sof)\s(?:(?:the|an|any|this|that|his|her|their)\s)?(?:issue|error|claim|argument|question|objection)s?"
)
_PASSING = linear.compile(rf"(?i){_CANONS}|{_REVIEW}|{_PRESERVED}")
_SENTENCE_END = linear.compile(r"[.;]\s+[A-Z{\[]")


def only_in_passing(groups: Sequence[Sequence[str]], mentions: Sequence[Mention], text: str) -> tuple[bool, ...]:
    """For each authority of an opinion, whether every sentence that cites it is of that kind."""
    home = {locator: index for index, group in enumerate(groups) for locator in group}
    passing = [True] * len(groups)
    before = low = first = 0
    last: dict[int, int] = {}
    for one in mentions:
        if one.start - before > _STRING:
            low, first = before, one.start
        index = home.get(one.key)
        if index is not None:
            parallel = index in last and one.start - last[index] <= _STRING
            if passing[index] and not parallel:
                lead = text[max(low, first - _BEFORE) : one.start]
                passing[index] = _is_passing(lead, text[one.end : one.end + _AFTER])
            last[index] = one.end
        before = one.end
    return tuple(passing)


def _is_passing(before: str, after: str) -> bool:
    end = _SENTENCE_END.search(after)
    return bool(_PASSING.search(before) or _PASSING.search(after[: end.start()] if end else after))
