"""JSON as the reward service reads it: strict, except that a lone surrogate, which a model may well produce, is U+FFFD."""

from __future__ import annotations

import re
from typing import Any

import orjson

# Up to the next lone surrogate, passing over other escapes and true pairs. It matches wherever it is tried (the last
# two alternatives) and never goes back, so that no body takes longer than its length.
_LONE_SURROGATE = re.compile(
    rb"((?:[^\\]++|\\[^u]|\\u(?!d[89a-f][0-9a-f]{2})|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})*+)"
    rb"(\\ud[89a-f][0-9a-f]{2}|\\|\Z)",
    re.IGNORECASE | re.DOTALL,
)


def read_json(data: bytes) -> Any:
    """The value of a document. Raises ValueError, whose message holds nothing of the document."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if b"\\ud" not in data and b"\\uD" not in data:
            raise ValueError(str(error)) from None
    try:
        return orjson.loads(_LONE_SURROGATE.sub(_replaced, data))
    except orjson.JSONDecodeError as error:
        raise ValueError(str(error)) from None


def _replaced(found: re.Match[bytes]) -> bytes:
    return found[1] + (b"\\ufffd" if len(found[2]) > 1 else found[2])
