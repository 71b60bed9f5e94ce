from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.rows import Row


def test_a_row_is_one_flat_line_and_comes_back() -> None:
    truth = {"choices": ["a", "b"], "answer_idx": 1}
    row = Row(id="1", case_id="c", task="holding", inputs="?", source_kind=SourceKind.STATIC, truth=truth)
    flat = row.model_dump(mode="json")
    assert flat["choices"] == ["a", "b"]
    assert "truth" not in flat
    assert Row.model_validate(flat) == row
    assert Row.model_validate_json(row.model_dump_json()) == row
