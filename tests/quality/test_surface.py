"""Surface probes: where the surface gives the answer away they find it, where it does not they find little."""

from typing import Literal

import pytest
from echo_task import TASK

from cap_rlvr.quality.samples import Example
from cap_rlvr.quality.surface import ROWS, surface_line
from cap_rlvr.task import GroundTruth, Task
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import keyed_unit
from cap_rlvr.wire.rows import Row

NOUNS = [
    "lease",
    "bond",
    "writ",
    "deed",
    "levy",
    "note",
    "jury",
    "oath",
    "will",
    "tort",
    "lien",
    "plea",
    "bail",
    "dower",
    "estate",
    "trespass",
]


class Options(GroundTruth):
    choices: tuple[str, ...]
    answer_idx: int


class Labelled(GroundTruth):
    label: Literal["OVERRULES", "AFFIRMS"]


def task_of(truth: type[GroundTruth]) -> Task[GroundTruth]:
    from dataclasses import replace

    return replace(TASK, truth=truth)


def example(number: int, inputs: str, truth: GroundTruth) -> Example:
    row = Row(
        id=f"r{number}",
        case_id="c",
        task="echo",
        inputs=inputs,
        source_kind=SourceKind.SYNTHETIC,
        truth=truth.model_dump(),
    )
    return Example(row, truth, "synthetic")


def options(number: int, leak: str) -> Example:
    """Five options of four words; the leak makes the right one longer, or says its words in the text."""
    texts = [
        " ".join(NOUNS[int(keyed_unit(number, place, word) * len(NOUNS))] for word in range(4)) for place in range(5)
    ]
    right = int(keyed_unit(number, "right") * 5)
    if leak == "length":
        texts[right] += " and many other words beside them"
    said = texts[right] if leak == "words" else "The court spoke."
    truth = Options(choices=tuple(texts), answer_idx=right)
    return example(number, said + "\nA. " + "\nB. ".join(texts), truth)


@pytest.mark.parametrize(("leak", "held"), [("length", False), ("words", False)])
def test_options_that_give_themselves_away_are_caught(leak: str, held: bool) -> None:
    found = surface_line(task_of(Options), [options(number, leak) for number in range(220)], "pooled", "7")
    assert found is not None
    assert found.value is not None
    assert found.value > 0.5
    assert found.held is held


def test_a_caption_that_gives_the_answer_away_is_caught() -> None:
    rows = [options(number, "") for number in range(220)]
    captioned = [
        example(
            n, f"From the syllabus: {one.truth.choices[one.truth.answer_idx]}. [HOLDING].\n{one.row.inputs}", one.truth
        )
        for n, one in enumerate(rows)
    ]
    found = surface_line(task_of(Options), captioned, "pooled", "7")
    assert found is not None
    assert "caption and options +0." in found.note


def test_options_alike_stay_near_chance() -> None:
    found = surface_line(task_of(Options), [options(number, "") for number in range(600)], "pooled", "7")
    assert found is not None
    assert found.value is not None
    assert found.value < 0.08


def test_cue_words_that_tell_the_label_are_caught() -> None:
    rows = [
        example(n, "We overrule it." if n % 2 else "We affirm it.", Labelled(label="OVERRULES" if n % 2 else "AFFIRMS"))
        for n in range(220)
    ]
    found = surface_line(task_of(Labelled), rows, "pooled", "7")
    assert found is not None
    assert found.value == pytest.approx(0.5)
    same = [example(n, "We overrule it.", one.truth) for n, one in enumerate(rows)]
    fair = surface_line(task_of(Labelled), same, "pooled", "7")
    assert fair is not None
    assert fair.held


def test_a_task_of_another_shape_has_no_such_line() -> None:
    assert surface_line(TASK, [], "pooled", "7") is None


def test_too_few_rows_are_told() -> None:
    found = surface_line(task_of(Options), [options(number, "") for number in range(ROWS - 1)], "pooled", "7")
    assert found is not None
    assert found.q is None
