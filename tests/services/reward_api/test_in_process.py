"""What the service says of an item is what `InProcess` says of it: one scorer, whoever calls it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cap_rlvr import registry
from cap_rlvr.rewards.in_process import InProcess
from cap_rlvr.wire.scoring import RewardItem, RewardReply


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    from services.reward_api.app import create_app
    from services.reward_api.settings import Settings

    app = create_app(Settings(workspace=Path(tmp_path_factory.mktemp("empty")), workers=1))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def test_both_say_the_same(real: TestClient) -> None:
    items: list[RewardItem] = []
    for name in registry.names():
        task = registry.get(name)
        gold = task.gold(task.read_truth(task.example))
        texts = (gold, "", "x" * 40_000, f"<think>{gold}", gold.replace("<answer>", "<answer> "), "\x00﷽")
        items += [RewardItem(task=name, completion=text, ground_truth=task.example) for text in texts]
        items.append(RewardItem(task=name, completion=gold, ground_truth={}))
    items.append(RewardItem(task="poetry", completion="x", ground_truth={}))
    body = {"items": [item.model_dump(mode="json", exclude_none=True) for item in items]}
    reply = RewardReply.model_validate_json(real.post("/reward", json=body).content)
    here = InProcess().score(items)
    assert [result.model_copy(update={"cached": False}) for result in reply.results] == here
    assert {name: InProcess().scorers[name] for name in reply.scorers} == reply.scorers
    assert sum(result.status == "unscorable" for result in here) == len(registry.names()) + 1
