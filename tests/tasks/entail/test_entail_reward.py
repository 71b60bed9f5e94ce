"""The relation reward: completion -> score, by table and by attack."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.tasks.entail import TASK
from cap_rlvr.tasks.entail.probes import attacks, chains, surface_forms, written
from cap_rlvr.tasks.entail.reward import gold, score
from cap_rlvr.tasks.entail.truth import LABELS, EntailTruth, read_gold, read_words
from cap_rlvr.wire.errors import BadInput

TRUTH = TASK.read_truth(TASK.example)
OTHER = EntailTruth(
    context="We overrule Drum v. Pike, 9 Mich. 1 (1860), since the clerk of the market had no seal. The wagon stood in the road.",
    label="OVERRULES",
    evidence_span=(0, 86),
    citing="Vane v. Holt",
    cited="Drum v. Pike",
)
EVIDENCE = TRUTH.evidence
WHY = (
    "The court in Stone v. Weller finds that Harker v. Bolton was about a landlord who knew of the breach, and the tenant here "
    "gave him no notice, so that case has no bearing."
)


@pytest.mark.parametrize(
    ("completion", "reward", "code"),
    [
        (written("DISTINGUISHES", EVIDENCE, WHY), 1.0, "right"),
        (written("distinguishes.", f"“{EVIDENCE}”", WHY), 1.0, "right"),
        (written("NONE", EVIDENCE, WHY), 0.0, "wrong_label"),
        (written("DISTINGUISHED", EVIDENCE, WHY), 0.0, "no_label"),
        (written("not DISTINGUISHES", EVIDENCE, WHY), 0.0, "no_label"),
        ("DISTINGUISHES", 0.0, "no_answer"),
        ("<answer>DISTINGUISHES</answer>", 0.6, "evidence_missing"),
        (written("DISTINGUISHES", "Harker is distinguishable", WHY), 0.6, "evidence_length"),
        (written("DISTINGUISHES", TRUTH.context, WHY), 0.6, "evidence_length"),
        (written("DISTINGUISHES", EVIDENCE.replace("no notice", "a notice"), WHY), 0.3, "evidence_fabricated"),
        (
            written("DISTINGUISHES", "The agent wrote a receipt each month, but no letter told him", WHY),
            0.6,
            "evidence_elsewhere",
        ),
        (written("DISTINGUISHES", "Harker is distinguishable ... he had no notice of it", WHY), 0.6, "evidence_elided"),
        (written("DISTINGUISHES", EVIDENCE, ""), 0.85, "reasoning_fault"),
        (written("DISTINGUISHES", EVIDENCE, "Harker is different."), 0.85, "reasoning_fault"),
        (
            written("DISTINGUISHES", EVIDENCE, f'{WHY} It says "the lease was at an end from that very day".'),
            0.3,
            "evidence_fabricated",
        ),
        (f"<reasoning>{written('DISTINGUISHES', EVIDENCE, WHY)}</reasoning>", 0.0, "nested_tags"),
    ],
)
def test_scores(completion: str, reward: float, code: str) -> None:
    found = score(TRUTH, completion)
    assert (found.reward, found.reason.code) == (reward, code)
    assert found.strict is (reward == 1.0)
    assert sum(step.earned for step in found.steps) == pytest.approx(found.reward, abs=1e-9)


@pytest.mark.parametrize(
    ("why", "fault"),
    [
        (WHY, ""),
        (WHY.replace("Stone v. Weller", "one decision"), "citing_unnamed"),
        (WHY.replace("Harker v. Bolton", "another case"), "cited_unnamed"),
        (f"{WHY} It overrules that case.", "other_label"),
        (f"{WHY} It does not overrule that case.", ""),
        (f"{WHY} It neither overrules nor affirms it.", ""),
        (f"{WHY} It does not distinguish that case.", "denies_label"),
        (f"{WHY} It does not overrule it; instead, it distinguishes it.", ""),
        (f"{WHY} It declines to apply it and distinguishes it.", ""),
        (f"{WHY} It is distinguished rather than overruled.", ""),
        (f"{WHY} It is distinguished, not overruled.", ""),
        (f"{WHY} Without hesitation the court overrules it.", "other_label"),
        (f"{WHY} There is no doubt that it overrules it.", "other_label"),
        (f"{WHY} It does nothing less than overrule it.", "other_label"),
        (f"{WHY} {WHY} {WHY} {WHY}", "length"),
        (f"Stone, Harker: {EVIDENCE}", "copied"),
        (
            "Stone Harker landlord breach notice receipt tenant waived barn agent letter stranger month rule landlord breach rent rent",
            "length",
        ),
        (
            "Stone Harker landlord breach notice receipt tenant waived barn agent letter stranger month rule rent wrote knew barn taken told",
            "not_prose",
        ),
        (
            (
                "The court in Stone v. Weller speaks of Harker v. Bolton in the words that are set out above, and it does what it says "
                "there, as anyone may see."
            ),
            "label_unsaid",
        ),
        (
            (
                "The court in Stone v. Weller speaks of Harker v. Bolton in the words that are set out above, and it distinguishes that case "
                "there, as anyone may see."
            ),
            "no_terms",
        ),
        (
            (
                "Stone v. Weller takes Harker v. Bolton as its guide on the landlord and on the difference in the receipt, and goes where "
                "it leads, as any court may do."
            ),
            "label_unsaid",
        ),
        (f"{WHY} The tenant asks the court to overrule it.", ""),
        (f"{WHY} Quill v. Ames is affirmed, if anything.", ""),
        (f"{WHY} No word of the passage says that the court overrules it.", ""),
        (f"{WHY} In no uncertain terms the court overrules it.", "other_label"),
        (f"{WHY} It declares that the case is no longer good law.", "other_label"),
        (f"{WHY} It stands by that decision.", "other_label"),
        (f"{WHY} It does more than affirm it.", ""),
        (" ".join(reversed(WHY.split())), "not_prose"),
        (
            (
                "In Stone v. Weller and Harker v. Bolton it is said: landlord, receipt, written, agent, barn, stranger, and so the "
                "label is plain to anyone who can see what it says."
            ),
            "not_prose",
        ),
    ],
)
def test_reasoning(why: str, fault: str) -> None:
    part = score(TRUTH, written("DISTINGUISHES", EVIDENCE, why)).parts["reasoning"]
    assert part.note == fault


def test_without_an_evidence_span_the_label_is_all() -> None:
    truth = EntailTruth(context=TRUTH.context, label="DISTINGUISHES")
    found = score(truth, "<answer>DISTINGUISHES</answer>")
    assert found.reward == 1.0
    assert "evidence_span" in found.parts["consistency"].note
    assert found.parts["reasoning"].weight == 0
    assert score(truth, gold(truth)).strict
    invented = score(truth, written("DISTINGUISHES", "the older rule would govern no later suit at all", ""))
    assert invented.reward == 0.3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": "FOLLOWS"}, "label"),
        ({"context": "  "}, "context"),
        ({"evidence_span": [5, 2]}, "ground_truth"),
        ({"evidence_span": [0, 10]}, "ground_truth"),
        ({"evidence_span": [0, 100_000]}, "ground_truth"),
    ],
)
def test_a_malformed_truth_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput, match=field):
        TASK.judge({**TASK.example, **change}, "x")


@pytest.mark.parametrize("missing", ["context", "label"])
def test_what_is_required(missing: str) -> None:
    with pytest.raises(BadInput, match=missing):
        TASK.judge({name: value for name, value in TASK.example.items() if name != missing}, "x")


@pytest.mark.parametrize("truth", [TRUTH, OTHER, EntailTruth(context=TRUTH.context, label="NONE")])
def test_probes_hold(truth: EntailTruth) -> None:
    other = OTHER if truth is not OTHER else TRUTH
    assert [p.family for p in surface_forms(truth) if score(truth, p.completion).reward < p.limit] == []
    paid = [(p.family, score(truth, p.completion).reward, p.limit) for p in attacks(truth, other, "k")]
    assert [one for one in paid if one[1] > one[2]] == []
    for chain in chains(truth, "k"):
        rewards = [score(truth, completion).reward for completion in chain]
        assert rewards == sorted(rewards, reverse=True)


@settings(max_examples=150)
@given(st.text(max_size=300), st.sampled_from(LABELS))
def test_a_wrong_label_is_never_paid(text: str, label: str) -> None:
    assert label == TRUTH.label or score(TRUTH, f"<answer>{label}</answer>{text}").reward == 0


@settings(max_examples=150)
@given(st.integers(0, 90), st.integers(1, 60))
def test_evidence_is_paid_only_near_the_gold(start: int, length: int) -> None:
    words = TRUTH.context.split()
    piece = " ".join(words[start : start + length])
    found = score(TRUTH, written("DISTINGUISHES", piece, WHY))
    assert found.reward in (0.6, 1.0)
    if found.reward == 1.0:
        known, said = read_gold(TRUTH), read_words(piece).words
        assert 6 <= len(said) <= 40
        assert len(set(said) & set(known.context.words[known.first : known.last])) * 2 >= len(set(said)) * 0.5


@pytest.mark.parametrize(
    "turn",
    [
        "In truth the court over-rules it.",
        "In truth the court o v e r r u l e s it.",
        "In truth the court \u043everrules it.",
    ],
    ids=["hyphen", "letters", "look_alike"],
)
def test_another_label_is_not_hidden_by_its_spelling(turn: str) -> None:
    assert score(TRUTH, written(TRUTH.label, EVIDENCE, f"{WHY} {turn}")).reward == 0.85


@pytest.mark.parametrize("more", [". " * 14_000, ' "' + "[a]" * 9_000 + '"', "'overrules" * 2_500])
def test_a_reasoning_without_end_is_not_read(more: str) -> None:
    found = score(TRUTH, written(TRUTH.label, EVIDENCE, WHY + more))
    assert found.parts["reasoning"].note in ("length", "copied", "not_prose")
    assert found.reward <= 0.85


def test_a_quotation_of_pieces_without_end_is_no_quotation() -> None:
    words = TRUTH.context.split()[:3]
    found = score(TRUTH, written(TRUTH.label, f"{' '.join(words)} ... " * 400, WHY))
    assert (found.reward, found.reason.code) == (0.3, "evidence_fabricated")
