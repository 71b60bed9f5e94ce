"""API keys of the reward service: a file of records, which hold a digest of each key and never the key.

A key reads `capk_<id>_<secret>`: the id (10 hex) is public and names it in lists and audit lines; the secret is 256
random bits, so a plain SHA-256 of the whole keeps it (slow hashes are for words that people choose).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.frozen import Frozen

Scope = Literal["score", "read-examples", "submit", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
KEY = re.compile(r"capk_([0-9a-f]{10})_[0-9a-f]{64}", re.ASCII)
# Ten thousand keys; a larger file is some other file.
_MAX_BYTES = 8 * 1024 * 1024

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{10}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]


class KeyRecord(Frozen):
    """One key. ``quota`` is items a minute; ``family`` is the first key's id of a rotation, which quotas are counted by."""

    id: Id
    family: Id
    name: Name
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    scopes: tuple[Scope, ...] = Field(min_length=1)
    quota: int = Field(ge=1, le=1_000_000_000)
    created: AwareDatetime
    expires: AwareDatetime
    revoked: AwareDatetime | None = None

    def state(self, now: datetime) -> Literal["valid", "expired", "revoked"]:
        """What the key is worth at this moment."""
        if self.revoked is not None:
            return "revoked"
        return "valid" if now < self.expires else "expired"


class KeyFile(Frozen):
    """All keys, in the order in which they were made."""

    keys: tuple[KeyRecord, ...] = ()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> KeyFile:
        if len({record.id for record in self.keys}) < len(self.keys):
            raise ValueError("two keys share one id")
        return self

    def find(self, key_id: str) -> KeyRecord:
        """The record of an id. Raises BadInput where there is none."""
        for record in self.keys:
            if record.id == key_id:
                return record
        raise BadInput("no key has this id", key_id, "See the ids with cap-rlvr keys list")

    def replaced(self, record: KeyRecord) -> KeyFile:
        """The same file with another record of that id."""
        return KeyFile(keys=tuple(record if one.id == record.id else one for one in self.keys))


def sha256_key(key: str) -> str:
    """What is kept of a key: SHA-256 (hex) of the whole."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_key(
    name: str, scopes: Sequence[Scope], quota: int, expires: datetime, family: str | None = None
) -> tuple[str, KeyRecord]:
    """A new key and its record; the key itself is nowhere else. Raises BadInput for what no record may hold."""
    key_id = secrets.token_hex(5)
    key = f"capk_{key_id}_{secrets.token_hex(32)}"
    fields = {
        "id": key_id,
        "family": family or key_id,
        "name": name,
        "sha256": sha256_key(key),
        "scopes": tuple(scope for scope in SCOPES if scope in scopes),
        "quota": quota,
        "created": datetime.now(UTC).replace(microsecond=0),
        "expires": expires,
    }
    try:
        return key, KeyRecord.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(first["msg"], str(first["loc"][0])) from None


def read_private(path: Path, most: int, maker: str) -> bytes:
    """The bytes of a file that only its owner may read or write. Raises BadInput for any other, or for none.

    ``maker`` is the command that makes such a file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(handle)
            data = os.read(handle, most + 1) if stat.S_ISREG(status.st_mode) else b""
        finally:
            os.close(handle)
    except OSError as error:
        raise BadInput(f"it can't be read ({error.strerror})", str(path), f"Make it with `{maker}`") from None
    if not stat.S_ISREG(status.st_mode):
        raise BadInput("it is no file", str(path), "Name another")
    if status.st_mode & 0o077:
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        raise BadInput(f"others may read or write it (mode {mode})", str(path), f"Type: chmod 600 {path}")
    if len(data) > most:
        raise BadInput(f"it is over {most} bytes", str(path), "Name another file")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 that appears whole or not at all; no other mode at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def read_keys(path: Path) -> KeyFile:
    """The keys of a file. Raises BadInput for a file that is missing or open to others, BadData for a broken one."""
    try:
        return KeyFile.model_validate_json(read_private(path, _MAX_BYTES, "cap-rlvr keys create"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise BadData(first["msg"].removeprefix("Value error, "), f"{path}: {place}" if place else str(path)) from None


@contextmanager
def changing(path: Path) -> Generator[tuple[KeyFile, list[KeyRecord]]]:
    """Hold the file's lock; after the block, write its keys with the listed records added or replaced.

    The lock is on a file beside it, because writing puts a new file in its place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = read_keys(path) if path.exists() else KeyFile()
        changed: list[KeyRecord] = []
        yield found, changed
        known = {record.id for record in found.keys}
        for record in changed:
            found = found.replaced(record)
        added = tuple(record for record in changed if record.id not in known)
        made = KeyFile(keys=(*found.keys, *added))
        write_private(path, made.model_dump_json(indent=1).encode() + b"\n")
    finally:
        os.close(lock)
