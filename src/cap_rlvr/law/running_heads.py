"""Running heads of printed slip opinions: what they are, and what they say about whose page it is."""

from __future__ import annotations

from collections.abc import Iterator

from cap_rlvr.law.offsets import Edit


def find_running_heads(text: str) -> Iterator[Edit]:  # noqa: ARG001  (first slice)
    yield from ()
