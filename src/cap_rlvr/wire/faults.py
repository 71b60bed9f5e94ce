"""What pydantic finds wrong with a caller's data, for people who have never heard of pydantic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SAID = {
    "extra_forbidden": "there is no field of this name",
    "missing": "it is missing",
    "dict_type": "it is no object",
    "model_type": "it is no object",
    "tuple_type": "it is no list",
    "string_type": "it is no text",
}


def said(fault: ErrorDetails) -> str:
    """One fault, which must have its context, in words that go behind the name of its field."""
    if fault["type"] == "too_short":
        return f"it has too few entries: at least {fault.get('ctx', {}).get('min_length')}"
    return _SAID.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
