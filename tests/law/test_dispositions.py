import pytest

from cap_rlvr.law.dispositions import VERBS, find_order, read_disposition, verbs_of
from cap_rlvr.wire.case import Opinion


@pytest.mark.parametrize(
    ("sentence", "verbs"),
    [
        ("Affirmed.", {"affirmed"}),
        ("Reversed and remanded.", {"reversed", "remanded"}),
        ("Order reversed and motion denied, matter remitted to Court of General Sessions.", {"reversed", "denied"}),
        ("THE DECISION OF THE TRIAL COURT IS AFFIRMED.", {"affirmed"}),
        ("Finding no reversible error, the judgment of the trial court is affirmed.", {"affirmed"}),
        ("The judgment is reversed and the cause remanded.", {"reversed", "remanded"}),
        ("The judgment of the Circuit Court, affirming that of the County Court, must he affirmed.", {"affirmed"}),
        ("This court therefore reverses and remands with instructions to grant a new trial.", {"reversed", "remanded"}),
        (
            "We reverse Defendant's conviction and remand with instructions to dismiss the charge.",
            {"reversed", "remanded"},
        ),
        ("The motion to dismiss is denied.", {"denied"}),
        ("The trial court’s Order denying Appellant’s Motion to Dismiss is hereby REVERSED.", {"reversed"}),
        ("The writ is granted and relator is ordered discharged.", {"granted", "discharged"}),
        ("Both demurrers are overruled.", {"overruled"}),
        ("In all other respects the judgment is affirmed as modified.", {"affirmed", "modified"}),
        (
            "The judgment of affirmance is set aside and the judgment is now reversed and remanded.",
            {"reversed", "remanded"},
        ),
        ("Judgment affirmed, with costs to the wife.", {"affirmed"}),
        ("Order modified and affirmed, without costs to either party.", {"modified", "affirmed"}),
        (
            "Judgment of conviction reversed, indictment dismissed and bail of the appellant exonerated.",
            {"reversed", "dismissed"},
        ),
        ("Motion granted and case is ordered on the pleading calendar of this court.", {"granted"}),
        ("Judgment afñrmed.", {"affirmed"}),
        ("The judgment is aifirmed.", {"affirmed"}),
        ("We therefore conclude that the claim of the insurer is barred and affirm.", {"affirmed"}),
        ("We hold that the search was lawful and affirm the judgment of the trial court.", {"affirmed"}),
        ("Order reversed and cause remanded for further proceedings in the county court.", {"reversed", "remanded"}),
        ("Petition for land granted in 1669, as lapsed for want of seating upon.", set()),
        ("No sufficient legal reason is shown why this conviction should be set aside.", set()),
        ("Judgment was affirmed on the first appeal, with costs to the wife.", set()),
        ("The decree which the trial court dismissed stands on other grounds.", set()),
        ("We think that the trial court was right and confirm its findings in no other case.", set()),
        ("We overrule appellant’s contention that the verdict was defective.", set()),
        ("Peters, J., was of the opinion that the petition should be granted.", set()),
        ("Such relief cannot be granted.", set()),
        ("The judgment was affirmed by the appellate court in 1901.", set()),
        ("The trial court properly overruled the motion.", set()),
        ("It is claimed that the lot set aside to Moore was worth much.", set()),
        ("I therefore vote for reversal of the order.", set()),
        ("The motion for rehearing is overruled.", set()),
        ("The motion to set aside the order granted, is therefore refused.", set()),
        ("A prisoner may complain whenever the writ will be denied.", set()),
        ("The defendant will be denied his right to a speedy trial.", set()),
        ("A petitioner is denied due process of law where no notice is given.", set()),
        ("The lands described in the petition must be granted to be such.", set()),
        ("It may be taken for granted in this cause, the bill being admitted.", set()),
        ("The court will grant the injunction, provided the bill shows a clear right.", set()),
        ("We grant relief by mandamus in proper cases.", set()),
        ("The supreme court has held that a case should be reversed on such a charge.", set()),
        ("He might sue when a patent should be regularly granted by the order of the land office.", set()),
        ("Should the orders of this court be affirmed on appeal, the bond shall stand.", set()),
        ("The writ is discretionary, and granted upon the circumstances of the case.", set()),
        ("A motion for new trial is automatically overruled by the act of the legislature.", set()),
        ("The petition for relief will be denied.", {"denied"}),
        ("The appellant is granted a new trial.", {"granted"}),
        ("Let an order be entered denying the motion; the appeal is dismissed.", {"dismissed"}),
        ("It is order reversed and cause remanded.", {"reversed", "remanded"}),
        ("", set()),
    ],
)
def test_verbs_of_a_sentence(sentence: str, verbs: set[str]) -> None:
    assert verbs_of(sentence) == verbs
    assert verbs <= set(VERBS)


def order_of(text: str) -> tuple[tuple[str, ...], str] | None:
    order = find_order(text)
    return (order.verbs, text[order.start : order.end]) if order else None


def test_order_before_votes_and_formulas() -> None:
    text = "We agree with the State.\nThe judgment is reversed and the cause remanded.\nSo ordered.\nPECK, J., concurs."
    assert order_of(text) == (("remanded", "reversed"), "The judgment is reversed and the cause remanded.")


def test_neighbouring_orders_are_one() -> None:
    assert order_of("Nothing else. The conviction is affirmed. The sentence is vacated.") == (
        ("affirmed", "vacated"),
        "The conviction is affirmed. The sentence is vacated.",
    )


def test_an_abbreviation_does_not_end_an_order() -> None:
    text = "We reverse the judgment of the U. S. Court of Appeals for the D. C. Circuit and remand the case."
    assert order_of(text) == (("remanded", "reversed"), text)


@pytest.mark.parametrize(
    "text",
    [
        "We reverse State v. Harker, 5 Ind. App. 9, and remand the cause.",
        "We reverse the order in No. 1204 and remand the cause to St. Clair County.",
        "The decree against the Sun Oil Co., of Dayton, is reversed, and the cause is remanded.",
    ],
)
def test_no_abbreviation_ends_an_order(text: str) -> None:
    assert order_of(f"There is error. {text} Costs follow.") == (("remanded", "reversed"), text)


def test_no_order() -> None:
    assert find_order("The prisoner is entitled to a new trial, and it is so directed.") is None


@pytest.mark.parametrize(
    ("opinions", "verbs", "index"),
    [
        ([("majority", "The judgment is affirmed.")], ("affirmed",), 0),
        (
            [("majority", "The judgment is affirmed."), ("rehearing", "The motion for rehearing is overruled.")],
            ("affirmed",),
            0,
        ),
        (
            [
                ("majority", "The judgment is affirmed."),
                (
                    "rehearing",
                    "The motion for rehearing is granted, the judgment of affirmance is set aside, and the judgment is reversed.",
                ),
            ],
            ("reversed",),
            1,
        ),
        ([("majority", "The judgment is affirmed."), ("dissent", "The judgment is reversed.")], ("affirmed",), 0),
        ([("majority", "We see no error."), ("dissent", "I dissent.\nOrder affirmed.")], ("affirmed",), 1),
    ],
)
def test_judgment_in_force(opinions: list[tuple[str, str]], verbs: tuple[str, ...], index: int) -> None:
    found = read_disposition([Opinion(type=kind, text=text) for kind, text in opinions])
    assert found is not None
    assert (found.verbs, found.opinion) == (verbs, index)


def test_unattributed_words_have_no_disposition() -> None:
    assert read_disposition([Opinion(type="unattributed", text="Affirmed.")]) is None
