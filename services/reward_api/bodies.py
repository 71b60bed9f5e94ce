"""Reading a request's body: bounded in size and time, then strict JSON, then the model."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar, cast

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from cap_rlvr.wire.loose_json import read_json
from cap_rlvr.wire.scoring import MAX_ITEMS, Message, RewardItem, RewardRequest
from services.reward_api.problems import Refused, invalid

# 512 items of 16 kB. A completion over 32 kB scores 0 whatever it says, so clients may cut it there.
MAX_BYTES = 8 * 1024 * 1024
READ_S = 20.0
# Of the chats of a `/reward` together: 32 for each of 512 items.
MAX_MESSAGES = 16_384
# Of an item; ours have ten at most.
MAX_NAMES = 100
_CHATS = ("completion", "prompt")
_OF_A_MESSAGE = Message.model_fields.keys()
# Of all lists and objects of another request: 2,048 items with some chat, 512 with a full former result.
MAX_ENTRIES = 131_072
# Of all requests under way, from reading to answer: sixteen of the largest.
MAX_HELD = 16 * MAX_BYTES
# Of a ground truth as JSON. The longest that a task reads, an opinion of 60,000 characters, has a quarter at most; scorers
# read some of it only beside a completion, which must not pay for that, and remember what they have read.
MAX_TRUTH = 512 * 1024
_HELD = "held_bytes"
M = TypeVar("M", bound=BaseModel)


class Room:
    """Bytes of requests that this process holds at once; what does not fit is refused, so that memory stays bounded."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, state: dict[str, Any], size: int) -> None:
        """Count bytes of a request, whose state remembers them. Raises Refused (503)."""
        if size > self.left:
            detail = "The requests under way hold as much as this service holds at once."
            raise Refused(503, "overloaded", detail, retry_after=1)
        self.left -= size
        state[_HELD] = state.get(_HELD, 0) + size

    def give_back(self, state: dict[str, Any]) -> None:
        """A request has been answered."""
        self.left += state.pop(_HELD, 0)


room = Room(MAX_HELD)


async def read_body(request: Request, most: int = MAX_BYTES) -> bytes:
    """The whole body.

    Raises Refused: 413 over the limit, 408 when it comes too slowly, 400 when it breaks off, 503 without room for it.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and (len(declared) > 20 or int(declared) > most):
        raise _too_large(most)
    body, held = bytearray(), request.scope["state"]
    try:
        async with asyncio.timeout(READ_S):
            async for piece in request.stream():
                body += piece
                room.take(held, len(piece))
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
    _insist_few(cast(dict[str, Any], data))
    try:
        items = RewardRequest.model_validate(data).items if "items" in data else (RewardItem.model_validate(data),)
    except ValidationError as error:
        raise invalid(error) from None
    for index, item in enumerate(items):
        insist_sendable(item, f"items.{index}.ground_truth" if "items" in data else "ground_truth")
    return items


def _insist_few(data: dict[str, Any]) -> None:
    """Raises Refused for numbers that nobody needs, before a model looks at each: a million faults take it five seconds."""
    items: Any = data.get("items", [data])
    if len(data) > MAX_NAMES:
        raise _too_many("names", MAX_NAMES, None)
    if not isinstance(items, list):
        return
    if len(cast(list[Any], items)) > MAX_ITEMS:
        raise _too_many("items", MAX_ITEMS, "items")
    room = MAX_MESSAGES
    for index, item in enumerate(cast(list[Any], items)):
        if isinstance(item, dict):
            room -= _messages(cast(dict[str, Any], item), f"items.{index}" if "items" in data else None, room)


def _messages(item: dict[str, Any], field: str | None, room: int) -> int:
    """How many chat messages an item has.

    Raises Refused for more than there is room, for too many names, and for the first message with other fields than its own.
    """
    chats: dict[str, list[Any]] = {name: chat for name in _CHATS if isinstance(chat := item.get(name), list)}
    count = sum(map(len, chats.values()))
    if count > room:
        raise _too_many("messages in all", MAX_MESSAGES, field)
    if len(item) > MAX_NAMES:
        raise _too_many("names", MAX_NAMES, field)
    for name, chat in chats.items():
        for index, one in enumerate(chat):
            if isinstance(one, dict) and (wrong := cast(dict[str, Any], one).keys() ^ _OF_A_MESSAGE):
                raise _wrong_message(min(wrong), ".".join(filter(None, (field, name, str(index)))))
    return count


def _wrong_message(name: str, place: str) -> Refused:
    told = "It is missing." if name in _OF_A_MESSAGE else "There is no field of this name."
    return Refused(422, "invalid_request", told, f"{place}.{name[:100]}")


def _too_many(what: str, most: int, field: str | None) -> Refused:
    return Refused(422, "invalid_request", f"There are over {most} {what}.", field)


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


def insist_sendable(item: RewardItem, field: str) -> None:
    """Raises Refused for a ground truth that is too long to be judged, or too deep to be written in a frame."""
    try:
        size = len(orjson.dumps([[[item.ground_truth]]]))
    except orjson.JSONEncodeError:
        raise Refused(422, "invalid_request", "A ground truth may not be nested over 250 deep.", field) from None
    if size > MAX_TRUTH:
        raise Refused(422, "invalid_request", f"A ground truth may not be over {MAX_TRUTH} bytes long.", field)


def parse(body: bytes) -> Any:
    """JSON as `read_json` reads it. Raises Refused (400)."""
    try:
        return read_json(body)
    except ValueError as error:
        raise Refused(400, "malformed_json", f"The body is not JSON: {error}.") from None
