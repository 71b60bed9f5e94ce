"""Honest answers in many words earn all; the same words beside another label, or with another label's, don't."""

import pytest
from honest_answers import HONEST, ONLY_CITED

from cap_rlvr.tasks.entail.probes import written
from cap_rlvr.tasks.entail.reward import score
from cap_rlvr.tasks.entail.truth import LABELS, EntailTruth


@pytest.mark.parametrize(("truth", "why"), HONEST, ids=[f"{truth.label}-{why[:40]}" for truth, why in HONEST])
def test_an_honest_answer_earns_all(truth: EntailTruth, why: str) -> None:
    found = score(truth, written(truth.label, truth.evidence, why))
    assert (found.reward, found.parts["reasoning"].note) == (1.0, "")


def test_honest_reasonings_earn_nothing_for_another_case() -> None:
    of_others = [why for _, why in HONEST if "Quill" not in why]
    assert len(of_others) > len(HONEST) / 2
    assert all(score(ONLY_CITED, written("NONE", ONLY_CITED.evidence, why)).reward < 1.0 for why in of_others)


def test_there_are_honest_answers_for_every_label() -> None:
    assert {truth.label for truth, _ in HONEST} == set(LABELS)
