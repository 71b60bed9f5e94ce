"""``python -m services.reward_api``: settings first, then the port, then everything heavy."""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from cap_rlvr.wire.errors import BadInput, CapError
from services.reward_api import settings as settings_module


def main() -> int:
    """Serve until told to stop; 2 for bad settings, 1 for what is away."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the server is up and drains on it
    try:
        settings = settings_module.load()
        from services.reward_api import logs, server

        logs.configure()
        invented = tempfile.TemporaryDirectory(prefix="cap-rlvr-") if settings.synthetic else nullcontext("")
        with server.bind(settings) as bound, invented as folder:
            if settings.synthetic:
                from services.reward_api.synthetic import build

                build(Path(folder), settings.synthetic)
                settings = settings.model_copy(update={"workspace": Path(folder)})
            from services.reward_api.app import create_app

            server.run(create_app(settings), bound)
    except CapError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
