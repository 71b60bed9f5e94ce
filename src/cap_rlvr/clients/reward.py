"""The reward service from outside: batched, retried, cached, and callable as one of TRL's ``reward_funcs``.

client = RewardClient("http://127.0.0.1:8100")  # closed by `close()` or `aclose()`, or as a context manager
results = client.score([RewardItem(task="holding", example_id="…", completion="<answer>B</answer>")])
trainer = GRPOTrainer(reward_funcs=[client], …)  # dataset columns: prompt, task, example_id
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from typing import Any, Self, TypeVar, cast

from pydantic import BaseModel, ValidationError

from cap_rlvr.clients.reward_columns import columns_to_items, log_results
from cap_rlvr.clients.reward_http import API_KEY, Again, Patience, RewardHttp
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rescoring import RescoreItem, RescoreReply
from cap_rlvr.wire.scoring import MAX_ITEMS, CorpusId, RewardItem, RewardReply, RewardResult, ScorerId
from cap_rlvr.wire.submissions import SubmissionItem, SubmissionReply

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
# A completion over 32 kB scores 0 whatever it says; what is sent of it is still over.
_SENT_CHARACTERS = 40_000
# A request stays under the service's limit of 8 MiB. In ASCII JSON a character may take twelve bytes.
_REQUEST_BYTES = 7_000_000
_CACHED = 50_000


__all__ = ["API_KEY", "Patience", "RewardClient"]


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
        if not url.startswith(("http://", "https://")):  # httpx would call that a network error, and be asked again
            raise BadInput(f"{url[:200]!r} is no address of a service", "url", "Write it as http://127.0.0.1:8100")
        self.url = url.rstrip("/")
        self._key = key
        self._batch = batch
        self._parallel = parallel
        self._patience = patience or Patience()
        self.__name__ = "reward"  # what TRL calls the column
        self._reset()

    def _reset(self) -> None:
        self._http = RewardHttp(self.url, self._key, self._parallel, self._patience)
        self._cache: OrderedDict[str, RewardResult] = OrderedDict()
        self._judges: dict[str, ScorerId | CorpusId | None] = {}
        self._changes = 0
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
        """Results in the items' order, none of them a retryable error, all by the same scorers and rows."""
        results: list[RewardResult] = []

        async def ask() -> None:
            changes = self._changes
            results[:] = await self._score(items)
            if self._changes != changes:  # what was judged before the change is forgotten, and asked again
                raise Again("its scorers or rows have changed meanwhile")

        await self._http.patiently(ask)
        return results

    async def _score(self, items: Sequence[RewardItem]) -> list[RewardResult]:
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
        batches = [self._settle(batch) for batch in self._split(wanted)]
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
        return self._waiting(self.ascore(items))

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

    async def asubmit(self, items: Sequence[SubmissionItem]) -> SubmissionReply:
        """Score answers to the held-out split blind: at least 100, each to another example.

        Raises Unavailable when the day's calls are used up.
        """
        return await self._one("/submissions", {"items": [_sent_answer(item) for item in items]}, SubmissionReply)

    def submit(self, items: Sequence[SubmissionItem]) -> SubmissionReply:
        """The same, waiting."""
        return self._waiting(self.asubmit(items))

    async def arescore(self, items: Sequence[RescoreItem]) -> RescoreReply:
        """Up to 512 items and their former results: what this service's scorers say differently."""
        sent = [
            {"item": {**_sent(one.item), "id": one.item.id}, "former": one.former.model_dump(mode="json")}
            for one in items
        ]
        return await self._one("/rescore", {"items": sent}, RescoreReply)

    def rescore(self, items: Sequence[RescoreItem]) -> RescoreReply:
        """The same, waiting."""
        return self._waiting(self.arescore(items))

    @property
    def scorers(self) -> Mapping[str, ScorerId]:
        """The scorer of each task of which a reply has come."""
        with self._lock:
            return {name: judge for name, judge in self._judges.items() if isinstance(judge, ScorerId)}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def aclose(self) -> None:
        """Close this event loop's session."""
        await self._http.aclose()

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
            size = len(json.dumps(_sent(item))) + 2
            if not batches or len(batches[-1]) == self._batch or size > room:
                batches.append([])
                room = _REQUEST_BYTES
            batches[-1].append((key, item))
            room -= size
        return batches

    async def _settle(self, batch: list[tuple[str, RewardItem]]) -> dict[str, RewardResult]:
        """Ask until no item is a retryable error; only what is open is asked again. Raises Unavailable."""
        settled: dict[str, RewardResult] = {}

        async def ask() -> None:
            open_items = [(key, item) for key, item in batch if key not in settled]
            reply = await self._ask([item for _, item in open_items])
            self._learn(reply)
            failed = ""
            for (key, _), result in zip(open_items, reply.results, strict=True):
                if result.retryable:
                    failed = result.reason.text if result.reason else "an error of the service"
                    continue
                settled[key] = result
                self._remember(key, result)
            if failed:
                raise Again(failed)

        await self._http.patiently(ask)
        return settled

    async def _ask(self, items: Sequence[RewardItem]) -> RewardReply:
        # ASCII JSON carries any text, lone surrogates too, which UTF-8 can't.
        content = await self._http.post("/reward", json.dumps({"items": [_sent(item) for item in items]}))
        reply = _read(RewardReply, content)
        if len(reply.results) != len(items):
            raise Again(f"{len(reply.results)} results for {len(items)} items")
        return reply

    async def _one(self, path: str, body: Any, model: type[M]) -> M:
        """One request with one reply."""
        replies: list[M] = []

        async def ask() -> None:
            replies.append(_read(model, await self._http.post(path, json.dumps(body))))

        await self._http.patiently(ask)
        return replies[-1]

    def _waiting(self, call: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(call, self._own_loop()).result()

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
                self._changes += 1
            self._judges.update(judges)


def _read(model: type[M], content: bytes) -> M:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        raise Again("the reply is not one of the reward service") from None


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
    # The id, group and policy are the caller's own: they change no verdict. Any truth has a key: whether it can be judged
    # is for the service to say.
    told = json.dumps([item.task, item.text(), item.example_id, item.ground_truth], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _sent_answer(item: SubmissionItem) -> dict[str, Any]:
    return {"task": item.task, "example_id": item.example_id, "completion": item.item().text()[:_SENT_CHARACTERS]}


def _sent(item: RewardItem) -> dict[str, Any]:
    sent: dict[str, Any] = {"task": item.task, "completion": item.text()[:_SENT_CHARACTERS]}
    for name in ("example_id", "ground_truth", "group_id", "policy"):
        if getattr(item, name) is not None:
            sent[name] = getattr(item, name)
    return sent
