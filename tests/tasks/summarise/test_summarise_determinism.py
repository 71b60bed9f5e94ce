"""The same score in every process, whatever the hash seed."""

import os
import subprocess
import sys

PROGRAM = """
from cap_rlvr.tasks.summarise import TASK
from cap_rlvr.wire.frozen import digest
truth = TASK.read_truth(TASK.example)
probes = [*TASK.probes.attacks(truth, truth, "k"), *TASK.probes.surface_forms(truth)]
print(digest([[TASK.score(truth, one.completion).model_dump(mode="json"), one.completion] for one in probes]))
"""


def test_scores_and_probes_do_not_depend_on_the_hash_seed() -> None:
    found = set[str]()
    for seed in ("0", "1", "777"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        found.add(run.stdout)
    assert len(found) == 1
