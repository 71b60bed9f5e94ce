"""verl calls a reward function by keywords, from threads, and collects a dict's keys by those of the first row.

Read in `verl/experimental/reward_loop/reward_manager/naive.py`, `verl/trainer/ppo/reward.py` and
`verl/experimental/agent_loop/agent_loop.py` of January 2026.
"""

import inspect
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr import registry
from cap_rlvr.adapters import verl
from cap_rlvr.adapters.scorers import scorer_at
from cap_rlvr.wire.errors import BadInput, Unavailable

sys.path.insert(0, str(Path(__file__).parents[1] / "reward_toys"))


def called(data_source: str, solution_str: str, ground_truth: Any, **more: Any) -> dict[str, float]:
    """As NaiveRewardManager does it."""
    extra_info = {"index": 3, "num_turns": None, "rollout_reward_scores": {}}
    assert not inspect.iscoroutinefunction(verl.compute_score)  # it is run in a thread
    return verl.compute_score(
        data_source=data_source, solution_str=solution_str, ground_truth=ground_truth, extra_info=extra_info, **more
    )


@pytest.mark.parametrize("task", registry.names())
@pytest.mark.parametrize("source", ["{}", "cap-rlvr/{}", "anything"])
def test_gold_scores_the_ceiling_with_the_same_keys(task: str, source: str) -> None:
    known = registry.get(task)
    gold = known.gold(known.read_truth(known.example))
    for truth in (known.example, json.dumps(known.example)):
        made = called(source.format(task), gold, truth, reward_router_address="unused")
        assert list(made) == ["score", "acc", "parsed"]
        assert made["score"] >= known.ceiling
        assert (made["acc"], made["parsed"]) == (1.0, 1.0)
    assert called(source.format(task), "", known.example) == {"score": 0.0, "acc": 0.0, "parsed": 0.0}


def test_what_cannot_be_judged_stops_and_is_never_a_zero() -> None:
    with pytest.raises(BadInput, match="ground_truth"):
        called("holding", "A", {"choices": []})
    with pytest.raises(BadInput, match="ground_truth"):
        called("holding", "A", "not JSON")
    with pytest.raises(BadInput, match="no rows of holding are at hand"):
        called("holding", "A", {"example_id": "x"})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from toys import serving, write_rows

    folder = tmp_path_factory.mktemp("service")
    write_rows(folder, {"train": ["yes", "no"], "test": ["hidden"]})
    with serving(folder) as running:
        yield running.url
        scorer_at(running.url).close()


def test_by_url_from_many_threads(service: str) -> None:
    from toys import held

    label = {"task": "toy", "example_id": "train-1"}
    with ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(called, "cap-rlvr/toy", "no" if number % 2 else "yes", label, url=service)
            for number in range(40)
        ]
        assert [call.result()["score"] for call in calls] == [float(number % 2) for number in range(40)]
    with pytest.raises(BadInput, match="unknown_example"):
        called("toy", "yes", {"task": "toy", "example_id": "nowhere"}, url=service)
    with pytest.raises(BadInput, match="HTTP 403"):
        called("toy", "yes", {"task": "toy", "example_id": held(["hidden"])[0]}, url=service)
    with pytest.raises(Unavailable, match="scorer_failed"):
        called("toy", "fail: x", label, url=service)
