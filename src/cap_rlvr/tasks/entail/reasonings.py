"""Attacks on the reasoning alone: salads of words, and what would be right beside another label. Part of the task's probes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cap_rlvr.tasks.entail.phrasing import UNNAMED, reasoning
from cap_rlvr.tasks.entail.truth import LABELS, EntailTruth, Label, read_gold
from cap_rlvr.wire.frozen import keyed_order

_FUNCTION: list[str] = re.findall(
    r"\w+",
    "the of and is to in it that was for on as by this with which be at not or an from have but had are were has its their there so "
    "then than when where who would may can could should does did what if no one any such other both each upon under about",
)
_QUOTED = "a'b"
_LOOK_ALIKES = str.maketrans("oeaic", "\u043e\u0435\u0430\u0456\u0441")
_VERBS: dict[Label, str] = {"OVERRULES": "overrules", "DISTINGUISHES": "distinguishes", "AFFIRMS": "affirms", "NONE": "merely cites"}  # fmt: skip
# What each label may be argued with in other words than its own; some in words that no list of synonyms has.
_PARAPHRASES: dict[Label, tuple[str, ...]] = {
    "OVERRULES": (
        (
            "The court in {citing} declares for itself that {cited} is no longer good law, and whoever has to do with {one} and {two} must from "
            "now on look elsewhere for the rule."
        ),
        (
            "{citing} gives up {cited} for good: what was said there of {one} and {two} is a mistake that the court will not make again, and "
            "nobody may build on it."
        ),
        (
            "In {citing} the judges bury the rule of {cited}. After this day it has no place in the law of {one} or of {two}, and the lower "
            "courts are told to forget it."
        ),
        (
            "The court in {citing} sweeps {cited} aside and puts a new rule for {one} and for {two} in its place, since the older one was "
            "wrongly decided."
        ),
    ),
    "DISTINGUISHES": (
        (
            "The court in {citing} declines to apply {cited}, because that case arose on other facts, and what is said here of {one} and {two} "
            "was not before the judges there."
        ),
        (
            "{citing} confines {cited} to its own facts. The talk of {one} and {two} shows that this suit is another matter, and so the older "
            "case has no bearing here."
        ),
        (
            "In {citing} the judges see that {cited} and this suit are birds of another feather: there was no {one} and no {two} there, and so "
            "it is of no use to them."
        ),
    ),
    "AFFIRMS": (
        (
            "The court in {citing} stands by {cited} and says so: what was held there on {one} and {two} is renewed in full, and the doubts of "
            "counsel are put to rest."
        ),
        (
            "{citing} gives its blessing to {cited}. The result that was reached there on {one} and {two} is left standing, and it will bind "
            "the parties as before."
        ),
        (
            "On review in {citing} the judges let {cited} stand as it is, since it was right about {one} and about {two}, and they make it "
            "their own once more."
        ),
    ),
    "NONE": (
        (
            "The court in {citing} does nothing to {cited}. It is named in passing for what it says of {one} and of {two}, and that is the "
            "whole of the matter in the passage."
        ),
        (
            "In {citing} there is only a bare reference to {cited} beside the words {one} and {two}, and no view of its worth is given in any "
            "way by the judges."
        ),
        (
            "{citing} takes {cited} as its guide on {one} and {two} and goes where it leads, as any court does with a case that it has before "
            "it on the point."
        ),
    ),
}
# Added to a right reasoning: the court's act in other words, of another label.
_TURNS: dict[Label, tuple[str, ...]] = {
    "OVERRULES": (
        "gives that case up", "declares that decision to be bad law", "abandons that precedent", "departs from that decision", "holds that it is no longer the law",
    ),
    "DISTINGUISHES": ("declines to apply that case", "confines that decision to its own facts", "holds that the case does not apply here"),
    "AFFIRMS": ("stands by that decision", "endorses that precedent", "reiterates that holding", "keeps to that decision"),
    "NONE": ("does nothing to that case", "only mentions that case", "just cites that decision"),
}  # fmt: skip


def borrowed(truth: EntailTruth) -> Iterator[tuple[str, str]]:
    """(name, reasoning): what speaks for another label, alone and after the right one."""
    terms = read_gold(truth).terms
    if len(terms) < 2:
        return
    citing, cited = truth.citing or UNNAMED, truth.cited or "the cited case"
    why = reasoning(truth, terms)
    for other in LABELS:
        if other == truth.label:
            continue
        for number, frame in enumerate(_PARAPHRASES[other]):
            yield (
                f"like_{other}",
                frame.format(
                    citing=citing,
                    cited=cited,
                    one=terms[number],
                    two=terms[number + 1] if number + 1 < len(terms) else terms[0],
                ),
            )
        for turn in _TURNS[other]:
            yield f"turns_to_{other}", f"{why} In truth the court {turn}."


def hidden(why: str, verb: str) -> Iterator[tuple[str, str]]:
    """(name, reasoning): another label's verb after a right reasoning, written so that no list of words finds it."""
    yield "second_label_hyphenated", f"{why} In truth the court over-rules it and dis-tinguishes it, or re-affirms it."
    yield "second_label_by_letters", f"{why} In truth the court {' '.join(verb)} it."
    yield "second_label_look_alike", f"{why} In truth the court {verb.translate(_LOOK_ALIKES)} it."


def endless(why: str) -> Iterator[tuple[str, str]]:
    """(name, reasoning): a right one with so many marks between few words that reading them all would take long."""
    yield "slow_full_stops", f"{why}{'. ' * 14_000}"
    yield "slow_brackets", f'{why} "{"[a]" * 9_000}"'
    yield "slow_apostrophes", f"{why} And {chr(39).join(['overrules'] * 2_500)} it."
    yield "slow_single_quotes", f"{why} '{_QUOTED * 9_000}"


def salads(truth: EntailTruth, key: str) -> Iterator[tuple[str, str]]:
    """(name, reasoning): words that stand in no order, with all that the other rules ask for."""
    terms = read_gold(truth).terms
    citing, cited = truth.citing or UNNAMED, truth.cited or "the cited case"
    verb, some = _VERBS[truth.label], list(terms[:12])
    loose = keyed_order(_FUNCTION, key, "function")
    half = len(loose) // 2
    yield "function_words", f"{citing} {verb} {cited} {' '.join([*some[:2], *loose])}"
    yield (
        "function_words_apart",
        f"{citing} {verb} {cited} {some[0]} {' '.join(loose[:half])}. It {some[-1]} {' '.join(loose[half:])}.",
    )
    yield "function_words_few", f"{citing} {verb} {cited} {' '.join([*some[:2], *loose[:18]])}"
    every = [word for pair in zip(loose, some * 6, strict=False) for word in pair]
    yield "every_second", f"{citing} {verb} {cited} {' '.join(every[:60])}"
    two = [word for pair in zip(loose[::2], loose[1::2], some * 6, strict=False) for word in pair]
    yield "every_third", f"The court in {citing} {verb} {cited} {' '.join(two[:60])}"
    words = reasoning(truth, terms).split()
    yield "shuffled", " ".join(words[at] for at in keyed_order(range(len(words)), key, "shuffle"))
    pairs = [words[at : at + 2] for at in range(0, len(words), 2)]
    yield "shuffled_by_two", " ".join(word for at in keyed_order(range(len(pairs)), key, "pairs") for word in pairs[at])
    yield "backwards", " ".join(reversed(words))
