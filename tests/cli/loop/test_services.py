"""The broker of a run may die and come back; what asks it waits for that."""

from pathlib import Path
from typing import Any, cast

import pytest
from redis.exceptions import BusyLoadingError

from cap_rlvr.cli.loop import services as services_module
from cap_rlvr.cli.loop.services import Services
from cap_rlvr.cli.loop.supervisor import Supervisor
from cap_rlvr.wire.errors import Unavailable


class Broker:
    """Answers after so many calls."""

    def __init__(self, faults: int) -> None:
        self.faults = faults

    def ping(self) -> bool:
        self.faults -= 1
        if self.faults >= 0:
            raise BusyLoadingError("reading its log")
        return True


def services_with(broker: Broker, folder: Path) -> Services:
    services = object.__new__(Services)
    services.redis = cast(Any, broker)
    services.redis_url = "redis://127.0.0.1:1"
    services.children = Supervisor(folder, lambda *_: None)
    return services


def test_a_broker_that_comes_back_is_waited_for(tmp_path: Path) -> None:
    broker = Broker(faults=2)
    services_with(broker, tmp_path).await_broker()
    assert broker.faults == -1


def test_a_broker_that_stays_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services_module, "SERVICE_READY_S", 0.1)
    with pytest.raises(Unavailable, match="reading its log"):
        services_with(Broker(faults=99), tmp_path).await_broker()
