"""Which policies are loaded: a window of the last used ones, each checked by digest before the engine sees it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from cap_rlvr.clients.policies import PolicyStore
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.policies import PolicyRef
from services.rollout_vllm.engine import BASE, Engine, Refused

_STORE_PATIENCE_S = 30.0  # a shared volume may show a new folder late
_STORE_PAUSE_S = 0.5


class PolicyWindow:
    """At most ``size`` loaded policies; what is in use stays, what was used longest ago goes first."""

    def __init__(self, engine: Engine, store: PolicyStore, cache: Path, base_digest: str, size: int) -> None:
        self._engine = engine
        self._store = store
        self._cache = cache
        self._base_digest = base_digest
        self._size = size
        self._loaded: dict[str, PolicyRef] = {}  # the last used one is last
        self._loading: set[str] = set()
        self._users: dict[str, int] = {}
        self._changed = asyncio.Condition()

    @property
    def loaded(self) -> tuple[str, ...]:
        """Names of the loaded policies, the last used one last."""
        return tuple(self._loaded)

    def clear(self) -> None:
        """The engine was started anew: nothing is loaded."""
        self._loaded.clear()

    @asynccontextmanager
    async def hold(self, ref: PolicyRef | None) -> AsyncGenerator[str]:
        """The engine's name for a policy, which stays loaded meanwhile; None is the base.

        Raises Refused where the policy can't be served here, BadData where its digest is wrong, Unavailable where
        the store stays without it, EngineLost where the engine is away.
        """
        if ref is None:
            yield BASE
            return
        self._users[ref.name] = self._users.get(ref.name, 0) + 1
        try:
            await self._ensure(ref)
            yield ref.name
        finally:
            self._users[ref.name] -= 1
            if not self._users[ref.name]:
                del self._users[ref.name]
            async with self._changed:
                self._changed.notify_all()

    async def is_ours(self, ref: PolicyRef) -> bool:
        """Whether the store has this policy and it belongs to the base that is served here."""
        try:
            return (await asyncio.to_thread(self._store.manifest, ref)).base_digest == self._base_digest
        except Unavailable:
            return False

    async def _ensure(self, ref: PolicyRef) -> None:
        async with self._changed:
            while ref.name not in self._loaded:
                idle = [name for name in self._loaded if name not in self._users]
                full = len(self._loaded) + len(self._loading) >= self._size
                if ref.name not in self._loading and (idle or not full):
                    break
                await self._changed.wait()
            else:
                self._loaded[ref.name] = self._loaded.pop(ref.name)
                return
            self._loading.add(ref.name)
            victim = self._loaded.pop(idle[0]) if full else None
        try:
            if victim is not None:
                await self._engine.unload(victim.name)
                shutil.rmtree(self._cache / victim.run / victim.name, ignore_errors=True)
            folder = await self._fetch(ref)
            await self._engine.load(ref.name, folder)
            self._loaded[ref.name] = ref
        finally:
            self._loading.discard(ref.name)
            async with self._changed:
                self._changed.notify_all()

    async def _fetch(self, ref: PolicyRef) -> Path:
        for _ in range(int(_STORE_PATIENCE_S / _STORE_PAUSE_S)):
            try:
                folder = await asyncio.to_thread(self._store.fetch, ref, self._cache)
                break
            except Unavailable:
                await asyncio.sleep(_STORE_PAUSE_S)
        else:
            folder = await asyncio.to_thread(self._store.fetch, ref, self._cache)
        base = (await asyncio.to_thread(PolicyStore(str(self._cache)).manifest, ref)).base_digest
        if base != self._base_digest:
            raise Refused(f"{ref.name} belongs to the base {base[:16]}, not to {self._base_digest[:16]}", "policy")
        return folder
