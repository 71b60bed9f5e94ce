"""Files of keys for tests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cap_rlvr.wire.keys import SCOPES, KeyRecord, changing, new_key


def add_key(file: Path, *scopes: Any, quota: int = 1000, name: str = "tests", **changes: Any) -> str:
    """Put a new key into the file, with its record changed as told, and return it; all scopes where none is given."""
    expires = datetime.now(UTC) + timedelta(days=1)
    key, record = new_key(name, scopes or SCOPES, quota, expires)
    with changing(file) as (_, changed):
        changed.append(record.model_copy(update=changes))
    return key


def change_key(file: Path, key: str, **changes: Any) -> KeyRecord:
    """Change the record of a key."""
    with changing(file) as (found, changed):
        changed.append(found.find(key[5:15]).model_copy(update=changes))
    return changed[0]


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"authorization": f"Bearer {key}"}
