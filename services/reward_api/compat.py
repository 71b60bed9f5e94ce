"""Other systems' endpoints over the same scorer: NeMo Gym, OpenRLHF, slime. The shapes are in `cap_rlvr.adapters`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, cast

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from cap_rlvr.adapters import nemo_gym, openrlhf
from cap_rlvr.adapters.labels import Labels, written
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.scoring import MAX_ITEMS, RewardItem
from services.reward_api.bodies import insist_sendable, parse, read_as, read_body
from services.reward_api.described import body_of, describe, problems
from services.reward_api.examples import Examples
from services.reward_api.judging import Judging
from services.reward_api.plain_route import PlainRoute
from services.reward_api.problems import Refused
from services.reward_api.scoring_worker import TaskRegistry

# NeMo Gym sends the replies of a whole evaluation at once, without prompts and responses.
_MAX_AGGREGATE = 32 * 1024 * 1024
_AGGREGATES_AT_ONCE = 2
_NEMO = "/compat/nemo_gym"
# NeMo Gym knows a server by host and port alone, and asks at the root; with tracing on, behind a prefix.
_NEMO_ROOTS = (_NEMO, "", "/ng-rollout/{rollout_id}")
_CODES = (400, 403, 408, 413, 422, 503)


class _Sent(BaseModel):
    """What another system sends; its next version may send more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class OpenRLHFRequest(_Sent):
    """``query`` are whole conversations, each beginning with its prompt; ``labels`` objects or their JSON."""

    query: Annotated[list[str], Field(max_length=MAX_ITEMS)]
    prompts: list[str]
    labels: list[str | dict[str, Any] | None]


class SlimeRequest(_Sent):
    """One sample; the prompt decides nothing."""

    prompt: Any = None
    response: str
    label: str | dict[str, Any]


class NemoGymRow(_Sent):
    """A row of a data set with the response to it. It comes back whole, with what it earned."""

    model_config = ConfigDict(frozen=True, extra="allow")

    responses_create_params: dict[str, Any]
    response: dict[str, Any]


class NemoGymReplies(_Sent):
    """Replies of `/verify`."""

    verify_responses: list[dict[str, Any]]


class Compat:
    """Judges what the routes have read. Each of its calls counts as one request."""

    def __init__(self, judging: Judging, examples: Examples, known: TaskRegistry) -> None:
        self._judging = judging
        self._labels = Labels(known, examples.task_of)
        self._aggregating = asyncio.Semaphore(_AGGREGATES_AT_ONCE)

    async def results(self, request: Request, items: Sequence[RewardItem]) -> list[dict[str, Any]]:
        """The items' results. Raises Refused."""
        try:
            for index, item in enumerate(items):
                insist_sendable(item, f"items.{index}.ground_truth")
            judged = await self._judging.judge(request, items)
            self._judging.observe(items, judged)
        except Refused as refused:
            raise self._judging.refuse(refused) from None
        return [orjson.loads(verdict.core) for verdict in judged.verdicts]

    async def numbers(self, request: Request, asked: Sequence[tuple[str, Any, str]]) -> list[dict[str, Any]]:
        """The results of (completion, label, field), all of them scored.

        Raises Refused where one is not: 422 where its label can't be judged, 503 where a further try may help. These
        systems have no word for it, and would train on a 0.0.
        """
        try:
            items = [self._labels.item(label, completion, field) for completion, label, field in asked]
        except BadInput as error:
            refused = Refused(422, "malformed_label", f"{error.message}. {error.hint}", error.where)
            raise self._judging.refuse(refused) from None
        try:
            results = await self.results(request, items)
        except Refused as refused:
            index, _, rest = (refused.field or "").removeprefix("items.").partition(".")
            field = ".".join((asked[int(index)][2], rest)) if index.isdigit() else refused.field
            refused.field = field
            raise
        for (_, _, field), result in zip(asked, results, strict=True):
            if result["status"] != "scored":
                status, wait = (422, 0) if result["status"] == "unscorable" else (503, 1)
                raise Refused(status, result["failure_reason"], result["reason"]["text"], field, retry_after=wait)
        return results

    async def verified(self, request: Request, row: dict[str, Any]) -> dict[str, Any]:
        """NeMo Gym's reply to a row; whatever can't be judged is masked."""
        completion = nemo_gym.completion_of(row.get("response"))
        if completion is None:
            return nemo_gym.masked(row, "malformed_response", "response.output is not a list of items.")
        try:
            (result,) = await self.results(request, [self._labels.row_item(row, completion)])
        except BadInput as error:
            return nemo_gym.masked(row, "malformed_row", str(error))
        except Refused as refused:
            return nemo_gym.masked(row, refused.code, refused.detail)
        return nemo_gym.verified(row, result)

    async def aggregated(self, request: Request) -> dict[str, Any]:
        """NeMo Gym's metrics over many replies. Raises Refused when several are being made already."""
        if self._aggregating.locked():
            raise Refused(503, "overloaded", "Other aggregates are being made.", retry_after=1)
        async with self._aggregating:
            body = await read_body(request, _MAX_AGGREGATE)
            return await asyncio.to_thread(_aggregate, body)


def add(app: FastAPI, judging: Judging, examples: Examples, known: TaskRegistry) -> None:
    """Add the routes of all three."""
    compat = Compat(judging, examples, known)
    describe(app, OpenRLHFRequest, SlimeRequest, NemoGymRow, NemoGymReplies)
    codes = problems(*_CODES)

    @app.post("/compat/openrlhf/get_reward", responses=codes, openapi_extra=body_of(OpenRLHFRequest), tags=["compat"])
    async def get_reward(request: Request) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """OpenRLHF's remote reward model: `{rewards, scores, extra_logs}`, numbers for one query, lists otherwise."""
        sent = read_as(OpenRLHFRequest, await read_body(request))
        for name, given in (("prompts", sent.prompts), ("labels", sent.labels)):
            if len(given) != len(sent.query):
                raise Refused(422, "invalid_request", f"{len(given)} for {len(sent.query)} queries.", name)
        try:
            completions = [
                openrlhf.completion_of(query, prompt, f"query.{index}")
                for index, (query, prompt) in enumerate(zip(sent.query, sent.prompts, strict=True))
            ]
        except BadInput as error:
            raise Refused(422, "malformed_query", f"{error.message}. {error.hint}", error.where) from None
        pairs = enumerate(zip(completions, sent.labels, strict=True))
        return openrlhf.reply(
            await compat.numbers(
                request, [(completion, label, f"labels.{index}") for index, (completion, label) in pairs]
            )
        )

    @app.post("/compat/slime", responses=codes, openapi_extra=body_of(SlimeRequest), tags=["compat"])
    async def slime(request: Request) -> float:  # pyright: ignore[reportUnusedFunction]
        """The remote reward model of slime: a bare number."""
        sent = read_as(SlimeRequest, await read_body(request))
        (result,) = await compat.numbers(request, [(written(sent.response), sent.label, "label")])
        return float(result["reward"])

    for root in _NEMO_ROOTS:
        _add_nemo_gym(app, compat, root)


def _add_nemo_gym(app: FastAPI, compat: Compat, root: str) -> None:
    """NeMo Gym's resources server below ``root``; only one of the roots is in the document."""
    shown: dict[str, Any] = {"include_in_schema": root == _NEMO, "tags": ["compat"]}
    codes = problems(400, 408, 413, 422, 503)

    async def verify(request: Request) -> Response:
        """The whole row, with `reward`, its components, `mask_sample` and `failure_reason`."""
        row = parse(await read_body(request))
        if not isinstance(row, dict):
            raise Refused(422, "invalid_request", "Send the row and the response to it as one object.")
        reply = await compat.verified(request, cast("dict[str, Any]", row))
        try:
            return Response(orjson.dumps(reply), media_type="application/json")
        except TypeError:  # what can be read can be too deep to be written
            raise Refused(422, "invalid_request", "A row may not be nested over 250 deep.") from None

    told: dict[str, Any] = {**shown, "responses": codes, "openapi_extra": body_of(NemoGymRow)}
    app.router.add_api_route(f"{root}/verify", verify, methods=["POST"], route_class_override=PlainRoute, **told)

    @app.post(f"{root}/seed_session", responses=codes, **shown)
    async def seed_session(request: Request) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """Nothing is kept between calls, so there is nothing to begin."""
        await read_body(request)
        return {}

    @app.post(f"{root}/aggregate_metrics", responses=codes, openapi_extra=body_of(NemoGymReplies), **shown)
    async def aggregate_metrics(request: Request) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        """Mean, max, min, median and deviation of the rewards, by task index and over all."""
        return await compat.aggregated(request)

    @app.get(f"{root}/reverify_mode", **shown)
    async def reverify_mode() -> str:  # pyright: ignore[reportUnusedFunction]
        """A reply may be verified again at any time."""
        return "stateless"

    if root == _NEMO:

        @app.get(f"{root}/", **shown)
        async def alive() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
            """Alive."""
            return {"status": "ok"}


def _aggregate(body: bytes) -> dict[str, Any]:
    data = parse(body)
    replies: Any = cast("dict[str, Any]", data).get("verify_responses") if isinstance(data, dict) else None
    if not isinstance(replies, list) or not all(isinstance(one, dict) for one in cast("list[Any]", replies)):
        raise Refused(422, "invalid_request", "Send a list of replies.", "verify_responses")
    try:
        return nemo_gym.aggregate(cast("list[dict[str, Any]]", replies))
    except BadInput as error:
        raise Refused(422, "invalid_request", f"{error.message}. {error.hint}.", error.where) from None
