"""One door to every task's reward: give a row and a completion, get a number and why.

    from cap_rlvr.rewards import UnifiedRewardFunction

    rewards = UnifiedRewardFunction(faiss_index_path="workspace/vectors/index.faiss")
    rewards.reward(row, completion)                      # the row says which task it is of
    rewards.reward(row, completion, task_type="bluebook")
    rewards.batch(rows, completions)
    rewards.steps(row, completion)                       # for process supervision; they sum to the reward
    print(rewards.explain(row, completion))              # or .html()

All of it calls the one scorer in `tasks/<name>/reward.py`, as the service and the environments do. A row that can't be
judged raises BadInput, which names the field: it never earns 0 by accident.
"""

from cap_rlvr.rewards.explain import Explanation
from cap_rlvr.rewards.functions import (
    BluebookRewardFunction,
    EntailmentRewardFunction,
    HoldingRewardFunction,
    IRACRewardFunction,
    RetrievalRewardFunction,
    UnifiedRewardFunction,
    judge,
    task_of,
)

__all__ = [
    "BluebookRewardFunction",
    "EntailmentRewardFunction",
    "Explanation",
    "HoldingRewardFunction",
    "IRACRewardFunction",
    "RetrievalRewardFunction",
    "UnifiedRewardFunction",
    "judge",
    "task_of",
]
