"""The functions that OpenRLHF and slime import, called as these call them.

Read in `openrlhf/utils/agent.py` (`_fetch_rewards_via_func`) and `slime/rollout/rm_hub/__init__.py` (`async_rm`,
`batched_async_rm`) of August 2026.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cap_rlvr import registry
from cap_rlvr.adapters import openrlhf, slime
from cap_rlvr.adapters.scorers import scorer_at
from cap_rlvr.clients.reward import RewardClient
from cap_rlvr.wire.errors import BadInput, Unavailable

sys.path.insert(0, str(Path(__file__).parents[1] / "reward_toys"))
HOLDING = {"task": "holding", "ground_truth": registry.get("holding").example}
STORED = {"task": "toy", "example_id": "train-1"}


@dataclass
class Sample:
    """The fields of slime's sample that matter here."""

    response: str
    label: Any
    prompt: str = "?"
    reward: float | None = None


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from toys import serving, write_rows

    folder = tmp_path_factory.mktemp("service")
    write_rows(folder, {"train": ["yes", "no"]})
    with serving(folder) as running:
        yield running.url
        scorer_at(running.url).close()


def test_openrlhf_calls_it_with_one_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REWARD_URL", raising=False)
    for completion, reward in (("<answer>B</answer>", 1.0), ("<answer>A</answer>", 0.0)):
        made = openrlhf.reward_func([f"<s>Which? {completion}<|im_end|>"], ["Which? "], [json.dumps(HOLDING)])
        assert made == {"rewards": reward, "scores": reward, "extra_logs": {"strict": reward, "parsed": 1.0}}
    with pytest.raises(BadInput, match=r"labels.0"):
        openrlhf.reward_func(["?A"], ["?"], ["no JSON"])
    with pytest.raises(BadInput, match=r"queries.0"):
        openrlhf.reward_func(["A"], ["?"], [HOLDING])


def test_openrlhf_by_a_service(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", service)
    assert openrlhf.reward_func(["?no", "?yes"], ["?", "?"], [STORED, STORED])["rewards"] == [1.0, 0.0]
    with pytest.raises(Unavailable, match="scorer_failed"):
        openrlhf.reward_func(["?fail: x"], ["?"], [STORED])


async def test_slime_finds_it_by_its_path_and_awaits_it(service: str) -> None:
    module, _, name = "cap_rlvr.adapters.slime.reward".rpartition(".")
    reward = getattr(importlib.import_module(module), name)
    remote = SimpleNamespace(rm_url=service, rm_type="")
    assert await reward(remote, Sample("no<|im_end|>", STORED)) == 1.0
    group = [Sample("no", json.dumps(STORED)), Sample("yes", STORED), Sample("no", STORED)]
    assert await reward(remote, group) == [1.0, 0.0, 1.0]
    assert await reward(remote, []) == []
    client = scorer_at(service)
    assert isinstance(client, RewardClient)
    await client.aclose()


async def test_slime_without_a_service() -> None:
    here = SimpleNamespace(rm_url=None)
    assert await slime.reward(here, Sample("<answer>B</answer>", HOLDING)) == 1.0
    with pytest.raises(BadInput, match="sample 1"):
        await slime.reward(here, [Sample("B", HOLDING), Sample("B", None)])
    with pytest.raises(BadInput, match="label"):
        await slime.reward(here, Sample("B", {"task": "holding", "choices": []}))
