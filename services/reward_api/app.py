"""The HTTP face: routes and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import time
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import PlainTextResponse, Response

import cap_rlvr
from cap_rlvr.wire.rows import SPLITS, Split
from cap_rlvr.wire.scoring import RewardItem, RewardReply, RewardRequest
from services.reward_api import compat, page, provenance, rescoring, review, submissions, tasks
from services.reward_api.access import Access
from services.reward_api.bodies import read_body, read_items
from services.reward_api.described import PROBLEM, body_of, describe, problems, serve
from services.reward_api.drift import Drift
from services.reward_api.examples import Examples
from services.reward_api.judging import Judging
from services.reward_api.keyring import signing_key
from services.reward_api.metrics import Metrics
from services.reward_api.plain_route import PlainRoute
from services.reward_api.problems import Refused, install
from services.reward_api.row_files import RowGone
from services.reward_api.scoring import Scoring
from services.reward_api.scoring_pool import Limits, ScoringPool
from services.reward_api.settings import Settings

REGISTRY = "cap_rlvr.registry"
_PROBLEMS = problems(400, 403, 408, 413, 422, 503)
_BODY = body_of(RewardRequest, RewardItem)


def create_app(settings: Settings, registry: str = REGISTRY, limits: Limits | None = None) -> FastAPI:
    """The service. ``registry`` names the module that knows the tasks; each scoring process imports it."""
    known: Any = importlib.import_module(registry)
    pool = ScoringPool(registry, settings.workers, limits)
    closed = frozenset(SPLITS) - frozenset(settings.open_splits)
    examples = Examples(settings.workspace, known.names(), closed)
    scoring = Scoring(known, pool, examples, settings.open_splits)
    scoring.receipt_key = signing_key(settings)
    metrics = Metrics(pool, known.names())
    drift = Drift(known.names())
    scoring.observe = drift.observe
    metrics.add(drift)
    access = Access(settings)
    metrics.add(access)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await examples.refresh()
        await pool.start()
        watch = asyncio.create_task(examples.watch())
        async with access.running():
            yield
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await pool.close()

    app = FastAPI(
        title="cap-rlvr rewards",
        version=cap_rlvr.__version__,
        summary="Verifiable rewards from US case law",
        lifespan=lifespan,
        docs_url=None,  # these load their scripts from a network; see page.py
        redoc_url=None,
        openapi_url=None,  # made anew for each call; see described.py
        responses={422: PROBLEM},
    )
    app.state.pool = pool
    app.state.scoring = scoring
    app.state.sample = sample(known)
    app.state.keyed = settings.key_file is not None
    access.add(app)
    install(app)
    describe(app, RewardRequest, RewardItem)

    _add_reward(app, scoring, access, metrics)
    _add_operations(app, known, examples, access, metrics)
    _add_tasks(app, known, examples)
    judging = Judging(scoring, metrics, access.charged)
    submissions.add(app, judging, examples, access.quotas)
    rescoring.add(app, judging)
    compat.add(app, judging, examples, known)
    provenance.add(app, known, examples, settings.open_splits)
    review.add(app, settings.workspace, examples, lasting=not settings.synthetic)
    page.add(app)
    serve(app)
    return app


def _add_reward(app: FastAPI, scoring: Scoring, access: Access, metrics: Metrics) -> None:
    async def reward(request: Request) -> Response:
        """Score 1 to 512 items of any tasks, or one bare item; each item gets its own status."""
        started = time.perf_counter()
        try:
            items = read_items(await read_body(request))
            body, tally = await access.score(request, scoring, items)
        except Refused as refused:
            metrics.refused(refused.code)
            raise
        metrics.answered(tally, time.perf_counter() - started)
        return Response(body, media_type="application/json")

    told: dict[str, Any] = {"response_model": RewardReply, "responses": _PROBLEMS, "openapi_extra": _BODY}
    app.router.add_api_route(
        "/reward", reward, methods=["POST"], route_class_override=PlainRoute, tags=["scoring"], **told
    )


def sample(known: Any) -> dict[str, Any] | None:
    """The shortest item that scores the ceiling of its task, for a first curl; None without tasks."""
    items = [tasks.sample(known.get(name)).model_dump(mode="json", exclude_none=True) for name in known.names()]
    return min(items, key=lambda item: len(str(item)), default=None)


def _add_operations(app: FastAPI, known: Any, examples: Examples, access: Access, metrics: Metrics) -> None:
    pool: ScoringPool = app.state.pool

    @app.get("/metrics", response_class=PlainTextResponse, tags=["operations"])
    async def exposition() -> Response:  # pyright: ignore[reportUnusedFunction]
        """Prometheus text."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/healthz", tags=["operations"])
    async def healthz() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        """Alive."""
        return {"status": "alive"}

    @app.get("/readyz", response_model=tasks.Readiness, tags=["operations"])
    async def readyz() -> Response:  # pyright: ignore[reportUnusedFunction]
        """Ready, per task; 503 only while no scoring process is alive."""
        state = tasks.readiness(known.names(), examples, pool.alive, pool.broken)
        state = state.model_copy(update={"degraded": access.degraded()})
        return Response(state.model_dump_json(), 200 if state.ready else 503, media_type="application/json")


def _add_tasks(app: FastAPI, known: Any, examples: Examples) -> None:
    def check(name: str) -> None:
        if name not in known.names():
            raise Refused(404, "not_found", f"No such task; choose from {', '.join(known.names())}.", "task")

    @app.get("/tasks", tags=["tasks"])
    async def list_tasks() -> tasks.TaskList:  # pyright: ignore[reportUnusedFunction]
        """All tasks with their scorers."""
        found = [tasks.summary(known, examples, name) for name in known.names()]
        return tasks.TaskList(tasks=found, corpus=examples.corpus)

    @app.get("/tasks/{task}", responses={404: PROBLEM}, tags=["tasks"])
    async def show_task(task: str) -> tasks.TaskDetail:  # pyright: ignore[reportUnusedFunction]
        """One task: prompt template, answer convention, JSON schema of its ground truth, one item that scores."""
        check(task)
        return tasks.detail(known, examples, task)

    @app.get("/tasks/{task}/examples", responses={404: PROBLEM, 503: PROBLEM}, tags=["tasks"])
    async def list_examples(  # pyright: ignore[reportUnusedFunction]
        task: str,
        split: Split = "train",
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[str | None, Query(max_length=100)] = None,
    ) -> tasks.ExamplePage:
        """Prompts of prepared rows, without gold. In a closed split an id says nothing, and kind and difficulty are null."""
        check(task)
        rows = examples.index(task)
        if rows is None:
            raise Refused(503, "task_data_missing", f"{task}: {examples.faults.get(task, 'no rows')}.", retry_after=5)
        try:
            page = await asyncio.to_thread(rows.page, split, limit, cursor)
        except ValueError as error:
            raise Refused(422, "invalid_request", str(error), "cursor") from None
        except (RowGone, OSError):
            raise Refused(503, "rows_changed", provenance.GONE, retry_after=1) from None
        return tasks.example_page(known, task, page, split, examples.corpus)
