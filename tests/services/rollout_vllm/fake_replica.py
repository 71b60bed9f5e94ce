"""A whole replica over the fake vLLM, as a process: `python fake_replica.py`, settings from the environment."""

from __future__ import annotations

import sys
from pathlib import Path

from services.rollout_vllm import engine, replica
from services.rollout_vllm.settings import Settings, read_settings


def command(_settings: Settings, port: int) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("fake_vllm.py")), str(port)]


if __name__ == "__main__":
    engine.vllm_command = command
    replica.run(read_settings())
