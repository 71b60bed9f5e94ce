"""What the surface of a question gives away: guessers that never read it, each told by how far it is above chance.

Which guessers fit a task is read from the shape of its truth, so that a new task with options, labels or a list is
held to them at once:

    choices, answer_idx    options alone (a conditional logit over how they are written); the option most like the text,
                           or at any one rank of likeness, by TF-IDF; the one most like the text's caption
    label                  cue words alone (a logit over each label's cue words in the text, and masks)
    candidates, positives  the candidates most like the query by TF-IDF: what naming them is paid

Learned guessers are tried on folds that they have not seen.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.law.treatment import CUES
from cap_rlvr.quality.lines import Line, line, unmeasured
from cap_rlvr.quality.samples import Example, choose
from cap_rlvr.task import Task

ROWS = 200  # under it chance alone moves a share by more than the bar
MOST_ROWS = 1_000
_FOLDS = 5
_STEPS = 150
_RATE = 0.5
_DECAY = 0.02
_HASHED = 512  # places for an option's words
_STEM = 6
_MOST_NAMED = 5
_LISTED = re.compile(r"(?m)^\[(\w+)\] (.+)$")
_CAPTION = re.compile(r"[^\n]{0,60}?: ([^\n]{2,200})\n")
_TOKEN = re.compile(r"[a-z]{3,}")
Floats = NDArray[np.float64]
Probe = Callable[[Task[Any], Sequence[Example]], dict[str, float]]


def surface_line(task: Task[Any], examples: Sequence[Example], scope: str, seed: str) -> Line | None:
    """The guesser that gets furthest above chance; None where none fits the task's shape."""
    probe = _probe_of(task)
    if probe is None:
        return None
    rows = choose([one for one in examples if scope in ("pooled", one.source)], MOST_ROWS, seed)
    if len(rows) < ROWS:
        return unmeasured(task.name, "surface", scope, len(rows), f"too few rows: {len(rows)} of {ROWS}")
    above = probe(task, rows)
    worst = max(above, key=lambda name: above[name])
    note = ", ".join(f"{name} {value:+.3f}" for name, value in above.items())
    return line(task.name, "surface", scope, above[worst], len(rows), note)


def _probe_of(task: Task[Any]) -> Probe | None:
    fields = task.truth.model_fields
    for names, probe in _SHAPES.items():
        if set(names) <= fields.keys():
            return probe
    return None


def _options(task: Task[Any], rows: Sequence[Example]) -> dict[str, float]:
    """Shares of right picks above one in so many options."""
    del task
    shown = [[str(text) for text in one.truth.choices] for one in rows]
    answers = [int(one.truth.answer_idx) for one in rows]
    golds = np.array(answers)
    chance = 1 / len(shown[0])
    ranks = [
        _ranks(_without(one.row.inputs, texts), texts)[gold]
        for one, texts, gold in zip(rows, shown, answers, strict=True)
    ]
    best, count = Counter(ranks).most_common(1)[0]
    features_NOF = np.array([_written(texts) for texts in shown])  # noqa: N806  (rows, options, features)
    picked = _guess_in_folds(features_NOF, golds)
    found = {
        "options only": float((picked == golds).mean()) - chance,
        "TF-IDF": sum(rank == 0 for rank in ranks) / len(rows) - chance,
        f"TF-IDF rank {best + 1}": count / len(rows) - chance,
    }
    captions = [(_caption(one.row.inputs), texts) for one, texts in zip(rows, shown, strict=True)]
    shares = [
        _top_share(caption, texts, gold) for (caption, texts), gold in zip(captions, answers, strict=True) if caption
    ]
    if len(shares) >= ROWS:
        found["caption and options"] = float(np.mean(shares)) - chance
    return found


def _caption(text: str) -> str:
    """The line of a question that says what its text is about, such as `From the syllabus: Theft.`; empty without one."""
    line = _CAPTION.match(text)
    return line[1] if line else ""


def _top_share(text: str, options: Sequence[str], gold: int) -> float:
    """The gold's share of a draw among the options most like a text: none is, where the text shares no word with any."""
    near = _likeness(text, options)
    best = max(near)
    return 1 / near.count(best) if near[gold] == best else 0.0


def _without(text: str, options: Sequence[str]) -> str:
    """The text of a question without its list of options, which stands last."""
    return text[: min((place for option in options if (place := text.rfind(option)) >= 0), default=len(text))]


def _ranks(text: str, options: Sequence[str]) -> list[int]:
    """The place of each option when they are ordered by likeness to the text."""
    near = _likeness(text, options)
    order = sorted(range(len(options)), key=lambda place: (-near[place], place))
    return [order.index(place) for place in range(len(options))]


def _likeness(text: str, others: Sequence[str]) -> list[float]:
    """The cosines of TF-IDF vectors, the documents being the text and the others."""
    documents = [Counter(_TOKEN.findall(one.lower())) for one in (text, *others)]
    seen = Counter(word for document in documents for word in document)
    rarity = {word: math.log((1 + len(documents)) / (1 + count)) + 1 for word, count in seen.items()}
    weighed = [{word: count * rarity[word] for word, count in sorted(document.items())} for document in documents]
    norms = [math.sqrt(sum(value * value for value in document.values())) or 1.0 for document in weighed]
    first = weighed[0]
    return [
        sum(value * first.get(word, 0.0) for word, value in document.items()) / (norms[0] * norm)
        for document, norm in zip(weighed[1:], norms[1:], strict=True)
    ]


def _written(options: Sequence[str]) -> list[list[float]]:
    """How each option is written: length, digits, commas, negation, likeness to the others, and its words, hashed."""
    lengths = np.array([len(text.split()) for text in options], dtype=float)
    spread = (lengths - lengths.mean()) / (lengths.std() or 1.0)
    found: list[list[float]] = []
    for place, text in enumerate(options):
        words = _TOKEN.findall(text.lower())
        near = _likeness(text, [*options[:place], *options[place + 1 :]])
        hashed = [0.0] * _HASHED
        for word in set(words):
            hashed[sum(ord(char) * 31**at for at, char in enumerate(word[:8])) % _HASHED] = 0.3
        signs = [
            float(spread[place]),
            float(abs(spread[place])),
            float(any(char.isdigit() for char in text)),
            text.count(",") / 3,
            float("not" in words or "no" in words),
            10 * float(np.mean(near)),
            10 * max(near),
        ]
        found.append([*signs, *hashed])
    return found


def _guess_in_folds(features_NOF: Floats, golds: NDArray[np.int64]) -> NDArray[np.int64]:  # noqa: N803  (shape suffix)
    """The option that a conditional logit likes best, fitted on the other folds."""
    picked = np.zeros(len(golds), dtype=np.int64)
    for fold in range(_FOLDS):
        held = np.arange(len(golds)) % _FOLDS == fold
        shown, right = features_NOF[~held], golds[~held]
        weights = np.zeros(features_NOF.shape[2])
        for _ in range(_STEPS):
            error = _softmax(shown @ weights)
            error[np.arange(len(right)), right] -= 1
            weights -= _RATE * (np.einsum("no,nof->f", error, shown) / len(right) + _DECAY * weights)
        picked[held] = (features_NOF[held] @ weights).argmax(axis=1)
    return picked


def _cues(task: Task[Any], rows: Sequence[Example]) -> dict[str, float]:
    """The share of right labels above the most frequent label's."""
    labels = sorted(task.labels or {one.truth.label for one in rows})
    words: dict[str, str] = {str(label): said for label, said in CUES.items()}
    cues = [re.compile(words.get(label) or re.escape(label[:_STEM]), re.IGNORECASE) for label in labels]
    texts = [one.row.inputs for one in rows]
    counted = [
        [*(float(min(3, len(cue.findall(text)))) for cue in cues), text.count("[MASK]") / 5, 1.0] for text in texts
    ]
    features_NF = np.array(counted)  # noqa: N806  (rows, features)
    golds = np.array([labels.index(one.truth.label) for one in rows])
    picked = np.zeros(len(golds), dtype=np.int64)
    for fold in range(_FOLDS):
        held = np.arange(len(golds)) % _FOLDS == fold
        shown, right = features_NF[~held], np.eye(len(labels))[golds[~held]]
        weights = np.zeros((features_NF.shape[1], len(labels)))
        for _ in range(2 * _STEPS):
            weights -= _RATE * shown.T @ (_softmax(shown @ weights) - right) / len(right)
        picked[held] = (features_NF[held] @ weights).argmax(axis=1)
    most = float(np.bincount(golds).max()) / len(golds)
    return {"cue words only": float((picked == golds).mean()) - most}


def _nearest(task: Task[Any], rows: Sequence[Example]) -> dict[str, float]:
    """The mean reward of naming the listed candidates whose summaries are most like the query."""
    rewards: list[float] = []
    for one in rows:
        listed = _LISTED.findall(one.row.inputs)
        if not listed:
            continue
        query = one.row.inputs[: one.row.inputs.find(f"[{listed[0][0]}]")]
        near = _likeness(query, [text for _, text in listed])
        order = sorted(range(len(listed)), key=lambda place: (-near[place], place))
        named = "\n".join(listed[place][0] for place in order[: min(_MOST_NAMED, len(one.truth.positives))])
        rewards.append(task.score(one.truth, f"<answer>\n{named}\n</answer>").reward)
    return {"TF-IDF": float(np.mean(rewards)) if rewards else 0.0}


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


_SHAPES: dict[tuple[str, ...], Probe] = {
    ("choices", "answer_idx"): _options,
    ("candidates", "positives"): _nearest,
    ("label",): _cues,
}
