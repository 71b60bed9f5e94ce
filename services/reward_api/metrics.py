"""What Prometheus reads at `/metrics`."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from services.reward_api.scoring_pool import ScoringPool

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """Counted once a request, so that a large batch costs no more than a small one."""

    def __init__(self, pool: ScoringPool, tasks: Iterable[str]) -> None:
        self._registry = CollectorRegistry()
        self._pool = pool
        self._items = Counter(
            "reward_items", "Items answered", ["task", "status", "reason", "cached"], registry=self._registry
        )
        for task in tasks:  # which an alarm waits for: it must be there at 0 before the first is counted
            self._items.labels(task, "scored", "cost_limit", "false")
        self._counters: dict[tuple[str, str, str, bool], Counter] = {}  # looking one up by its labels takes a lock
        self._seconds = Histogram(
            "reward_request_seconds", "Time to answer POST /reward", buckets=_SECONDS, registry=self._registry
        )
        self._batch = Histogram("reward_request_items", "Items a request", buckets=_ITEMS, registry=self._registry)
        self._refused = Counter("reward_refused_requests", "Refused requests", ["code"], registry=self._registry)
        self._registry.register(self)

    def answered(self, tally: Tally[tuple[str, str, str, bool]], seconds: float) -> None:
        """Count one answered request: (task, status, reason code, cached) -> items."""
        for kind, count in tally.items():
            counter = self._counters.get(kind)
            if counter is None:
                task, status, reason, cached = kind
                counter = self._counters[kind] = self._items.labels(task, status, reason, str(cached).lower())
            counter.inc(count)
        self._seconds.observe(seconds)
        self._batch.observe(tally.total())

    def refused(self, code: str) -> None:
        self._refused.labels(code).inc()

    def collect(self) -> Iterable[Metric]:
        """The pool's state at the moment of reading."""
        yield GaugeMetricFamily("reward_pending_items", "Items queued or being judged", self._pool.pending)
        yield GaugeMetricFamily("reward_scoring_processes", "Scoring processes alive", self._pool.alive)
        lost = CounterMetricFamily("reward_scoring_processes_lost", "Scoring processes lost", labels=["cause"])
        for cause, count in self._pool.losses.items():
            lost.add_metric([cause], count)
        yield lost

    def add(self, part: Collector) -> None:
        """Let another part of the service tell its figures too."""
        self._registry.register(part)

    def text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)
