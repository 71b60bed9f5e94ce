"""Every error as RFC 9457 problem details, with the request's field named; never with the text that was sent."""

from __future__ import annotations

import time
import uuid
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cap_rlvr.wire.faults import said
from cap_rlvr.wire.scoring import Message as ChatMessage
from cap_rlvr.wire.scoring import Problem, RewardItem, RewardRequest
from services.reward_api.logs import frames_of

MEDIA_TYPE = "application/problem+json"
_FIELDS = {*RewardRequest.model_fields, *RewardItem.model_fields, *ChatMessage.model_fields, "split", "limit", "cursor"}
_CODES = {404: "not_found", 405: "method_not_allowed"}
_log = structlog.get_logger("reward_api")


class Refused(Exception):
    """A request that gets no results: HTTP status, a stable code, a sentence, the field at fault.

    ``retry_after`` is in seconds; ``challenge`` says how to identify oneself, after a 401 or 403 for want of a key.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        field: str | None = None,
        *,
        retry_after: int = 0,
        challenge: str = "",
    ) -> None:
        super().__init__(status, code, detail, field, retry_after, challenge)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.retry_after = retry_after
        self.challenge = challenge


def invalid(error: ValidationError, *models: type[BaseModel]) -> Refused:
    """The most precise fault of a request that does not fit its model; ``models`` have fields besides the usual ones."""
    faults = error.errors(include_url=False, include_input=False)
    known = _FIELDS.union(*(model.model_fields for model in models))
    fields = [_field(fault["loc"], fault["type"] == "extra_forbidden", known) for fault in faults]
    worst = max(range(len(faults)), key=lambda index: len(fields[index]))  # the first of the longest
    message = said(faults[worst])
    return Refused(422, "invalid_request", f"{message[:1].upper()}{message[1:]}.", ".".join(fields[worst]) or None)


def _field(loc: tuple[int | str, ...], unknown_name: bool, fields: set[str]) -> list[str]:
    """The place as the caller wrote it: a union's branches add names of their own; an unknown name is always last."""
    steps = loc[:-1] if unknown_name else loc
    known = [str(step) for step in steps if isinstance(step, int) or step in fields]
    return [*known, str(loc[-1])[:100]] if unknown_name else known


def respond(refused: Refused, request_id: str) -> Response:
    """The refusal as a response."""
    problem = Problem(
        type=f"urn:cap-rlvr:problem:{refused.code}",
        title=refused.code.replace("_", " ").capitalize(),
        status=refused.status,
        detail=refused.detail,
        field=refused.field,
        request_id=request_id,
    )
    headers = {
        "Retry-After": str(refused.retry_after) if refused.retry_after else "",
        "WWW-Authenticate": refused.challenge,
        # Who sent its body too slowly would otherwise go on sending it.
        "Connection": "close" if refused.status == 408 else "",
    }
    headers = {name: value for name, value in headers.items() if value}
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, refused.status, headers, MEDIA_TYPE)


def raw(refused: Refused) -> bytes:
    """The refusal as bytes for a connection that has brought no request yet, and that ends with it."""
    request_id = uuid.uuid4().hex
    response = respond(refused, request_id)
    told = {b"connection": b"close", b"x-request-id": request_id.encode()}
    headers = b"".join(b"%s: %s\r\n" % pair for pair in (dict(response.raw_headers) | told).items())
    line = f"HTTP/1.1 {refused.status} {HTTPStatus(refused.status).phrase}\r\n".encode()
    return line + headers + b"\r\n" + bytes(response.body)


def install(app: FastAPI) -> None:
    """Answer refusals, wrong paths, wrong parameters and crashes with problem details."""

    async def on_refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return respond(error, request.state.request_id)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "http_error")
        allowed = ", ".join(_methods(request)) if error.status_code == 405 else ""
        told = {404: "There is nothing at this address; /docs has all calls.", 405: f"Here only {allowed} can be done."}
        detail = told.get(error.status_code, str(error.detail))
        response = respond(Refused(error.status_code, code, detail), request.state.request_id)
        if allowed:
            response.headers["Allow"] = allowed
        return response

    async def on_parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first: dict[str, Any] = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"][1:])
        return respond(Refused(422, "invalid_request", first["msg"], field), request.state.request_id)

    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_parameters)
    app.add_middleware(Guard)


def _methods(request: Request) -> list[str]:
    """What may be done with the path of a request, over all routes that have it."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in routes for method in getattr(route, "methods", None) or ()})


class Guard:
    """Gives each request an id and turns a crash into a 500 whose log line holds places, never messages.

    Exception messages may quote a completion, so only the type and the frames are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {}).update(request_id=request_id, arrived=time.monotonic())
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            _log.error("request_failed", request_id=request_id, error=type(error).__name__, at=frames_of(error))
            if started:
                raise
            refused = Refused(500, "internal_error", "The service failed on this request; its log says where.")
            await respond(refused, request_id)(scope, receive, send_with_id)
