"""Make rows of candidates: no label over a fixed share, four rows in five with their cue words hidden."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cap_rlvr.law.treatment import CUE
from cap_rlvr.tasks.entail.extract import TASK, Offer
from cap_rlvr.tasks.entail.reward import gold, score
from cap_rlvr.tasks.entail.truth import LABELS, MASK, MAX_WORDS, EntailTruth, Label, read_gold
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import digest, keyed_order
from cap_rlvr.wire.rows import SPLITS, Candidate, Refusal, Row, Span, Split
from cap_rlvr.wire.splits import MIN_TO_TRAIN, even_shares, split_of_candidate

MAX_SHARE = 0.37  # of a label among a split's rows: .40 is the bound, and clusters may move a row to another split
NEAR_SHARE = 0.75  # of NONE rows that have another case's cue words near
OPEN_IN = 5  # rows of a label, of which one shows all its words: with one in four cue words tell the label too often
MASKS = 5  # hidden words in each masked row, whatever its label
MAX_POOL = 20_000  # rows of a label that wait; more are refused, so that memory stays flat
_HIDDEN_IN_NONE = re.compile(
    r"\b(?:follow\w*|govern\w*|control\w*|appl(?:y|ies|ied)|adhere\w*|hold\w*|held|stat(?:ed|es|ing)|not(?:ed|es|ing)|found|explain\w*|requir\w+|see|see also|decided|"
    r"recogniz\w+|[a-z]{4,})\b"
)
_PLAIN_WORD = re.compile(r"(?<![\w.'’-])[a-z]{4,}(?![\w'’-])")


@dataclass(frozen=True, eq=False)
class _Item:
    candidate: Candidate
    offer: Offer

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.candidate.case_id, self.offer.field, self.offer.key, self.offer.low

    def __str__(self) -> str:
        return "|".join(map(str, self.key))


@dataclass
class _Group:
    """Rows that are balanced together: all real ones, or all fiction."""

    real: bool
    waiting: dict[Label, list[_Item]] = field(default_factory=lambda: defaultdict(list))
    written: Counter[Label] = field(default_factory=Counter[Label])
    evidence: set[tuple[str, str, str, int]] = field(default_factory=set[tuple[str, str, str, int]])
    overruled: set[str] = field(default_factory=set[str])
    passages: Counter[str] = field(default_factory=Counter[str])
    masked: Counter[tuple[Label, bool]] = field(default_factory=Counter[tuple[Label, bool]])


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """Rows of all blocks, or why a candidate gave none. A case is overruled in one row only, so in one split only."""
    groups = {True: _Group(real=True), False: _Group(real=False)}
    for block in blocks:
        for candidate in block:
            group = groups[candidate.source_kind is not SourceKind.SYNTHETIC]
            item = _Item(candidate, Offer.model_validate(candidate.payload))
            fault = _unfit(group, item)
            if fault:
                yield _refusal(item, fault)
            else:
                group.waiting[item.offer.label].append(item)
    for group in groups.values():
        yield from _balanced(group, seed)


def _unfit(group: _Group, item: _Item) -> str:
    offer = item.offer
    if len(group.waiting[offer.label]) >= MAX_POOL:
        return "surplus_label"
    if item.key in group.evidence:
        return "evidence_in_another_row"
    group.evidence.add(item.key)
    if offer.label == "OVERRULES":
        if offer.key in group.overruled:
            return "overruled_in_another_row"
        group.overruled.add(offer.key)
    truth = _truth(item, offer.context, (offer.start, offer.end))
    if len(read_gold(truth).terms) < 2:
        return "no_terms"
    verdict = score(truth, gold(truth))
    return "" if verdict.strict else f"gold_{verdict.reason.code}"


def _balanced(group: _Group, seed: str) -> Iterator[Row | Refusal]:
    """The rows, balanced within each split: over all rows alone, a small split would soon have too many of a label."""
    waiting: dict[Split, dict[Label, list[_Item]]] = {split: defaultdict(list) for split in SPLITS}
    for label in LABELS:
        for item in keyed_order(group.waiting[label], seed, "choice"):
            waiting[split_of_candidate(item.candidate, seed)][label].append(item)
    shares = {
        split: even_shares({label: len(found[label]) for label in LABELS}, MAX_SHARE)
        for split, found in waiting.items()
    }
    whole: dict[Label, int] = {label: sum(share[label] for share in shares.values()) for label in LABELS}
    for split, found in waiting.items():
        below = sum(item.offer.kind == "affirms_litigation" for item in found["AFFIRMS"])
        for label in LABELS:
            ordered, wanted = found[label], shares[split][label]
            if label == "NONE":
                ordered = _nones(ordered, wanted, below)
            elif label == "DISTINGUISHES":
                ordered = sorted(ordered, key=lambda item: _per_case(group, item))
            for item in ordered[wanted:]:
                yield _refusal(item, "surplus_label")
            for item in ordered[:wanted]:
                yield _row(group, item, whole, seed)


def _per_case(group: _Group, item: _Item) -> int:
    """How many of its case's rows come before it, so that no opinion fills a label."""
    group.passages[item.candidate.case_id] += 1
    return group.passages[item.candidate.case_id]


def _nones(items: list[_Item], wanted: int, below: int) -> list[_Item]:
    """Those that tell of a decision below first, as many as ``below`` that affirm one; then those with cue words near, up
    to their share; at most two of one opinion before any third.
    """
    seen: Counter[str] = Counter()
    spread: list[tuple[int, _Item]] = []
    for item in items:
        spread.append((seen[item.candidate.case_id] // 2, item))
        seen[item.candidate.case_id] += 1
    ordered = [item for _, item in sorted(spread, key=lambda pair: pair[0])]
    told = [item for item in ordered if item.offer.kind == "none_below"][:below]
    near = [*told, *(item for item in ordered if item.offer.kind not in ("none_plain", "none_below"))]
    plain = [item for item in ordered if item.offer.kind == "none_plain"]
    many = min(len(near), max(round(NEAR_SHARE * wanted), wanted - len(plain)))
    return [*near[:many], *plain[: wanted - many], *near[many:], *plain[wanted - many :]]


def _row(group: _Group, item: _Item, rows: Mapping[Label, int], seed: str) -> Row:
    offer = item.offer
    hidden = None
    if group.masked[offer.label, True] < (OPEN_IN - 1) * (group.masked[offer.label, False] + 1):
        hidden = _masked(item, seed)
    group.masked[offer.label, hidden is not None] += 1
    context, span = hidden or (offer.context, (offer.start, offer.end))
    truth = _truth(item, context, span)
    header = f"Citing case: {offer.citing or 'not named'}\nCited case: {offer.cited}, {offer.cite}"
    if offer.kind in ("affirms_litigation", "none_below") and offer.cited == offer.citing:
        header += " (the decision below)"
    case_id = item.candidate.case_id
    return Row(
        id=f"{TASK}-{digest([*item.key, offer.label])[:16]}",
        case_id=case_id,
        task=TASK,
        inputs=f"{header}\n\nPassage:\n{context}",
        spans=(
            Span(case_id=case_id, field=offer.field, start=offer.low, end=offer.high, role="gold"),
            Span(case_id=case_id, field=offer.field, start=offer.window[0], end=offer.window[1], role="passage"),
        ),
        source_kind=item.candidate.source_kind,
        kind=f"{offer.kind}{'_masked' if hidden else ''}",
        difficulty=_difficulty(offer, masked=hidden is not None),
        evaluation_only=group.real and rows[offer.label] < MIN_TO_TRAIN,
        truth=truth.model_dump(mode="json"),
    )


def _difficulty(offer: Offer, masked: bool) -> float:
    base = 0.2 if offer.kind == "none_plain" else 0.6 if offer.label == "NONE" else 0.4
    return round(base + (0.3 if masked else 0.0), 2)


def _truth(item: _Item, context: str, span: tuple[int, int]) -> EntailTruth:
    offer = item.offer
    kinds = {"affirms_litigation": "litigation", "affirms_reaffirmed": "reaffirmed"}
    return EntailTruth.model_validate(
        {
            "pair_id": f"{item.candidate.case_id}__{offer.key}",
            "context": context,
            "label": offer.label,
            "evidence_span": span,
            "citing": offer.citing,
            "cited": offer.cited,
            "affirm_kind": kinds.get(offer.kind, ""),
        }
    )


def _masked(item: _Item, seed: str) -> tuple[str, tuple[int, int]] | None:
    """The passage with MASKS words hidden, every cue among them and at least one in the evidence; None where that can't be."""
    offer = item.offer
    hidden = [hit.span() for hit in CUE.finditer(offer.context)]
    if not any(offer.start <= low < offer.end for low, _ in hidden):
        inside = [hit.span() for hit in _HIDDEN_IN_NONE.finditer(offer.context, offer.start, offer.end)]
        hidden += inside[:1]
    others = [
        hit.span()
        for hit in _PLAIN_WORD.finditer(offer.context)
        if not any(low < hit.end() and hit.start() < high for low, high in hidden)
    ]
    hidden += keyed_order(others, seed, "mask", item)[: max(0, MASKS - len(hidden))]
    if len(hidden) != MASKS or not any(offer.start <= low < offer.end for low, _ in hidden):
        return None
    pieces: list[str] = []
    at, start, end, shift = 0, offer.start, offer.end, 0
    for low, high in sorted(hidden):
        pieces += [offer.context[at:low], MASK]
        at = high
        shift = len(MASK) - (high - low)
        start += shift if high <= offer.start else 0
        end += shift if high <= offer.end else 0
    context = "".join([*pieces, offer.context[at:]])
    truth = _truth(item, context, (start, end)) if len(context[start:end].split()) <= MAX_WORDS + 10 else None
    if truth is None or len(read_gold(truth).terms) < 2 or not score(truth, gold(truth)).strict:
        return None
    return context, (start, end)


def _refusal(item: _Item, reason: str) -> Refusal:
    detail = f"{item.offer.kind}: {item.offer.cited}"
    return Refusal(case_id=item.candidate.case_id, task=TASK, reason=reason, detail=detail)
