"""The OpenAPI document of what is parsed by hand for speed, and so is unknown to FastAPI."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cap_rlvr.wire.scoring import Problem
from services.reward_api.problems import MEDIA_TYPE

_REFERENCES = "#/components/schemas/{model}"
PROBLEM: dict[str, Any] = {
    "description": "Problem details",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCES.format(model=Problem.__name__)}}},
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """These codes are answered with problem details."""
    return dict.fromkeys(codes, PROBLEM)


def body_of(*models: type[BaseModel]) -> dict[str, Any]:
    """A request body that is one of these models; each must be given to `describe` too."""
    references = [{"$ref": _REFERENCES.format(model=model.__name__)} for model in models]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def serve(app: FastAPI) -> None:
    """`/openapi.json` from memory: to make it takes 20 ms, and anyone may ask for it."""
    made: list[Response] = []

    @app.get("/openapi.json", include_in_schema=False)
    async def document() -> Response:  # pyright: ignore[reportUnusedFunction]
        if not made:
            made.append(JSONResponse(app.openapi()))
        return made[0]


def describe(app: FastAPI, *models: type[BaseModel]) -> None:
    """Add the schemas of the models to the app's document."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        modes: list[Any] = [(model, "validation") for model in (*models, Problem)]
        _, schemas = models_json_schema(modes, ref_template=_REFERENCES)
        document["components"]["schemas"].update(schemas["$defs"])
        return document

    app.openapi = openapi
