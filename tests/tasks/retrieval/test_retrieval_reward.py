"""The retrieval reward: completion -> score, by table and by attack."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.tasks.retrieval import TASK
from cap_rlvr.tasks.retrieval.truth import PARTIAL, RetrievalTruth, key_of, with_vectors
from cap_rlvr.wire.errors import BadInput

IDS = [f"{letter}{number:02}" for letter in "ABCD" for number in range(10)]
GOLD = ["A03", "B07", "C01", "C09", "D05"]
PLAIN: dict[str, Any] = {"candidates": IDS, "positives": GOLD}
FOUR: dict[str, Any] = dict(TASK.example)
REPORTED: dict[str, Any] = {
    "candidates": [
        {"id": "K01", "cites": ["31 Tex. Crim. 35", "18 S.W. 1090"], "name": "Reed v. State", "year": 1892},
        {"id": "K02", "cites": ["1 Alaska 682"], "name": "In re Moore"},
        {"id": "K03", "cites": ["2 Mich. 586"], "name": "Drake v. Andrews"},
        {"id": "K04", "cites": ["2 Mich. 586"], "name": "Other v. Case"},
        *({"id": f"X{number:02}"} for number in range(40)),
    ],
    "positives": ["K01", "K02"],
}


def answer(*lines: str) -> str:
    return "<answer>\n" + "\n".join(lines) + "\n</answer>"


@pytest.mark.parametrize(
    ("truth", "lines", "reward", "code"),
    [
        (PLAIN, GOLD, 1.0, "right"),
        (PLAIN, GOLD[::-1], 1.0, "right"),
        (PLAIN, [*GOLD, "A00", "A01"], 1.0, "right"),  # only the first five count
        (PLAIN, ["1. A03", "2) b07", "- C01.", "[C09]", "**D05**"], 1.0, "right"),
        # four of five: mean .8, chance .4: S = .667
        (PLAIN, [*GOLD[:4], "A00"], 0.6933, "partly_right"),
        (PLAIN, GOLD[:4], 0.6933, "partly_right"),
        (PLAIN, [*GOLD[:4], "A03"], 0.6933, "partly_right"),
        (PLAIN, [*GOLD[:4], "Q99"], 0.6533, "partly_right"),  # made up: .2 of the quantity part
        (PLAIN, [*GOLD[:4], "410 U.S. 113"], 0.6533, "partly_right"),
        # nothing but more of the list may follow it
        (PLAIN, [*GOLD, "Q99"], 1.0, "right"),
        (PLAIN, [*GOLD, "None of these is analogous."], 0.0, "not_a_list"),
        (PLAIN, [*GOLD, "Wrong: 410 U.S. 113"], 0.0, "not_a_list"),
        (PLAIN, [*GOLD, *IDS, *IDS], 0.0, "not_a_list"),
        (PLAIN, [*GOLD[:3], "A00", "A01"], 0.3867, "partly_right"),
        (PLAIN, [*GOLD[:2], "A00", "A01", "A02"], 0.0, "no_better_than_chance"),
        (PLAIN, ["A03"] * 5, 0.0, "no_better_than_chance"),
        (PLAIN, ["A00", "A01", "A02", "A04", "A05", *GOLD], 0.0, "no_better_than_chance"),
        (PLAIN, ["A03 or B07"] * 5, 0.0, "no_cases"),
        (PLAIN, [", ".join(GOLD)], 0.0, "no_cases"),
        (PLAIN, ["not A03", "not B07"], 0.0, "no_cases"),
        (PLAIN, ["Q11", "Q12"], 0.0, "no_cases"),
        (REPORTED, ["K01", "K02"], 1.0, "right"),
        (REPORTED, ["31 Tex. Crim. 35", "1 Alaska 682"], 1.0, "right"),
        (REPORTED, ["Reed v. State, 31 Tex. Crim. 35, 18 S.W. 1090 (1892)", "In re Moore, 1 Alaska 682"], 1.0, "right"),
        (REPORTED, ["18 S. W. 1090", "K02"], 1.0, "right"),
        (REPORTED, ["1. 31 Tex. Crim. 35", "- 1 Alaska 682"], 1.0, "right"),  # a bullet is no name
        (REPORTED, ["31 Tex. Crim. 35", "18 S.W. 1090"], 0.0, "no_better_than_chance"),  # parallels of one case
        (REPORTED, ["Quimby v. State of Ohio, 31 Tex. Crim. 35", "K02"], 0.0, "no_better_than_chance"),
        (
            REPORTED,
            ["Reed v. State, 31 Tex. Crim. 35 (Tex. Crim. App. 1892)", "1 Alaska 682 (D. Alaska 1902)"],
            1.0,
            "right",
        ),
        # a denial or another case beside a citation: the line is worth nothing
        (REPORTED, ["31 Tex. Crim. 35 (not analogous)", "K02"], 0.0, "no_better_than_chance"),
        (REPORTED, ["31 Tex. Crim. 35 (or K03 1892)", "K02"], 0.0, "no_better_than_chance"),
        (REPORTED, ["unlike Reed v. State, 31 Tex. Crim. 35", "K02"], 0.0, "no_better_than_chance"),
        (REPORTED, ["Drake v. Andrews or Reed v. State, 31 Tex. Crim. 35", "K02"], 0.0, "no_better_than_chance"),
        (REPORTED, ["31 Tex. Crim. 35 (1893)", "K02"], 0.0, "no_better_than_chance"),
        (REPORTED, ["31 Tex. Crim. 35 (Unlike Ohio 1892)", "K02"], 0.0, "no_better_than_chance"),
        (REPORTED, ["31 Tex. Crim. 35, 2 Mich. 586", "K02"], 0.0, "no_better_than_chance"),
        (REPORTED, ["2 Mich. 586", "K02"], 0.0, "no_better_than_chance"),  # two cases on one page
    ],
)
def test_score(truth: dict[str, Any], lines: list[str], reward: float, code: str) -> None:
    score = TASK.judge(truth, answer(*lines))
    assert (score.reward, score.reason.code) == (reward, code)
    assert score.strict is (code == "right")
    assert sum(step.earned for step in score.steps) == pytest.approx(score.reward, abs=1e-4)


def test_tags_are_required() -> None:
    assert TASK.judge(PLAIN, "\n".join(GOLD)).reward == 0


def test_steps_are_lines() -> None:
    score = TASK.judge(PLAIN, answer(*GOLD[:3], "A00", "C09"))
    assert [step.name for step in score.steps] == [
        "line 1: gold", "line 2: gold", "line 3: gold", "line 4: other", "line 5: gold",
    ]  # fmt: skip
    assert [step.earned > 0 for step in score.steps] == [False, False, True, False, True]


def test_without_vectors_only_gold_counts_and_it_says_so() -> None:
    assert "without vectors" in TASK.judge(PLAIN, answer(*GOLD)).parts["similarity"].note


def test_closed_book_takes_citations_only() -> None:
    closed = {**REPORTED, "closed_book": True}
    assert TASK.judge(closed, answer("31 Tex. Crim. 35", "1 Alaska 682")).strict
    assert TASK.judge(closed, answer("K01", "K02")).reward == 0
    assert "31 Tex. Crim. 35" in TASK.gold(TASK.read_truth(closed))


class Near:
    """Vectors in which every case is as near as can be."""

    def similarity(self, one: str, other: str) -> float | None:
        return None if "X39" in (one, other) else 1.0


def near() -> RetrievalTruth:
    listed = [{"id": name, "case_id": name, "indegree": 3000 * (name == "A00")} for name in IDS]
    return with_vectors(TASK.read_truth({"candidates": listed, "positives": GOLD, "query": "q"}), Near())


def test_vectors_pay_a_little_for_near_cases_and_never_alone() -> None:
    truth = near()
    some = [TASK.score(truth, answer(*GOLD[:4], last)).reward for last in ("D09", "A00", "Q11")]
    assert some == sorted(some, reverse=True)
    assert some[0] > some[1] > some[2]  # near, near but everyone's, made up
    assert TASK.score(truth, answer("A00", "A01", "A02", "A04", "A05")).reward == 0
    assert TASK.score(truth, TASK.gold(truth)).reward == 1
    assert key_of(truth).chance >= key_of(TASK.read_truth(PLAIN)).chance


def test_vectors_leave_a_truth_without_case_ids_alone() -> None:
    truth = TASK.read_truth(PLAIN)
    assert with_vectors(truth, Near()) is truth


def test_chance_is_never_below_what_is_paid_for_near_cases() -> None:
    many = {"candidates": [f"n{number}" for number in range(500)], "positives": ["n1", "n2"]}
    assert key_of(TASK.read_truth(many)).chance == PARTIAL


@pytest.mark.parametrize(
    ("truth", "field"),
    [
        ({}, "candidates"),
        ({"candidates": IDS}, "positives"),
        ({"candidates": IDS, "positives": ["A03"]}, "positives"),
        ({"candidates": IDS, "positives": ["A03", "Z99"]}, "positives"),
        ({"candidates": IDS, "positives": ["A03", "A03"]}, "positives"),
        ({"candidates": [*IDS, "a03"], "positives": GOLD}, "candidates"),
        ({"candidates": IDS, "positives": GOLD[:2], "n": 3}, "more are asked"),
        ({"candidates": IDS[:6], "positives": IDS[:5]}, "random pick"),
    ],
)
def test_malformed_truth_is_named(truth: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput, match=field):
        TASK.judge(truth, answer(*GOLD))


@pytest.mark.parametrize("truth", [PLAIN, FOUR, REPORTED])
def test_probes_hold(truth: dict[str, Any]) -> None:
    key = TASK.read_truth(truth)
    other = TASK.read_truth(PLAIN)
    low = [one.family for one in TASK.probes.surface_forms(key) if TASK.score(key, one.completion).reward < one.limit]
    assert low == []
    paid = [one for one in TASK.probes.attacks(key, other, "k") if TASK.score(key, one.completion).reward > one.limit]
    assert paid == []
    for chain in TASK.probes.chains(key, "k"):
        rewards = [TASK.score(key, one).reward for one in chain]
        assert rewards == sorted(rewards, reverse=True)


@settings(max_examples=200)
@given(st.text(max_size=400))
def test_text_that_names_no_gold_is_never_paid(text: str) -> None:
    if not any(name.lower() in text.lower() for name in GOLD):
        assert TASK.judge(PLAIN, answer(text)).reward == 0


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*IDS, "Q11", "410 U.S. 113", "so", "", "A03, B07", "not A03"]), max_size=12))
def test_reward_never_exceeds_what_the_first_lines_are_worth(lines: list[str]) -> None:
    counted = [line for line in lines if line][:5]
    hits = len({line for line in counted if line in GOLD})
    level = key_of(TASK.read_truth(PLAIN)).chance
    worth = max(0.0, (hits / 5 - level) / (1 - level)) * 0.8 + 0.2 * hits / 5
    assert TASK.judge(PLAIN, answer(*lines)).reward <= round(worth, 4) + 1e-4
