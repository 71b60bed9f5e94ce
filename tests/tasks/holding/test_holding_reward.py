"""What the holding scorer takes as naming one option, and what it doesn't."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cap_rlvr import registry
from cap_rlvr.tasks.holding.probes import attacks
from cap_rlvr.tasks.holding.reward import LETTERS, Truth, gold, named_option, score, words
from cap_rlvr.wire.errors import BadInput

TASK = registry.get("holding")
TRUTH: Truth = TASK.read_truth(TASK.example)
GOLD = TRUTH.choices[TRUTH.answer_idx]
CARRIER = TRUTH.choices[2]


@pytest.mark.parametrize(
    "answer",
    [
        "B", "b", "2", "(B)", "[b]", "B.", "B:", "Option B", "choice 2", "The answer is B", "The correct answer is: B.",
        "**B**", "`B`", '"B"', "B. " + GOLD, "(B) " + GOLD, "B - " + GOLD, "2) " + GOLD, "**B.** " + GOLD, "B " + GOLD,
        GOLD, GOLD.lower(), GOLD.upper(), GOLD.rstrip("."), f'"{GOLD}"', GOLD.replace("A juror", "juror"),
        GOLD.replace("newspapers", "newspaper"), GOLD.replace("evidence", "evidnece"), "The best option is B",
    ],
)  # fmt: skip
def test_names_the_gold(answer: str) -> None:
    assert score(TRUTH, f"<answer>{answer}</answer>").reward == 1
    assert score(TRUTH, answer).reward == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("A", "wrong_option"),
        ("5", "wrong_option"),
        (CARRIER, "wrong_option"),
        ("B or C", "two_options"),
        ("A, B", "two_options"),
        ("B, not C", "two_options"),
        ("A/B/C/D/E", "two_options"),
        ("not B", "negated"),
        ("The answer is not B", "negated"),
        ("B. " + CARRIER, "label_with_other_text"),
        ("A. " + GOLD, "label_with_other_text"),
        ("C. " + GOLD, "label_with_other_text"),
        ("F", "no_option"),
        ("6", "no_option"),
        ("-2", "no_option"),
        ("2.0", "no_option"),
        ("BB", "no_option"),
        ("\u0412", "no_option"),
        ("None of the above", "no_option"),
        (GOLD[: len(GOLD) // 2], "no_option"),
        (f"{GOLD} {CARRIER}", "no_option"),
        (GOLD.replace("may serve", "may not serve"), "negation_differs"),
        ("B. " + GOLD.replace("may serve", "may not serve"), "negation_differs"),
        (GOLD.replace("an opinion", "no opinion"), "negation_differs"),
        (CARRIER.replace("30", "60"), "numbers_differ"),
        (CARRIER.replace("30 days", "thirty days"), "numbers_differ"),
        (GOLD.replace("may", "must"), "text_altered"),
        (GOLD.replace("juror", "judge"), "text_altered"),
        (GOLD.replace("newspapers", "n\u0435wspapers"), "text_altered"),
    ],
)
def test_names_no_gold(answer: str, code: str) -> None:
    verdict = score(TRUTH, f"<answer>{answer}</answer>")
    assert (verdict.reward, verdict.reason.code) == (0, code)
    assert verdict.reason.text.endswith(".")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The search was lawful where the employer agreed.", "The search was lawful where the employee agreed."),
        ("The notice to the insured was given in good time.", "The notice to the insurer was given in good time."),
        ("The tools were bought at the employer's cost alone.", "The tools were bought at the employee's cost alone."),
        (
            "The notice that insurers give must be in plain words.",
            "The notice that insureds give must be in plain words.",
        ),
        ("The purpose of the deed was moral and so lawful.", "The purpose of the deed was amoral and so lawful."),
        ("The damage was typical of such works in law.", "The damage was atypical of such works in law."),
    ],
)
def test_words_that_turn_the_meaning_are_no_typos(one: str, other: str) -> None:
    assert named_option(other, (one, *TRUTH.choices[1:])).code == "text_altered"
    assert named_option(one, (other, *TRUTH.choices[1:])).code == "text_altered"


@pytest.mark.parametrize(
    "gold", ["§ 12 of the Act, not § 13, governs these sales.", "90-foot towers are accessory uses."]
)
def test_a_label_before_a_text_that_begins_with_no_letter_is_a_label(gold: str) -> None:
    choices = (TRUTH.choices[0], gold, *TRUTH.choices[2:])
    assert named_option(gold, choices).index == 1
    assert named_option(f"A {gold}", choices).code == "two_options"


def test_the_opposite_party_is_an_attack_where_the_gold_names_one() -> None:
    told = "The insurer must answer where the employee's notice of the loss was given in good time."
    truth = TRUTH.model_copy(update={"choices": (TRUTH.choices[0], told, *TRUTH.choices[2:])})
    turned = [probe for probe in attacks(truth, TRUTH, "key") if probe.family == "altered_text/opposite_party"]
    assert "The insured must" in turned[0].completion
    assert "the employer's notice" in turned[1].completion
    assert all(score(truth, probe.completion).reward <= probe.limit for probe in turned)


def test_text_near_two_options_names_neither() -> None:
    near = "A juror who has formed an opinion from newspapers may serve where he swears to decide on the evidence only."
    choices = (*TRUTH.choices[:4], near)
    assert named_option(GOLD, choices).code == "two_options"
    assert named_option(f"B. {GOLD}", choices).index == 1


def test_letters_outside_the_tags_do_not_count() -> None:
    assert score(TRUTH, "B\n<answer>C</answer>\nB").reward == 0
    assert score(TRUTH, "C, D or E?\n<answer>B</answer>").reward == 1


def test_score_says_what_was_named_and_where() -> None:
    completion = "Well.\n<answer> (B) </answer>"
    part = score(TRUTH, completion).parts["choice"]
    assert part.evidence is not None
    assert completion[part.evidence.start : part.evidence.end] == "(B)"
    assert part.note == "named option B"


@given(st.text(max_size=300))
def test_random_text_is_never_paid_unless_it_names_the_gold(text: str) -> None:
    if score(TRUTH, text).reward:
        said = words(text)
        assert "b" in said or "2" in said or len(said) > 10


@given(st.integers(0, 4), st.text(alphabet="ABCDEabcde123456 .,/()ornt-", max_size=12))
def test_label_soup_names_at_most_one_option(answer_idx: int, text: str) -> None:
    paid = [
        index
        for index in range(5)
        if score(TRUTH.model_copy(update={"answer_idx": index}), f"<answer>{text}</answer>").reward
    ]
    assert len(paid) <= 1
    verdict = score(TRUTH.model_copy(update={"answer_idx": answer_idx}), f"<answer>{text}</answer>")
    assert verdict.reward == float(paid == [answer_idx])


@given(st.data())
def test_a_word_left_out_or_put_in_is_not_the_text(data: st.DataObject) -> None:
    kept = GOLD.rstrip(".").split()
    place = data.draw(st.integers(0, len(kept) - 1))
    if kept[place].lower() not in {"a", "an", "the", "that"}:
        assert score(TRUTH, f"<answer>{' '.join(kept[:place] + kept[place + 1 :])}</answer>").reward == 0
    assert score(TRUTH, f"<answer>{' '.join([*kept[:place], 'hardly', *kept[place:]])}</answer>").reward == 0


@pytest.mark.parametrize("answer_idx", range(5))
def test_canonical_gold_and_probes_for_every_place(answer_idx: int) -> None:
    truth = TRUTH.model_copy(update={"answer_idx": answer_idx})
    other = TRUTH.model_copy(update={"answer_idx": (answer_idx + 1) % 5})
    assert gold(truth) == f"<answer>{LETTERS[answer_idx]}</answer>"
    assert all(score(truth, form.completion).reward == form.limit for form in TASK.probes.surface_forms(truth))
    paid = [a.family for a in TASK.probes.attacks(truth, other, "key") if score(truth, a.completion).reward > a.limit]
    assert paid == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"choices": TASK.example["choices"][:4]}, "choices"),
        ({"choices": [*TASK.example["choices"][:4], "  "]}, "choices.4"),
        ({"choices": [*TASK.example["choices"][:4], TASK.example["choices"][0].upper()]}, "ground_truth"),
        ({"answer_idx": 5}, "answer_idx"),
    ],
)
def test_malformed_truth_is_refused_by_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput, match=field):
        TASK.judge({**TASK.example, **change}, "B")


def test_slowest_attack_is_quick() -> None:
    slowest = 0.0
    for attack in TASK.probes.attacks(TRUTH, TRUTH, "key"):
        began = time.process_time()
        score(TRUTH, attack.completion)
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 0.25  # 50 ms on an idle machine; five times that for a busy one
