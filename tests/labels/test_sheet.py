"""A sheet of labels that a terminal and a page may have open at once."""

import threading
from pathlib import Path

import pytest

from cap_rlvr.labels.sheet import Label, Sheet
from cap_rlvr.wire.errors import BadData, BadInput


def label(item: str, answer: str = "yes") -> Label:
    common = {"task": "entail", "row_id": "r", "source_kind": "static", "stratum": "NONE", "decoy": False}
    return Label.model_validate({**common, "item": item, "answer": answer, "agrees": True})


def test_one_sees_what_the_other_has_kept(tmp_path: Path) -> None:
    one, other = Sheet(tmp_path / "labels" / "x.jsonl"), Sheet(tmp_path / "labels" / "x.jsonl")
    one.add(label("a"))
    assert other.done == {"a"}
    other.add(label("b"))
    one.amend(label("a", "no"))
    assert [(kept.item, kept.answer) for kept in other.labels] == [("a", "no"), ("b", "yes")]
    assert one.undo() == label("b")
    assert other.done == {"a"}


def test_a_question_is_answered_once(tmp_path: Path) -> None:
    one, other = Sheet(tmp_path / "x.jsonl"), Sheet(tmp_path / "x.jsonl")
    one.add(label("a"))
    with pytest.raises(BadInput, match="answered meanwhile"):
        other.add(label("a", "no"))
    with pytest.raises(BadInput, match="no answer that could be amended"):
        other.amend(label("b"))
    assert Sheet(tmp_path / "x.jsonl").undo()
    assert one.undo() is None


def test_a_line_that_another_broke_is_named(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "x.jsonl")
    sheet.add(label("a"))
    with sheet.path.open("a") as file:
        file.write("{}\n")
    with pytest.raises(BadData, match=r"x\.jsonl:2"):
        sheet.add(label("b"))


def test_nothing_is_lost_among_many_who_write(tmp_path: Path) -> None:
    def write(name: str) -> None:
        sheet = Sheet(tmp_path / "x.jsonl")
        for number in range(20):
            sheet.add(label(f"{name}{number}"))
            sheet.amend(label(f"{name}{number}", "no"))

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    kept = Sheet(tmp_path / "x.jsonl").labels
    assert {one.item for one in kept} == {f"{name}{number}" for name in "abc" for number in range(20)}
    assert {one.answer for one in kept} == {"no"}
