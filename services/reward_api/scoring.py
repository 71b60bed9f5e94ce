"""From items to reply: find each item's truth, look in the cache, ask the pool, seal the reply."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter as Tally
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

import orjson

from cap_rlvr.wire.receipts import claim, seal
from cap_rlvr.wire.rows import Split
from cap_rlvr.wire.scoring import CorpusId, RewardItem, ScorerId, Signature
from cap_rlvr.wire.signatures import ReceiptKey
from services.reward_api.cache import VerdictCache
from services.reward_api.examples import Examples
from services.reward_api.problems import Refused
from services.reward_api.row_files import Place
from services.reward_api.scoring_pool import ScoringPool, Ticket
from services.reward_api.scoring_worker import TaskRegistry
from services.reward_api.verdicts import Verdict, our_error, unscorable

# Clients wait 30 s at least; what is late is answered `error`, and its verdict still reaches the cache.
DEADLINE_S = 25.0
# Sixteen of the largest requests: at the slowest scorer's rate, about the deadline's worth of work.
MAX_PENDING = 8192


@dataclass(frozen=True)
class Answer:
    """One item's outcome on its way: a verdict, or the ticket that will have one."""

    task: str
    source: Verdict | Ticket
    cached: bool = False

    def verdict(self) -> Verdict:
        """What is known now: without a verdict the deadline has passed."""
        found = self.source if isinstance(self.source, Verdict) else self.source.verdict
        return found or our_error(self.task, "deadline", "The deadline passed before this item was judged; ask again.")


@dataclass(frozen=True)
class Judged:
    """A batch that was judged, in the items' order; ``tally`` counts (task, status, reason code, cached).

    ``corpus`` is what the rows were of when the items were looked up.
    """

    claims: list[list[str | None]]
    answers: list[Answer]
    verdicts: list[Verdict]
    tally: Tally[tuple[str, str, str, bool]]
    corpus: CorpusId | None


class Scoring:
    """Scores batches. One instance a service; all of it runs on the event loop, and none of it is slow."""

    def __init__(
        self, registry: TaskRegistry, pool: ScoringPool, examples: Examples, open_splits: Sequence[Split]
    ) -> None:
        self._pool = pool
        self._examples = examples
        self._open_splits = frozenset(open_splits)
        self._scorers: dict[str, ScorerId] = {name: registry.scorer_id(name) for name in registry.names()}
        self._cache = VerdictCache()
        self._asked: dict[bytes, Ticket] = {}
        self.deadline_s = DEADLINE_S
        self.max_pending = MAX_PENDING
        self.receipt_key: ReceiptKey | None = None
        self.observe: Callable[[Sequence[RewardItem], Judged], None] = lambda _items, _judged: None

    async def reply(
        self, items: Sequence[RewardItem], request_id: str, arrived: float | None = None, owner: str = ""
    ) -> tuple[bytes, Tally[tuple[str, str, str, bool]]]:
        """The reply's JSON and what to count. Raises Refused for a hidden split or a full queue."""
        judged = await self.judge(items, None, arrived, owner)
        self.observe(items, judged)
        results = [
            verdict.result(str(claimed[0]), answer.cached)
            for claimed, answer, verdict in zip(judged.claims, judged.answers, judged.verdicts, strict=True)
        ]
        scorers, corpus = self.scorers(items), judged.corpus
        receipt = seal(judged.claims, [verdict.sha256 for verdict in judged.verdicts], scorers, corpus)
        return _body(request_id, results, scorers, corpus, (receipt, self.sign(receipt, request_id))), judged.tally

    async def judge(
        self,
        items: Sequence[RewardItem],
        splits: Collection[Split] | None = None,
        arrived: float | None = None,
        owner: str = "",
    ) -> Judged:
        """Judge items; ``splits`` in place of the open ones says of which stored rows the truth may be used.

        The deadline runs from ``arrived`` (by `time.monotonic`), before the body was read, or from now.
        ``owner`` is whose turn it is when others wait too; all that nobody owns is one owner's.
        Raises Refused for a row of another split, or a full queue.
        """
        claims = [claim(item, index) for index, item in enumerate(items)]
        corpus = self._examples.corpus
        answers = self._answers(items, claims, self._open_splits if splits is None else splits, owner)
        passed = 0.0 if arrived is None else time.monotonic() - arrived
        await self._wait(answers, max(0.0, self.deadline_s - passed))
        verdicts = [answer.verdict() for answer in answers]
        tally = Tally(
            (answer.task if answer.task in self._scorers else "unknown", verdict.status, verdict.code, answer.cached)
            for answer, verdict in zip(answers, verdicts, strict=True)
        )
        return Judged(claims, answers, verdicts, tally, corpus)

    def sign(self, receipt: str, request_id: str) -> Signature | None:
        """A receipt's signature; None without a key."""
        return self.receipt_key.sign(receipt, request_id) if self.receipt_key else None

    def scorers(self, items: Sequence[RewardItem]) -> dict[str, ScorerId]:
        """The scorers of the items' tasks, sorted by name."""
        return {task: self._scorers[task] for task in sorted({item.task for item in items} & self._scorers.keys())}

    def _answers(
        self,
        items: Sequence[RewardItem],
        claims: Sequence[Sequence[str | None]],
        splits: Collection[Split],
        owner: str,
    ) -> list[Answer]:
        """Where each item's verdict comes from; new work is queued only once the whole request is accepted."""
        tickets: dict[bytes, Ticket] = {}
        answers: list[Answer] = []
        for index, (item, claimed) in enumerate(zip(items, claims, strict=True)):
            place = self._place(item, index, splits)
            if isinstance(place, Verdict):
                answers.append(Answer(item.task, place))
                continue
            key = self._key(item.task, claimed)
            known = self._cache.get(key) or self._asked.get(key) or tickets.get(key)
            if known is not None:
                answers.append(Answer(item.task, known, cached=True))
                continue
            tickets[key] = Ticket(item.task, item.text(), item.ground_truth or {}, place, owner)
            answers.append(Answer(item.task, tickets[key]))
        self._insist_on_room(len(tickets), owner)
        for key, ticket in tickets.items():
            ticket.settled.append(partial(self._keep, key))
        self._asked.update(tickets)
        self._pool.submit(list(tickets.values()))
        return answers

    def _insist_on_room(self, items: int, owner: str) -> None:
        """Raises Refused (503) where the queue is full, or what a key may fill of it."""
        if items and self._pool.pending + items > self.max_pending:
            detail = f"{self._pool.pending} items are waiting; the queue holds {self.max_pending}."
            raise Refused(503, "overloaded", detail, retry_after=1)
        most = self.max_pending * 3 // 4  # so that others find room
        if items and owner and self._pool.pending_of(owner) + items > most:
            detail = f"{self._pool.pending_of(owner)} items of this key are waiting; it may have {most}."
            raise Refused(503, "overloaded", detail, retry_after=1)

    def _place(self, item: RewardItem, index: int, splits: Collection[Split]) -> Place | Verdict | None:
        """Where the item's stored truth lies; None for a truth that came with it; a verdict where there is neither."""
        if item.task not in self._scorers:
            choices = ", ".join(self._scorers)
            return unscorable(item.task, "unknown_task", f"No such task; choose from {choices}.")
        if item.example_id is None:
            return None
        rows = self._examples.index(item.task)
        if rows is None:
            return our_error(item.task, "task_data_missing", f"The rows of {item.task} can't be read at present.")
        place = rows.find(item.example_id)
        if place is None:
            return unscorable(item.task, "unknown_example", "No prepared row has this example_id.")
        if place.split not in splits:
            detail = (
                f"Example ids of split {place.split} are not scored one by one: /submissions scores many of them blind."
            )
            raise Refused(403, "hidden_split", detail, f"items.{index}.example_id")
        return place

    def _key(self, task: str, claimed: Sequence[str | None]) -> bytes:
        """SHA-256 over scorer, completion, and the truth or the row with its corpus."""
        _, _, completion, example, truth, _, _ = claimed
        rows = self._examples.index(task) if example is not None else None
        parts = (self._scorers[task].sha256, task, completion, truth, example, rows.sha256 if rows else None)
        return hashlib.sha256(orjson.dumps(parts)).digest()

    def _keep(self, key: bytes, ticket: Ticket) -> None:
        self._asked.pop(key, None)
        if ticket.verdict is not None and ticket.verdict.status == "scored":
            self._cache.put(key, ticket.verdict)

    async def _wait(self, answers: Sequence[Answer], seconds: float) -> None:
        """Until all are settled or the deadline is reached; late work goes on and ends in the cache."""
        waiting = {id(answer.source): answer.source for answer in answers if isinstance(answer.source, Ticket)}
        open_tickets = [ticket for ticket in waiting.values() if ticket.verdict is None]
        if not open_tickets:
            return
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        left = len(open_tickets)

        def count_down(_: Ticket) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                finish()

        def finish() -> None:
            if not done.done():
                done.set_result(None)

        for ticket in open_tickets:
            ticket.settled.append(count_down)
        deadline = loop.call_later(seconds, finish)
        try:
            await done
        finally:
            deadline.cancel()


def _body(
    request_id: str,
    results: Sequence[bytes],
    scorers: dict[str, ScorerId],
    corpus: CorpusId | None,
    proof: tuple[str, Signature | None],
) -> bytes:
    receipt, signature = proof
    named = orjson.dumps({task: scorer.model_dump() for task, scorer in scorers.items()})
    return b"".join(
        (
            b'{"request_id":"' + request_id.encode() + b'","results":[' + b",".join(results),
            b'],"scorers":' + named,
            b',"corpus":' + orjson.dumps(corpus and corpus.model_dump()),
            b',"receipt":"' + receipt.encode() + b'"',
            b',"signature":' + orjson.dumps(signature.model_dump()) if signature else b"",
            b"}",
        )
    )
