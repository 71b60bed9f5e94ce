"""The decision on review: which one it is, and whether a passage says what is done to it."""

import pytest

from cap_rlvr.law.litigation import disposes, under_review
from cap_rlvr.law.mentions import find_cited

CITE = "Cole v. Ames, 2002-NMCA-009, 131 N.M. 493, 39 P.3d 710"


@pytest.mark.parametrize(
    "passage",
    [
        "We granted certiorari, 589 U. S. ___ (2019), and now affirm.",
        "It is the opinion of a majority of this Court that we adopt the opinion of the Court of Appeals.",
        "We granted the petition and reverse.",
        "We therefore vacate what the Court of Appeals ordered.",
        "The opinion of the Court of Appeals is hereby adopted.",
        "This Court, on certiorari, agrees in the result; we uphold it.",
        "For these reasons the judgment is AFFIRMED.",
    ],
)
def test_a_passage_that_may_say_what_is_done_to_the_decision_below(passage: str) -> None:
    assert disposes(passage)


@pytest.mark.parametrize(
    "passage",
    [
        "The Second Circuit reversed. 894 F. 3d 449 (2018). We granted certiorari. 592 U. S. ___ (2021).",
        "The District Court denied his motion, and the Eleventh Circuit affirmed. 828 Fed. Appx. 563 (2020).",
        "We granted certiorari to consider whether the agency had jurisdiction over this dispute.",
    ],
)
def test_a_passage_that_only_tells_of_the_decision_below(passage: str) -> None:
    assert not disposes(passage)


@pytest.mark.parametrize(
    ("text", "reviewed"),
    [
        (f"The Court of Appeals affirmed the judgment. {CITE}, cert. granted, 131 N.M. 564 (2002).", True),
        (f"The Court of Appeals affirmed. {CITE}. We granted the petition for a writ of certiorari.", True),
        (f"We adopt the opinion of the Court of Appeals. {CITE}.", True),
        (f"The tenant appeals from an opinion of the Court of Appeals, see {CITE}.", True),
        (f"The Court of Appeals followed another panel. {CITE}. The tenant paid.", False),
        (f"The tenant relies on {CITE}, for the rule that rent waives the breach.", False),
    ],
)
def test_the_decision_that_the_first_part_tells_of_as_reviewed(text: str, reviewed: bool) -> None:
    cited = find_cited(text)
    assert cited[0].cite == "2002-NMCA-009"
    assert (cited[0].key in under_review(cited, text)) is reviewed


def test_what_is_reviewed_is_told_of_in_the_first_part() -> None:
    text = f"{'The tenant paid each month. ' * 100}The Court of Appeals affirmed. {CITE}, cert. granted, 131 N.M. 564."
    assert under_review(find_cited(text), text) == frozenset()
