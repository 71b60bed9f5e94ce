"""How like a holding is to a text, in the views that a shortcut might take instead of reading."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from cap_rlvr.tasks.holding.excerpt import MASK

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Places = NDArray[np.intp]

VIEWS = 5
MOST_WEIGHT = 2.0  # of a word in the plain view: as a guesser weighs it that knows no text but this question's
NEAR_WORDS = 45  # on each side of the mask: the sentence with the holding and its neighbours
FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a the an of to in on at and or by for from with without under upon as that this these those there is was were "
        "be been are has have had do does did not no nor it its he his she her they their we our such which who whom "
        "whose what when where while if so than then but may must can could would should shall will any all",
    )
)

Vector = Mapping[str, float]
Terms = Counter[str]


def terms(text: str) -> Terms:
    """The words and numbers of a text."""
    return Counter(re.findall(r"[a-z]+|\d+", text.lower()))


def near_mask(shown: str) -> str:
    """The words just before and after the mask of an excerpt; a syllabus' own words only, where those stand before it."""
    before, _, after = shown.partition(MASK)
    if after.startswith(".\n"):
        after = ""
    return " ".join([*before.split()[-NEAR_WORDS:], *after.split()[:NEAR_WORDS]])


def rarity(texts: Iterable[Terms]) -> Vector:
    """The smoothed inverse document frequency of each term."""
    frequency: Counter[str] = Counter()
    known = 0
    for text in texts:  # one at a time: the words of all excerpts of a block are hundreds of megabytes
        known += 1
        frequency.update(text.keys())
    return {term: math.log((1 + known) / (1 + seen)) + 1 for term, seen in frequency.items()}


class Bags:
    """Bags of words as one array with a row for each, so that one text is compared with all of them at once."""

    def __init__(self, bags: Sequence[Iterable[str]]) -> None:
        import numpy as np

        read = [list(bag) for bag in bags]
        self.numbers = {word: i for i, word in enumerate(dict.fromkeys(word for bag in read for word in bag), 1)}
        self.ids = np.zeros((len(read), max(map(len, read), default=0)), dtype=np.int32)
        for row, bag in zip(self.ids, read, strict=True):
            row[: len(bag)] = [self.numbers[word] for word in bag]

    def shared(self, words: Iterable[str], places: Places) -> Numbers:
        """How many of these words the bags at some places have."""
        import numpy as np

        said = np.zeros(len(self.numbers) + 1)
        said[[self.numbers[word] for word in words if word in self.numbers]] = 1.0
        return said[self.ids[places]].sum(axis=1)


class Shelf:
    """Options side by side, as the views see them against one excerpt."""

    def __init__(self, options: Sequence[str], texts: Iterable[str]) -> None:
        import numpy as np

        read = [terms(option) for option in options]
        weights = rarity(chain(read, map(terms, texts)))
        self._bags = Bags(read)
        self._weights = np.array([0.0, *(weights[word] for word in self._bags.numbers)])
        self._is_content = np.array([0.0, *(float(word not in FUNCTION_WORDS) for word in self._bags.numbers)])
        counts = np.zeros(self._bags.ids.shape)
        for row, words in zip(counts, read, strict=True):
            row[: len(words)] = list(words.values())
        damped, plain = self._vectors(self._bags.ids, np.maximum(counts, 1.0))
        content = self._is_content[self._bags.ids]
        self._sizes = np.maximum(1.0, content.sum(axis=1))
        self._table = np.stack((_unit(damped), _unit(plain), _unit(damped), content), axis=2)

    def views(self, excerpt: str, places: Places) -> Numbers:
        """The likeness of the options at some places to an excerpt: a row for each, the first view being the one that
        ranks are of.

        TF-IDF cosine with damped counts and content words only; the same with plain counts of all words; with what is
        near the mask; the share of the option's content words that the excerpt has; and their number. The excerpt's own
        length is left out of the cosines, being the same for all options. Rounded, so that no machine's order of adding
        decides a tie.
        """
        import numpy as np

        ids, counts = self._counted(excerpt)
        near_ids, near_counts = self._counted(near_mask(excerpt))
        said = np.zeros((len(self._weights), 4))
        said[ids, 0], said[ids, 1] = self._vectors(ids, counts)
        said[near_ids, 2], _ = self._vectors(near_ids, near_counts)
        said[ids, 3] = 1.0
        likeness = (self._table[places] * said[self._bags.ids[places]]).sum(axis=1)
        share = likeness[:, 3] / self._sizes[places]
        seen: Numbers = np.column_stack((likeness[:, :3], share, likeness[:, 3]))
        return seen.round(9)

    def _counted(self, text: str) -> tuple[Places, Numbers]:
        """The numbers of a text's words that options have too, and how often each is there."""
        import numpy as np

        numbers = self._bags.numbers
        found = [(numbers[word], count) for word, count in terms(text).items() if word in numbers]
        return np.array([place for place, _ in found], dtype=np.intp), np.array(
            [count for _, count in found], dtype=float
        )

    def _vectors(self, ids: NDArray[np.integer[Any]], counts: Numbers) -> tuple[Numbers, Numbers]:
        """TF-IDF with damped counts of content words, and with plain counts of all."""
        import numpy as np

        weights = self._weights[ids]
        return (1.0 + np.log(counts)) * weights * self._is_content[ids], counts * np.minimum(weights, MOST_WEIGHT)


def _unit(rows: Numbers) -> Numbers:
    import numpy as np

    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return rows / np.where(lengths > 0, lengths, 1.0)
