"""Words found by splitting are those that the expressions find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cap_rlvr import linear
from cap_rlvr.law.words import runs, words

WORD = linear.compile(r"[\p{L}\p{N}]+(?:'\p{L}+)?")
RUN = linear.compile(r"[\p{L}\p{N}]+")


@given(st.text(st.characters(max_codepoint=127)) | st.text("ab1'' -.\u00e9\u2160"))
def test_the_same_words_as_the_expressions(text: str) -> None:
    assert words(text) == WORD.findall(text)
    assert runs(text) == RUN.findall(text)


def test_apostrophes() -> None:
    assert words("The court's 'tis don't a'b'c 1'2 dogs' o''clock") == (
        ["The", "court's", "tis", "don't", "a'b", "c", "1", "2", "dogs", "o", "clock"]
    )
