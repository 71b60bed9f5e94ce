"""What reviewers see and send: questions, answers beside the gold, passages with their marks, rejected rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from cap_rlvr.corpus.lookup import case_link
from cap_rlvr.labels import agreement
from cap_rlvr.labels.passages import Stretch
from cap_rlvr.labels.sheet import Label, Verdict
from cap_rlvr.wire.case import Case, SourceKind
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.rows import Row, Split


class CaseShown(Frozen):
    """A case by its id; ``name`` and ``date`` are empty where the sources do not have it."""

    id: str
    name: str = ""
    date: str = ""
    url: str | None = None


class PieceShown(Frozen):
    """A stretch of text under the marks ``names``."""

    text: str
    names: tuple[str, ...]


class PassageShown(Frozen):
    """Part of a case's field; ``fault``, in place of pieces, is why it can't be shown."""

    case_id: str
    field: str
    pieces: tuple[PieceShown, ...]
    cut_before: bool
    cut_after: bool
    fault: str


class Share(Frozen):
    """``hits`` of ``total``, with Wilson's 95 % interval."""

    hits: int
    total: int
    low: float
    high: float


class AgreementShown(Frozen):
    """One label or kind, or `all`: see `cap-rlvr label --summary`."""

    name: str
    blind: Share
    right: Share
    seen_through: Share
    unclear: int
    skipped: int
    badly_put: int


class Question(Frozen):
    """What is asked. ``item`` is a name that tells nothing: a row's id may hold its gold, or that it is a decoy."""

    item: str
    shown: str
    question: str
    keys: dict[str, str]


class Rejectable(Frozen):
    """A gold that was found wrong."""

    row_id: str
    why: str
    rejected: bool


class LabelSheet(Frozen):
    """Where a sitting is: ``question`` is null at its end; ``told`` is what a model is told beside every question."""

    task: str
    seed: str
    file: str
    told: str
    done: int
    total: int
    question: Question | None
    agreement: tuple[AgreementShown, ...]
    found_wrong: tuple[Rejectable, ...]


class Answer(Frozen):
    """``key`` null skips. An answer that is not the gold's is kept once ``verdict`` says what a second look says."""

    item: str = Field(max_length=100)
    key: str | None = Field(default=None, max_length=4)
    verdict: Verdict = ""
    why: str = Field(default="", max_length=2000)
    badly_put: bool = False


class Amendment(Frozen):
    """What may still be said of an answer that has been kept."""

    item: str = Field(max_length=100)
    verdict: Verdict = ""
    why: str = Field(default="", max_length=2000)
    badly_put: bool = False


class Revealed(Frozen):
    """An answer beside the gold; all is empty after a skip. ``kept`` is false where a second look is asked for first."""

    kept: bool
    agrees: bool | None = None
    decoy: bool = False
    answer: str = ""
    verdict: Verdict = ""
    why: str = ""
    badly_put: bool = False
    gold: str = ""
    row_id: str = ""
    cases: tuple[CaseShown, ...] = ()
    passages: tuple[PassageShown, ...] = ()


class Rejection(Frozen):
    """A row whose gold is wrong, and why; the same line as that of `cap-rlvr rows reject`."""

    task: str = Field(max_length=100)
    example_id: str = Field(max_length=300)
    why: str = Field(max_length=2000)


class Rejected(Frozen):
    """``rejected`` counts the rows of this task that are out at the next build."""

    example_id: str
    rejected: int


class RowShown(Frozen):
    """A row with its gold; ``points`` are the lines of the question that the gold names by letter or id.

    ``rejected`` is why it is out at the next build, empty where it is not.
    """

    id: str
    task: str
    split: Split
    kind: str
    source_kind: SourceKind
    evaluation_only: bool
    gold: str
    points: tuple[str, ...]
    rejected: str
    cases: tuple[CaseShown, ...]
    passages: tuple[PassageShown, ...]


class TaskReviewed(Frozen):
    """``labelled`` counts the answers in all of a task's sheets."""

    labelled: int
    rejected: int


class ReviewState(Frozen):
    """``allowed`` says whether this request may review, ``why_not`` why it may not.

    ``lasting`` is false where the service invented its rows: what is written goes when it ends.
    """

    allowed: bool
    why_not: str = ""
    lasting: bool = True
    tasks: dict[str, TaskReviewed] = {}


class TakenBack(Frozen):
    """The row whose answer was taken back; null where there was none."""

    row_id: str | None


def cases_shown(ids: Iterable[str], row: Row, cases: Mapping[str, Case]) -> tuple[CaseShown, ...]:
    """Cases with their names, as far as they are at hand, and their pages."""
    return tuple(_case_shown(name, row, cases.get(name)) for name in ids)


def _case_shown(name: str, row: Row, case: Case | None) -> CaseShown:
    called = (case.name_abbreviation or case.name) if case else ""
    date = case.decision_date if case else ""
    return CaseShown(id=name, name=called, date=date, url=case_link(name, row.source_kind))


def passages_shown(found: Iterable[Stretch]) -> tuple[PassageShown, ...]:
    """Stretches of cases as they cross to a page."""
    return tuple(
        PassageShown(
            case_id=one.case_id,
            field=one.field,
            pieces=tuple(PieceShown(text=piece.text, names=piece.names) for piece in one.pieces),
            cut_before=one.cut_before,
            cut_after=one.cut_after,
            fault=one.fault,
        )
        for one in found
    )


def agreement_shown(labels: Sequence[Label]) -> tuple[AgreementShown, ...]:
    """The agreement so far; nothing without labels."""
    lines = agreement.agreements(labels) if labels else []
    return tuple(
        AgreementShown(
            name=line.name,
            blind=_share(line.blind),
            right=_share(line.right),
            seen_through=_share(line.seen_through),
            unclear=line.unclear,
            skipped=line.skipped,
            badly_put=line.badly_put,
        )
        for line in lines
    )


def _share(share: agreement.Share) -> Share:
    low, high = share.interval
    return Share(hits=share.hits, total=share.total, low=low, high=high)
