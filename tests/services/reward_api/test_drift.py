import tracemalloc
from collections import Counter

from cap_rlvr.wire.scoring import RewardItem
from services.reward_api.drift import Drift
from services.reward_api.scoring import Judged
from services.reward_api.verdicts import our_error


def test_a_long_name_of_a_policy_is_not_kept() -> None:
    drift = Drift(["toy"])
    judged = Judged([], [], [our_error("toy", "deadline", "")], Counter(), None)
    tracemalloc.start()
    for number in range(30):
        name = f"v{number} {'x' * 1_000_000}"
        drift.observe([RewardItem(task="toy", completion="", ground_truth={}, policy=name)], judged)
    del name
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 5_000_000
    assert drift._newest == {"toy": 29}
