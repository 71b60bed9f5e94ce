"""A verdict for people says reward, reason and every part, and nothing that a model wrote can steer the reader's screen."""

import pytest

from cap_rlvr import registry
from cap_rlvr.rewards import UnifiedRewardFunction
from cap_rlvr.rewards.marks import Mark, cut

EXAMPLES = {name: registry.get(name).example for name in registry.names()}


def gold(task: str) -> str:
    known = registry.get(task)
    return known.gold(known.read_truth(known.example))


@pytest.mark.parametrize("task", registry.names())
def test_both_forms_name_every_part_gate_and_step(task: str) -> None:
    explained = UnifiedRewardFunction().explain(EXAMPLES[task], gold(task))
    told, page = " ".join(str(explained).split()), explained.html()
    assert explained.score.parts
    assert f"{explained.score.reward:g}" in told
    for name in (*explained.score.parts, *explained.score.gates, explained.score.reason.code):
        assert name in told
        assert name in page


def test_evidence_is_marked_in_both_forms() -> None:
    explained = UnifiedRewardFunction().explain(EXAMPLES["holding"], "I think <answer>B</answer>")
    assert "<answer>⟦choice: B⟧</answer>" in str(explained)
    assert '&lt;answer&gt;<mark title="choice">B</mark>&lt;/answer&gt;' in explained.html()


def test_what_a_model_wrote_is_text() -> None:
    hostile = "<script>alert(1)</script>[bold]\x1b[2J\x07\u202e<answer>B</answer>"
    explained = UnifiedRewardFunction().explain(EXAMPLES["holding"], hostile)
    told, page = str(explained), explained.html()
    assert "<script>" not in page
    assert "[bold]" in told
    assert not {"\x1b", "\x07", "\u202e"} & set(told + page)


@pytest.mark.parametrize("completion", ["", "\ud800", "a" * 50_000])
def test_any_completion_can_be_explained(completion: str) -> None:
    explained = UnifiedRewardFunction().explain(EXAMPLES["bluebook"], completion)
    assert "Bluebook citation: 0 " in str(explained)
    explained.html().encode()


@pytest.mark.parametrize(
    ("marks", "wanted"),
    [
        ([], ["abcdef"]),
        ([Mark(1, 3, "x")], ["a", "bc", "def"]),
        ([Mark(1, 4, "x"), Mark(2, 6, "y")], ["a", "b", "cd", "ef"]),
        ([Mark(-5, 99, "x")], ["abcdef"]),
        ([Mark(3, 3, "x"), Mark(9, 12, "y")], ["abcdef"]),
    ],
)
def test_marks_cut_a_text_and_lose_none_of_it(marks: list[Mark], wanted: list[str]) -> None:
    pieces = cut("abcdef", marks)
    assert [piece.text for piece in pieces] == wanted
    assert sum(len(piece.opens) for piece in pieces) == sum(len(piece.closes) for piece in pieces)
