"""What a scorer of citations must know: the gold citation, and what other ways to write it are right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import Field as Bounded
from pydantic import field_validator, model_validator

from cap_rlvr.law import reporters
from cap_rlvr.law.citations import CaseCitation, Locator, read_citation
from cap_rlvr.law.courts import Parentheticals, parentheticals_read
from cap_rlvr.task import GroundTruth
from cap_rlvr.wire.frozen import Frozen

Field = Literal["volume", "page", "year", "court"]
FIELDS: tuple[Field, ...] = ("volume", "page", "year", "court")

# So that no truth makes judging dear: the cost of a completion would then not be the completion's.
LONGEST_TEXT = 1_000
Text = Annotated[str, Bounded(max_length=LONGEST_TEXT)]
Texts = Annotated[tuple[Text, ...], Bounded(max_length=50)]
Names = Annotated[tuple[Text, ...], Bounded(max_length=8)]


class Metadata(Frozen):
    """The gold citation's fields. ``court`` is the court's name in words; ``volume_years`` the volume's own dates."""

    volume: Text = ""
    page: Text = ""
    year: int | None = None
    reporter: Text = ""
    court: Text = ""
    last_page: int | None = None
    volume_years: tuple[int, int] | None = None

    @field_validator("volume", "page", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class CourtForms(Frozen):
    """Correct texts of the court's part (empty: none is named), and texts that name the court in faulty form."""

    accepted: Texts
    naming: Texts = ()


class BluebookTruth(GroundTruth):
    """``ground_truth`` is the canonical citation and the only field that must be there; the rest is read from it.

    ``masked``: the fields asked for; the others stand in the prompt and may not be altered. ``court_forms``: absent,
    they are derived from the citation; ``court_scored`` False says that the court is in no table. ``names``: the
    case's names, by which a name in the answer is judged. ``parallels``: other locators of the same case, besides those
    that ``ground_truth`` itself gives.
    """

    ground_truth: str
    metadata: Metadata = Metadata()
    masked: tuple[Field, ...] = FIELDS
    court_forms: CourtForms | None = None
    court_scored: bool = True
    names: Names = ()
    name_asked: bool = False
    parallels: Texts = ()

    @field_validator("ground_truth")
    @classmethod
    def _is_citation(cls, value: str) -> str:
        if isinstance(read_citation(value), str):
            raise ValueError(  # noqa: TRY004 (pydantic reports only ValueError)
                "must be one case citation with a known reporter, such as `2 Mich. 586 (1853)`"
            )
        return value

    @field_validator("masked")
    @classmethod
    def _asks_something(cls, value: tuple[Field, ...]) -> tuple[Field, ...]:
        if not set(value) - {"court"}:
            raise ValueError("must name at least one of volume, page, year")
        return value

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        gold = Gold.of(self)
        for field, told, read in (
            ("volume", self.metadata.volume, gold.locator.volume),
            ("page", self.metadata.page, gold.locator.page),
            ("year", self.metadata.year, gold.year),
        ):
            if told and read and told != read:
                raise ValueError(f"metadata.{field} {told!r} contradicts ground_truth, which says {read!r}")
        if gold.year is None and set(self.masked) <= {"year", "court"}:
            raise ValueError("masked asks for the year, and ground_truth has none")
        if not gold.reporter:
            raise ValueError("ground_truth's reporter is ambiguous: name it in metadata.reporter")
        return self


@dataclass(frozen=True)
class Gold:
    """A truth as the scorer uses it. ``reporter`` is canonical, empty where it stays ambiguous."""

    cited: CaseCitation
    locator: Locator
    reporter: str
    year: int | None
    courts: Parentheticals | None
    names: tuple[str, ...]

    @classmethod
    def of(cls, truth: BluebookTruth) -> Gold:
        """Read the gold citation; what the truth does not say is derived from it."""
        cited, reporter = _read_gold(truth.ground_truth, truth.metadata.reporter)
        forms = truth.court_forms
        if not truth.court_scored:
            courts = None
        elif forms:
            courts = Parentheticals(forms.accepted, forms.naming)
        else:
            courts = parentheticals_read(cited.court, reporter)
        names = truth.names or ((cited.name,) if cited.name else ())
        year = int(cited.year) if cited.year else truth.metadata.year
        return cls(cited, cited.locators[0], reporter, year, courts, names)


@lru_cache(maxsize=4096)  # the completions of one group are judged against one truth
def _read_gold(ground_truth: str, told: str) -> tuple[CaseCitation, str]:
    """The citation, and its reporter's canonical abbreviation: as told, where the spelling can mean that."""
    cited = read_citation(ground_truth)
    assert not isinstance(cited, str), "checked when the truth was read"
    spelling = cited.locators[0].reporter
    return cited, told if told in reporters.meanings(spelling) else reporters.canonical(spelling) or ""
