"""Cases -> candidates -> rows: which passages are offered, what is refused, and how rows are balanced and masked."""

from collections import Counter
from pathlib import Path

import pytest

from cap_rlvr.corpus import read_cases
from cap_rlvr.tasks.entail import TASK
from cap_rlvr.tasks.entail.assemble import MASKS, MAX_SHARE, assemble
from cap_rlvr.tasks.entail.extract import Offer, find
from cap_rlvr.tasks.entail.truth import MASK
from cap_rlvr.wire.case import Case, Court, Jurisdiction, Opinion, Origin, SourceKind
from cap_rlvr.wire.rows import SPLITS, Candidate, Refusal, Row
from cap_rlvr.wire.splits import split_of

DATA = Path(__file__).parents[4] / "shared" / "data"
FILLER = (
    "The tenant paid each month and the agent wrote a receipt. The agent kept no copy of any letter that he wrote. "
)
LEAD = "The tenant relies on Cole v. Ames, 81 Mich. 4 (1890), for the rule that rent waives the breach. "
NEAR = "The general rule is stated in Burr v. Stout, 82 Mich. 9 (1891), and needs no further support. "


def _case(
    text: str, kind: str = "majority", court: str = "Mich.", number: int = 1, name: str = "Stone v. Weller"
) -> Case:
    return Case(
        id=f"mich/99/{number:04}-01",
        source=SourceKind.STATIC,
        origin=Origin(file="x.zip"),
        name=name,
        name_abbreviation=name,
        decision_date="1901-02-03",
        court=Court(name_abbreviation=court),
        jurisdiction=Jurisdiction(name="Mich."),
        opinions=(Opinion(type=kind, text=text),),
    )


def _offers(case: Case) -> list[Offer]:
    return [Offer.model_validate(item.payload) for item in find(case) if isinstance(item, Candidate)]


def _reasons(case: Case) -> list[str]:
    return [item.reason for item in find(case) if isinstance(item, Refusal)]


def test_a_treatment_and_a_case_near_it() -> None:
    cue = "Cole is distinguishable, because there the landlord knew of the breach when he took the rent."
    text = f"{FILLER}{LEAD}{FILLER}{cue} {FILLER}{NEAR}{FILLER}"
    offers = _offers(_case(text))
    assert [(offer.label, offer.cited) for offer in offers] == [
        ("DISTINGUISHES", "Cole v. Ames"),
        ("NONE", "Burr v. Stout"),
    ]
    assert offers[0].context[offers[0].start : offers[0].end] == cue
    assert "Burr v. Stout" in offers[1].context[offers[1].start : offers[1].end]
    for offer in offers:
        assert " ".join(text[offer.low : offer.high].split()) == offer.context[offer.start : offer.end]


@pytest.mark.parametrize(
    ("text", "kind", "court", "reason"),
    [
        (
            f"{FILLER}{LEAD}The appellee contends that Cole is distinguishable. {FILLER}",
            "majority",
            "Mich.",
            "not_stated",
        ),
        (f"{FILLER}{LEAD}We therefore overrule Cole. {FILLER}", "majority", "Mich. Ct. App.", "no_power_to_overrule"),
        (f"{FILLER}{LEAD}Reliance on Cole is misplaced. {FILLER}", "majority", "Mich.", "unexplained"),
        (
            f"{FILLER}{LEAD}We overrule Cole. Besides, Cole is distinguishable. {FILLER}",
            "majority",
            "Mich.",
            "two_treatments",
        ),
        (f"{FILLER}{LEAD}Cole is distinguishable on its facts. {FILLER}", "dissent", "Mich.", "no_treatment"),
        (FILLER, "majority", "Mich.", "no_treatment"),
    ],
)
def test_refusals(text: str, kind: str, court: str, reason: str) -> None:
    case = _case(text, kind, court)
    assert reason in _reasons(case)
    assert {offer.label for offer in _offers(case)} <= {"NONE"}


def test_later_history_is_no_treatment_by_this_court() -> None:
    history = "The point was made in Cole v. Ames, 81 Mich. 4 (1890), overruled on other grounds by Burr v. Stout, 82 Mich. 9 (1891)."
    [offer] = _offers(_case(f"{FILLER}{FILLER}{history} {FILLER}{FILLER}"))
    assert (offer.label, offer.kind, offer.cited) == ("NONE", "none_history", "Cole v. Ames")


def test_the_decision_below_is_affirmed_in_one_passage_and_only_told_of_in_another() -> None:
    told = "The Second Circuit held that the agent may sue. 90 F. 449 (1899)."
    order = "The judgment of the Court of Appeals for the Second Circuit is affirmed."
    affirmed, only_told = _offers(_case(f"{FILLER * 3}{told} {FILLER * 12}{order}", court="U.S."))
    assert (affirmed.label, affirmed.kind) == ("AFFIRMS", "affirms_litigation")
    assert (only_told.label, only_told.kind, only_told.cite) == ("NONE", "none_below", "90 F. 449 (1899)")
    assert only_told.context[only_told.start : only_told.end] == told
    assert order not in only_told.context
    assert affirmed.cited == only_told.cited == "Stone v. Weller"


@pytest.mark.parametrize(
    "said", ["We granted certiorari, 180 U. S. 5 (1900), and now affirm.", "We adopt what that court said."]
)
def test_a_passage_that_says_what_is_done_to_the_decision_below_is_no_none(said: str) -> None:
    told = f"The Second Circuit held that the agent may sue. 90 F. 449 (1899). {said}"
    order = "The judgment of the Court of Appeals for the Second Circuit is affirmed."
    offers = _offers(_case(f"{FILLER * 3}{told} {FILLER * 12}{order}", court="U.S."))
    assert [offer.label for offer in offers] == ["AFFIRMS"]


def test_what_is_done_to_the_decision_on_review_is_no_treatment_of_a_precedent() -> None:
    told = "The Court of Appeals affirmed. Cole v. Ames, 81 Mich. App. 4 (1990), cert. granted, 82 Mich. 9 (1990). "
    said = "The majority in Cole said that rent waives a breach. We disapprove of this statement, which is too broad. "
    case = _case(f"{FILLER}{told}{FILLER * 3}{said}{FILLER * 2}")
    assert "decision_below" in _reasons(case)
    assert _offers(case) == []


def test_a_case_that_is_treated_anywhere_in_the_opinion_is_never_none() -> None:
    history = "The point was made in Cole v. Ames, 81 Mich. 4 (1890), overruled on other grounds by Burr v. Stout, 82 Mich. 9 (1891)."
    again = "We distinguish Cole v. Ames, 45 N.W. 1 (1890), where the landlord of the barn knew of the breach."
    offers = _offers(_case(f"{FILLER * 2}{history} {FILLER * 30}{again} {FILLER * 3}"))
    assert [(offer.label, offer.cited) for offer in offers if offer.cited == "Cole v. Ames"] == [
        ("DISTINGUISHES", "Cole v. Ames")
    ]


def test_a_long_sentence_is_cut_around_the_treatment() -> None:
    tail = ", and the barn was let to a stranger who kept two wagons in it" * 4
    cue = f"Cole is distinguishable, because there the landlord knew of the breach{tail}."
    offer = _offers(_case(f"{FILLER}{LEAD}{cue} {FILLER}{FILLER}"))[0]
    evidence = offer.context[offer.start : offer.end]
    assert "Cole is distinguishable" in evidence
    assert len(evidence.split()) <= 40


def _rows(made: int) -> list[Row]:
    candidates: list[Candidate] = []
    for number in range(1, made + 1):
        verb = ("We therefore overrule", "We distinguish", "Today we reaffirm")[number % 3]
        cite = f"Cole v. Ames{number}, {number} Mich. 4 (1890)"
        sentence = f"{verb} {cite}, where the landlord of the barn knew of the breach."
        text = f"{FILLER}{sentence} {FILLER}{NEAR}{FILLER}{FILLER}"
        found = find(_case(text, number=number, name=f"Stone{number} v. Weller"))
        candidates += [item for item in found if isinstance(item, Candidate)]
    return [item for item in assemble([candidates], "seed") if isinstance(item, Row)]


def test_rows_are_balanced_masked_and_their_gold_earns_all() -> None:
    rows = _rows(90)
    labels = Counter(row.truth["label"] for row in rows)
    assert len(labels) == 4
    for split in SPLITS:
        held = Counter(row.truth["label"] for row in rows if split_of(row.case_id, "seed") == split)
        assert max(held.values()) <= MAX_SHARE * held.total()
    for label in labels:
        masked = [row for row in rows if row.truth["label"] == label and MASK in row.truth["context"]]
        assert abs(5 * len(masked) - 4 * labels[label]) <= 4
        assert {row.truth["context"].count(MASK) for row in masked} == {MASKS}
    for row in rows:
        truth = TASK.read_truth(row.truth)
        assert TASK.score(truth, TASK.gold(truth)).strict
        assert row.truth["context"] in row.inputs
        assert row.evaluation_only is (labels[row.truth["label"]] < 20)


def test_the_order_of_blocks_and_the_seed_fix_the_rows() -> None:
    assert [row.id for row in _rows(24)] == [row.id for row in _rows(24)]


@pytest.mark.skipif(not DATA.is_dir(), reason="the real sample volumes are not beside the project")
def test_real_volumes_give_rows_whose_gold_earns_all() -> None:
    cases = read_cases(DATA / "static.case.law" / "va-app" / "1.zip", lambda error: None)
    offers = [item for case in cases for item in find(case) if isinstance(item, Candidate)]
    assert Counter(item.payload["label"] for item in offers)["DISTINGUISHES"] >= 3
    for row in assemble([offers], "seed"):
        if isinstance(row, Row):
            truth = TASK.read_truth(row.truth)
            assert TASK.score(truth, TASK.gold(truth)).strict
