"""What a scorer of relations must know: the passage, the label, where its evidence stands, and the cases' names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from cap_rlvr.answer import normalise
from cap_rlvr.law.mentions import distinctive
from cap_rlvr.task import GroundTruth

Label = Literal["OVERRULES", "DISTINGUISHES", "AFFIRMS", "NONE"]
LABELS: tuple[Label, ...] = ("OVERRULES", "DISTINGUISHES", "AFFIRMS", "NONE")
MIN_WORDS, MAX_WORDS = 6, 40  # of evidence
NEAR = 300  # characters on each side of the evidence in which its terms are looked for
MIN_TERM = 5  # letters
MASK = "[MASK]"

_SPACES = str.maketrans({code: " " for code in range(128) if not chr(code).isalnum() and chr(code) != "'"})
_STOP = frozenset(
    re.findall(
        r"\w+",
        "about above after again against although among another because before being below between beyond cannot could court courts "
        "judge justice judges during either every further having hence however itself might neither never nothing other others ought "
        "rather shall should since still such their theirs them then there therefore these they thing things this those though through "
        "thus toward under until unless upon where whereas whether which while whole whose within without would case cases decision "
        "decisions opinion opinions holding holdings held judgment judgments passage label evidence reasoning words quoted cited cites "
        "citing cite citation precedent law facts issue question appellant appellee appellants appellees defendant defendants plaintiff "
        "plaintiffs petitioner respondent state states united supra infra section point points here distinguishable inapposite applicable "
        "inapplicable controlling misplaced application reliance overruled overrule overrules overruling affirm affirmed affirms reaffirm "
        "distinguish distinguished distinguishes distinction disapprove disapproved disavow unlike conclude concluded argues argument "
        "contends contention claims stated states based first second third relied relies party parties trial appeal appeals circuit supreme "
        "district plain stand stands anyone speaks said says present instant matter reason reasons result given makes made using likewise similarly accord compare also court's mask applied applies apply "
        "authority authorities support supports supported supporting relying refer refers referred background passing draws arose arise arises different differ differs dissimilar factual factually materially bearing force "
        "longer matter matters circumstances situation situations renewed standing",
    )
)

_CAPITAL = re.compile(r"(?:(?<=v\. )|(?<![.?!:\"”’\])] )(?<!^))\b[A-Z][a-z]{2,}|\b[A-Z][a-z]{2,}(?= v\. )")
_PLAIN = re.compile(r"\b[a-z]{3,}\b")
_LABEL_STEMS = (
    "overrul",
    "overturn",
    "abrogat",
    "disapprov",
    "disavow",
    "nullif",
    "repudiat",
    "distinguish",
    "affirm",
    "reaffirm",
    "uph",
    *re.findall(  # synonyms of labels
        r"\w+",
        "abandon discard renounc invalidat jettison supersed reced depart retreat depriv retir inappos inapplic confin adher endors reiterat "
        "ratif follow quot mention invok",
    ),
)


class Words(NamedTuple):
    """The words of a text in lower case; ``joined`` with single spaces between and around them."""

    words: tuple[str, ...]
    joined: str


def read_words(text: str) -> Words:
    """Letters and digits only, so that punctuation, quotes and spacing never decide whether a quotation is exact."""
    if not text.isascii():
        text = "".join(char if char.isalnum() or char == "'" else " " for char in text)
    split = text.translate(_SPACES).casefold().split()
    if "'" in text:
        split = [word for word in (word.strip("'") for word in split) if word]
    return Words(tuple(split), f" {' '.join(split)} ")


class EntailTruth(GroundTruth):
    """``context`` and ``label`` must be there. ``evidence_span`` is the gold evidence, a range of ``context``; without it
    neither evidence nor reasoning is judged. ``citing`` and ``cited`` are the cases' names: an empty one need not be named.
    """

    context: str = Field(min_length=1, max_length=20_000, pattern=r"\S")
    label: Label
    pair_id: str = ""
    evidence_span: tuple[int, int] | None = None
    citing: str = Field(default="", max_length=2_000)
    cited: str = Field(default="", max_length=2_000)
    affirm_kind: Literal["", "litigation", "reaffirmed"] = ""

    @model_validator(mode="after")
    def _span_is_evidence(self) -> Self:
        if self.evidence_span is None:
            return self
        start, end = self.evidence_span
        if not 0 <= start < end <= len(self.context):
            raise ValueError("evidence_span must be a range of characters of context")
        if not MIN_WORDS <= len(read_words(normalise(self.context[start:end])[0]).words) <= MAX_WORDS:
            raise ValueError(f"evidence_span must hold {MIN_WORDS} to {MAX_WORDS} words")
        return self

    def __hash__(self) -> int:  # by what tells rows apart, since a truth is looked up for each completion
        return hash((self.context, self.evidence_span))

    @property
    def evidence(self) -> str:
        """The gold evidence, empty where it is not given."""
        return self.context[slice(*self.evidence_span)] if self.evidence_span else ""


class Gold(NamedTuple):
    """A truth as the scorer uses it: the context's words, the gold's place among them, the terms near it in order, and the
    words of other names in the passage.
    """

    context: Words
    first: int
    last: int
    terms: tuple[str, ...]
    others: frozenset[str] = frozenset()


@lru_cache(maxsize=512)  # the completions of one group are judged against one truth
def read_gold(truth: EntailTruth) -> Gold:
    """Words and places of a truth. ``last`` is one past the gold's last word; 0, 0 without evidence."""
    if truth.evidence_span is None:
        return Gold(read_words(normalise(truth.context)[0]), 0, 0, ())
    start, end = truth.evidence_span
    before, inside = (normalise(part)[0] for part in (truth.context[:start], truth.context[start:end]))
    context = read_words(normalise(truth.context)[0])
    first = len(read_words(before).words)
    last = first + len(read_words(inside).words)
    low = len(read_words(normalise(truth.context[: max(0, start - NEAR)])[0]).words)
    high = low + len(read_words(normalise(truth.context[max(0, start - NEAR) : end + NEAR])[0]).words)
    near = [*range(first, last), *range(last, high), *range(low, first)]
    named = normalise(f"{truth.citing} {truth.cited}")[0]  # whoever names the cases has not reasoned yet
    names = frozenset(read_words(named).words)
    others = _other_names(truth.context, names)
    words = (context.words[at] for at in near if at < len(context.words))
    terms = dict.fromkeys(word for word in words if _is_term(word, names | others))
    return Gold(context, first, min(last, len(context.words)), tuple(terms), others)


def _other_names(context: str, names: frozenset[str]) -> frozenset[str]:
    """The words, in lower case, that the passage writes with a capital only, and that name neither case."""
    found = {word.lower() for word in _CAPITAL.findall(context)}
    plain = set(_PLAIN.findall(context))
    known = plain | names | _STOP
    return frozenset(word for word in distinctive(" ".join(sorted(found))) if word not in known)


def _is_term(word: str, names: frozenset[str]) -> bool:
    fit = len(word) >= MIN_TERM and word.isalpha() and not word.startswith(_LABEL_STEMS)
    return fit and word not in _STOP and word not in names
