"""Sentences of legal prose."""

from __future__ import annotations

from typing import Any, cast


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The half-open ranges of the sentences of a text, by nupunkt's legal model."""
    import nupunkt

    return [(start, end) for start, end in cast(Any, nupunkt).sent_spans(text)]


def word_count(text: str) -> int:
    """Words as a reader counts them: runs of characters between spaces that hold a letter or digit."""
    return sum(1 for word in text.split() if any(char.isalnum() for char in word))
