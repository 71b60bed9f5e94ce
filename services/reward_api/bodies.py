"""Reading a request's body: bounded in size and time, then strict JSON, then the model."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, cast

import orjson
from fastapi import Request
from pydantic import ValidationError

from cap_rlvr.wire.scoring import RewardItem, RewardRequest
from services.reward_api.problems import Refused, invalid

# 512 items of 16 kB. A completion over 32 kB scores 0 whatever it says, so clients may cut it there.
MAX_BYTES = 8 * 1024 * 1024
READ_S = 20.0
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


async def read_body(request: Request) -> bytes:
    """The whole body. Raises Refused: 413 over the limit, 408 when it comes too slowly."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MAX_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(READ_S):
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise Refused(408, "body_too_slow", f"The body did not arrive within {READ_S:g} s.") from None
    return bytes(body)


def _too_large() -> Refused:
    return Refused(413, "body_too_large", f"The body is over {MAX_BYTES} bytes: send fewer items a request.")


def read_items(body: bytes) -> tuple[RewardItem, ...]:
    """The items of a batch, or the one bare item. Raises Refused: 400 for no JSON, 422 naming the field."""
    data = parse(body)
    if not isinstance(data, dict):
        raise Refused(422, "invalid_request", 'Send an object: {"items": [...]} or one item.')
    try:
        if "items" in data:
            return RewardRequest.model_validate(data).items
        return (RewardItem.model_validate(data),)
    except ValidationError as error:
        raise invalid(error) from None


def parse(body: bytes) -> Any:
    """Strict JSON, except that a lone surrogate (which a model may well produce) is read as U+FFFD."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"\\ud" not in body and b"\\uD" not in body:
            raise _malformed(str(error)) from None
    try:
        data = json.loads(body.decode(), parse_constant=_refuse_constant)
        return _without_surrogates(data)
    except (ValueError, RecursionError) as error:
        raise _malformed(type(error).__name__) from None


def _malformed(detail: str) -> Refused:
    return Refused(400, "malformed_json", f"The body is not JSON: {detail}.")


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(one) for one in cast(list[Any], value)]
    if isinstance(value, dict):
        pairs = cast(dict[str, Any], value).items()
        return {_without_surrogates(key): _without_surrogates(one) for key, one in pairs}
    return value
