"""What developers found when they labelled golds: each of these once stood in one."""

import pytest

from cap_rlvr.law.dispositions import find_order
from cap_rlvr.tasks.summarise.anchors import Anchors
from cap_rlvr.tasks.summarise.drafts import MIN_BRIEF, Pieces, drafts, gather
from cap_rlvr.tasks.summarise.headnotes import Names, Statement, posture, read_headnotes
from cap_rlvr.tasks.summarise.passages import Passage, authorities, facts, rules

OPINION = (
    "The term felony is defined by section 18 of the statute. Appellant uttered the draft at the counter of the bank.\n"
    "A draft payable to the bearer is negotiable and an order for money within the statute. See Reed v. State, 14 Texas "
    "Crim. App., 59. A party may not be heard in two courts under section 40.\n"
    "Under section 50 an appeal lies. The judgment is affirmed."
)
WHOLE = [(0, len(OPINION))]


def cited(statement: str) -> list[str]:
    anchors = Anchors(OPINION, WHOLE)
    anchor = anchors.of(statement)
    return [one.text for one in authorities(OPINION, WHOLE) if anchors.cites(anchor, one.start)]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("a draft payable to bearer is a negotiable order for money", ["Reed v. State, 14 Texas Crim. App., 59"]),
        ("a felony is what the term defines", ["section 18"]),
        ("the counter of the bank", []),
    ],
)
def test_an_authority_stands_where_the_opinion_speaks_of_the_statement(statement: str, found: list[str]) -> None:
    assert cited(statement) == found


def test_what_is_not_shown_has_no_anchor() -> None:
    half = OPINION.index("A draft payable")
    anchors = Anchors(OPINION, [(0, half)])
    assert anchors.of("a draft payable to bearer is a negotiable order for money").share < 0.5
    assert Anchors(OPINION, WHOLE).of("a draft payable to bearer is a negotiable order for money").share > 0.9


def gathered(note: str, opinion: str, ranges: list[tuple[int, int]]) -> Pieces:
    notes = read_headnotes(f"A v. B.\n1. Drafts.\n{note}")
    assert notes is not None
    return gather(notes, opinion, ranges, Names(opinion), opinion)


def test_a_headnote_of_what_is_cut_is_no_piece() -> None:
    note = "A draft that is payable to the bearer must be taken for a negotiable order for money."
    low = OPINION.index("A draft payable")
    assert gathered(note, OPINION, WHOLE).statements
    assert not gathered(note, OPINION, [(0, low), (OPINION.index("Under section 50"), len(OPINION))]).statements


def test_a_statement_that_names_a_section_has_no_other_authority() -> None:
    note = "Under section 99 of the statute the term felony is defined and must be proved by the State."
    assert gathered(note, OPINION, WHOLE).cited == {}
    (statement,) = gathered(note.replace("99", "18"), OPINION, WHOLE).statements
    assert gathered(note.replace("99", "18"), OPINION, WHOLE).cited[statement.text].text.startswith("section 18")


@pytest.mark.parametrize(
    "sentence",
    [
        "The former opinions in the case were found in another book.",
        "Yes, the defendant told me before the arrest that he took it.",
        "Unless appellant had introduced a letter impeaching the character of that man.",
        "Among others was the sister of the man that they shot.",
        "The evidence was offered, as appellant insists, in view of the alleged conspiracy to rob the bank.",
        "A conviction cannot be had upon the word of an accomplice.",
        "The point of identity was put by me before the jury.",
        "In Reed v. State it was so. The plaintiff replied that he was beyond the sea.",
        "He swore: “The sheriff was in the house. The prisoner was asleep on a bench near the door.”",
        "Reed testified that at the time the check was given, the bank was shut.",
        "Appellant was convicted of theft, and his punishment, assessed at three years confinement in the penitentiary, must stand.",
    ],
)
def test_what_is_no_fact_of_the_case(sentence: str) -> None:
    assert not list(facts(sentence, [(0, len(sentence))], Names(sentence)))


@pytest.mark.parametrize(
    "sentence",
    [
        "The evidence in relation to the services performed is very meager and unsatisfactory.",
        "The foundation of this rule in equity is fraud in the purchaser.",
        "The court properly defined principals and the charge is in all respects correct.",
        "The statute says: “A surety is not liable upon a bond that was altered by fraud.”",
    ],
)
def test_what_is_no_rule(sentence: str) -> None:
    assert not list(rules(sentence, [(0, len(sentence))], Names(sentence)))


@pytest.mark.parametrize(
    "note",
    [
        "Held, that though improper and suspicious, such conduct did not warrant a reversal of the judgment.",
        "Held, that if she had any equitable interest in a homestead, it could not be adjudicated.",
        "Defendant not being in possession of said license could not be forced to produce it.",
        "The plaintiff in this action alleges that he is a citizen and must be heard by the court.",
        "Furthermore, the relator would not have been entitled to a trial by the court.",
        "The witness was offered with1 others and must be heard by the court.",
    ],
)
def test_what_does_not_stand_alone(note: str) -> None:
    notes = read_headnotes(f"A v. B.\n{note}")
    assert notes is not None
    assert not notes.statements


def test_a_long_note_is_not_cut_within_its_conditions() -> None:
    long = (
        "Upon trial for a sale of liquor, where the defendant claimed that he had authorized the witness to sell in the Territory"
        f" alone, where said witness {'and another ' * 20}kept liquor for sale in a tent near the border, and in which tent a"
        f" license was {'often seen and ' * 15}exhibited, there was no error in admitting the proof of it."
    )
    notes = read_headnotes(f"A v. B.\n{long}")
    assert notes is not None
    assert not notes.statements


def test_how_the_case_came_up_is_not_a_headnote_s_subject() -> None:
    told = posture("1. —Murder—Motion for New Trial.\nAppeal from a conviction of murder; penalty, death.")
    assert told is not None
    assert told.text == "the case came up on an appeal from a conviction of murder"


@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        ("It would be wrong, should such an order be granted. I am constrained to deny the motion.", ("denied",)),
        (
            "The Code says: “When a nonsuit is given, the action is dismissed and no bar.” The motion is denied.",
            ("denied",),
        ),
        ("The prayer is denied, and he is remanded to the custody of the marshal, unless sooner discharged.", None),
        ("It is ordered, that the injunction granted in this cause be dissolved.", None),
        ("Where no ground is shown the bill is dismissed. The demurrer must be allowed.", None),
    ],
)
def test_orders(text: str, verbs: tuple[str, ...] | None) -> None:
    order = find_order(text)
    assert (order.verbs if order else None) == verbs


@pytest.mark.parametrize(
    ("verbs", "told"),
    [
        (("remanded", "reversed"), "it was error to admit the letter"),
        (("affirmed",), "no error was shown in the charge"),
    ],
)
def test_a_judgment_reversed_is_told_by_what_speaks_against_it(verbs: tuple[str, ...], told: str) -> None:
    statements = [
        Statement("upon a trial for the theft of a horse it was error to admit the letter of the wife", 0, 9),
        Statement("upon a trial for the theft of a horse no error was shown in the charge of the court", 9, 18),
    ]
    pieces = Pieces(
        statements=statements,
        topics=["theft", "letters"],
        facts=[Passage("appellant was convicted of the theft of a horse in the county of Travis", 0, 9)],
        rules=[],
        cited={},
        posture=None,
    )
    alone = [
        one.brief
        for one in drafts(pieces, "Marsh v. State", verbs, "judgment", "Texas court in 1907, " + "x " * MIN_BRIEF)
    ]
    rulings = [" ".join((brief.asked, brief.rule, brief.held)) for brief in alone]
    assert not rulings or all(told in one for one in rulings)
