"""What a person is asked about a row, before the gold is shown.

Three forms: choose one of the answers by its key (where the truth has options, or a label of a few); say whether one
case of a list is analogous (retrieval); say whether an answer is right (any other task). In the last two some answers
have an error put in (decoys), so that a person who always says yes is found out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cap_rlvr import registry
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.frozen import keyed_order, keyed_unit
from cap_rlvr.wire.rows import Row

_KEYS = "abcdefghijklmnortvwyz123456789"  # without s, u, q, p and x, which are a sitting's commands
_QUESTIONS = {
    "holding": "Which option stands at [HOLDING]?",
    "entail": "What does the citing court itself do to the cited case?",
}
_YES_NO = {"y": "yes", "n": "no"}
_MOST_OF_GOLD = 0.5  # what an answer with an error put in may earn: less is plainly wrong
_BLURB = r"(?m)^\[{}\] (.*)$"
_LIST = "\n\nCandidates:\n"


@dataclass(frozen=True)
class Item:
    """One question to a person. ``right`` is the key that agrees with the row; ``keys`` say what each key means.

    ``gold`` is what is shown afterwards; ``decoy``: the answer shown had an error put in, so that ``right`` is no.
    ``other`` is the second case of a pair. No case is named before the answer: its text, or a link's volume and page, would
    give it away.
    """

    id: str
    row: Row
    shown: str
    question: str
    keys: dict[str, str]
    right: str
    gold: str
    decoy: bool = False
    other: str = ""


Form = Callable[[Task[Any], Row, str, bool], Item | None]


def item_of(row: Row, seed: str, decoy: bool = False) -> Item | None:
    """The question about a row; None where the row (or the form) has none of this sort. Raises BadData for a broken one."""
    task = registry.get(row.task)
    try:
        task.read_truth(row.truth)
    except BadInput as error:
        raise BadData(f"{error.where}: {error.message}", row.id, "Prepare this task again") from None
    return form_of(task)(task, row, seed, decoy)


def form_of(task: Task[Any]) -> Form:
    """How a task is asked about, by the shape of its truth."""
    if task.name == "retrieval":
        return judge_pair
    if {"choices", "answer_idx"} <= task.truth.model_fields.keys():
        return choose_option
    return choose_label if task.labels else judge_answer


def asked_of_models(task: str) -> str:
    """What a model is told beside every question of a task; a person reads it once."""
    return registry.get(task).template.replace("{inputs}", "…").strip()


def stratum(row: Row) -> str:
    """What precision is told by: the row's label where it has one, else its kind."""
    return str(row.truth.get("label") or row.kind or row.task)


def choose_option(task: Task[Any], row: Row, seed: str, decoy: bool) -> Item | None:
    """Which of the options, by letter. Nothing is shown that could be a decoy."""
    del seed
    letters = _KEYS[: len(row.truth["choices"])]
    keys = {letter: f"option {letter.upper()}" for letter in letters}
    right = letters[row.truth["answer_idx"]]
    gold = f"{right.upper()}. {row.truth['choices'][row.truth['answer_idx']]}"
    question = _QUESTIONS.get(task.name, "Which option is right?")
    return None if decoy else Item(row.id, row, row.inputs, question, keys, right, gold)


def choose_label(task: Task[Any], row: Row, seed: str, decoy: bool) -> Item | None:
    """Which label, by a letter of it; then the gold is shown, with its evidence where it has any."""
    del seed
    keys = keys_of(task.labels)
    right = next(key for key, label in keys.items() if label == row.truth["label"])
    question = _QUESTIONS.get(task.name, "Which label is right?")
    gold = task.gold(task.read_truth(row.truth))
    return None if decoy else Item(row.id, row, row.inputs, question, keys, right, gold)


def keys_of(labels: Sequence[str]) -> dict[str, str]:
    """A key for each label: its first letter that is free, else any that is. Those of a sitting's commands are not."""
    keys: dict[str, str] = {}
    for label in labels:
        keys[next(one for one in (*label.lower(), *_KEYS) if one in _KEYS and one not in keys)] = label
    return keys


def judge_pair(task: Task[Any], row: Row, seed: str, decoy: bool) -> Item | None:
    """Whether one case of the list is analogous: a gold one, or as a decoy one that is not."""
    del task
    positives = set(row.truth["positives"])
    listed = [one for one in row.truth["candidates"] if (one["id"] in positives) != decoy]
    query, found, candidates = row.inputs.partition(_LIST)
    if not (listed and found):
        return None  # a closed book shows no list
    chosen = keyed_order([one["id"] for one in listed], "pair", seed, row.id)[0]
    one = next(one for one in listed if one["id"] == chosen)
    blurb = re.search(_BLURB.format(re.escape(chosen)), candidates)
    if blurb is None:
        return None
    other = str(one.get("case_id", ""))
    shown = f"{query}\n\n--- Another case ---\n{blurb[1]}"
    question = "Do the two turn on the same points of law?"
    gold = f"{one.get('name') or chosen}: {'no gold case' if decoy else 'gold'} of {row.id}"
    return Item(f"{row.id}#{chosen}", row, shown, question, _YES_NO, "n" if decoy else "y", gold, decoy, other)


def judge_answer(task: Task[Any], row: Row, seed: str, decoy: bool) -> Item | None:
    """Whether an answer is right: the gold, or as a decoy the gold with an error put in."""
    truth = task.read_truth(row.truth)
    gold = task.gold(truth)
    answer = _with_an_error(task, truth, f"{seed} {row.id}") if decoy else gold
    if answer is None:
        return None
    shown = f"{row.inputs}\n\n--- An answer ---\n{_tidy(answer)}"
    name = f"{row.id}#decoy" if decoy else row.id
    return Item(name, row, shown, "Is this answer right?", _YES_NO, "n" if decoy else "y", gold, decoy)


def _with_an_error(task: Task[Any], truth: Any, key: str) -> str | None:
    """A whole answer that looks like the gold and is plainly worse, from the task's own chains of corruption."""
    gold = task.gold(truth)
    changed = {one for chain in task.probes.chains(truth, key) for one in chain if 2 * len(one) > len(gold)}
    worse = [one for one in sorted(changed) if task.score(truth, one).reward <= _MOST_OF_GOLD * task.ceiling]
    return keyed_order(worse, "decoy", key)[0] if worse else None


def _tidy(answer: str) -> str:
    """Without doubled spaces: an error of spacing would give away which answers have been changed."""
    return re.sub(r"[ \t]+", " ", answer)


def is_decoy_due(seed: str, row_id: str, share: float) -> bool:
    """Whether a decoy is asked beside a row, by a keyed draw."""
    return keyed_unit("decoy due", seed, row_id) < share
