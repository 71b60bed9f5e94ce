"""The same finds as google-re2's own layer, on texts of any script."""

from __future__ import annotations

from typing import Any, cast

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from cap_rlvr import linear

google = cast(Any, re2)
PATTERNS = [
    r"(?i)</?think>",
    r"[\p{L}\p{N}]+(?:'\p{L}+)?",
    r"\b[A-E]\b",
    r"(?im)^[ \t>*_#-]*(?:final answer|answer)[ \t*_]*:[ \t*_]*(.*?)[ \t*_]*$",
    r"(\d{1,2})?(a)|(b*)",
    r"x*",
    r"$",
    r"",
    r"(\pL)(\pN)?",
    r"\.\s?\.\s?\.|\[\s*\]",
]
TEXTS = st.text(st.sampled_from("aAbBxE19 '.:<>/\n[]§é\u00df\u2126\u4e2d\U0001f600tThiInNkK\u212a")) | st.text(
    st.characters(exclude_categories=["Cs"])
)


def shown(hit: Any, groups: int) -> Any:
    return hit and [(hit.group(number), hit.span(number)) for number in range(groups + 1)]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=TEXTS, start=st.integers(0, 8))
def test_the_same_is_found(pattern: str, text: str, start: int) -> None:
    mine, theirs = linear.compile(pattern), google.compile(pattern)
    number = theirs.groups
    for name in ("search", "match"):
        at = min(start, len(text))
        assert shown(getattr(mine, name)(text, at), number) == shown(getattr(theirs, name)(text, at), number)
    assert shown(mine.fullmatch(text), number) == shown(theirs.fullmatch(text), number)
    assert [shown(hit, number) for hit in mine.finditer(text)] == [shown(hit, number) for hit in theirs.finditer(text)]
    assert mine.findall(text) == theirs.findall(text)
    assert mine.split(text) == theirs.split(text)
    for change in ("", " - ", r"<\0>", lambda hit: f"[{hit.group()}]"):
        if change != r"<\0>" or number:
            assert mine.sub(change, text) == theirs.sub(change, text)


def test_groups_that_took_no_part() -> None:
    hit = linear.compile(r"(a)|(b)").search("\u00e9b")
    assert hit is not None
    assert (hit.groups(), hit.groups(""), hit.span(1), hit.start(2)) == ((None, "b"), ("", "b"), (-1, -1), 1)


def test_a_start_behind_the_end_finds_nothing() -> None:
    assert linear.compile("").search("ab", 3) is None
