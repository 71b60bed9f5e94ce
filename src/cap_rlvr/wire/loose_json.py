"""JSON as the reward service reads it: strict, except that a lone surrogate, which a model may well produce, is U+FFFD."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import orjson

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(data: bytes) -> Any:
    """The value of a document. Raises ValueError, whose message holds nothing of the document."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if b"\\ud" not in data and b"\\uD" not in data:
            raise ValueError(str(error)) from None
    try:
        value = json.loads(data.decode(), parse_constant=_refuse_constant, parse_int=_number, parse_float=_number)
        return _without_surrogates(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(type(error).__name__) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _number(digits: str) -> int | float:
    """As orjson reads it: an integer of more than 64 bits becomes a float, an infinite number is refused."""
    number: int | float = orjson.loads(digits)
    return number


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(one) for one in cast(list[Any], value)]
    if isinstance(value, dict):
        pairs = cast(dict[str, Any], value).items()
        return {_without_surrogates(key): _without_surrogates(one) for key, one in pairs}
    return value
