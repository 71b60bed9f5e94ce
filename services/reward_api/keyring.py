"""From a request's Authorization header to the key that it carries; the file of keys is looked at for every request."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from cap_rlvr.wire.errors import BadInput, CapError
from cap_rlvr.wire.keys import KEY, SCOPES, KeyRecord, Scope, read_keys, sha256_key
from cap_rlvr.wire.signatures import ReceiptKey, read_receipt_keys
from services.reward_api.problems import Refused
from services.reward_api.settings import PREFIX, Settings, is_loopback

STALE = "The file of keys can't be read: the keys that were last read still hold."
# What is compared with when no key has that id, so that it takes as long.
_NOBODY = "0" * 64
_CHALLENGE = 'Bearer realm="cap-rlvr"'
_SCHEME = re.compile(r"(bearer|basic) +([A-Za-z0-9._~+/=-]{1,300})", re.ASCII | re.IGNORECASE)
_log = structlog.get_logger("reward_api")


@dataclass(frozen=True)
class Caller:
    """Who asks. ``key`` is the key's id and ``family`` what is counted by; a service without keys knows one caller."""

    key: str
    name: str
    family: str
    scopes: tuple[Scope, ...]
    quota: int | None


ANYONE = Caller(key="", name="", family="", scopes=SCOPES, quota=None)
# Who sends no key where others have one: may nothing, and score nothing.
NOBODY = Caller(key="", name="", family="", scopes=(), quota=0)


class Keyring:
    """The keys of one file. Raises BadInput or BadData where it can't be read at first; later the former keys hold."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._records = _read(path)
        self.degraded = ""

    def any_valid(self) -> bool:
        """Whether anybody can call at this moment."""
        return any(record.state(datetime.now(UTC)) == "valid" for record in self._records.values())

    def caller(self, headers: Sequence[tuple[bytes, bytes]]) -> Caller:
        """Whose key the headers carry. Raises Refused (401)."""
        self.refresh()
        key = _key_in(headers)
        record = self._records.get(key[5:15])
        if not hmac.compare_digest(sha256_key(key), record.sha256 if record else _NOBODY) or record is None:
            raise unauthorized("unknown_key", "This service does not know that key.")
        state = record.state(datetime.now(UTC))
        if state != "valid":
            raise unauthorized(f"{state}_key", f"The key {record.id} is {state}.")
        return Caller(record.id, record.name, record.family, record.scopes, record.quota)

    def refresh(self) -> None:
        """Read the file again if it is another than before, which takes two microseconds to see."""
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._records = _read(self._path)
        except CapError as error:
            self.degraded = STALE
            _log.error("keys_refused", error=str(error))
            return
        self.degraded = ""
        _log.info("keys_read", keys=len(self._records))


def open_keyring(settings: Settings) -> Keyring | None:
    """The keys of a service, or None where it has none. Raises BadInput where its address can't go without."""
    with _named("KEY_FILE"):
        keyring = Keyring(settings.key_file) if settings.key_file else None
    if not is_loopback(settings.host) and (keyring is None or not keyring.any_valid()):
        raise BadInput(
            f"{settings.host} needs a valid key", f"{PREFIX}KEY_FILE", "Make one with `cap-rlvr keys create`"
        )
    return keyring


def signing_key(settings: Settings) -> ReceiptKey | None:
    """The key that signs receipts, or None. Raises BadInput for a file that can't be used."""
    if settings.receipt_key_file is None:
        return None
    with _named("RECEIPT_KEY_FILE"):
        return read_receipt_keys(settings.receipt_key_file)[0]


@contextlib.contextmanager
def _named(variable: str) -> Generator[None]:
    """Name the variable beside the file that it gave."""
    try:
        yield
    except CapError as error:
        raise BadInput(error.message, f"{PREFIX}{variable} ({error.where})", error.hint) from None


def unauthorized(code: str, detail: str) -> Refused:
    """A 401 with the challenge of RFC 6750."""
    told = "" if code == "no_key" else ', error="invalid_token"'
    return Refused(401, code, detail, "Authorization", challenge=_CHALLENGE + told)


def forbidden(caller: Caller, scope: Scope) -> Refused:
    """A 403 for a key that may do other things."""
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    detail = f"The key {caller.key} has no scope {scope}; it has {', '.join(caller.scopes)}."
    return Refused(403, "scope_missing", detail, "Authorization", challenge=challenge)


def _key_in(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """The one key of the headers, as Bearer or as the password of Basic (for clients that take no more than a URL)."""
    given = [value for name, value in headers if name == b"authorization"]
    if not given:
        raise unauthorized("no_key", "Send a key: Authorization: Bearer capk_…")
    if len(given) > 1:
        raise unauthorized("malformed_key", "Send one Authorization header.")
    found = _SCHEME.fullmatch(given[0].decode("latin-1").strip(" \t"))
    word = found[2] if found else ""
    if found and found[1].lower() == "basic":
        try:
            word = base64.b64decode(word, validate=True).decode("ascii").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            word = ""
    if not KEY.fullmatch(word):
        raise unauthorized("malformed_key", "What the Authorization header holds is no key of this service.")
    return word


def _read(path: Path) -> dict[str, KeyRecord]:
    return {record.id: record for record in read_keys(path).keys}


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes with every change of the file, its mode too."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time of Path.stat, for every request
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
