"""`POST /rescore`: former results beside what this scorer says. Two versions of a scorer are two services."""

from __future__ import annotations

from fastapi import FastAPI, Request

from cap_rlvr.wire.rescoring import (
    Former,
    FormerPart,
    FormerReason,
    RescoreItem,
    RescoreReply,
    RescoreRequest,
    compare,
    is_undecided,
    tally,
)
from cap_rlvr.wire.scoring import RewardResult
from services.reward_api.bodies import insist_sendable, read_as, read_body
from services.reward_api.described import body_of, describe, problems
from services.reward_api.judging import Judging
from services.reward_api.problems import Refused


def add(app: FastAPI, judging: Judging) -> None:
    """Add the route."""
    describe(app, RescoreRequest)
    extra = body_of(RescoreRequest)

    @app.post("/rescore", responses=problems(400, 403, 408, 413, 422, 503), openapi_extra=extra, tags=["scoring"])
    async def rescore(request: Request) -> RescoreReply:  # pyright: ignore[reportUnusedFunction]
        """Judge 1 to 512 items again: only those on which this scorer differs from the former results are listed.

        `former` takes a result as any version gave it. `undecided` items got our error now: ask for these again.
        """
        try:
            asked = read_as(RescoreRequest, await read_body(request), RescoreItem, Former, FormerPart, FormerReason)
            items = [one.item for one in asked.items]
            for index, item in enumerate(items):
                insist_sendable(item, f"items.{index}.item.ground_truth")
            judged = await judging.judge(request, items)
        except Refused as refused:
            if refused.field:
                refused.field = refused.field.replace(".example_id", ".item.example_id")
            raise judging.refuse(refused) from None
        results = [
            RewardResult.model_validate_json(verdict.result(str(claimed[0]), cached=False))
            for claimed, verdict in zip(judged.claims, judged.verdicts, strict=True)
        ]
        former = [one.former for one in asked.items]
        undecided = tuple(index for index, result in enumerate(results) if is_undecided(result))
        pairs = enumerate(zip(former, results, strict=True))
        found = [compare(index, then, now) for index, (then, now) in pairs if not is_undecided(now)]
        differences = tuple(difference for difference in found if difference is not None)
        return RescoreReply(
            request_id=request.state.request_id,
            tasks=dict(tally(former, results, differences)),
            differences=differences,
            undecided=undecided,
            scorers=judging.scorers(items),
            corpus=judged.corpus,
        )
