import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.law.text import repair

COLUMN = """In the wake of the 2008 financial crisis, Congress estab-
lished the Consumer Financial Protection Bureau (CFPB),
an independent regulatory agency tasked with ensuring
that consumer debt products are safe and transparent. In
organizing the CFPB, Congress deviated from the structure
of nearly every other independent agency in our history. See

561 U.S. 477

(2010). That evaporated-water issue and the evaporated-
water issue are the same. The Framers wrote all of
it—is for an agency led by one Director of the agency and
so they thought.
   Under our Constitution, the executive power belongs to a
President.
                              II
   We turn to the next question."""


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("the Stateâ€™s motion", "the State’s motion"),
        ("he said â€œnoâ€\x9d twice", "he said “no” twice"),
        ("see Â§ 12 of the act", "see § 12 of the act"),
        ("cafÃ© owner", "café owner"),
        ("the State’s “own” § 12, Muñoz—all of it", "the State’s “own” § 12, Muñoz—all of it"),
        ("judg\u00adment\r\nfor plaintiff\x00", "judgment\nfor plaintiff"),
        ("wit-\nnesses, respectively", "witnesses, respectively"),
        ("[*1455] We [**207]  [*66] agree", "We agree"),
        ("juris- [*1456] diction", "jurisdiction"),
        ("8 Geo. 2, *5, to prove; 2 Bl. Com. *349", "8 Geo. 2, *5, to prove; 2 Bl. Com. *349"),
        ("*2420In our system *2421 every man, so *2422it goes", "In our system every man, so it goes"),
        ("No change at all.\nNew paragraph.", "No change at all.\nNew paragraph."),
    ],
)
def test_repairs(text: str, repaired: str) -> None:
    assert repair(text).text == repaired


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("the court *259 held", "the court held"),
        ("the obliga- *259 tion and *260 more", "the obligation and more"),
        ("2 Bl. Com. *349; and *259 held", "2 Bl. Com. *349; and held"),
        ("as in *301 before", "as in *301 before"),
        ("back to *257 again", "back to *257 again"),
    ],
)
def test_star_pages_are_removed_where_they_are_the_decisions_own(text: str, repaired: str) -> None:
    assert repair(text, "258", "300").text == repaired


def test_a_printed_column_becomes_paragraphs() -> None:
    text = repair(COLUMN).text
    assert "Congress established the Consumer Financial Protection Bureau (CFPB), an independent" in text
    assert "See 561 U.S. 477 (2010). That evaporated-water issue and the evaporated-water issue" in text
    assert "all of it—is for" in text
    assert text.count("\n") == 3
    assert "\n   Under our Constitution, the executive power belongs to a President.\n" in text


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("the stat-\nutes and the require-\nment", "the statutes and the requirement"),
        (
            "a case-or-\ncontroversy and the totality-\nof-the-circumstances",
            "a case-or-controversy and the totality-of-the-circumstances",
        ),
        ("that state-law claim; a state-\nlaw claim", "that state-law claim; a state-law claim"),
        ("related to life; the life-\nrelated", "related to life; the life-related"),
        ("mean while; mean-\nwhile", "mean while; meanwhile"),
        ("he ex-\nplained a self-\nserving cross-\nclaim", "he explained a self-serving cross-claim"),
        ("The over- \nturn", "The overturn"),
    ],
)
def test_hyphens_at_line_ends(text: str, repaired: str) -> None:
    assert repair(text).text == repaired


def test_spans_of_a_repaired_column_are_true() -> None:
    repaired = repair(COLUMN)
    at = repaired.text.index("Congress established")
    start, end = repaired.origin(at, at + len("Congress established"))
    assert COLUMN[start:end] == "Congress estab-\nlished"


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab -\n*[]12€™â.A\u00ad"), max_size=200), st.sampled_from(["", "1", "12"]))
def test_any_text_can_be_repaired_and_traced(text: str, page: str) -> None:
    repaired = repair(text, page)
    for position in range(len(repaired.text)):
        start, end = repaired.origin(position, position + 1)
        assert 0 <= start < end <= len(text)
        if end - start == 1 and text[start] not in "\r\n\x0b\x0c -":
            assert repaired.text[position] in {text[start], " "}


@given(st.text(max_size=300))
def test_repair_never_raises(text: str) -> None:
    repair(text)
