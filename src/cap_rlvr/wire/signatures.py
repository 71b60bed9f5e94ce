"""Signed receipts: HMAC-SHA256 over a receipt and its request id, under a key that the service and its verifiers share.

A file of keys has one a line, 64 hex digits, mode 0600: the first signs, all verify. So a new key is put on top, and
what the former one signed still holds.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.keys import read_private
from cap_rlvr.wire.scoring import Signature

_LINE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_BYTES = 65 * 1000
_MAKER = "cap-rlvr receipt key"
_HINT = f"Make one with `{_MAKER}`"


@dataclass(frozen=True)
class ReceiptKey:
    """``id`` names the key in signatures and tells nothing of it."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"ReceiptKey({self.id})"

    def sign(self, receipt: str, request_id: str) -> Signature:
        """The signature of one reply."""
        message = f"cap-rlvr receipt 1\n{receipt}\n{request_id}".encode("utf-8", "replace")
        return Signature(key=self.id, hmac_sha256=hmac.new(self.secret, message, hashlib.sha256).hexdigest())

    def verify(self, signature: Signature, receipt: str, request_id: str) -> bool:
        """Whether this key made the signature."""
        made = self.sign(receipt, request_id)
        return hmac.compare_digest(made.hmac_sha256.encode(), signature.hmac_sha256.encode("utf-8", "replace"))


def new_receipt_key() -> str:
    """A line for a file of receipt keys."""
    return secrets.token_hex(32)


def read_receipt_keys(path: Path) -> tuple[ReceiptKey, ...]:
    """The keys of a file, the signing one first. Raises BadInput for a file that is open to others or holds anything else."""
    lines = read_private(path, _MOST_BYTES, _MAKER).decode("utf-8", "replace").split()
    for number, line in enumerate(lines, 1):
        if not _LINE.fullmatch(line):
            raise BadInput("this line is no receipt key (64 hex digits)", f"{path}:{number}", _HINT)
    if not lines:
        raise BadInput("it holds no receipt key", str(path), _HINT)
    return tuple(_key(bytes.fromhex(line)) for line in lines)


def _key(secret: bytes) -> ReceiptKey:
    return ReceiptKey(hashlib.sha256(b"cap-rlvr receipt key\n" + secret).hexdigest()[:10], secret)
