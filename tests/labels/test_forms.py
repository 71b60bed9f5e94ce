"""What a person is asked of each task, and that a decoy is one."""

import re
from typing import Any

import pytest

from cap_rlvr import registry
from cap_rlvr.labels.forms import Item, asked_of_models, form_of, item_of, judge_answer, keys_of, stratum
from cap_rlvr.labels.sample import Sample, draw
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rows import Row


def row(task: str, number: int = 0, **fields: Any) -> Row:
    example = registry.get(task).example
    inputs = "A question."
    if task == "retrieval":
        listed = "\n".join(f"[{one['id']}] Summary of {one['id']}." for one in example["candidates"])
        inputs = f"The query.\n\nCandidates:\n{listed}\nName the four."
    common = {"id": f"{task}-{number}", "case_id": "tex-crim/31/0035-01", "task": task, "source_kind": "static"}
    return Row.model_validate({**common, "inputs": inputs, "kind": "plain", "truth": example, **fields})


def asked(task: str, decoy: bool = False) -> Item:
    item = item_of(row(task), "1", decoy)
    assert item is not None
    return item


@pytest.mark.parametrize(
    ("task", "right", "keys"), [("holding", "b", "abcde"), ("entail", "d", "odan"), ("retrieval", "y", "yn")]
)
def test_the_right_key_is_among_the_keys(task: str, right: str, keys: str) -> None:
    item = asked(task)
    assert (item.right, "".join(item.keys)) == (right, keys)
    assert not set(keys) & {"s", "u", "q"}  # skip, undo, quit


@pytest.mark.parametrize("task", registry.names())
def test_what_is_shown_does_not_tell_the_gold(task: str) -> None:
    known = registry.get(task)
    item = asked(task)
    if form_of(known) is judge_answer:  # there the gold is what is judged, unless an error was put in
        assert known.gold(known.read_truth(known.example)) in item.shown
    else:
        assert known.gold(known.read_truth(known.example)) not in item.shown


@pytest.mark.parametrize("task", ["bluebook", "summarise", "retrieval"])
def test_a_decoy_is_wrong_and_has_its_own_id(task: str) -> None:
    item = asked(task, decoy=True)
    assert (item.right, item.decoy) == ("n", True)
    assert item.id != asked(task).id
    if task == "retrieval":
        assert item.id.split("#")[1] not in row(task).truth["positives"]
        return
    answer = item.shown.split("--- An answer ---\n")[1]
    assert registry.get(task).judge(registry.get(task).example, answer).reward <= 0.5
    assert not re.search("  ", answer)


@pytest.mark.parametrize("task", ["holding", "entail"])
def test_where_the_gold_is_chosen_there_are_no_decoys(task: str) -> None:
    assert item_of(row(task), "1", decoy=True) is None


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (("OVERRULES", "DISTINGUISHES", "AFFIRMS", "NONE"), "odan"),
        (("AFFIRMED", "AFFIRMED_IN_PART", "REVERSED", "UPHELD", "PQXSU"), "afrhb"),
        (("YES", "YES_"), "ye"),
        (("1", "2"), "12"),
    ],
)
def test_each_label_has_a_key_that_is_no_command(labels: tuple[str, ...], keys: str) -> None:
    assert "".join(keys_of(labels)) == keys
    assert tuple(keys_of(labels).values()) == labels


def test_the_form_of_any_task_follows_the_shape_of_its_truth() -> None:
    forms = {name: form_of(registry.get(name)).__name__ for name in ("holding", "entail", "retrieval", "bluebook")}
    assert forms == {
        "holding": "choose_option",
        "entail": "choose_label",
        "retrieval": "judge_pair",
        "bluebook": "judge_answer",
    }


def test_a_closed_book_has_nothing_to_compare() -> None:
    assert item_of(row("retrieval", inputs="The query alone."), "1") is None


@pytest.mark.parametrize("task", registry.names())
def test_neither_pages_nor_what_models_are_told_is_shown(task: str) -> None:
    shown = asked(task).shown
    assert "http" not in shown
    assert "Reply " not in shown
    assert asked_of_models(task)


def test_strata_are_labels_or_kinds() -> None:
    assert stratum(row("entail")) == "DISTINGUISHES"
    assert stratum(row("bluebook")) == "plain"


def test_a_seed_draws_the_same_rows_in_the_same_order() -> None:
    rows = [row("holding", number) for number in range(40)]
    first = [item.id for item in draw(rows, Sample("1", rows=10))]
    assert first == [item.id for item in draw(list(reversed(rows)), Sample("1", rows=10))]
    assert first != [item.id for item in draw(rows, Sample("2", rows=10))]
    assert len(first) == 10


def test_real_rows_are_asked_where_there_are_any() -> None:
    fiction = [row("holding", number, source_kind="synthetic") for number in range(20, 40)]
    mixed = [row("holding", number) for number in range(5)] + fiction
    assert {item.row.source_kind.value for item in draw(mixed, Sample("1"))} == {"static"}
    assert len(draw(fiction, Sample("1"))) == 20
    with pytest.raises(BadInput, match="there are no prepared rows"):
        draw([], Sample("1"))


def test_some_answers_of_a_sitting_are_decoys() -> None:
    items = draw([row("bluebook", number) for number in range(90)], Sample("1", rows=60))
    decoys = [item for item in items if item.decoy]
    assert len(items) == 60 + len(decoys)
    assert 5 <= len(decoys) <= 25


@pytest.mark.parametrize("task", ["bluebook", "retrieval"])
def test_no_row_is_asked_with_its_gold_and_as_a_decoy(task: str) -> None:
    items = draw([row(task, number) for number in range(60)], Sample("1", rows=60))
    assert len({item.row.id for item in items}) == len(items) == 60
    assert any(item.decoy for item in items)


def test_all_rows_of_a_stratum_that_is_wanted_whole_are_asked_with_their_gold() -> None:
    items = draw([row("bluebook", number) for number in range(60)], Sample("1", every=("plain",)))
    assert [item.decoy for item in items] == [False] * 60
