"""Reading a request's body: bounded in size and time, then strict JSON, then the model."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, TypeVar, cast

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from cap_rlvr.wire.scoring import RewardItem, RewardRequest
from services.reward_api.problems import Refused, invalid

# 512 items of 16 kB. A completion over 32 kB scores 0 whatever it says, so clients may cut it there.
MAX_BYTES = 8 * 1024 * 1024
READ_S = 20.0
# Of all lists and objects of a request together: 2,048 items with some chat, 512 with a full former result.
MAX_ENTRIES = 131_072
M = TypeVar("M", bound=BaseModel)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


async def read_body(request: Request, most: int = MAX_BYTES) -> bytes:
    """The whole body. Raises Refused: 413 over the limit, 408 when it comes too slowly, 400 when it breaks off."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_S):
            async for piece in request.stream():
                body += piece
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Refused(408, "body_too_slow", f"The body did not arrive within {READ_S:g} s.") from None
    except ClientDisconnect:  # nobody reads the answer: this keeps a client's departure out of our own failures
        raise Refused(400, "body_cut_short", "The connection ended before the body did.") from None
    return bytes(body)


def _too_large(most: int) -> Refused:
    return Refused(413, "body_too_large", f"The body is over {most} bytes: send fewer items a request.")


def read_items(body: bytes) -> tuple[RewardItem, ...]:
    """The items of a batch, or the one bare item. Raises Refused: 400 for no JSON, 422 naming the field."""
    data = parse(body)
    if not isinstance(data, dict):
        raise Refused(422, "invalid_request", 'Send an object: {"items": [...]} or one item.')
    try:
        items = RewardRequest.model_validate(data).items if "items" in data else (RewardItem.model_validate(data),)
    except ValidationError as error:
        raise invalid(error) from None
    for index, item in enumerate(items):
        insist_shallow(item, f"items.{index}.ground_truth" if "items" in data else "ground_truth")
    return items


def read_as(model: type[M], body: bytes, *parts: type[BaseModel]) -> M:
    """The model that a body is; ``parts`` are the models inside it. Raises Refused like `read_items`."""
    data = parse(body)
    _insist_countable(data)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid(error, model, *parts) from None


def _insist_countable(data: Any) -> None:
    """Raises Refused for more entries than anyone needs, before a model looks at each: a million faults take it seconds.

    A ground truth is passed over: it is looked at by its scorer alone, under that one's limit.
    """
    waiting: list[Any] = [data]
    room = MAX_ENTRIES
    while waiting:
        value: Any = waiting.pop()
        if isinstance(value, dict):
            entries = [one for name, one in cast(dict[str, Any], value).items() if name != "ground_truth"]
        elif isinstance(value, list):
            entries = cast(list[Any], value)
        else:
            continue
        room -= len(entries)
        if room < 0:
            raise Refused(422, "invalid_request", f"There are over {MAX_ENTRIES} entries: send fewer items a request.")
        waiting += [one for one in entries if isinstance(one, dict | list)]


def insist_shallow(item: RewardItem, field: str) -> None:
    """Raises Refused for a ground truth that can be read but not written again inside a scoring process's frame."""
    try:
        orjson.dumps([[[item.ground_truth]]])
    except orjson.JSONEncodeError:
        raise Refused(422, "invalid_request", "A ground truth may not be nested over 250 deep.", field) from None


def parse(body: bytes) -> Any:
    """Strict JSON, except that a lone surrogate (which a model may well produce) is read as U+FFFD."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"\\ud" not in body and b"\\uD" not in body:
            raise _malformed(str(error)) from None
    try:
        data = json.loads(body.decode(), parse_constant=_refuse_constant, parse_int=_number, parse_float=_number)
        return _without_surrogates(data)
    except (ValueError, RecursionError) as error:
        raise _malformed(type(error).__name__) from None


def _malformed(detail: str) -> Refused:
    return Refused(400, "malformed_json", f"The body is not JSON: {detail}.")


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
