"""What a scorer of summaries must know: the text that was shown, and what is true of it."""

from __future__ import annotations

from typing import Any, Self, cast

from pydantic import Field, field_validator, model_validator

from cap_rlvr.law.dispositions import VERBS
from cap_rlvr.task import GroundTruth
from cap_rlvr.wire.frozen import Frozen

MAX_SOURCE_CHARS = 60_000
MAX_PARTIES = 1_000
_OWN = ("disposition", "syllabus", "key_parties")


class Party(Frozen):
    """A party's name, as short as the decision calls it, and its role there (`appellant`), empty where none is known."""

    name: str = Field(min_length=1, max_length=120)
    role: str = ""


class Reference(Frozen):
    """What is known of the decision. ``disposition``: the set of verbs of its last operative order.

    ``syllabus`` is the reporter's own statement of what was decided: its terms and sentences are the reference of the
    content part. Without it that part drops out; without ``key_parties`` no party's role is checked but by the source.
    """

    disposition: tuple[str, ...] = Field(min_length=1)
    syllabus: str = Field(default="", max_length=8_000)
    key_parties: tuple[Party, ...] = Field(default=(), max_length=MAX_PARTIES)

    def __hash__(self) -> int:  # by what tells rows apart, since a truth is looked up for each completion
        return hash((self.disposition, self.syllabus))

    @field_validator("disposition", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("disposition")
    @classmethod
    def _known_verbs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [verb for verb in value if verb not in VERBS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no disposition: choose from {', '.join(VERBS)}")
        return tuple(sorted(set(value)))

    @field_validator("key_parties", mode="before")
    @classmethod
    def _names_alone(cls, value: object) -> object:
        if isinstance(value, (list, tuple)):
            return [{"name": one} if isinstance(one, str) else one for one in cast("list[Any]", value)]
        return value


class Brief(Frozen):
    """What the canonical brief is composed of, each piece read from a span of the decision.

    ``asked``, ``rule`` and ``held`` are statements of law; ``facts`` short statements of fact; ``authority`` is what
    the rule is taken from, empty where a short statement of it stands in the opinion; ``object`` what was disposed of.
    ``court`` is who decided, and when, empty where the brief is long enough without.
    """

    case_name: str
    topics: tuple[str, ...] = ()
    asked: str = ""
    authority: str = ""
    rule: str
    facts: tuple[str, ...]
    held: str = ""
    object: str = "judgment"
    court: str = ""


class SummariseTruth(GroundTruth):
    """``source`` is the text that the summary was asked of, as shown, caption included.

    `disposition`, `syllabus` and `key_parties` may also stand beside ``source``. ``brief`` is what the canonical
    completion is made of; only prepared rows have it.
    """

    source: str = Field(min_length=200, max_length=MAX_SOURCE_CHARS)
    ground_truth: Reference
    brief: Brief | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        fields = cast(dict[str, Any], data)
        if "ground_truth" in fields:
            return fields
        own = {name: fields[name] for name in _OWN if name in fields}
        return {**{name: value for name, value in fields.items() if name not in _OWN}, "ground_truth": own}

    @model_validator(mode="after")
    def _is_prose(self) -> Self:
        if sum(char.isalpha() for char in self.source) < 0.5 * len(self.source):
            raise ValueError("source must be the text of an opinion")
        return self
