import pytest
from hypothesis import given
from hypothesis import strategies as st

from cap_rlvr.law.offsets import Edit, Edited


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[str, Edited]:
    """A text whose characters are all different, after up to three rounds of edits."""
    text = "".join(chr(0x4E00 + index) for index in range(draw(st.integers(0, 40))))
    edited = Edited(text)
    for _ in range(draw(st.integers(0, 3))):
        cuts = sorted(draw(st.lists(st.integers(0, len(edited.text)), max_size=6)))
        ranges = list(zip(cuts[::2], cuts[1::2], strict=False))
        edited = edited.apply([Edit(start, end, draw(st.text("ab", max_size=3))) for start, end in ranges])
    return text, edited


@given(edited_texts())
def test_every_kept_character_is_traced_to_itself(case: tuple[str, Edited]) -> None:
    text, edited = case
    for position, char in enumerate(edited.text):
        start, end = edited.origin(position, position + 1)
        if char not in "ab":
            assert text[start:end] == char


@given(edited_texts(), st.data())
def test_spans_keep_their_order_and_stay_inside(case: tuple[str, Edited], data: st.DataObject) -> None:
    text, edited = case
    cuts = sorted(data.draw(st.lists(st.integers(0, len(edited.text)), min_size=2, max_size=2)))
    start, end = edited.origin(cuts[0], cuts[1])
    assert 0 <= start <= end <= len(text)
    kept = [char for char in edited.text[cuts[0] : cuts[1]] if char not in "ab"]
    assert [char for char in text[start:end] if char in kept] == kept


def test_what_is_put_where_all_was_deleted_came_from_nowhere() -> None:
    edited = Edited("x").apply([Edit(0, 1, "")]).apply([Edit(0, 0, "a")])
    assert edited.origin(0, 1) == (1, 1)


@pytest.mark.parametrize(
    ("text", "edits", "words", "origin"),
    [
        ("the *259 court", [Edit(3, 9, " ")], "court", "court"),
        ("the *259 court", [Edit(3, 9, " ")], "the court", "the *259 court"),
        ("Fed-\neral law", [Edit(3, 5, "")], "Federal", "Fed-\neral"),
        ("Fed-\neral law", [Edit(3, 5, "")], "law", "law"),
        ("Stateâ€™s", [Edit(5, 8, "’")], "’", "â€™"),
        ("Stateâ€™s", [Edit(5, 8, "’")], "State", "State"),
    ],
)
def test_span_of_the_text_as_read(text: str, edits: list[Edit], words: str, origin: str) -> None:
    edited = Edited(text).apply(edits)
    at = edited.text.index(words)
    start, end = edited.origin(at, at + len(words))
    assert text[start:end] == origin


def test_empty_range_stays_empty() -> None:
    edited = Edited("abcdef").apply([Edit(1, 3, "")])
    assert edited.origin(2, 2) == (4, 4)


@pytest.mark.parametrize(
    "edits", [[Edit(2, 4, ""), Edit(3, 5, "")], [Edit(0, 99, "")], [Edit(3, 4, ""), Edit(1, 2, "")]]
)
def test_impossible_edits_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="edits"):
        Edited("abcdef").apply(edits)
