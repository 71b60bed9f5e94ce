"""Tokens, stems, sentences, prose: by table."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cap_rlvr.tasks.summarise import prose
from cap_rlvr.tasks.summarise.words import negations, number, salient, sentences, stem, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The State's claim for $1,222 61", ["the", "state", "claim", "for", "1222", "61"]),
        ("don't 'quote' me, sir", ["don't", "quote", "me", "sir"]),
        ("a,b 12,5", ["a", "b", "12", "5"]),
        ("Mr. O'Keefe (No. 2)", ["mr", "o'keefe", "no", "2"]),
        ("сourt café", ["ourt", "caf"]),  # a Cyrillic letter breaks a word
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("affirmed", "affirms"),
        ("parties", "party"),
        ("indictments", "indictment"),
        ("convicted", "convicting"),
        ("bodies", "body"),
    ],
)
def test_one_term_in_two_forms(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("appellant", "appellee"), ("lessor", "lessee"), ("valid", "invalid")])
def test_two_terms(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It was so. He left.", 2),
        ("See Long v. The State, 10 Texas Ct. App., 186. It holds.", 2),
        ("Under sec. 12 the act is void. Art. 5 is not.", 2),
        ("One line\nanother line", 2),
        ("He asked why? She knew.", 2),
        ("J. R. Smith came.", 1),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@given(st.text(max_size=300))
def test_sentences_are_ordered_and_apart(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_words_of_any_brief_are_no_terms() -> None:
    assert salient(words("the governing standard and the conclusion of the court")) == []
    assert salient(words("the juror drank whisky")) == [stem("juror"), stem("drank"), stem("whisky")]


@pytest.mark.parametrize(("text", "count"), [("it was not so", 1), ("no, never", 2), ("evidence was insufficient", 1)])
def test_negations(text: str, count: int) -> None:
    assert negations(words(text)) == count


def test_numbers_in_words() -> None:
    assert (number("thirty"), number("30"), number("third")) == ("30", "30", None)


@pytest.mark.parametrize(
    ("sentence", "has"),
    [
        ("The judgment is affirmed.", True),
        ("The rule of Cook answers that contention.", True),
        ("He convicted the man.", True),
        ("Larceny, burglary and the jury.", False),
        ("A matter of law and of fact for the jury", False),
    ],
)
def test_finite_verbs(sentence: str, has: bool) -> None:
    assert prose.has_finite_verb(sentence) is has


SAID = "The court held that the evidence was sufficient to sustain the conviction of the defendant for the theft of a horse."
CUTS = "of the evidence was horse. the court to sustain sufficient the conviction held that for the theft the defendant of a."


def test_words_joined_out_of_order_are_worth_less() -> None:
    (mean, loss), (cut_mean, cut_loss) = (prose.joints(text, frozenset()) for text in (SAID, CUTS))
    assert mean > cut_mean + 0.5
    assert loss < cut_loss


def test_only_the_writers_own_joints_count() -> None:
    taken = frozenset(itertools.pairwise(words(SAID)))
    assert prose.joints(SAID, taken) == (0, 0)
    mean, loss = prose.joints(CUTS, taken)
    assert mean < -0.5
    assert loss > 5


def test_cuts_between_good_sentences_lose_as_much_as_alone() -> None:
    alone = prose.joints(CUTS, frozenset())[1]
    assert prose.joints(f"{SAID} {CUTS} {SAID}", frozenset())[1] >= alone


def test_lists_joined_by_and_have_a_common_step() -> None:
    assert prose.commonest_step("the jury and the oath and the writ and the plea and the bond") > 0.2
    assert prose.commonest_step("the jury took the oath and heard the plea of the prisoner at the bar") < 0.07
