"""Sentences of legal prose."""

from __future__ import annotations

from typing import Any, cast


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The half-open ranges of the sentences of a text, by nupunkt's legal model."""
    import nupunkt

    return [(start, end) for start, end in cast(Any, nupunkt).sent_spans(text)]
