"""Make the frozen lists in `data/` again: `python -m cap_rlvr.tasks.summarise.freeze {words,order,constants} SOURCE…`.

`words` counts how rare stems are, `order` which steps from word to word are common, over decisions in CAP's formats;
`constants` finds the briefs that say most of many decisions at once, over prepared rows (`train.jsonl`). A changed list
is another version of the task: every score depends on it.
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from cap_rlvr.law.opinions import majority_index
from cap_rlvr.tasks.summarise.prose import LEAST, MOST, STOP, pieces, symbol
from cap_rlvr.tasks.summarise.source import Key, key_of
from cap_rlvr.tasks.summarise.truth import SummariseTruth
from cap_rlvr.tasks.summarise.words import FUNCTION_WORDS, RAREST, stem, weight, words
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.rows import Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATA = Path(__file__).with_name("data")
CHARS = 8_000  # of each opinion
RARE = 4  # decisions; stems in no more have the greatest weight
SMOOTHING = 5.0
COMMON = 150  # content words that are known as they are
MIN_SHARED = 6  # rows that a constant brief's first term must be in: fewer, and it would be a brief of those rows
MAX_CONSTANTS = 48
MAX_TERMS = 40


def rarity(texts: Iterable[str]) -> str:
    """The lines of `rarity.txt`."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        counts.update({stem(word) for word in words(text[:CHARS])})
        total += 1
    lines = [
        f"# How rare a stem is in case law: int(10 log(N / df) / log(N / {RARE})), df counted over N = {total} decisions"
    ]
    lines.append(
        f"# (first {CHARS:,} characters of the opinion of the court). Stems that are not listed weigh {RAREST}."
    )
    for term, count in sorted(counts.items()):
        rank = int(10 * math.log(total / count) / math.log(total / RARE))
        if rank < RAREST and len(term) > 2 and not term[0].isdigit():
            lines.append(f"{term} {max(0, rank)}")
    return "\n".join(lines) + "\n"


def word_order(texts: Iterable[str]) -> str:
    """The lines of `word_order.txt`."""
    read = [pieces(text[:CHARS]) for text in texts]
    counts = Counter(piece for one in read for piece in one if piece.isalpha() and piece not in FUNCTION_WORDS)
    common = frozenset(word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:COMMON])
    steps: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in read:
        steps_of = [symbol(piece, common) for piece in one]
        for before, after in pairwise([STOP, *steps_of]):
            steps[before][after] += 1
    alone = sum(steps.values(), Counter[str]())
    total = sum(alone.values())
    lines = [
        "# How much likelier each step from a word to the next is than chance, in tenths of a bit: function words and common"
    ]
    lines.append(
        f"# words as they are, others by their endings. Counted over {total} steps of opinions; steps seen once are left out."
    )
    for before in sorted(steps):
        seen = sum(steps[before].values())
        gains = {
            after: round(10 * math.log2((count * total / alone[after] + SMOOTHING) / (seen + SMOOTHING)))
            for after, count in sorted(steps[before].items())
            if count > 1
        }
        told = [f"{after}={min(MOST, gain)}" for after, gain in gains.items() if gain > LEAST]
        if told:
            lines.append(" ".join([before, *told]))
    return "\n".join(lines) + "\n"


def constants(keys: Sequence[Key]) -> str:
    """The lines of `constants.txt`: for all rows, and for the rows that share a frequent term, the best terms to say."""
    import numpy as np

    shared = Counter(term for key in keys for term in key.expected)
    terms = sorted(term for term, count in shared.items() if count >= MIN_SHARED)
    rarity: NDArray[np.float64] = np.array([weight(term) for term in terms], dtype=float)
    asked: NDArray[np.float64] = np.array(
        [[key.asked.get(term, 0) / sum(key.asked.values()) for term in terms] for key in keys]
    )
    told: NDArray[np.float64] = np.array([[term in key.expected for term in terms] for key in keys]) * rarity
    seeds = [term for term, _ in shared.most_common(MAX_CONSTANTS) if shared[term] >= MIN_SHARED]
    groups = [list(range(len(keys))), *([i for i, key in enumerate(keys) if term in key.expected] for term in seeds)]
    found = [_best_terms(asked[group], told[group], rarity) for group in groups]
    lines = [
        "# The salient terms (stems) of constant briefs, one a line: of each row the best is what a brief of any case"
    ]
    lines.append(
        f"# could say of it. Found over {len(keys)} decisions: all of them, and those that share a frequent term."
    )
    listed = (" ".join(terms[i] for i in sorted(chosen)) for chosen in found if chosen)
    return "\n".join([*lines, *dict.fromkeys(listed)]) + "\n"


def _best_terms(asked: NDArray[np.float64], told: NDArray[np.float64], rarity: NDArray[np.float64]) -> list[int]:
    """Terms added one by one as long as the mean term score over the rows (the arrays' first axis) grows."""
    import numpy as np

    chosen: list[int] = []
    best = 0.0
    while len(chosen) < MAX_TERMS:
        recall = asked[:, chosen].sum(axis=1, keepdims=True) + asked
        precision = (told[:, chosen].sum(axis=1, keepdims=True) + told) / (rarity[chosen].sum() + rarity)
        scores = (2 * recall * precision / np.maximum(recall + precision, 1e-9)).mean(axis=0)
        scores[chosen] = 0.0
        top = int(np.argmax(scores))
        if scores[top] <= best:
            break
        best = float(scores[top])
        chosen.append(top)
    return chosen


def _texts(sources: Sequence[str]) -> Iterator[str]:
    from cap_rlvr.corpus import read_cases

    for source in sources:
        for case in read_cases(Path(source), lambda _: None):
            place = majority_index(case.opinions)
            if place is not None:
                yield case.opinions[place].text


def _keys(sources: Sequence[str]) -> Iterator[Key]:
    for source in sources:
        for line in Path(source).read_text(encoding="utf-8").splitlines():
            yield key_of(SummariseTruth.model_validate(Row.model_validate_json(line).truth))


def main(arguments: Sequence[str]) -> None:
    """Write the lists asked for. Raises BadInput for anything else."""
    if len(arguments) < 2 or arguments[0] not in ("words", "order", "constants"):
        raise BadInput("say `words SOURCE…`, `order SOURCE…` or `constants ROWS…`", "arguments")
    if arguments[0] == "words":
        write_whole(DATA / "rarity.txt", rarity(_texts(arguments[1:])))
    elif arguments[0] == "order":
        write_whole(DATA / "word_order.txt", word_order(_texts(arguments[1:])))
    else:
        write_whole(DATA / "constants.txt", constants(list(_keys(arguments[1:]))))


if __name__ == "__main__":
    main(sys.argv[1:])
