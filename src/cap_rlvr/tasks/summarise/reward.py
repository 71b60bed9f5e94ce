"""The summary reward: structure, content, length and language, behind the gates of prose and grounding.

    reward = G x M x (structure .40 + content .30 + length .15 + language .15)

G is 0 for what is no brief of this source in the writer's own words, .3 for each kind of contradiction. M is 0 for what
may be said of any case or is strung together from the source's words, and grows to 1 over short ramps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cap_rlvr.answer import Reply, read_reply
from cap_rlvr.task import nothing
from cap_rlvr.tasks.summarise import grounding, prose
from cap_rlvr.tasks.summarise.compose import gold
from cap_rlvr.tasks.summarise.disposed import agreement
from cap_rlvr.tasks.summarise.sections import Outline, Section, outline
from cap_rlvr.tasks.summarise.source import Key, arts, joined, key_of
from cap_rlvr.tasks.summarise.truth import SummariseTruth
from cap_rlvr.tasks.summarise.words import salient, word_list, words
from cap_rlvr.wire.scoring import Part, Reason, Score, Step

__all__ = ["gold", "score"]

WEIGHTS = {
    "issue": 0.10, "rule": 0.10, "application": 0.10, "conclusion": 0.10,
    "disposition": 0.10, "terms": 0.10, "faithfulness": 0.10, "length": 0.15, "language": 0.15,
}  # fmt: skip
CONTRADICTION = 0.3
FULL_TERMS = 0.40  # term score of a brief that says what the reference says; twice what a good constant gets
# Of a summary's terms, by rarity: its own words on what only the source tells of; honest .32 and more.
OWN_SHARE = (0.20, 0.30)
# Words in runs of four where that share counts: honest briefs have up to .26, stitched cuts .38 and more.
OWN_CUT = (0.36, 0.30)
OWN_TERMS = (0.15, 0.25)  # term score of the words outside cuts, for briefs closer to the source
MIN_MARGIN = 0.05  # over the best constant brief, where that is high
OWN_RECALL = (0.20, 0.30)  # of the key terms, likewise
MIN_WORDS, MAX_WORDS = 40, 260
_MOST_WORDS = 2 * MAX_WORDS  # headings and numbering among them; longer texts are not looked at
FULL_LENGTH = (100, 200)
NO_LENGTH = (60, 240)
FUNCTION_SHARE = (0.30, 0.60)
MIN_GROUNDED = 0.5  # honest briefs have .55 to .92, those of other decisions up to .32
MIN_FOREIGN_TERMS = 3
# Of the terms of a part: with fewer in the source it is about another matter; honest parts have .33 and more.
FOREIGN = 0.25
MIN_SAME_KIND = 0.18  # of neighbouring words: briefs have .27 and more, terms among glue up to .10
MIN_JOINT = 0.2  # bits a joint: briefs have .33 and more, cuts of any size in any order up to -.1
MAX_LOSS = 10.8  # bits in the worst stretch: briefs have up to 10.2; with a part made of cuts most have over 20
MAX_VERBLESS = 0.2  # of the words
GAPS = ((1, 3), (1, 6))  # words between two content words of a summary
# The three shares together: briefs written freely begin at .54, golds mostly at .5; cut and shuffled sources have .3 to .4.
WORD_ORDER = (0.40, 0.48)
# Pairs of content words that the writer put together as the source or reference does, more than by chance: briefs
# written freely have 22.5 and more, golds 21.8, frames around a dozen short phrases seldom over 20.5.
BONDS = (20.8, 21.8)
# The same with LONE for each word of the source that stands alone: golds have 38.6 and more, briefs written freely 52.
LONE = 1.25
BONDS_AND_LONE = (38.0, 38.6)
MAX_COMMON_STEP = 0.038  # canonical briefs have up to .037; a list of topics joined by "and of" has more
MAX_REPEATED = 0.20  # canonical briefs have up to .13, briefs written freely .06; one rule in three parts .4
MIN_WORDS_AN_ITEM = 6.0  # canonical and honest briefs have 7.2 and more, lists of phrases 4 to 5.5
ARTS_FOR_ALL = 6
# Distinct runs of three; the case is named twice: canonical briefs have .87 and more, nine in ten .91.
NO_TRIGRAMS, FULL_TRIGRAMS = 0.7, 0.9
MIN_FACTS = 2
NAMES_FOR_ALL = 2
STRICT = 0.95

REASONS = {
    "too_short": "The summary has fewer than 40 words.",
    "too_long": "The summary has more than 260 words.",
    "missing_section": "One of issue, rule, application and conclusion is missing.",
    "sections_out_of_order": "The parts don't stand once each in the order issue, rule, application, conclusion.",
    "text_outside_sections": "Too much text stands before the first part.",
    "copied": "Too much is copied from the source.",
    "not_prose": "The text is not made of English sentences.",
    "not_grounded": "Too few of the summary's terms are in the source.",
    "hollow": "The summary says no more of this decision than a brief of any case would.",
    "shuffled": "The summary's words don't stand together as they do in the source.",
    "contrary_disposition": "The conclusion says the contrary of what the court did.",
    "fabricated": "A citation or quotation is not in the source.",
    "wrong_role": "A party is put into a role that contradicts the source.",
    "foreign": "A part speaks of another matter than the source.",
    "negated": "A sentence says the contrary of the reference.",
    "right": "The summary is right in every part.",
    "partly_right": "The summary earns in part; short of full: {}.",
}


@dataclass(frozen=True)
class _Read:
    """A summary taken apart: its parts, their text without headings, its words and salient terms."""

    reply: Reply
    text: str
    words: list[str]
    parts: Outline
    terms: list[str]
    copied: grounding.Copying

    def section(self, name: str) -> Section:
        return next(one for one in self.parts.sections if one.name == name)

    def ends(self) -> list[int]:
        """For each word where its part ends."""
        found: list[int] = []
        for text in (self.parts.preamble, *(section.text for section in self.parts.sections)):
            count = len(words(text))
            found += [len(found) + count] * count
        return found


def score(truth: SummariseTruth, completion: str) -> Score:
    """Judge one completion."""
    reply = read_reply(completion, tags_required=True)
    if reply.answer is None:
        return nothing(reply)
    fault = _unread(reply.answer)
    if fault:
        return nothing(reply, fault, REASONS[fault])
    key = key_of(truth)
    if len(words(reply.answer)) > _MOST_WORDS:  # which `a-b-c` has without spaces
        return nothing(reply, "too_long", REASONS["too_long"])
    parts = outline(reply.answer)
    text = "\n".join([parts.preamble, *(section.text for section in parts.sections)])
    said = words(text)
    copied = grounding.copying(key, said, text)
    read = _Read(reply, text, said, parts, salient(said), copied)
    for gate, check in _GATES.items():
        if not check(key, read):
            code = (read.parts.fault if gate == "sections" else "") or _CLOSED[gate]
            return _closed(reply, gate, code)
    margin = _margin(key, read)
    order = _word_order(key, read)
    if not margin or not order:
        return _closed(reply, "own_terms" if order else "word_order", "hollow" if order else "shuffled")
    return _verdict(truth, key, read, margin * order)


def _unread(answer: str) -> str:
    """What can be told without the source, before anything costs time."""
    count = len(answer.split())
    if count < MIN_WORDS // 2:
        return "too_short"
    return "too_long" if count > _MOST_WORDS else ""


def _has_sections(_: Key, read: _Read) -> bool:
    return not read.parts.fault


def _has_length(_: Key, read: _Read) -> bool:
    return MIN_WORDS <= len(read.words) <= MAX_WORDS


def _is_own(_: Key, read: _Read) -> bool:
    return read.copied.within


def _is_prose(key: Key, read: _Read) -> bool:
    low, high = FUNCTION_SHARE
    spoken = [sentence for section in read.parts.sections for sentence in section.sentences]
    mean, loss = prose.joints(" ".join(spoken), key.pairs)
    verbless = sum(len(words(sentence)) for sentence in spoken if not prose.has_finite_verb(sentence))
    return (
        low <= prose.function_share(read.words) <= high
        and verbless <= MAX_VERBLESS * len(read.words)
        and prose.same_kind(read.words) >= MIN_SAME_KIND
        and mean >= MIN_JOINT
        and loss <= MAX_LOSS
        and prose.commonest_step(read.text) <= MAX_COMMON_STEP
        and prose.repeated(read.words) <= MAX_REPEATED
        and prose.words_an_item(read.text) >= MIN_WORDS_AN_ITEM
    )


def _is_grounded(key: Key, read: _Read) -> bool:
    return grounding.grounded(key, read.terms) >= MIN_GROUNDED


_GATES: dict[str, Callable[[Key, _Read], bool]] = {
    "sections": _has_sections,
    "length": _has_length,
    "own_words": _is_own,
    "prose": _is_prose,
    "grounded": _is_grounded,
}  # fmt: skip
_CLOSED = {"length": "too_long", "own_words": "copied", "prose": "not_prose", "grounded": "not_grounded"}


def _margin(key: Key, read: _Read) -> float:
    """How far a summary is its writer's own account of this decision: by what it tells, or by what the reference says.

    Words that stand in a run with the source as it is earn nothing here: cuts of the source say what the source says,
    and any cuts do. A writer who copies little is known by words that only the source could give, none of them in any
    constant brief. Others must say what the reference says, and more of it than the best constant brief; without a
    reference the source's own key terms stand for it, wherever they are from.
    """
    own = frozenset(salient(list(read.copied.own)))
    told = _ramp(key.specific(frozenset(read.terms), own), *OWN_SHARE) * _ramp(read.copied.cut, *OWN_CUT)
    counted = own if key.told else frozenset(read.terms)
    low, high = OWN_TERMS
    score = key.term_score(frozenset(read.terms), counted)
    by_reference = _ramp(score, max(low, key.constant), max(high, key.constant + MIN_MARGIN))
    return max(told, min(by_reference, _ramp(key.recall(counted), *OWN_RECALL)))


def _word_order(key: Key, read: _Read) -> float:
    """Whether content words stand together as in the source, oftener than by chance, and not only in its phrases."""
    ends = read.ends()
    order = sum(grounding.association(key, read.words, GAPS, read.copied.reach, ends))
    bonds = grounding.bonds(key, read.words, GAPS[-1], ends)
    placed = bonds + LONE * grounding.lone_words(key, read.words)
    return _ramp(order, *WORD_ORDER) * _ramp(bonds, *BONDS) * _ramp(placed, *BONDS_AND_LONE)


def _ramp(value: float, zero: float, one: float) -> float:
    return min(1.0, max(0.0, (value - zero) / (one - zero)))


def _closed(reply: Reply, gate: str, code: str) -> Score:
    """Reward 0; the gates before this one are open, those after it were not looked at."""
    passed = [name for name in _GATES if gate not in _GATES or list(_GATES).index(name) < list(_GATES).index(gate)]
    gates = {**dict.fromkeys(passed, True), gate: False}
    return nothing(reply, code, REASONS[code]).model_copy(update={"gates": gates})


def _verdict(truth: SummariseTruth, key: Key, read: _Read, margin: float) -> Score:
    agreed, contrary = agreement(read.section("conclusion").text, key.disposition)
    named = grounding.naming(key, read.text)
    spoken = [sentence for section in read.parts.sections for sentence in section.sentences]
    contradictions = {
        "contrary_disposition": contrary,
        "fabricated": bool(named.fabricated),
        "wrong_role": bool(grounding.wrong_role(key, read.text))
        or any(grounding.reversed_actors(key, sentence) for sentence in spoken),
        "foreign": any(_foreign(key, read.section(name)) for name in ("issue", "rule", "application")),
        "negated": any(grounding.negated(key, sentence) for sentence in joined(spoken)),
    }
    raw: dict[str, tuple[float | None, str]] = {
        **_structure(key, read, agreed),
        "disposition": (agreed, f"the court {' and '.join(sorted(key.disposition))}"),
        "terms": _terms(key, read),
        "faithfulness": _faithfulness(truth, named, read),
        "length": (_length(len(read.words)), f"{len(read.words)} words"),
        "language": _language(key, read),
    }
    return _graded(read, raw, contradictions, margin)


def _foreign(key: Key, section: Section) -> bool:
    terms = set(salient(words(section.text)))
    return len(terms) >= MIN_FOREIGN_TERMS and len(terms & key.stems) < FOREIGN * len(terms)


def _structure(key: Key, read: _Read, agreed: float) -> dict[str, tuple[float, str]]:
    """A part earns for a body that does its work in its place; facts are applied to a rule, so without one to nothing."""
    rule = read.section("rule").text
    lawful = _states_law(key, rule)
    works = {
        "issue": _asks(key, read.section("issue").text),
        "rule": lawful,
        "application": lawful and _applies(key, read.section("application").text, frozenset(salient(words(rule)))),
        "conclusion": agreed > 0,
    }
    why = {
        "issue": "no question with a legal term of the source",
        "rule": "no authority or standard of the source",
        "application": "no rule, or not two facts of the source and a term of the rule",
        "conclusion": "not what the court did",
    }
    return {name: (float(good), "" if good else why[name]) for name, good in works.items()}


def _asks(key: Key, text: str) -> bool:
    said = words(text)
    asks = text.rstrip().endswith("?") or "whether" in said
    return asks and len(said) >= 6 and bool(arts(said) & key.arts) and any(term in key.stems for term in salient(said))


_NORMS = word_list("words_of_rules")


def _states_law(key: Key, text: str) -> bool:
    said = words(text)
    terms = {term for term in salient(said) if term in key.stems}
    stated = bool(_NORMS & set(said)) or grounding.cites(key, text)
    return len(said) >= 8 and stated and bool(terms) and len(terms | (arts(said) & key.arts)) >= 3


def _applies(key: Key, text: str, rule_terms: frozenset[str]) -> bool:
    said = words(text)
    facts = grounding.facts_in(key, text)
    shares_rule = bool(rule_terms & facts) or bool(arts(said) & key.arts)
    return (
        len(said) >= 12
        and shares_rule
        and len(facts) > MIN_FACTS
        and (bool(facts - rule_terms) or len(facts) > 2 * MIN_FACTS)
        and prose.tells_what_happened(said)
    )


def _terms(key: Key, read: _Read) -> tuple[float | None, str]:
    if not key.told:
        return None, "not applicable: the ground truth has no syllabus to compare with"
    found = key.term_score(frozenset(read.terms))
    return min(
        1.0, found / FULL_TERMS
    ), f"{found:.2f} against the reference; the best constant brief {key.constant:.2f}"


def _faithfulness(truth: SummariseTruth, named: grounding.Naming, read: _Read) -> tuple[float, str]:
    if not named.total:
        return 0.0, "nothing is named"
    value = max(0.0, 1 - (len(named.strange) + len(named.fabricated)) / named.total) * min(
        1.0, named.total / NAMES_FOR_ALL
    )
    parties = {word for party in truth.ground_truth.key_parties for word in words(party.name) if len(word) > 2}
    absent = bool(parties) and not parties & set(read.words)
    notes = [f"not in the source: {', '.join(named.strange[:3])}"] if named.strange else []
    notes += ["no party is named"] if absent else []
    return value / 2 if absent else value, "; ".join(notes)


def _length(count: int) -> float:
    if count < FULL_LENGTH[0]:
        return max(0.0, (count - NO_LENGTH[0]) / (FULL_LENGTH[0] - NO_LENGTH[0]))
    return min(1.0, max(0.0, (NO_LENGTH[1] - count) / (NO_LENGTH[1] - FULL_LENGTH[1])))


def _language(key: Key, read: _Read) -> tuple[float, str]:
    used = arts(read.words) & key.arts
    floor = _ramp(prose.distinct_trigrams(read.words), NO_TRIGRAMS, FULL_TRIGRAMS)
    return min(1.0, len(used) / ARTS_FOR_ALL) * floor, f"{len(used)} terms of art"


def _graded(
    read: _Read, raw: Mapping[str, tuple[float | None, str]], contradictions: dict[str, bool], margin: float
) -> Score:
    found = [code for code, held in contradictions.items() if held]
    factor = margin * CONTRADICTION ** len(found)
    counted = sum(WEIGHTS[name] for name, (value, _) in raw.items() if value is not None)
    parts = {name: _part(read, name, value, counted, factor, note) for name, (value, note) in raw.items()}
    reward = round(min(1.0, sum(part.value * part.weight for part in parts.values())), 4)
    wanting = [name for name, (value, _) in raw.items() if value is not None and value < 1]
    wanting += ["own terms"] if margin < 1 else []
    code = found[0] if found else "partly_right" if wanting else "right"
    return Score(
        reward=reward,
        strict=not found
        and reward >= STRICT
        and all(
            raw[name][0] == 1 for name in ("issue", "rule", "application", "conclusion", "disposition", "faithfulness")
        ),
        answer=read.reply.answer,
        reason=Reason(code=code, text=REASONS[code].format(", ".join(wanting))),
        parts=parts,
        gates={
            **dict.fromkeys(_GATES, True),
            "own_terms": True,
            "word_order": True,
            **{name: not held for name, held in contradictions.items()},
        },
        steps=_steps(parts, reward),
        parse_mode=read.reply.mode,
    )


def _part(read: _Read, name: str, value: float | None, counted: float, factor: float, note: str) -> Part:
    """One part, its weight renormalised over those that count; None says that a part can't be judged."""
    if value is None:
        return Part(value=0.0, weight=0.0, note=note)
    section = next((one for one in read.parts.sections if one.name == name), None)
    at = read.reply.answer_start
    span = read.reply.evidence(at + section.start, at + section.end) if section else None
    scaled = note if factor == 1 else f"{value:.2f} times {factor:.2f}{'; ' if note else ''}{note}"
    return Part(value=round(value * factor, 6), weight=round(WEIGHTS[name] / counted, 6), evidence=span, note=scaled)


def _steps(parts: dict[str, Part], reward: float) -> tuple[Step, ...]:
    """What each section earned, the disposition with the conclusion, and what only the whole text earns."""
    earned = {name: part.value * part.weight for name, part in parts.items()}
    groups = {
        "issue": ["issue"],
        "rule": ["rule"],
        "application": ["application"],
        "conclusion": ["conclusion", "disposition"],
    }
    steps: list[Step] = []
    upto = 0.0
    for name, members in groups.items():
        reached = round(min(reward, upto + sum(earned[member] for member in members)), 4)
        steps.append(Step(name=name, earned=round(reached - upto, 4)))
        upto = reached
    return (*steps, Step(name="whole", earned=round(reward - upto, 4)))
