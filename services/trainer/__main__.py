"""`python -m services.trainer`: the RQ worker of the queue `train`."""

from __future__ import annotations

from services.trainer.entry import guarded
from services.trainer.settings import read_settings


def main() -> None:
    settings = read_settings()
    settings.need("redis_url")
    from cap_rlvr.clients.broker import connect
    from cap_rlvr.clients.jobs import TRAIN
    from cap_rlvr.clients.worker import work

    work(connect(settings.redis_url), TRAIN)


if __name__ == "__main__":
    guarded(main)
