"""What an attacker may use against the choice of a holding: every option and letter but the right one."""

from __future__ import annotations

import re

from cap_rlvr.answer import normalise
from cap_rlvr.task import Material
from cap_rlvr.tasks.holding.reward import LETTERS, Truth, words

_TEMPLATES = (
    "<answer>{letter}</answer>",
    "<answer>{number}</answer>",
    "<answer>{text}</answer>",
    "<answer>{letter}. {text}</answer>",
    "<answer>{letter}{joint}{second}</answer>",
    "<answer>{say}{letter}</answer>",
    "<answer>{half}{joint}{text}</answer>",
    "{letter}",
    "{say}{letter}.",
    "\\boxed{{letter}}",
    "Final answer: {letter}{joint}{text}",
    "<answer>{letter}</answer><answer>{second}</answer>",
    "<think>{say}{letter}</think><answer>{half}</answer>",
    "<answer>{foreign}</answer>",
)
_SHARE = 0.6  # of the gold's words: from there on a text may say the gold


def material(truth: Truth, other: Truth, key: str) -> Material:
    """Wrong letters, numbers and texts, and words around them."""
    del key
    wrong = [place for place in range(len(LETTERS)) if place != truth.answer_idx]
    texts = tuple(truth.choices[place] for place in wrong)
    halves = tuple(" ".join(text.split()[: len(text.split()) // 2]) for text in texts)
    return Material(
        _TEMPLATES,
        {
            "letter": tuple(LETTERS[place] for place in wrong),
            "second": tuple(LETTERS[place].lower() for place in wrong),
            "number": (*(str(place + 1) for place in wrong), "0", "6", "None"),
            "text": texts,
            "half": (*halves, *(" ".join(reversed(text.split())) for text in texts)),
            "foreign": tuple(text for text in other.choices if text not in truth.choices) or ("another",),
            "joint": (" or ", ", ", "/", " ", "\n", ". ", " not ", ""),
            "say": ("not ", "Option ", "The correct answer is ", "It is (", "anything but ", "", "**", "The holding: "),
        },
    )


def most(truth: Truth, completion: str) -> float:
    """1 where the right letter or number stands alone anywhere, or most of the right option's words; else 0."""
    text = normalise(completion)[0]
    letter, number = LETTERS[truth.answer_idx], str(truth.answer_idx + 1)
    alone = re.search(rf"(?<![A-Za-z])({letter}|{letter.lower()}(?! [a-z]))(?![A-Za-z])|(?<!\d){number}(?!\d)", text)
    gold = set(words(truth.choices[truth.answer_idx]))
    said = gold & set(words(text))
    return 1.0 if alone or len(said) >= _SHARE * len(gold) else 0.0
