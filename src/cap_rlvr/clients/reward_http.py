"""Requests to the reward service that are tried again: one session an event loop, waits with jitter, `Retry-After` kept."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import random
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.scoring import Problem

API_KEY = "CAP_RLVR_API_KEY"
_RETRIED_STATUS = {408, 429, 500, 502, 503, 504}
# A quota's minute slides, so the longest wait for it is two; a larger number is some proxy's and is cut.
_LONGEST_RETRY_AFTER_S = 120.0
_TOMORROW = "urn:cap-rlvr:problem:submissions_used_up"


@dataclass(frozen=True)
class Patience:
    """How long to go on: ``attempts`` in all, waits doubling from ``first_s`` up to ``longest_s``, each with jitter.

    Waiting for a quota (HTTP 429) is no failed attempt: it goes on for ``quota_s``.
    """

    attempts: int = 6
    first_s: float = 0.25
    longest_s: float = 8.0
    request_s: float = 60.0
    quota_s: float = 900.0


class Again(Exception):
    """Worth another try, after ``retry_after`` seconds where the service said so."""

    def __init__(self, text: str, retry_after: float = 0.0, *, quota: bool = False) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.quota = quota


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
            stop=_Stop(self.patience),
            retry=retry_if_exception_type((Again, httpx.TransportError)),
            wait=self._wait,
            reraise=True,
        )
        try:
            await retrying(ask)
        except (Again, httpx.TransportError) as error:
            text = str(error) or type(error).__name__
            if isinstance(error, Again) and error.quota:
                hint = "Ask for a larger quota, or send fewer items"
                raise Unavailable(f"the quota gave no room for {self.patience.quota_s:g} s", self.url, hint) from None
            hint = "Start it (`cap-rlvr serve`) or wait until it is back"
            raise Unavailable(f"no rewards after {self.patience.attempts} attempts ({text})", self.url, hint) from None

    async def post(self, path: str, body: str) -> bytes:
        """One try. Raises Again, BadInput for a refusal, Unavailable where the service wants us back tomorrow."""
        session = self._session()
        async with session.slots:
            response = await session.http.post(path, content=body)
        if response.status_code in _RETRIED_STATUS:
            problem = _problem(response)
            if problem and problem.type == _TOMORROW:
                raise Unavailable(problem.detail, self.url, "Come back after midnight UTC")
            raise Again(_told(response), _retry_after(response), quota=response.status_code == 429)
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
        jittered = longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, decides nothing
        error = state.outcome.exception() if state.outcome else None
        # What the service asks for, and then some, so that not all who were told the same come back at once.
        return error.retry_after + jittered if isinstance(error, Again) else jittered

    def _session(self) -> _Session:
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._sessions:
                self._sessions[loop] = _Session(self._http(), asyncio.Semaphore(self._parallel))
            return self._sessions[loop]

    def _http(self) -> httpx.AsyncClient:
        headers = {"content-type": "application/json"}
        key = (self._key if self._key is not None else os.environ.get(API_KEY, "")).strip()
        if not (key.isascii() and key.isprintable()):
            raise BadInput("it holds what no header can carry", API_KEY if self._key is None else "key")
        if key:
            headers["authorization"] = f"Bearer {key}"
        limits = httpx.Limits(max_connections=self._parallel, max_keepalive_connections=self._parallel)
        timeout = httpx.Timeout(self.patience.request_s, connect=5.0)
        # A proxy from the environment must not swallow requests to this machine.
        proxied = not _is_loopback(self.url)
        return httpx.AsyncClient(base_url=self.url, headers=headers, limits=limits, timeout=timeout, trust_env=proxied)


class _Stop:
    """Counts failed attempts apart from waits for a quota."""

    def __init__(self, patience: Patience) -> None:
        self._attempts = patience.attempts
        self._until = time.monotonic() + patience.quota_s

    def __call__(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Again) and error.quota:
            return time.monotonic() + error.retry_after > self._until
        self._attempts -= 1
        return self._attempts <= 0


def _retry_after(response: httpx.Response) -> float:
    """Seconds that a reply asks to wait: as a number, or as the date that a proxy may write instead."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return 0.0
    return min(_LONGEST_RETRY_AFTER_S, max(0.0, seconds))


def _problem(response: httpx.Response) -> Problem | None:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def _told(response: httpx.Response) -> str:
    problem = _problem(response)
    return f"HTTP {response.status_code}" + (f": {problem.detail.removesuffix('.')}" if problem else "")


def _refused(response: httpx.Response) -> BadInput:
    problem = _problem(response)
    if problem is None:
        return BadInput(_told(response), str(response.url), "Is this a reward service?")
    hint = f"Give RewardClient(key=…) or set {API_KEY}" if response.status_code == 401 else ""
    return BadInput(_told(response), problem.field or str(response.url), hint)


def _is_loopback(url: str) -> bool:
    host: Any = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
