"""Who may call what, and how much of it: one table of routes, one gate before all of them, one way to score.

A route that the table does not name needs the scope `admin`. Without a file of keys, which only loopback may go
without, anyone may call everything.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections import Counter as Tally
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any, Literal, cast
from urllib.parse import unquote_plus

from fastapi import FastAPI, Request
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cap_rlvr.wire import keys
from cap_rlvr.wire.scoring import RewardItem
from services.reward_api.audit import AuditLog
from services.reward_api.bodies import room
from services.reward_api.described import PROBLEM
from services.reward_api.keyring import ANYONE, NOBODY, Caller, forbidden, open_keyring
from services.reward_api.problems import Refused, respond
from services.reward_api.quotas import Quotas
from services.reward_api.scoring import Scoring
from services.reward_api.settings import Settings

Need = keys.Scope | Literal["open", "any key"]
# The pages hold nothing that is not published, and a browser must have one to be given a key in; liveness and readiness
# are asked by what has no key. `/metrics` tells who uses what how much, and Prometheus can send a key.
NEEDS: dict[str, Need] = {
    "/": "open",
    "/healthz": "open",
    "/readyz": "open",
    "/docs": "open",
    "/openapi.json": "open",
    "/tasks": "any key",
    "/tasks/{task}": "any key",
    "/tasks/{task}/examples": "read-examples",
    "/tasks/{task}/examples/{example_id}": "read-examples",
    "/reward": "score",
    "/rescore": "score",
    "/submissions": "submit",
    "/review": "any key",
    "/metrics": "admin",
    # NeMo Gym asks at the root; see `compat`.
    "/verify": "score",
    "/seed_session": "score",
    "/aggregate_metrics": "score",
    "/reverify_mode": "score",
}
BELOW: dict[str, Need] = {"/compat/": "score", "/ng-rollout/": "score", "/page/": "open", "/review/": "admin"}
_SHAPE_OF_A_KEY = re.compile(r"capk_[0-9a-f]{10}_", re.IGNORECASE)
_NAMES_OF_KEYS = {"key", "api_key", "apikey", "api-key", "token", "access_token", "authorization"}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_ADVICE = "Send it in the Authorization header, and revoke this one: addresses end up in logs."


def need_of(path: str) -> Need:
    """What a route needs, by its path as it was declared."""
    path = path.replace(":path}", "}")
    if path in NEEDS:
        return NEEDS[path]
    for start, need in BELOW.items():
        if path.startswith(start):
            return need
    return "admin"


class Access:
    """The gate's parts. Raises BadInput or BadData for keys, an audit log or a Redis that can't be used."""

    def __init__(self, settings: Settings) -> None:
        self._keyring = open_keyring(settings)
        self._quotas = Quotas(settings.redis_url.get_secret_value() if settings.redis_url else None)
        self._audit = AuditLog(settings.audit_log)
        self._refused: Tally[str] = Tally()

    @property
    def quotas(self) -> Quotas:
        """Where counts are kept."""
        return self._quotas

    def add(self, app: FastAPI) -> None:
        """Put the gate before all routes of the app; call this before what must be outside of it."""
        app.add_middleware(Gate, access=self, routes=app.router.routes)
        _describe(app)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Quotas and audit log at work."""
        self._audit.start()
        async with self._quotas.watched():
            yield
        self._audit.close()

    def admit(self, scope: Scope, path: str) -> Caller:
        """Who asks, if they may; ``path`` is empty for no route. Raises Refused: 400 for a key in the address, 401, 403."""
        need = need_of(path) if path else "open"
        if self._keyring is None:
            return ANYONE
        _refuse_keys_in(scope)
        if need == "open":
            return NOBODY
        caller = self._keyring.caller(scope["headers"])
        if need != "any key" and need not in caller.scopes:
            self.note(scope, path, caller, 403)
            raise forbidden(caller, need)
        return caller

    def charged(self, request: Request, items: int) -> contextlib.AbstractAsyncContextManager[None]:
        """Count items against the caller's quota; a refusal in the block gives them back. Raises Refused (413, 429)."""
        caller: Caller = request.state.caller
        return contextlib.nullcontext() if caller.quota is None else self._counted(caller, caller.quota, items)

    @contextlib.asynccontextmanager
    async def _counted(self, caller: Caller, quota: int, items: int) -> AsyncGenerator[None]:
        allowed = f"The key {caller.key} may score {quota} items a minute"
        if items > quota:
            raise Refused(413, "batch_over_quota", f"{allowed}: send no more in one request.", "items")
        wait = await self._quotas.take(caller.family, items, quota)
        if wait:
            raise Refused(429, "over_quota", f"{allowed}.", retry_after=math.ceil(wait))
        try:
            yield
        except Refused:
            await self._quotas.give_back(caller.family, items)
            raise

    async def score(
        self, request: Request, scoring: Scoring, items: Sequence[RewardItem]
    ) -> tuple[bytes, Tally[tuple[str, str, str, bool]]]:
        """`Scoring.reply` within the caller's quota, and for the record."""
        async with self.charged(request, len(items)):
            reply, tally = await scoring.reply(
                items, request.state.request_id, request.state.arrived, request.state.caller.family
            )
        request.state.tally = tally
        return reply, tally

    def note(self, scope: Scope, path: str, caller: Caller, status: int, seconds: float = 0.0) -> None:
        """One audit line. What was sent is in none of its values."""
        if not self._audit.on:
            return
        tally: Tally[tuple[str, str, str, bool]] | None = scope["state"].get("tally")
        tasks: dict[str, Tally[str]] = {}
        for (task, outcome, _, _), count in (tally or {}).items():
            tasks.setdefault(task, Tally())[outcome] += count
        line = {"request_id": scope["state"]["request_id"], "key": caller.key, "name": caller.name}
        method = scope["method"] if scope["method"] in _METHODS else "?"
        line |= {"call": f"{method} {path}", "http": status, "items": tally.total() if tally else 0}
        self._audit.add({**line, "tasks": tasks, "ms": round(1000 * seconds)})

    def count_refusal(self, code: str) -> None:
        self._refused[code] += 1

    def degraded(self) -> dict[str, str]:
        """What works less well than it should, in a sentence each."""
        found = {"audit": self._audit.degraded}
        if self._keyring is not None:
            self._keyring.refresh()
            found |= {"keys": self._keyring.degraded, "quotas": self._quotas.degraded}
        return {part: why for part, why in found.items() if why}

    def collect(self) -> Iterable[Metric]:
        """For `/metrics`."""
        degraded = GaugeMetricFamily("reward_degraded", "1 while a part works less well", labels=["part"])
        found = self.degraded()
        for part in ("audit", "keys", "quotas"):
            degraded.add_metric([part], float(part in found))
        yield degraded
        refused = CounterMetricFamily("reward_refused_callers", "Requests that the gate refused", labels=["code"])
        for code, count in self._refused.items():
            refused.add_metric([code], count)
        yield refused
        yield CounterMetricFamily("reward_audit_lines_lost", "Audit lines lost", self._audit.lost)


class Gate:
    """Lets a request in or answers it. Requests to no route at all pass, to their 404."""

    def __init__(self, app: ASGIApp, access: Access, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._access = access
        self._routes = routes
        self._known: dict[tuple[str, str, str], str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # there is none, and none would be looked at here
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = self._path(scope)
        started, status = time.perf_counter(), 500
        try:
            caller = self._access.admit(scope, path)
        except Refused as refused:
            self._access.count_refusal(refused.code)
            await respond(refused, scope["state"]["request_id"])(scope, receive, send)
            return
        scope["state"]["caller"] = caller
        scope["state"]["key_id"] = caller.family

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            room.give_back(scope["state"])
            if path and need_of(path) != "open":
                self._access.note(scope, path, caller, status, time.perf_counter() - started)

    def _path(self, scope: Scope) -> str:
        """As `_declared_path`, which is asked once for an address that is a route's own: there are only so many."""
        asked = (scope["method"], scope.get("root_path", ""), scope["path"])
        path = self._known.get(asked)
        if path is None:
            path = _declared_path(self._routes, scope)
            if path == scope["path"] and scope["method"] in _METHODS:
                self._known[asked] = path
        return path


def _declared_path(routes: Sequence[BaseRoute], scope: Scope) -> str:
    """The path of the route that will answer, as the router itself will find it; empty for none."""
    partial = ""
    for route in routes:
        match = route.matches(scope)[0]
        if match is not Match.NONE:
            path = cast(str, getattr(route, "path", "/?"))
            if match is Match.FULL:
                return path
            partial = partial or path
    return partial


def _refuse_keys_in(scope: Scope) -> None:
    """Raises Refused for a key in the address, where no caller should ever put one."""
    query = unquote_plus(scope["query_string"].decode("latin-1"))
    names = {part.partition("=")[0].strip().lower() for part in re.split("[&;]", query)}
    if names & _NAMES_OF_KEYS or _SHAPE_OF_A_KEY.search(query) or _SHAPE_OF_A_KEY.search(scope["path"]):
        raise Refused(400, "key_in_address", f"The address seems to hold a key. {_ADVICE}")


def _describe(app: FastAPI) -> None:
    """Tell of keys in the OpenAPI document."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        about = "Needed where the service has keys. Make one with `cap-rlvr keys create`."
        schemes["key"] = {"type": "http", "scheme": "bearer", "description": about}
        for path, methods in document["paths"].items():
            need = need_of(path)
            for call in methods.values() if need != "open" else ():
                call["security"] = [{"key": []}]
                call["description"] = _with_need(call.get("description", ""), need)
                for status in ("401", "403", *(("413", "429") if need in ("score", "submit") else ())):
                    call["responses"].setdefault(status, PROBLEM)
        return document

    app.openapi = openapi


def _with_need(text: str, need: Need) -> str:
    told = "Needs a key." if need == "any key" else f"Needs the scope `{need}`."
    return text if text.endswith(told) else f"{text}\n\n{told}".strip()
