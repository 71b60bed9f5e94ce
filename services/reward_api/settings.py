"""Settings from the environment, prefix `REWARD_`; read once, wrong ones end the start with the variable's name."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rows import SPLITS, Split

PREFIX = "REWARD_"


class Settings(BaseSettings):
    """``open_splits`` are the splits that `/reward` scores by example id; ``synthetic`` > 0 ignores the workspace.

    Without ``key_file`` anyone on this machine may call everything, and ``host`` must be loopback. ``redis_url`` is for
    quotas alone. ``audit_log`` is a file, `-` for stdout, or nothing. With ``receipt_key_file`` replies are signed.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    key_file: Path | None = None  # before host, whose check needs it
    host: str = "127.0.0.1"
    port: int = Field(default=8100, ge=0, le=65535)
    workspace: Path = Path("workspace")
    workers: int = Field(default_factory=lambda: max(2, min(8, os.cpu_count() or 2)), ge=1, le=64)
    synthetic: int = Field(default=0, ge=0, le=100_000)
    open_splits: Annotated[tuple[Split, ...], NoDecode] = ("train", "eval")
    redis_url: SecretStr | None = None
    audit_log: str = ""
    receipt_key_file: Path | None = None

    @field_validator("key_file", "redis_url", "receipt_key_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("host")
    @classmethod
    def _keys_or_loopback(cls, host: str, info: ValidationInfo) -> str:
        if host == "localhost":
            return "127.0.0.1"
        try:
            loopback = is_loopback(host)
        except ValueError:
            raise ValueError(f"{host!r} is not an IP address") from None
        if not loopback and info.data.get("key_file") is None:
            raise ValueError(
                f"{host} can be reached from outside and this service has no keys: make some with "
                f"`cap-rlvr keys create` and name their file in {PREFIX}KEY_FILE, or use 127.0.0.1"
            )
        return host

    @field_validator("open_splits", mode="before")
    @classmethod
    def _split_on_commas(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        unknown = [name for name in names if name not in SPLITS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no split; choose from {', '.join(SPLITS)}")
        return names


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address. Raises ValueError for what is none."""
    return ipaddress.ip_address(host).is_loopback


def load() -> Settings:
    """Read the environment. Raises BadInput that names the first wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise BadInput(first["msg"].removeprefix("Value error, "), name, "Set it to a value that fits") from None
