"""Which of five statements is the holding that a court's text leaves blank."""

from pathlib import Path

from cap_rlvr.task import Probes, Task
from cap_rlvr.tasks.holding import probes
from cap_rlvr.tasks.holding.assemble import assemble
from cap_rlvr.tasks.holding.extract import find
from cap_rlvr.tasks.holding.reward import Truth, gold, score

TASK = Task(
    name="holding",
    title="Holding selection",
    version="1",
    truth=Truth,
    example={
        "choices": [
            "The search of the car was lawful without a warrant, since the officer saw the stolen goods from the road.",
            "A juror who has formed an opinion from newspapers may serve where he swears to decide on the evidence alone.",
            "A carrier is liable for goods that its agent loses within 30 days of their delivery to him.",
            "Notice of appeal that is given after the term has ended confers no jurisdiction on the higher court.",
            "The charge on self-defense need not be given where no evidence raises the issue before the jury.",
        ],
        "answer_idx": 1,
    },
    template=Path(__file__).with_name("prompt.md").read_text(encoding="utf-8"),
    ceiling=1.0,
    tags_required=False,
    find=find,
    assemble=assemble,
    gold=gold,
    score=score,
    probes=Probes(surface_forms=probes.surface_forms, attacks=probes.attacks, chains=probes.chains),
    most_constant=0.22,
    chance=1 / 5,
)
