"""The last look at what is logged: whatever a line's author thought, no key, no header and no text of a request is in it."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import orjson

from services.reward_api.logs import frames_of

# A key's secret half, a header's value, or what follows the user in an address.
_SECRET = re.compile(
    r"(capk_[0-9a-f]{10}_)[0-9a-f]+|((?:bearer|basic)\s+)[\w.~+/=-]+|(://[^/\s:@]*:)[^@\s]+(?=@)", re.IGNORECASE
)
_NEVER = {"authorization", "body", "completion", "completions", "ground_truth", "headers", "prompt", "query"}
_HIDDEN = "[hidden]"


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor; the last before a line is written."""
    del logger, method
    return {name: _HIDDEN if name.lower() in _NEVER else _clean(value) for name, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET.sub(lambda found: f"{found[1] or found[2] or found[3]}{_HIDDEN}", value)
    if isinstance(value, list):
        return [_clean(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value


class PlacesOnly(logging.Formatter):
    """Lines of other libraries' loggers: an exception's message may quote a request, so its type and frames are told."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"event": "library", "logger": record.name, "level": record.levelname.lower()}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= {"error": type(error).__name__, "at": frames_of(error)}
        else:
            # Of a traceback, which the server writes as text when a start fails, the last line says what it was.
            line["text"] = _clean(str(record.msg).strip().rpartition("\n")[2][:300])
        return orjson.dumps(line).decode()
