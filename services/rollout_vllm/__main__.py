"""``python -m services.rollout_vllm``: settings first, then the broker, then vLLM."""

from __future__ import annotations

import sys

from cap_rlvr.wire.errors import BadInput, CapError
from services.rollout_vllm.settings import read_settings


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 2 for bad settings, 1 for what is away."""
    try:
        settings = read_settings()
        from services.rollout_vllm.replica import run

        run(settings)
    except CapError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
