"""The words of a passage that prove a row's label: 6 to 40 of them, whole sentences where they fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cap_rlvr.answer import normalise
from cap_rlvr.law.mentions import Mention
from cap_rlvr.law.passages import Region
from cap_rlvr.law.treatment import CUE, Sentence
from cap_rlvr.tasks.entail.truth import MAX_WORDS, MIN_WORDS, read_words

_WORD = re.compile(r"(?:[^\W_]|(?<=[^\W_])['’](?=[^\W_]))+")
# A paragraph's or a part's number (`{12}`, `12.`, `B.`), or a part's that is stuck to its first word (`IIIFor`, misread `IllFor`).
_NUMBER_BEFORE = re.compile(
    r"(?:(?:\{\s?\d+\}|\d{1,3}\.|[A-HIVX]\.(?=[A-Z][a-z]))\s*|(?:Ill|[IVX]{1,4})\.?(?=[A-Z][a-z]|\{\d))+"
)
_NUMBER_AFTER = re.compile(
    r"(?:(?<=[a-z)\]]{2}[.?!])|(?<=\d\)[.?!])|(?<=[.?!][”\"]))(?:\d{1,3}\.?|[a-z]\.|[A-H]\.|[IVXivx]{1,4}\.)+$"
)
_HEADING = re.compile(r"(?:[A-H]|[IVX]{1,4}|\d{1,2})\. ?[A-Z]")

_TURNS = re.compile(
    r"(?:[A-Z]\w+, )?[Ii]n ([A-Z][a-z]{2,})\b"
)  # `In Gilliam, …`, though the text cites no such case in full


class Evidence(NamedTuple):
    """The characters [start, end) of the text, which lie in the sentences [first, last) of the region."""

    start: int
    end: int
    first: int
    last: int


def words_in(text: str) -> int:
    """How many words the scorer counts."""
    return len(read_words(normalise(text)[0]).words)


def evidence_for(text: str, region: Region, place: int, mention: Mention) -> Evidence | None:
    """The sentence at ``place``, with a neighbour where it is short, less of it where it is long; None: not to be had."""
    for first, last in _choices(region, place, mention):
        start, end = _without_numbers(text, region.sentences[first].start, region.sentences[last - 1].end)
        if words_in(text[start:end]) > MAX_WORDS:
            short = region.sentences[place]  # of a sentence that needs a neighbour every word is held
            core = _core(region, place, mention) if last - first == 1 else (short.start, short.end)
            cut = _cut(text, start, end, core, region.sentences[first:last])
            if cut is None:
                continue
            start, end = cut
        if words_in(text[start:end]) >= MIN_WORDS:
            return Evidence(start, end, first, last)
    return None


def _choices(region: Region, place: int, mention: Mention) -> Iterator[tuple[int, int]]:
    """The ranges of sentences that may be the evidence, the best first. A neighbour that speaks of another case is the last."""
    yield place, place + 1
    key = mention.cited.key
    keys = [{one.cited.key for one in sentence.mentions} for sentence in region.sentences]
    count = len(region.sentences)
    back, on = (place - 1, place + 1), (place, place + 2)
    if place > 0 and key not in keys[place] and key in keys[place - 1]:
        yield back
    following = region.sentences[place + 1].text if place + 1 < count else ""
    turns = _TURNS.match(following)
    other = bool(_HEADING.match(following) or (turns and turns.group(1) not in mention.cited.name))
    if place + 1 < count and not other and keys[place + 1] <= {key}:
        yield on
        if place + 2 < count and keys[place + 2] <= {key}:
            yield place, place + 3
    for far in (1, 2):
        if place >= far and all(keys[at] <= {key} for at in range(place - far, place)):
            yield place - far, place + 1
    if place + 1 < count:
        yield on


def _core(region: Region, place: int, mention: Mention) -> tuple[int, int]:
    """What the evidence must hold: the mention and, in a sentence with cue words, the cue nearest to it."""
    sentence = region.sentences[place]
    inside = sentence.start <= mention.start < sentence.end
    low, high = (mention.start, min(mention.end, sentence.end)) if inside else (sentence.start, sentence.start + 1)
    cues = [(sentence.start + cue.start(), sentence.start + cue.end()) for cue in CUE.finditer(sentence.text)]
    if not cues:
        return low, high
    cue = min(cues, key=lambda one: (max(one[0] - high, low - one[1]), one))
    return min(low, cue[0]), max(high, cue[1])


def _cut(
    text: str, start: int, end: int, core: tuple[int, int], sentences: tuple[Sentence, ...]
) -> tuple[int, int] | None:
    """A part of at most 40 words around the core, from a break of the sentences to a break where there is one.

    A comma within a citation is no break.
    """
    words = [hit.span() for hit in _WORD.finditer(text[start:end])]
    first = next((i for i, word in enumerate(words) if start + word[1] > core[0]), 0)
    last = next((i for i, word in enumerate(words) if start + word[1] >= core[1]), len(words) - 1)
    if last - first + 1 > MAX_WORDS:
        return None
    breaks = [i for i, (_, at) in enumerate(words) if _is_break(text, start + at, sentences)]
    low = next((i + 1 for i in [-1, *breaks] if i + 1 <= first and last - i <= MAX_WORDS - 2), first)
    high = min(len(words), low + MAX_WORDS - 2)
    stops = [i + 1 for i in breaks if last < i + 1 <= high]
    high = stops[-1] if stops and stops[-1] - low >= MIN_WORDS else max(high, last + 1)
    return start + words[low][0], end if high == len(words) else start + words[high - 1][1]


def _is_break(text: str, position: int, sentences: tuple[Sentence, ...]) -> bool:
    """Whether a word that ends at a position is the last of a clause or of a sentence."""
    earlier = sentences[:-1]
    ends = [one.end for one in earlier] + [mention.end for one in earlier for mention in one.mentions]
    if any(end - 3 <= position <= end for end in ends):
        return True
    inside = any(mention.start <= position < mention.end for one in sentences for mention in one.mentions)
    return text[position : position + 1] in (";", ":", ",") and not inside


def _without_numbers(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the number of a paragraph or part before the words or after them (`….12.`, `….III.32.`)."""
    lead = _NUMBER_BEFORE.match(text[start:end])
    tail = _NUMBER_AFTER.search(text[start:end])
    return start + (lead.end() if lead else 0), start + tail.start() if tail else end
