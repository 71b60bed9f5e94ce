import pytest

from cap_rlvr.law.names import plain_name, sides
from cap_rlvr.law.sentences import sentence_spans, word_count


@pytest.mark.parametrize(
    ("name", "plain", "parties"),
    [
        ("Jerry OVERTURF vs. The State, Appellee.", "jerry overturf v state", ("Jerry OVERTURF", "The State")),
        ("Spicer, Adm’r of Stone v. Pope et al.", "spicer admr of stone v pope", ("Spicer, Adm’r of Stone", "Pope")),
        ("In re Muñoz", "in re munoz", ("In re Muñoz",)),
        ("", "", ()),
    ],
)
def test_names(name: str, plain: str, parties: tuple[str, ...]) -> None:
    assert plain_name(name) == plain
    assert sides(name) == parties


def test_sentences_of_legal_prose() -> None:
    text = "See Smith v. Jones, 12 U. S. 3, 4 (1999). Dr. Brown was not liable. We affirm."
    assert [text[start:end].strip() for start, end in sentence_spans(text)][-1] == "We affirm."


def test_words_are_counted_as_read() -> None:
    assert word_count("The court — per curiam — held: “no.”") == 6
