"""Attacks made of a row's own words: copies, stitched spans, and salads of its terms. Part of the task's probes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cap_rlvr.task import Probe
from cap_rlvr.tasks.summarise.compose import disposed, gold
from cap_rlvr.tasks.summarise.source import MIN_SHARED, arts, clause_statement, clauses, constants, key_of, statements
from cap_rlvr.tasks.summarise.truth import SummariseTruth
from cap_rlvr.tasks.summarise.words import is_content, salient, stem, weight, words
from cap_rlvr.wire.frozen import keyed_order, keyed_unit

Sections = dict[str, str]
NOTHING = 0.05
GLUE = [
    "the",
    "of",
    "to",
    "and",
    "in",
    "that",
    "was",
    "by",
    "for",
    "a",
    "with",
    "is",
    "as",
    "on",
    "it",
    "at",
    "from",
    "which",
]
_VERBS = (" was ", " is ", " are ", " were ", " must ", " may ", " should ", " will ", " shall ")
_LINKS = ("of", "and", "is for", "must be shown by", "was in", "requires")
_FRAMES = (
    (
        "In {name}, is it the law that the {0} {link} the {1}?",
        "The {2} of the {3} must be shown by the {4}.",
        "The parties were heard at the trial of this cause. The court looked at {listed}.",
    ),
    (
        "In {name}, is it the law that the {0} {link} the {1}?",
        "The court takes as the governing standard that the {2} {link} the {3}, and that the {4} must be shown.",
        "The record shows that the {5} was in the {6}. It further appears that the {7} was made.",
    ),
    (
        "In {name}, is it the law that the {0} {link} the {1}, on the subject of {2}?",
        "The {3} of the {4} must be shown by the {5}, and the law requires that the {6} be shown to the court by the {7}.",
        "The record before the court shows that the {8} was in the {9}. It further appears that the {10} was made. The court looked at {listed}. The parties were heard at the trial of this cause.",
    ),
)
LONGEST_FRAME = _FRAMES[-1]
_FRAMED = 2  # draws of each frame
_HEADS = ("issue", "rule", "application", "conclusion")


def answer(parts: Sections) -> str:
    """Sections as a reply."""
    return "<answer>\n" + "\n".join(f"{name.capitalize()}: {text}" for name, text in parts.items()) + "\n</answer>"


def fill(parts: Sections, sentence: str, count: int) -> Sections:
    """Sections whose application is padded with a sentence until the whole has so many words."""
    grown = dict(parts)
    while len(words(answer(grown))) < count:
        grown["application"] = f"{grown['application']} {sentence}"
    return grown


def copies(truth: SummariseTruth, key: str) -> Iterator[Probe]:
    """The source again, whole, in pieces, and with words changed."""
    body = truth.source.partition("\n\n")[2] or truth.source
    said = body.split()
    end = done(truth)
    yield Probe("echo_prompt", f"<answer>{truth.source[:20_000]}</answer>", 0)
    yield Probe("pasted_source", spread(said[:130], end), 0)
    quoted = {name: f'"{text}"' for name, text in zip(_HEADS, _chunks(said[:130], 3), strict=False)}
    yield Probe("pasted_in_quotes", answer({**quoted, "conclusion": end}), 0)
    for every in (4, 6, 9):
        changed = [GLUE[i % len(GLUE)] if i % every == every - 1 else word for i, word in enumerate(said[:130])]
        yield Probe("edited_copy", spread(changed, end), NOTHING)
        dropped = [word for i, word in enumerate(said[:150]) if i % every != every - 1]
        yield Probe("thinned_copy", spread(dropped, end), NOTHING)
    for size in (4, 7, 12):
        spans = [said[start : start + size] for start in range(0, max(1, len(said) - size), size)]
        best = sorted(spans, key=lambda span: -len(set(salient(words(" ".join(span))))))[: 130 // size]
        mixed = keyed_order([" ".join(span) for span in best], key, "stitch", size)
        yield Probe("stitched_spans", spread(" ".join(mixed).split(), end), NOTHING)


def salads(truth: SummariseTruth, key: str) -> Iterator[Probe]:
    """Terms without sentences, the best that can be had: the reference's own, with the true disposition."""
    know = key_of(truth)
    end = done(truth)
    parties = [word for party in truth.ground_truth.key_parties for word in party.name.split()]
    used = words(f"{truth.ground_truth.syllabus} {truth.source}")
    best = list(dict.fromkeys(word for word in used if is_content(word) and stem(word) in know.asked))[:50]
    law = sorted(arts(used) & know.arts)[:30]
    yield Probe("keyword_salad", spread([*law, *law], end), NOTHING)
    yield Probe("salad_with_parties", spread([*parties, *law, *best], end), NOTHING)
    yield Probe("salad_true_disposition", spread(_glued(best + law, key), end), NOTHING)
    yield Probe("salad_true_disposition", spread(_glued(keyed_order(best + best, key), key), end), NOTHING)
    yield Probe(
        "salad_joined_by_and",
        spread([part for word in best + best for part in ("and", "the", word)][:150], end),
        NOTHING,
    )
    yield Probe(
        "salad_of_clauses",
        spread([part for word in best + best for part in ("the", word, "was", "the")][:150], end),
        NOTHING,
    )
    yield Probe("repeated_term", spread((best[:1] or ["law"]) * 120, end), NOTHING)
    yield Probe(
        "source_terms", spread(_glued([word for word in used if weight(stem(word)) > 6][:70], key), end), NOTHING
    )
    for name, shuffled in _shuffles(truth, key):
        yield Probe(name, shuffled, NOTHING)
    yield from _phrases(truth, key)
    yield from _framed(truth, key)
    for place, terms in enumerate(constants()[:6]):
        yield Probe("constant_brief", _constant(sorted(terms), end), NOTHING)
        yield Probe(
            "constant_brief",
            _constant(sorted(terms), f"The judgment is {('affirmed', 'reversed')[place % 2]}."),
            NOTHING,
        )


def _phrases(truth: SummariseTruth, key: str) -> Iterator[Probe]:
    """The gold's frames around phrases of the source, chosen by the reference's terms: grammar without sense."""
    know = key_of(truth)
    said = words(truth.source.partition("\n\n")[2] or truth.source)
    name = truth.brief.case_name if truth.brief else "this case"
    for size in (2, 3):
        runs = dict.fromkeys(zip(*(said[place:] for place in range(size)), strict=False))
        able = [run for run in runs if is_content(run[0]) and is_content(run[-1])]
        best = sorted(able, key=lambda run: -sum(stem(word) in know.asked for word in run))[:26]
        told = [" ".join(run) for run in keyed_order(best, key, size)]
        for link in (" of the ", ", ", " and the "):
            parts = [
                link.join(told[low:high]) for low, high in ((0, 5), (5, 10), (10, 13), (13, 18), (18, 22), (22, 26))
            ]
            rule = f"The court takes as the governing standard that the {parts[1]} must be shown by the {parts[2]}."
            facts = f"The record before the court shows that the {parts[3]} was in the {parts[4]}. It further appears that the {parts[5]} was made."
            issue = f"In {name}, what does the law require on the subject of {parts[0]}?"
            brief = {"issue": issue, "rule": rule, "application": facts, "conclusion": done(truth)}
            yield Probe(f"phrases_of_{size}_words", answer(brief), NOTHING)


def _framed(truth: SummariseTruth, key: str) -> Iterator[Probe]:
    """Frames that fit any case around a few phrases of the source, most of them short: what a learner found to pay."""
    know = key_of(truth)
    said = words(truth.source.partition("\n\n")[2] or truth.source)
    runs = dict.fromkeys([*pairwise(said), *zip(said, said[1:], said[2:], strict=False)])
    able = [run for run in runs if is_content(run[0]) and is_content(run[-1])]
    best = sorted(able, key=lambda run: -sum(stem(word) in know.asked for word in run))[:60]
    name = truth.brief.case_name if truth.brief else "this case"
    listed = ", ".join(sorted(constants()[0])[:5])
    for place, frame in enumerate(_FRAMES):
        for draw in range(_FRAMED):
            told = [" ".join(run) for run in keyed_order(best, key, "framed", place, draw)] or ["court"]
            told = (told * 11)[:11]
            link = _LINKS[int(keyed_unit(key, "link", place, draw) * len(_LINKS))]
            parts = [text.format(*told, name=name, link=link, listed=listed) for text in frame]
            brief: Sections = dict(zip(_HEADS, [*parts, done(truth)], strict=True))
            yield Probe("phrases_in_frames", answer(brief), NOTHING)


def negated(truth: SummariseTruth, parts: Sections) -> Sections:
    """The rule (or what was held) with "not" put into a clause that the reference has; empty where there is none."""
    reference = [one for one in key_of(truth).reference if not one.whole]
    for name in ("rule", "application"):
        for clause in (one for sentence in parts[name].split(". ") for one in clauses(sentence)):
            own = clause_statement(clause)
            verb = next((one for one in _VERBS if one in clause), "")
            if verb and len(own.terms) >= MIN_SHARED and own in reference:
                return {**parts, name: parts[name].replace(clause, clause.replace(verb, f"{verb}not ", 1))}
    return {}


def disowned(truth: SummariseTruth, parts: Sections, denial: str) -> Sections:
    """The rule behind words that deny it; empty where the reference does not state it, or it is of several parts."""
    rule = truth.brief.rule if truth.brief else ""
    wholes = [one for one in statements(rule) if one.whole]
    if len(wholes) != 1 or wholes[0] not in key_of(truth).reference:
        return {}
    return {name: text.replace(rule, f"{denial} {rule}") for name, text in parts.items()}


def turned(truth: SummariseTruth, parts: Sections) -> Sections:
    """A clause that the reference has, with its two actors in each other's place; empty where there is none."""
    reference = [one for one in key_of(truth).reference if not one.whole]
    for name in ("issue", "rule", "application"):
        for clause in clauses(parts[name]):
            own = clause_statement(clause)
            if len(own.actors) == 2 and len(own.terms) >= MIN_SHARED and own in reference:
                swapped = _exchanged(clause, *own.actors)
                if clause_statement(swapped).actors == own.actors[::-1]:
                    return {**parts, name: parts[name].replace(clause, swapped)}
    return {}


def _exchanged(text: str, one: str, other: str) -> str:
    said = text.split(" ")
    stems = [stem(word.strip(".,;'\"").removesuffix("'s").lower()) for word in said]
    names = {stem_: word for stem_, word in zip(stems, said, strict=True) if stem_ in (one, other)}
    swap = {one: names.get(other, other), other: names.get(one, one)}
    return " ".join(swap.get(stem_, word) for stem_, word in zip(stems, said, strict=True))


def done(truth: SummariseTruth) -> str:
    """The true conclusion."""
    what = truth.brief.object if truth.brief else "judgment"
    return f"For these reasons, {disposed(truth.ground_truth.disposition, what)}."


def spread(said: list[str], conclusion: str) -> str:
    """Words dealt over the first three sections, the first made a question, with a true conclusion."""
    first, second, third = [*_chunks(said, 3), "", "", ""][:3]
    return answer(
        {
            "issue": f"Is it the law that {first}?",
            "rule": f"{second}.",
            "application": f"{third}.",
            "conclusion": conclusion,
        }
    )


def _chunks(said: list[str], count: int) -> list[str]:
    size = max(1, -(-len(said) // count))
    return [" ".join(said[start : start + size]) for start in range(0, len(said), size)]


def _glued(terms: list[str], key: str) -> list[str]:
    """Terms with function words between them, as many as prose has."""
    glued: list[str] = []
    for place, term in enumerate(terms):
        glued += [term, GLUE[int(keyed_unit(key, "glue", place) * len(GLUE))]]
    return glued[:170]


def _shuffles(truth: SummariseTruth, key: str) -> Iterator[tuple[str, str]]:
    """The gold with its words in another order."""
    body = gold(truth).removeprefix("<answer>\n").removesuffix("\n</answer>")
    parts = {name.lower(): text for name, _, text in (line.partition(": ") for line in body.split("\n"))}
    mixed = {
        name: " ".join(keyed_order(list(enumerate(text.split())), key, name)[i][1] for i in range(len(text.split())))
        for name, text in parts.items()
    }
    yield (
        "shuffled_words",
        answer({**mixed, "issue": f"{mixed['issue'].replace('?', '')}?", "conclusion": parts["conclusion"]}),
    )
    yield (
        "reversed_words",
        answer(
            {name: " ".join(reversed(text.split())) for name, text in parts.items()}
            | {"conclusion": parts["conclusion"]}
        ),
    )


def _constant(terms: list[str], conclusion: str) -> str:
    """A brief of any case: the terms of a frozen constant brief in sentences that fit them all."""
    listed = [", ".join(terms[i::3]) for i in range(3)]
    return answer(
        {
            "issue": f"Did the trial court commit reversible error in its rulings on {listed[0]} at the trial of this cause?",
            "rule": f"The law requires that a judgment must rest on competent evidence and a proper charge to the jury as to {listed[1]}, and an error is ground for reversal only where it was prejudicial.",
            "application": f"The defendant was convicted by the jury and took exceptions to the rulings on {listed[2]}. The court looked at the record and weighed the evidence, the charge and the objections of counsel, and it found what the law requires in such a case.",
            "conclusion": conclusion,
        }
    )
