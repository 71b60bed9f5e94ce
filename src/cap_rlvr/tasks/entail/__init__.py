"""What a court does to a case that it cites: overrules, distinguishes, affirms, or none of these."""

from pathlib import Path

from cap_rlvr.task import Probes, Task
from cap_rlvr.tasks.entail import probes
from cap_rlvr.tasks.entail.assemble import assemble
from cap_rlvr.tasks.entail.extract import find
from cap_rlvr.tasks.entail.reward import gold, score
from cap_rlvr.tasks.entail.truth import EntailTruth

_CONTEXT = (
    "The tenant relies on Harker v. Bolton, 81 Mich. 4 (1890), for the rule that a landlord who takes rent has waived the breach. "
    "Harker is distinguishable, because there the landlord knew of the breach when he took the rent, and here he had no notice of it. "
    "The agent wrote a receipt each month, but no letter told him that the barn had been let to a stranger. The general rule is stated "
    "in Quill v. Ames, 77 Mich. 310 (1889), and needs no further support."
)
_EVIDENCE = _CONTEXT[_CONTEXT.index("Harker is") : _CONTEXT.index(" The agent")]

TASK = Task(
    name="entail",
    title="Case relationship",
    version="1",
    truth=EntailTruth,
    example={
        "pair_id": "mich/99/0101-01__81mich4",
        "context": _CONTEXT,
        "label": "DISTINGUISHES",
        "evidence_span": [_CONTEXT.index(_EVIDENCE), _CONTEXT.index(_EVIDENCE) + len(_EVIDENCE)],
        "citing": "Stone v. Weller",
        "cited": "Harker v. Bolton",
    },
    template=Path(__file__).with_name("prompt.md").read_text(encoding="utf-8"),
    ceiling=1.0,
    tags_required=True,
    find=find,
    assemble=assemble,
    gold=gold,
    score=score,
    probes=Probes(surface_forms=probes.surface_forms, attacks=probes.attacks, chains=probes.chains),
    most_constant=0.24,
    chance=0.60 / 4,
)
