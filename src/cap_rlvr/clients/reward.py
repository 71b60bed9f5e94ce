"""The reward service from outside: batched, retried, cached, and callable as one of TRL's ``reward_funcs``.

client = RewardClient("http://127.0.0.1:8100")
results = client.score([RewardItem(task="holding", example_id="…", completion="<answer>B</answer>")])
trainer = GRPOTrainer(reward_funcs=[client], …)  # dataset columns: prompt, task, example_id
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import os
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from cap_rlvr.clients.reward_columns import columns_to_items, log_results
from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.receipts import claim, sha256_sorted
from cap_rlvr.wire.scoring import MAX_ITEMS, CorpusId, Problem, RewardItem, RewardReply, RewardResult, ScorerId

# A completion over 32 kB scores 0 whatever it says; what is sent of it is still over.
_SENT_CHARACTERS = 40_000
# A request's texts stay well under the service's limit of 8 MiB.
_REQUEST_CHARACTERS = 1_500_000
_CACHED = 50_000
_RETRIED_STATUS = {408, 429, 500, 502, 503, 504}
API_KEY = "CAP_RLVR_API_KEY"
# A quota's minute slides, so the longest wait for it is two; a larger number is some proxy's and is cut.
_LONGEST_RETRY_AFTER_S = 120.0


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


class _Again(Exception):
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


class RewardClient:
    """Scores items over HTTP. Picklable; safe from any thread and event loop (one session a loop).

    ``batch`` items go in one request, at most ``parallel`` requests at a time. Without ``key`` that of the environment
    (CAP_RLVR_API_KEY) is sent, if there is one; it stays out of pickles. Raises Unavailable when the service stays
    away, or keeps answering items with retryable errors, beyond ``patience``; BadInput when it refuses the request as
    such, or the key.
    """

    def __init__(
        self, url: str, *, key: str | None = None, batch: int = 128, parallel: int = 4, patience: Patience | None = None
    ) -> None:
        if not 1 <= batch <= MAX_ITEMS:
            raise BadInput(f"{batch} is not between 1 and {MAX_ITEMS}", "batch")
        self.url = url.rstrip("/")
        self._key = key
        self._batch = batch
        self._parallel = parallel
        self._patience = patience or Patience()
        self.__name__ = "reward"  # what TRL calls the column
        self._reset()

    def _reset(self) -> None:
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, _Session] = WeakKeyDictionary()
        self._cache: OrderedDict[str, RewardResult] = OrderedDict()
        self._judges: dict[str, ScorerId | CorpusId | None] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "key": self._key,
            "batch": self._batch,
            "parallel": self._parallel,
            "patience": self._patience,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state.pop("url"), **state)

    async def ascore(self, items: Sequence[RewardItem]) -> list[RewardResult]:
        """Results in the items' order, none of them a retryable error."""
        results: list[RewardResult | None] = [None] * len(items)
        places: dict[str, list[int]] = {}
        for index, item in enumerate(items):
            key = _key(item)
            known = self._recall(key)
            if known is not None:
                results[index] = known
            else:
                places.setdefault(key, []).append(index)
        wanted = [(key, items[indices[0]]) for key, indices in places.items()]
        session = self._session()
        batches = [self._settle(session, batch) for batch in self._split(wanted)]
        for batch in await _all_or_none(batches):
            for key, result in batch.items():
                for index in places[key]:
                    results[index] = result
        return [
            cast(RewardResult, result).model_copy(update={"id": item.id if item.id is not None else str(index)})
            for index, (item, result) in enumerate(zip(items, results, strict=True))
        ]

    def score(self, items: Sequence[RewardItem]) -> list[RewardResult]:
        """The same, waiting; works inside and outside a running event loop."""
        return asyncio.run_coroutine_threadsafe(self.ascore(items), self._own_loop()).result()

    async def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], task: Sequence[str], **columns: Any
    ) -> list[float | None]:
        """TRL's reward function: a reward for every scored completion, None for every other.

        Uses the columns ``example_id`` or ``ground_truth``, and ``log_metric`` and ``log_extra`` where TRL gives them.
        """
        del prompts  # they decide nothing, and would double what is sent
        results = await self.ascore(columns_to_items(completions, task, columns))
        log_results(results, columns.get("log_metric"), columns.get("log_extra"))
        return [result.reward for result in results]

    async def aclose(self) -> None:
        """Close this event loop's session."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.http.aclose()

    def close(self) -> None:
        """Close the session of `score` and its thread."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self.aclose(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    def _split(self, wanted: list[tuple[str, RewardItem]]) -> list[list[tuple[str, RewardItem]]]:
        batches: list[list[tuple[str, RewardItem]]] = []
        room = 0
        for key, item in wanted:
            size = min(len(item.text()), _SENT_CHARACTERS) + len(str(item.ground_truth or ""))
            if not batches or len(batches[-1]) == self._batch or size > room:
                batches.append([])
                room = _REQUEST_CHARACTERS
            batches[-1].append((key, item))
            room -= size
        return batches

    async def _settle(self, session: _Session, batch: list[tuple[str, RewardItem]]) -> dict[str, RewardResult]:
        """Ask until no item is a retryable error; only what is open is asked again. Raises Unavailable."""
        settled: dict[str, RewardResult] = {}

        async def ask() -> None:
            open_items = [(key, item) for key, item in batch if key not in settled]
            async with session.slots:
                reply = await self._post(session.http, [item for _, item in open_items])
            self._learn(reply)
            failed = ""
            for (key, _), result in zip(open_items, reply.results, strict=True):
                if result.retryable:
                    failed = result.reason.text if result.reason else "an error of the service"
                    continue
                settled[key] = result
                self._remember(key, result)
            if failed:
                raise _Again(failed)

        patience = self._patience
        retrying = AsyncRetrying(
            stop=_Stop(patience),
            retry=retry_if_exception_type((_Again, httpx.TransportError)),
            wait=self._wait,
            reraise=True,
        )
        try:
            await retrying(ask)
        except (_Again, httpx.TransportError) as error:
            text = str(error) or type(error).__name__
            hint = "Start it (`cap-rlvr serve`) or wait until it is back"
            if isinstance(error, _Again) and error.quota:
                hint = "Ask for a larger quota, or send fewer items"
                raise Unavailable(f"the quota gave no room for {patience.quota_s:g} s", self.url, hint) from None
            raise Unavailable(f"no rewards after {patience.attempts} attempts ({text})", self.url, hint) from None
        return settled

    def _wait(self, state: RetryCallState) -> float:
        longest = min(self._patience.longest_s, self._patience.first_s * 2 ** (state.attempt_number - 1))
        jittered = longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, decides nothing
        error = state.outcome.exception() if state.outcome else None
        # What the service asks for, and then some, so that not all who were told the same come back at once.
        return error.retry_after + jittered if isinstance(error, _Again) else jittered

    async def _post(self, http: httpx.AsyncClient, items: Sequence[RewardItem]) -> RewardReply:
        # ASCII JSON carries any text, lone surrogates too, which UTF-8 can't.
        body = json.dumps({"items": [_sent(item) for item in items]})
        response = await http.post("/reward", content=body)
        if response.status_code in _RETRIED_STATUS:
            raise _Again(f"HTTP {response.status_code}", _retry_after(response), quota=response.status_code == 429)
        if response.status_code != 200:
            raise _refused(response)
        try:
            reply = RewardReply.model_validate_json(response.content)
        except ValidationError:
            raise _Again("the reply is not one of the reward service") from None
        if len(reply.results) != len(items):
            raise _Again(f"{len(reply.results)} results for {len(items)} items")
        return reply

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
        timeout = httpx.Timeout(self._patience.request_s, connect=5.0)
        # A proxy from the environment must not swallow requests to this machine.
        proxied = not _is_loopback(self.url)
        return httpx.AsyncClient(base_url=self.url, headers=headers, limits=limits, timeout=timeout, trust_env=proxied)

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run_and_close, args=(self._loop,), name="reward-client", daemon=True).start()
            return self._loop

    def _recall(self, key: str) -> RewardResult | None:
        with self._lock:
            known = self._cache.get(key)
            if known is not None:
                self._cache.move_to_end(key)
            return known

    def _remember(self, key: str, result: RewardResult) -> None:
        if result.status != "scored":
            return
        with self._lock:
            self._cache[key] = result
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)

    def _learn(self, reply: RewardReply) -> None:
        """Forget everything when the service has come back with another scorer or other rows."""
        judges: dict[str, ScorerId | CorpusId | None] = {**reply.scorers, "corpus:": reply.corpus}
        with self._lock:
            if any(name in self._judges and self._judges[name] != judge for name, judge in judges.items()):
                self._cache.clear()
            self._judges.update(judges)


def _run_and_close(loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.closing(loop):
        loop.run_forever()


async def _all_or_none(calls: Sequence[Awaitable[dict[str, RewardResult]]]) -> list[dict[str, RewardResult]]:
    """All results; when one call fails the others are ended before its error goes up."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _key(item: RewardItem) -> str:
    # The id, group and policy are the caller's own: they change no verdict.
    return sha256_sorted(claim(item, 0)[1:5])


def _sent(item: RewardItem) -> dict[str, Any]:
    sent: dict[str, Any] = {"task": item.task, "completion": item.text()[:_SENT_CHARACTERS]}
    for name in ("example_id", "ground_truth", "group_id", "policy"):
        if getattr(item, name) is not None:
            sent[name] = getattr(item, name)
    return sent


class _Stop:
    """Counts failed attempts apart from waits for a quota."""

    def __init__(self, patience: Patience) -> None:
        self._attempts = patience.attempts
        self._until = time.monotonic() + patience.quota_s

    def __call__(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Again) and error.quota:
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


def _refused(response: httpx.Response) -> BadInput:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return BadInput(f"HTTP {response.status_code}", str(response.url), "Is this a reward service?")
    hint = f"Give RewardClient(key=…) or set {API_KEY}" if response.status_code == 401 else ""
    return BadInput(f"HTTP {response.status_code}: {problem.detail}", problem.field or str(response.url), hint)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
