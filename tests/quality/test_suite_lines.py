"""Each line catches the reward that it is there for; a right reward passes all of them."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from echo_task import TASK, Truth, examples, forms, gamed, score, verdict

from cap_rlvr.quality.constants import constant_lines
from cap_rlvr.quality.figures import auc, lines_of, percentile, untimed
from cap_rlvr.quality.judging import Judgement, clip, judge
from cap_rlvr.quality.lines import Line
from cap_rlvr.task import Task


def measured(task: Task[Truth], count: int = 30) -> tuple[dict[str, Line], Judgement]:
    made = judge(task, examples(count), "7", lambda: None)
    return {one.name: one for one in lines_of(made, "pooled")}, made


def honest(truth: Truth, completion: str) -> float:
    return score(truth, completion).reward


def test_a_right_reward_holds_every_line() -> None:
    lines, made = measured(TASK)
    assert [one.name for one in lines.values() if not one.held] == []
    assert [one for one in made.offences() if one.line != "cost_worst"] == []


@pytest.mark.parametrize(
    ("line", "reward"),
    [
        ("ceiling", lambda truth, said: 0.9 * honest(truth, said)),
        ("junk_mean", lambda truth, said: max(honest(truth, said), 0.3 * ("court" in said))),
        ("junk_p99", lambda truth, said: max(honest(truth, said), float(said.startswith("<answer>I am sorry")))),
        ("false_accepts", lambda truth, said: float(truth.word in said)),
        ("false_accepts", lambda truth, said: max(honest(truth, said), 0.51 * (said == truth.word))),
        ("false_rejects", lambda truth, said: honest(truth, said) * (not said.startswith("    "))),
        ("auc", lambda truth, said: float(said != "")),
        ("auc_worst", lambda truth, said: max(honest(truth, said), float(said.startswith("<answer>not ")))),
        ("chains", lambda truth, said: max(honest(truth, said), 0.6 * (said == ""))),
    ],
)
def test_a_gamed_reward_is_caught_by_its_line(line: str, reward: Callable[[Truth, str], float]) -> None:
    lines, _ = measured(gamed(reward))
    assert not lines[line].held, lines[line]


@pytest.mark.parametrize("line", ["false_accepts", "false_rejects", "ceiling", "junk_mean", "chains"])
def test_the_offender_is_shown_with_its_row_output_and_reason(line: str) -> None:
    def broken(truth: Truth, said: str) -> float:
        return 0.5 if said.strip() == TASK.gold(truth) else 0.7

    _, made = measured(gamed(broken))
    worst = next(one for one in made.offences() if one.line == line)
    assert worst.row_id.startswith("echo-")
    assert worst.reason
    assert worst.family
    assert worst.task == "echo"


def test_a_slow_attack_is_caught_by_its_cpu_time() -> None:
    def slow(truth: Truth, said: str) -> float:
        if truth.word == "remittitur-a" and said.endswith(" 13</answer>"):
            sum(range(4_000_000))
        return honest(truth, said)

    lines, made = measured(gamed(slow), 25)
    assert not lines["cost_worst"].held
    assert lines["cost_worst"].note == "numbered_13"
    assert made.offences()[0].family == "numbered_13"


def test_too_few_rows_are_told_and_not_held() -> None:
    lines, _ = measured(TASK, 10)
    assert {one.q for one in lines.values()} == {None}
    assert not any(one.held for one in lines.values())
    assert all("10" in one.note for one in lines.values())


def test_too_few_forms_or_families_are_no_measurement() -> None:
    def one_form(truth: Truth) -> Iterator[object]:
        return itertools.islice(forms(truth), 1)

    few = replace(TASK, probes=replace(TASK.probes, surface_forms=one_form, attacks=lambda *_: iter(())))
    lines, _ = measured(few)
    assert lines["false_rejects"].q is None
    assert lines["false_accepts"].q is None


def test_real_rows_are_measured_apart() -> None:
    both = [*examples(30), *examples(30, "real")]
    made = judge(gamed(honest), both, "7", lambda: None)
    assert {scope: len(made.of(scope, "gold")) for scope in ("pooled", "real", "synthetic")} == {
        "pooled": 60,
        "real": 30,
        "synthetic": 30,
    }


def test_a_constant_that_pays_is_found_among_the_golds() -> None:
    rows = examples(60, words=("waiver", "waiver", "laches", "venue"))
    found = constant_lines(TASK, rows, ["<answer>trover</answer>"], "7")["pooled"]
    assert found.value == pytest.approx(0.5)
    assert not found.held
    assert "waiver" in found.note


def test_a_constant_that_is_an_attack_of_every_row_is_found() -> None:
    task = gamed(lambda truth, said: 0.2 * (said == "<answer>dots</answer>") or honest(truth, said))
    found = constant_lines(task, examples(60), ["<answer>dots</answer>"], "7")["pooled"]
    assert found.value == pytest.approx(0.2)


def test_a_gold_of_one_row_is_not_tried_on_that_row() -> None:
    assert constant_lines(TASK, examples(60), [], "7")["pooled"].value == 0


def test_a_constant_needs_rows_in_one_source_and_split() -> None:
    assert constant_lines(TASK, examples(40), [], "7")["pooled"].q is None


def test_shared_outputs_are_the_constants_of_a_set() -> None:
    made = judge(TASK, examples(30), "7", lambda: None)
    shared = made.constants(30)
    assert "" in shared
    assert not any("waiver" in text for text in shared)


@pytest.mark.parametrize(
    ("right", "wrong", "value"),
    [([1, 1], [0, 0], 1.0), ([1], [1], 0.5), ([0], [1], 0.0), ([1, 0], [0.5], 0.5), ([1, 1], [1, 0], 0.75)],
)
def test_auc_counts_ties_half(right: list[float], wrong: list[float], value: float) -> None:
    assert auc(right, wrong) == value


def test_what_a_screen_would_obey_is_written_out() -> None:
    assert clip("a\x1b[2Jb\u200b\ud800\nc") == "a\\x1b[2Jb\\u200b\\ud800\nc"
    assert clip("x" * 3_000).endswith("(3,000 characters)")


def test_the_99th_percentile_of_a_hundred_leaves_one_out() -> None:
    assert percentile([*[0.0] * 99, 1.0], 0.99) == 0.0
    assert percentile([*[0.0] * 98, 1.0, 1.0], 0.99) == 1.0


def test_the_same_seed_makes_the_same_set_and_another_seed_another_draw() -> None:
    one, same = (judge(TASK, examples(30), "7", lambda: None).digest for _ in range(2))
    assert one == same
    assert verdict(1.0).strict


def test_costs_beside_other_work_are_told_and_not_judged() -> None:
    lines, _ = measured(TASK)
    told = {one.name: one for one in untimed(list(lines.values()))}
    assert told["cost_p99"].q is None
    assert told["cost_p99"].note.endswith("ms, judged in the longer forms")
    assert told["ceiling"] == lines["ceiling"]
