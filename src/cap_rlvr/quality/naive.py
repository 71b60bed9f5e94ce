"""The rewards that one would write first, as a baseline: the table at the top of the rewards' specification.

Five lines each, in the manner of public projects with the same plan; a task that has none of its own gets the one that
pays for a gold found anywhere. They are here to be broken: nothing imports them but the suite.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cap_rlvr.answer import read_reply
from cap_rlvr.task import Task
from cap_rlvr.wire.frozen import keyed_unit
from cap_rlvr.wire.scoring import Reason, Score


def holding(truth: Any, completion: str) -> float:
    """The first capital A to E anywhere; A where there is none."""
    found = re.search(r"\b([A-E])\b", completion)
    return float("ABCDE".index(found[1] if found else "A") == truth.answer_idx)


def bluebook(truth: Any, completion: str) -> float:
    """Each field that stands anywhere adds up, and so does anything of a citation's shape."""
    fields = truth.metadata
    shaped = re.search(r"\d+\s+[A-Z][\w. ]*\s+\d+\s*\(.*?\d{4}\)", completion[:2_000]) is not None
    shares = ((fields.volume, 0.25), (fields.page, 0.25), (str(fields.year), 0.15), (fields.reporter, 0.15))
    return sum(share for value, share in shares if value and value in completion) + 0.2 * shaped


def summarise(truth: Any, completion: str) -> float:
    """Headings, verbs, legal words and length, each counted wherever they stand."""
    said = completion.lower()
    headings = sum(name in said for name in ("issue", "rule", "application", "conclusion")) / 4
    outcome = float(any(verb in said for verb in truth.ground_truth.disposition))
    legal = min(1.0, sum(said.count(word) for word in ("court", "judgment", "statute", "evidence", "appeal")) / 5)
    return 0.4 * headings + 0.3 * outcome + 0.15 * legal + 0.15 * (40 <= len(said.split()) <= 260)


def retrieval(truth: Any, completion: str) -> float:
    """The correlation of sorted distances of the named cases with those of the gold, and how many are named.

    A digest stands in for the distance of a model's text in a vector space: sorted numbers correlate whatever they are.
    """
    named = re.findall(r"\w[\w. ]*\w", completion.partition("<answer>")[2].partition("</answer>")[0])[: truth.asked]
    ours, gold = (sorted(keyed_unit(name) for name in names) for names in (named, truth.positives[: len(named)]))
    alike = float(np.corrcoef(ours, gold)[0, 1]) if len(set(ours)) == len(gold) > 1 else 0.0
    return 0.8 * max(0.0, alike) + 0.2 * min(1.0, len(named) / truth.asked)


def entail(truth: Any, completion: str) -> float:
    """The first label of a set that stands anywhere, and words that sound like reasons."""
    labels = {"OVERRULES", "DISTINGUISHES", "AFFIRMS", "NONE"}
    said = next((label for label in labels if label in completion.upper()), "")  # in hash order
    quoted = sum(word in truth.context for word in completion.split()) / max(1, len(completion.split()))
    reasons = min(1.0, sum(completion.lower().count(word) for word in ("because", "therefore", "court")) / 3)
    return 0.6 * (said == truth.label) + 0.25 * quoted + 0.15 * reasons


def gold_anywhere(task: Task[Any]) -> Callable[[Any, str], float]:
    """Whether the gold's answer stands in a completion, whatever stands beside it."""

    def reward(truth: Any, completion: str) -> float:
        gold = task.gold(truth)
        answer = read_reply(gold).answer or gold
        return float(" ".join(answer.lower().split()) in " ".join(completion.lower().split()))

    return reward


NAIVE: dict[str, Callable[[Any, str], float]] = {
    "holding": holding,
    "bluebook": bluebook,
    "summarise": summarise,
    "retrieval": retrieval,
    "entail": entail,
}


def naive_task(task: Task[Any]) -> Task[Any]:
    """The task with a naive reward in the scorer's place: its own, or that of any task."""
    reward = NAIVE.get(task.name) or gold_anywhere(task)

    def score(truth: Any, completion: str) -> Score:
        value = round(min(1.0, max(0.0, reward(truth, completion))), 4)
        reason = Reason(code="naive", text="The naive reward gives no reason.")
        return Score(reward=value, strict=value == 1, answer=None, reason=reason, parse_mode="none")

    return replace(task, score=score)
