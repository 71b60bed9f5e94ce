"""Requests to the reward service that are tried again: one session an event loop, waits with jitter, `Retry-After` kept."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.scoring import Problem

_RETRIED_STATUS = {408, 429, 500, 502, 503, 504}
# Who is told to come back later than this (a day's quota, say) hears of it at once.
_LONGEST_RETRY_AFTER_S = 120.0


@dataclass(frozen=True)
class Patience:
    """How long to go on: ``attempts`` in all, waits doubling from ``first_s`` up to ``longest_s``, each with jitter."""

    attempts: int = 6
    first_s: float = 0.25
    longest_s: float = 8.0
    request_s: float = 60.0


class Again(Exception):
    """Worth another try, after ``retry_after`` seconds where the service said so."""

    def __init__(self, text: str, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True)
class _Session:
    """What belongs to one event loop."""

    http: httpx.AsyncClient
    slots: asyncio.Semaphore


class RewardHttp:
    """``parallel`` requests at most at a time in each event loop."""

    def __init__(self, url: str, key: str | None, parallel: int, patience: Patience) -> None:
        self.url = url
        self._key = key
        self._parallel = parallel
        self.patience = patience
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, _Session] = WeakKeyDictionary()
        self._lock = threading.Lock()

    async def patiently(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Call ``ask`` until it does not raise `Again`. Raises Unavailable when patience ends."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.patience.attempts),
            retry=retry_if_exception_type((Again, httpx.TransportError)),
            wait=self._wait,
            reraise=True,
        )
        try:
            await retrying(ask)
        except (Again, httpx.TransportError) as error:
            text = str(error) or type(error).__name__
            hint = "Start it (`cap-rlvr serve`) or wait until it is back"
            raise Unavailable(f"no rewards after {self.patience.attempts} attempts ({text})", self.url, hint) from None

    async def post(self, path: str, body: str) -> bytes:
        """One try. Raises Again, BadInput for a refusal, Unavailable where the service wants us back much later."""
        session = self._session()
        async with session.slots:
            response = await session.http.post(path, content=body)
        if response.status_code in _RETRIED_STATUS:
            wait = _retry_after(response)
            if wait > _LONGEST_RETRY_AFTER_S:
                hint = f"Come back in {wait / 60:.0f} minutes"
                raise Unavailable(_told(response), self.url, hint)
            raise Again(_told(response), wait)
        if response.status_code != 200:
            raise _refused(response)
        return response.content

    async def aclose(self) -> None:
        """Close this event loop's session."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.http.aclose()

    def _wait(self, state: RetryCallState) -> float:
        longest = min(self.patience.longest_s, self.patience.first_s * 2 ** (state.attempt_number - 1))
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, decides nothing
        error = state.outcome.exception() if state.outcome else None
        told = error.retry_after if isinstance(error, Again) else 0.0
        return max(longest * jitter, told * (0.5 + jitter))  # never before what was told

    def _session(self) -> _Session:
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._sessions:
                self._sessions[loop] = _Session(self._http(), asyncio.Semaphore(self._parallel))
            return self._sessions[loop]

    def _http(self) -> httpx.AsyncClient:
        headers = {"content-type": "application/json"}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        limits = httpx.Limits(max_connections=self._parallel, max_keepalive_connections=self._parallel)
        timeout = httpx.Timeout(self.patience.request_s, connect=5.0)
        # A proxy from the environment must not swallow requests to this machine.
        proxied = not _is_loopback(self.url)
        return httpx.AsyncClient(base_url=self.url, headers=headers, limits=limits, timeout=timeout, trust_env=proxied)


def _retry_after(response: httpx.Response) -> float:
    """Seconds to wait as the header says, in either of its forms; 0 where it says nothing."""
    value = response.headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _problem(response: httpx.Response) -> Problem | None:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def _told(response: httpx.Response) -> str:
    problem = _problem(response)
    return f"HTTP {response.status_code}" + (f": {problem.detail}" if problem else "")


def _refused(response: httpx.Response) -> BadInput:
    problem = _problem(response)
    if problem is None:
        return BadInput(_told(response), str(response.url), "Is this a reward service?")
    return BadInput(_told(response), problem.field or str(response.url))


def _is_loopback(url: str) -> bool:
    host: Any = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
