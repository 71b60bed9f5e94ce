"""Log lines: JSON on stderr, with places instead of messages, because a message may quote a completion."""

from __future__ import annotations

import logging
import sys
import traceback

import structlog


def configure() -> None:
    """JSON lines on stderr; stdout stays for people and for the audit log."""
    from services.reward_api.redaction import PlacesOnly, redact

    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(PlacesOnly())
    lines.setLevel(logging.WARNING)  # some libraries set their loggers to tell everything
    logging.basicConfig(handlers=[lines], force=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def frames_of(error: BaseException) -> list[str]:
    """The last frames of an exception as `file:line`, without any message."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
