"""Score a reply to a holding row: 1 where it names the gold option and no other, else 0.

An option is named by its letter, by its number (1 to 5), by letter and its own text, or by its text alone. A text
names an option only if nothing that carries meaning was changed in it, so a near copy with another negation, number
or word earns nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator
from rapidfuzz.distance import OSA, Levenshtein
from rapidfuzz.fuzz import ratio

from cap_rlvr import linear
from cap_rlvr.answer import Reply, normalise, read_reply
from cap_rlvr.law.words import words as law_words
from cap_rlvr.task import GroundTruth, graded, nothing
from cap_rlvr.wire.scoring import Part, Reason, Score

LETTERS = "ABCDE"
MIN_SIMILARITY = 92.0
MIN_MARGIN = 10.0
MAX_WORDS_OF_HEDGE = 6  # longer text after a label is meant as an option's text, and "A" in it is an article
MAX_LEAD_CHARS = 60  # "The correct answer is: Option B." and the like, before or without an option's text
MIN_TYPO_LETTERS = 5  # shorter words are too often another word when one letter changes (may, any; in, on)

_LEAD = r"(?:(?:the )?(?:correct |right |best |final )*(?:answer|option|choice|holding)(?: is|:| is:)? )?(?:option |choice |letter |statement )?"
_RIGHT = r"(?: is (?:the )?(?:correct|right|best)(?: answer| option| choice| one| holding)?)?"
_ALONE = linear.compile(rf"(?i)^{_LEAD}[(\[]?([a-e1-5])[)\]]?{_RIGHT}[.:]?$")
# A bare "A" before text is as likely the article, so only B to E may stand without a mark after them.
_WITH_TEXT = linear.compile(rf"(?i)^{_LEAD}(?:[(\[]?([a-e1-5])(?: ?[)\].:,-])+|([b-e])) (.+)$")
# "A" before a beginning (a capital, a number, a section sign) that no option has after an article is the label.
_LABEL_A = linear.compile(r"^A [^\p{Ll}]")
_ANY_LABEL = linear.compile(r"\b[A-E]\b")
_DECORATION = " _\"'"
_FILLERS = frozenset({"a", "an", "the", "that"})
_NEGATIONS = frozenset(
    law_words("no not none nor never neither nothing nobody nowhere cannot without fail fails failed lack lacks lacked")
)
_NUMBERS = frozenset(
    law_words(
        "zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty ninety "
        "hundred thousand million first second third fourth fifth sixth seventh eighth ninth tenth half both"
    )
)
# Of one letter's changes these turn a word into its opposite: `moral` and `amoral`; `insured`, `insurer` and `employee`,
# which may be plural or own something.
_NEGATIVE_PREFIX = "a"
_ROLE_ENDINGS = {"er", "ed", "ee"}

Option = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"\S")]


class Truth(GroundTruth):
    """The five options in the order shown, and the place of the gold (0 to 4)."""

    choices: tuple[Option, Option, Option, Option, Option]
    answer_idx: int = Field(ge=0, le=4)

    @model_validator(mode="after")
    def _options_differ(self) -> Truth:
        if len({option.words for option in _read(self.choices)}) < len(self.choices):
            raise ValueError("two of the choices read the same, so no answer could be judged")
        return self


@dataclass(frozen=True)
class _Option:
    """An option's text, normalised, its words, and those of them that must all be in what restates it."""

    text: str
    words: tuple[str, ...]
    joined: str
    negations: Counter[str]
    numbers: Counter[str]


@dataclass(frozen=True)
class Named:
    """What a reply names: the option's index, or None with the reason why none was named."""

    index: int | None
    code: str = ""
    text: str = ""


def score(truth: Truth, completion: str) -> Score:
    """Judge a completion; 1 or 0, with the reason."""
    reply = read_reply(completion)
    if reply.answer is None:
        return nothing(reply)
    named = named_option(reply.answer, truth.choices)
    if named.index is None:
        return nothing(reply, named.code, named.text)
    return _verdict(reply, named.index, truth.answer_idx)


def gold(truth: Truth) -> str:
    """The canonical completion."""
    return f"<answer>{LETTERS[truth.answer_idx]}</answer>"


def _verdict(reply: Reply, index: int, answer_idx: int) -> Score:
    right = index == answer_idx
    letter = LETTERS[index]
    reason = (
        Reason(code="right_option", text=f"Option {letter} is the holding.")
        if right
        else Reason(code="wrong_option", text=f"Option {letter} is not the holding.")
    )
    span = reply.evidence(reply.answer_start, reply.answer_start + len(reply.answer or ""))
    part = Part(value=float(right), weight=1.0, evidence=span, note=f"named option {letter}")
    return graded(reply, {"choice": part}, reason, {"one_option": True}, strict=right)


def named_option(answer: str, choices: tuple[str, ...]) -> Named:
    """Which one option an answer names. The answer is as the convention read it, so already normalised."""
    text = " ".join(answer.replace("*", "").replace("`", "").split()).strip(_DECORATION)
    longest = 2 * max(map(len, choices)) + MAX_LEAD_CHARS
    if len(text) > longest:
        return _unnamed(text[:longest])
    label = _ALONE.match(text)
    if label:
        return Named(_index(label.group(1)))
    options = _read(choices)
    pair = _WITH_TEXT.match(text)
    if pair and pair.group(1):
        return _by_label_and_text(pair.group(1), pair.group(3), options)
    if pair:
        labelled = _by_label_and_text(pair.group(2), pair.group(3), options)
        if labelled.index is not None:
            return labelled
    alone = _by_text(text, options)
    return _unnamed(text) if alone.code == "no_option" else alone


@lru_cache(maxsize=64)  # the completions of one group are judged against one truth
def _read(choices: tuple[str, ...]) -> tuple[_Option, ...]:
    return tuple(map(_option, choices))


def _option(choice: str) -> _Option:
    said = words(choice)
    counts = _count(said, _is_negation), _count(said, _is_number)
    return _Option(normalise(choice)[0], tuple(said), " ".join(said), *counts)


def _by_label_and_text(label: str, text: str, options: Sequence[_Option]) -> Named:
    index = _index(label)
    text = text.strip(_DECORATION)
    fault = _difference(text, words(text), options[index])
    if fault is None:
        return Named(index)
    return fault if fault.code != "unlike" else _unnamed(f"{label.upper()} {text}", has_label=True)


def _index(label: str) -> int:
    return int(label) - 1 if label.isdigit() else LETTERS.index(label.upper())


def _by_text(text: str, options: Sequence[_Option]) -> Named:
    said = words(text)
    joined = " ".join(said)
    likeness = sorted(((ratio(joined, option.joined), -i) for i, option in enumerate(options)), reverse=True)
    (best, place), (second, _) = likeness[:2]
    if best < MIN_SIMILARITY:
        return Named(None, "no_option", "")
    if best - second < MIN_MARGIN:
        return Named(None, "two_options", "The text is close to two options.")
    if place and _LABEL_A.search(text) and options[-place].words[:1] != ("a",):
        return Named(None, "two_options", "The label is one option's and the text another's.")
    return _difference(text, said, options[-place]) or Named(-place)


def _difference(text: str, said: Sequence[str], option: _Option) -> Named | None:
    """Why a text, whose words are ``said``, does not restate an option, or None where it does."""
    if len(text) > 2 * len(option.text) + 20:
        return Named(None, "unlike", "")
    meant = option.words
    if ratio(" ".join(said), option.joined) < MIN_SIMILARITY:
        return Named(None, "unlike", "")
    if _count(said, _is_negation) != option.negations:
        return Named(None, "negation_differs", "The text has another negation than the option it copies.")
    if _count(said, _is_number) != option.numbers:
        return Named(None, "numbers_differ", "The text has other numbers than the option it copies.")
    if not all(
        _harmless(said[change.src_start : change.src_end], meant[change.dest_start : change.dest_end])
        for change in Levenshtein.opcodes(said, meant)
        if change.tag != "equal"
    ):
        return Named(None, "text_altered", "The text changes a word of the option it copies.")
    return None


def _harmless(said: Sequence[str], meant: Sequence[str]) -> bool:
    """Only articles were changed, or one longer word was mistyped by a letter."""
    if _FILLERS.issuperset(said) and _FILLERS.issuperset(meant):
        return True
    return len(said) == len(meant) and all(_typo(one, other) for one, other in zip(said, meant, strict=True))


def _typo(said: str, meant: str) -> bool:
    if not said.isascii() or min(len(said), len(meant)) < MIN_TYPO_LETTERS:
        return False
    if said == _NEGATIVE_PREFIX + meant or meant == _NEGATIVE_PREFIX + said:
        return False
    if len({_role_ending(said), _role_ending(meant)} & _ROLE_ENDINGS) == 2:
        return False
    return OSA.distance(said, meant) <= 1


def _role_ending(word: str) -> str:
    return word.partition("'")[0].removesuffix("s")[-2:]


def _unnamed(text: str, has_label: bool = False) -> Named:
    if has_label and len(words(text)) > MAX_WORDS_OF_HEDGE:
        return Named(None, "label_with_other_text", "The text after the label is not that option's text.")
    labels = set(_ANY_LABEL.findall(text))
    if len(labels) > 1:
        return Named(None, "two_options", "More than one option is named.")
    if (labels or has_label) and any(_is_negation(word) for word in words(text)):
        return Named(None, "negated", "An option is named with a negation.")
    return Named(None, "no_option", "The answer names none of the five options.")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return law_words(normalise(text)[0].casefold())


def _count(said: Sequence[str], wanted: Any) -> Counter[str]:
    return Counter(word for word in said if wanted(word))


def _is_negation(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")


def _is_number(word: str) -> bool:
    return word in _NUMBERS or (not word.isalpha() and any(char.isdigit() for char in word))
