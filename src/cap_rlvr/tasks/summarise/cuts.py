"""Attacks made of cuts of the source between the phrases of a brief, and of a brief's own parts in wrong places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cap_rlvr.task import Probe
from cap_rlvr.tasks.summarise.grounding import cites
from cap_rlvr.tasks.summarise.salads import GLUE, NOTHING, Sections, answer, done, spread
from cap_rlvr.tasks.summarise.source import key_of, statements
from cap_rlvr.tasks.summarise.truth import SummariseTruth
from cap_rlvr.tasks.summarise.words import (
    FUNCTION_WORDS,
    is_content,
    salient,
    sentences,
    stem,
    weight,
    word_list,
    words,
)
from cap_rlvr.wire.frozen import keyed_order, keyed_unit

SIZES = (4, 5, 6, 7, 8, 9, 10, 12)
SCRAP_WORDS = 120
CUT_WORDS = 46  # of about 110: as much as may be copied
_OPENERS = frozenset(
    {"the", "a", "an", "it", "he", "there", "this", "such", "his", "no", "any", "appellant", "defendant"}
)
_LINKS = (" ", ", ", " and that ", " of the ", " in which ")
_DRESSES = (
    (
        "In {name}, is it the law that {0}?",
        "The court takes as the governing standard that {1}.",
        "The record before the court shows that {2}. It further appears that {3}. Measuring those facts by that standard, the court concludes that {4}.",
    ),
    (
        "Whether {0}, on the subject of {topics}?",
        "The rule requires that {1}, and under the law it must be shown that {2}.",
        "In this case {3}. The court was told that {4}, and it answered the question by the standard that was stated.",
    ),
    (
        "In {name}, what does the law require on the subject of {topics}, and is it the law that {0}?",
        "Under the law, {1} where {2}.",
        "Here, {3}, and the court also found that {4}, so that the standard was met on this record in every way.",
    ),
)
LAW = word_list("words_of_rules")


def stitched(truth: SummariseTruth, key: str) -> Iterator[Probe]:
    """Cuts of 4 to 12 words, chosen without the reference: the rarest, those that open like clauses, or any."""
    raw = [word.strip('.;:?!"()[]') for word in (truth.source.partition("\n\n")[2] or truth.source).split()]
    said = [word for word in raw if word]
    low = [" ".join(words(word)) for word in said]
    topics = _topics(low)
    for size in SIZES:
        for way in ("rarest", "opening", "any"):
            starts = _starts(low, size, way, key)
            cuts = [" ".join(said[at : at + size]).strip(",") for at in starts] or [" ".join(said[:size])]
            place = int(keyed_unit(key, "dress", size, way) * len(_DRESSES) * len(_LINKS))
            yield Probe("stitched_cuts", _dressed(truth, cuts, topics, place), NOTHING)


def _starts(low: list[str], size: int, way: str, key: str) -> list[int]:
    able = [at for at in range(len(low) - size) if way != "opening" or low[at] in _OPENERS]
    if way == "opening":
        able = [at for at in able if low[at + size - 1] not in FUNCTION_WORDS] or able
    mixed = keyed_order(able, key, "cuts", size, way)
    if way != "any":
        mixed.sort(key=lambda at: -sum(weight(term) for term in set(salient(low[at : at + size]))))
    chosen: list[int] = []
    for at in mixed:
        if all(abs(at - other) >= size for other in chosen):
            chosen.append(at)
        if len(chosen) * size >= CUT_WORDS:
            break
    return keyed_order(chosen, key, "order", size, way)


def _topics(low: list[str]) -> list[str]:
    """The words that a decision repeats most, weighed by rarity."""
    counts = Counter(word for word in low if word.isalpha() and is_content(word) and salient([word]))
    return sorted(counts, key=lambda word: (-weight(stem(word)) * min(6, counts[word]), word))[:8]


def _dressed(truth: SummariseTruth, cuts: list[str], topics: list[str], place: int) -> str:
    dress, link = _DRESSES[place % len(_DRESSES)], _LINKS[place // len(_DRESSES)]
    dealt = [link.join(cuts[slot::5]) or cuts[0] for slot in range(5)]
    listed = " and of ".join(topics[: 2 + place % 6]) or "law"
    name = truth.brief.case_name if truth.brief else "this case"
    parts = [text.format(*dealt, name=name, topics=listed) for text in dress]
    return answer(dict(zip(("issue", "rule", "application"), parts, strict=True)) | {"conclusion": done(truth)})


def scraps(truth: SummariseTruth, parts: Sections, key: str) -> Iterator[Probe]:
    """The source, or the canonical brief, cut into pieces of 1 to 12 words and put together again: words of the matter only."""
    said = (truth.source.partition("\n\n")[2] or truth.source).split()
    end = done(truth)
    for size in range(1, 13):
        cut = _scraps(said, [size], key)
        yield Probe("shuffled_scraps", spread(_first(cut, SCRAP_WORDS), end), NOTHING)
        glued = [f"{piece} {GLUE[int(keyed_unit(key, 'glue', size, at) * len(GLUE))]}" for at, piece in enumerate(cut)]
        yield Probe("scraps_with_glue", spread(_first(glued, SCRAP_WORDS), end), NOTHING)
    for size in (2, 3):
        near = said[: 2 * SCRAP_WORDS]
        kept = set(_scraps(near, [size], key)[: SCRAP_WORDS // size])
        in_order = [piece for piece in _pieces(near, [size], key) if piece in kept]
        yield Probe("scraps_in_their_order", spread(_first(in_order, SCRAP_WORDS), end), NOTHING)
    mixed = _scraps(said, [1, 2, 3, 4], key)
    yield Probe("shuffled_scraps", spread(_first(mixed, SCRAP_WORDS), end), NOTHING)
    own = " ".join(text for name, text in parts.items() if name != "conclusion").replace("?", "").split()
    for size in (1, 2):
        yield Probe("gold_in_scraps", spread(_first(_scraps(own, [size], key), len(own)), end), NOTHING)
    yield Probe("half_in_scraps", answer(half_in_scraps(truth, parts, 1, key)), NOTHING)
    yield Probe("scraps_between_sentences", answer(_between(parts, _scraps(said, [1], key))), NOTHING)


def _pieces(said: list[str], sizes: list[int], key: str) -> list[str]:
    """Words in pieces of these sizes, each drawn by the key."""
    found: list[str] = []
    at = 0
    while at < len(said):
        size = sizes[int(keyed_unit(key, "size", at) * len(sizes))]
        found.append(" ".join(said[at : at + size]))
        at += size
    return found


def _scraps(said: list[str], sizes: list[int], key: str) -> list[str]:
    mixed = keyed_order(list(enumerate(_pieces(said, sizes, key))), key, "scraps", *sizes)
    return [piece for _, piece in mixed]


def _first(pieces: list[str], count: int) -> list[str]:
    return " ".join(pieces).split()[:count]


def half_in_scraps(truth: SummariseTruth, parts: Sections, size: int, key: str) -> Sections:
    """The issue and the rule made of scraps, the rest as it is."""
    asked, ruled = (len(parts[name].split()) for name in ("issue", "rule"))
    scrap = _scraps((truth.source.partition("\n\n")[2] or truth.source).split(), [size], key)
    said = _first(scrap, asked + ruled)
    return {**parts, "issue": f"Is it the law that {' '.join(said[:asked])}?", "rule": f"{' '.join(said[asked:])}."}


def _between(parts: Sections, scrap: list[str]) -> Sections:
    """Each sentence of a brief behind one made of scraps."""
    found = dict(parts)
    for name in ("issue", "rule", "application"):
        told: list[str] = []
        for low, high in sentences(parts[name]):
            told += [f"{' '.join(scrap[:18])}.", parts[name][low:high].strip()]
            scrap = scrap[18:]
        found[name] = " ".join(told)
    return found


def exchanged(truth: SummariseTruth) -> Sections:
    """The facts as the rule and the rule as the facts; empty where the facts are none, or might be read as law."""
    brief = truth.brief
    facts = ", and that ".join(brief.facts) if brief else ""
    if brief is None or not facts or LAW & set(words(facts)) or cites(key_of(truth), facts):
        return {}
    held = f"the court concludes that {brief.held}" if brief.held else "the court finds that it decides the case"
    return {
        "rule": f"The court takes as the governing standard that {facts}.",
        "application": f"The record before the court shows that {brief.rule}. Measuring those facts by that standard, {held}.",
    }


def repeated(truth: SummariseTruth) -> Sections:
    """One statement in three parts; empty where it is too short to fill them."""
    rule = truth.brief.rule if truth.brief else ""
    if not 16 <= len(rule.split()) <= 45:
        return {}
    name = truth.brief.case_name if truth.brief else ""
    return {
        "issue": f"In {name}, is it the law that {rule}?",
        "rule": f"The court takes as the governing standard that {rule}.",
        "application": f"The record before the court shows that {rule}. Measuring those facts by that standard, the court finds that it decides the case.",
        "conclusion": done(truth),
    }


_AFTERWARDS = (
    "{} is what the court did not hold",
    "{}, which the court did not hold",
    "{}, but the court rejected that",
    "{} is false",
    "{}. This is not the law",
    "{}. The court did not so hold",
)


def denied_after(truth: SummariseTruth, parts: Sections) -> Iterator[Sections]:
    """The rule with words behind it that deny it, where the reference states it and it is one statement."""
    rule = truth.brief.rule if truth.brief else ""
    wholes = [one for one in statements(rule) if one.whole]
    same = {one.odd for one in key_of(truth).reference if wholes and one.terms == wholes[0].terms}
    if len(wholes) == 1 and same == {wholes[0].odd}:
        for form in _AFTERWARDS:
            yield {name: text.replace(rule, form.format(rule)) for name, text in parts.items()}
