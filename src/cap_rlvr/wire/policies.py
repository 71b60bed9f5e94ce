"""A policy: one LoRA adapter, named by version and content, so that a name can never mean two sets of weights."""

from __future__ import annotations

from cap_rlvr.wire.frozen import Frozen


class PolicyRef(Frozen):
    """``digest`` is the SHA-256 (hex) over the adapter's file digests."""

    run: str
    version: int
    digest: str

    @property
    def name(self) -> str:
        """`policy-v3-1a2b3c4d`: the folder in the store and the adapter's name in the engine."""
        return f"policy-v{self.version}-{self.digest[:8]}"


class PolicyManifest(Frozen):
    """`MANIFEST.json` beside an adapter. ``files`` maps a file name to its SHA-256."""

    policy: PolicyRef
    base_digest: str
    trainer_step: int
    files: dict[str, str]
