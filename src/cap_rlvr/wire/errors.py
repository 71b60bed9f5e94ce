"""One base error, three kinds: what you gave is wrong, what we read is wrong, what we need is away.

Every message names the field, file or line and says what to do. All kinds survive pickling, so that
a worker process can raise them to its parent.
"""

from __future__ import annotations


class CapError(Exception):
    """The base of all errors that this project raises on purpose.

    ``message`` says what is wrong, ``where`` names the field, file:line or address, ``hint`` says what to do.
    """

    def __init__(self, message: str, where: str = "", hint: str = "") -> None:
        super().__init__(message, where, hint)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.hint}" if self.hint else text


class BadInput(CapError):
    """The caller's settings, arguments or request can't be used: fix them and call again."""


class BadData(CapError):
    """A record or artefact that was read is broken: it is counted and passed over, or the file is refused."""


class Unavailable(CapError):
    """A service, broker, file system or worker is away: waiting and trying again may help."""
