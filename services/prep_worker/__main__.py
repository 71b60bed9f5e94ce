"""``python -m services.prep_worker``: a worker for the queue `prep`; settings first, then everything heavy."""

from __future__ import annotations

import sys

from cap_rlvr.wire.errors import BadInput, CapError
from services.prep_worker.settings import Settings, load


def main() -> int:
    """Work until told to stop; 2 for bad settings, 1 for what is away."""
    try:
        settings = load(Settings)
        from cap_rlvr.clients.broker import connect
        from cap_rlvr.clients.jobs import PREP
        from cap_rlvr.clients.worker import work

        redis = connect(settings.redis_url)
        warm_up()
        work(redis, PREP)
    except CapError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    return 0


def warm_up() -> None:
    """Load here, once, what the process of every job would else load anew: two seconds for each volume."""
    from cap_rlvr import registry
    from cap_rlvr.law import reporters
    from services.prep_worker import find as _  # noqa: F401

    for name in registry.names():
        task = registry.get(name)
        truth = task.read_truth(task.example)
        task.score(truth, task.gold(truth))
    reporters.warm_up()


if __name__ == "__main__":
    sys.exit(main())
