"""Texts of holdings -> what is found in them, and why some can't stand alone."""

import pytest

from cap_rlvr.law.holdings import (
    content_words,
    like_holdings,
    note_subject,
    notes,
    parentheticals,
    sentence_end,
    syllabus,
    we_hold,
)

RULE = "a juror who has formed an opinion from newspapers may serve where he swears to decide on the evidence alone"
SENTENCE = f"A{RULE[1:]}."


@pytest.mark.parametrize(
    "text",
    [
        f"On this ground we hold that {RULE}. The judgment is affirmed.",
        f"We therefore hold that {RULE}. See 12 Tex. 4.",
        f"We hold, therefore, that {RULE}.{{12}} Next, we turn to the charge.",
        f"Plaintiff argues otherwise, and we hold that {RULE}.CONCLUSIONWe affirm.",
        f"Because the point was not\nraised, we also hold that {RULE.replace(' from ', chr(10) + 'from ')}.2 The end.",
        f"We further hold that {RULE}, and it is so ordered.",
        f"We therefore conclude that {RULE}.",
        f"We are clearly of opinion that {RULE}.",
        f"Our conclusion is that {RULE}.",
        f"It is the opinion of this court that {RULE}.",
    ],
)
def test_we_hold_is_found(text: str) -> None:
    [holding] = we_hold(text)
    assert (holding.text, holding.fault) == (SENTENCE, "")
    assert RULE.split(maxsplit=1)[0] in text[holding.start : holding.end]


@pytest.mark.parametrize(
    "text",
    [
        f"Appellant urges that we hold that {RULE}.",
        f"Neither can we conclude that {RULE}.",
        f"We do not agree, nor do we hold that {RULE}.",
        f"If we hold that {RULE}, the verdict falls.",
        f"Defendant asks us to reverse, which would follow should we hold that {RULE}.",
        f'The court said in Jones, "we hold that {RULE}."',
        f"In Jones the court wrote: “We hold that {RULE}.”",
    ],
)
def test_we_hold_of_another_is_not_own(text: str) -> None:
    assert [holding.fault for holding in we_hold(text)] == ["not_own"]


@pytest.mark.parametrize(
    "text", ["We held that the rule applies.", "They hold that office.", "We hold the rule valid."]
)
def test_other_words_are_no_cue(text: str) -> None:
    assert list(we_hold(text)) == []


@pytest.mark.parametrize(
    ("clause", "fault"),
    [
        ("there was no error", "too_short"),
        (" ".join(["the tenant of the upper floor must keep the common stairs in repair"] * 6), "too_long"),
        ("it had been written by the agent of the tenant after the lease had ended", "leading_pronoun"),
        ("it was not error to admit the letter that the tenant wrote to the agent", ""),
        ("one who keeps a dog that has bitten before answers for the harm it does", ""),
        ("one of the letters had been written by the agent of the tenant in May", "leading_pronoun"),
        ("the said license could not be given up to the sheriff without an order in writing", "points_back"),
        ("a license to sell may be given up to the sheriff, and said license then ends", ""),
        ("for the reasons stated above the lease of the farm ended with the harvest", "points_back"),
        ("under this theory the agent had no power to bind the tenant of the farm", "points_back"),
        ("the agent had such power as the tenant of the farm had given him in writing", ""),
        ("the purchase of junk from such a minor by his own dealer is no crime at all", "points_back"),
        ("the saving clause of the statute does not authorize such an end-run by the agent", "points_back"),
        ("a lease is void where the tenant was in such a state of mind that he could not read it", ""),
        ("where a tenant has sued for the price of a barn and lost on the facts such claim is barred", ""),
        ("the lease had ended, that the barn was burned, and that the agent wrote no letter", "several"),
        ("the agent was not prejudiced by the tenant's failure to raise them in the lease case", "dangling"),
        ("the tenants of the farm were not prejudiced by the failure to give them a lease", ""),
        ("the lease is preempted by the new statute and therefore do not reach the other issues", "party_conclusion"),
        ("the use of a calculator by the jury in the jury room is within the discretion of the trial", "truncated"),
        ("the agent must refrain from further interpreta tion of the lease of the farm", "noise"),
        ("the agent broke an oral, implied-in-faet contract to keep the tenant on the farm", "noise"),
        ("the bill of the tenant must state the facts in full under article 5S4 of the code", "noise"),
        ("the tenant acted within' the terms of the lease by cutting wood for the stove", "noise"),
        ("these words of the trial judge amounted to an acceptance of the plea agreement", "leading_pronoun"),
        ('the statute is "clear and plain" and so leaves no room for the construction urged', "quoted"),
        ("the rule of Smith v. Jones, 12 Tex. 405, governs a lease of farm land for one season", "citation"),
        ("the rule that the supreme court held in an earlier lease case governs this lease too", "attributed"),
        ("the letter was shown to the jury by the agent of the tenant and to the", "truncated"),
        ("the judgment of the trial court in this case must be affirmed in all things", "party_conclusion"),
        ("the evidence in this case is sufficient to support the verdict of the jury", "party_conclusion"),
        ("the trial court did not err in overruling the motion of the appellant", "party_conclusion"),
        ("tho lease of tbe farm had ended before the tenant gave notice to the agent", "noise"),
        ("to establish waiver the landlord must show that the tenant knew of the breach", "fragment"),
    ],
)
def test_faults(clause: str, fault: str) -> None:
    assert [holding.fault for holding in we_hold(f"We hold that {clause}.")] == [fault]


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        ("the lease had ended and that the agent was bound", "The lease had ended, and the agent was bound."),
        ("the lease had ended, but that the agent was bound", "The lease had ended, but the agent was bound."),
        (
            "a clause that may be void binds nobody and that the agent was bound",
            "A clause that may be void binds nobody, and the agent was bound.",
        ),
        (
            "the evidence showed that the lease had ended, and that the agent was bound",
            "The evidence showed that the lease had ended, and that the agent was bound.",
        ),
    ],
)
def test_and_that_of_the_cue_is_left_out(clause: str, text: str) -> None:
    assert [holding.text for holding in we_hold(f"We hold that {clause}.")] == [text]


@pytest.mark.parametrize(
    ("text", "holding"),
    [
        (f"Smith v. Jones, 1 Tex. 2 (1901) (holding that {RULE}); Doe v. Roe, 3 Tex. 4.", SENTENCE),
        (f"See id. (holding that {RULE} (as amended)).", f"{SENTENCE[:-1]} (as amended)."),
        (f"See id. (holding that, {RULE}).", SENTENCE),
    ],
)
def test_parentheticals(text: str, holding: str) -> None:
    [found] = parentheticals(text)
    assert (found.text, found.fault) == (holding, "")


def test_unclosed_parenthetical_is_truncated() -> None:
    assert [holding.fault for holding in parentheticals(f"(holding that {RULE}" + " and more" * 200)] == ["truncated"]


@pytest.mark.parametrize(
    "cue",
    ["Held, that ", "Held that ", "held, that ", "Held: That ", "Held, ", "HELD, that ", "held: ", "Held, also, that "],
)
def test_syllabus_cues(cue: str) -> None:
    head = f"Smith v. Jones.\n1. Jurors. — The juror had read of the crime; {cue}{RULE}.\nAppeal from Galveston."
    [holding] = syllabus(head)
    assert (holding.text, holding.fault) == (SENTENCE, "")


def test_syllabus_with_two_holdings_ends_each_at_the_next() -> None:
    head = (
        f"The juror had read of the crime. Held, that {RULE}. Held, also, that the notice was given too late by a day."
    )
    assert [holding.text for holding in syllabus(head)] == [SENTENCE, "The notice was given too late by a day."]


@pytest.mark.parametrize(
    "head",
    [
        "An election theretofore held in the county does not bar another.",
        "Pope held a mortgage against the property for the balance.",
        "The undertaking was held so deficient as to be void.",
    ],
)
def test_held_as_another_verb_is_no_holding(head: str) -> None:
    assert list(syllabus(head)) == []


def test_held_without_a_verb_is_a_fragment() -> None:
    head = "1. Alibi. — See the facts stated in the opinion, held, in the light of all the evidence adduced, improbable, contradictory and unworthy of credit."
    assert [holding.fault for holding in syllabus(head)] == ["fragment"]


def test_like_holdings_covers_what_other_courts_hold() -> None:
    text = "The court held that the lease had ended. We conclude the notice was late. The tenant paid."
    assert [text[start:end].strip() for start, end in like_holdings(text)] == [
        "that the lease had ended.",
        "the notice was late.",
    ]


def test_sentence_end_stops_at_a_paragraph_mark() -> None:
    text = "We hold that the lease ended{12} Next we turn to the costs."
    assert text[: sentence_end(text, 0)] == "We hold that the lease ended"


def test_content_words_leave_out_procedure() -> None:
    assert content_words("The trial court properly overruled the motion to quash the lease.") == {"quash", "lease"}


HEAD = (
    "Doe v. Roe.\n1.—Theft—Evidence.\nWhere upon trial for theft the owner of the stolen cattle was not called from his ranch, "
    f"the brand was proof.\n2. Same — Jurors. — {SENTENCE} See opinion.\n3. Same. Charge.—The juror had read of the crime. "
    "Held, that he was not fit to serve.\n4.—Same—Indictment.\nThe indictment followed the form that was approved by this "
    "court in a case of theft.\nAppeal from Galveston.\n1. Jones, for appellant.\n"
)


def test_numbered_notes_of_a_syllabus() -> None:
    found = list(notes(HEAD))
    assert [(note.text[:10], note.fault) for note in found] == [
        ("Where upon", ""),
        ("A juror wh", ""),
        ("The indict", "too_general"),
    ]
    assert [note_subject(HEAD, note) for note in found] == ["Theft — Evidence", "Theft — Jurors", "Theft — Indictment"]


def test_numbers_that_do_not_count_up_are_no_notes() -> None:
    assert list(notes("Doe v. Roe.\n14. Jurors.\n" + SENTENCE)) == []
