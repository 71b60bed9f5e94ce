"""Settings from the environment, read once; a wrong one ends the start with the variable's name."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cap_rlvr.wire.errors import BadInput


class Settings(BaseSettings):
    """The worker's: ``PREP_REDIS_URL`` is the broker whose queue `prep` it serves."""

    model_config = SettingsConfigDict(env_prefix="PREP_", extra="ignore", frozen=True)

    redis_url: str = Field(pattern=r"^(redis|rediss|unix)://")


class DownloadSettings(BaseSettings):
    """The downloader's: where volumes (``CAP_BASE_URL``) and text shards (``CAP_SHARDS_URL``) lie."""

    model_config = SettingsConfigDict(env_prefix="CAP_", extra="ignore", frozen=True)

    base_url: str = Field(default="https://static.case.law", pattern=r"^https?://")
    shards_url: str = Field(
        default="https://huggingface.co/datasets/common-pile/caselaw_access_project/resolve/main",
        pattern=r"^https?://",
    )


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """Read the environment. Raises BadInput that names the first wrong or missing variable."""
    try:
        return kind()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(kind.model_config.get("env_prefix", "")) + str(first["loc"][0]).upper()
        raise BadInput(first["msg"], name, "Set it in the environment") from None
