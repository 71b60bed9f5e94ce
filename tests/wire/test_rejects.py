"""Rejects are kept line by line and told apart by task; their digest is of what they put out."""

from pathlib import Path

import pytest

from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.rejects import Reject, add_reject, read_rejects, rejects_digest


def test_kept_in_order_and_by_task(tmp_path: Path) -> None:
    path = tmp_path / "workspace" / "rejects.jsonl"
    assert read_rejects(path) == {}
    for row_id, task, why in (("a", "entail", "one"), ("b", "holding", "two"), ("a", "entail", "three")):
        add_reject(path, Reject(row_id=row_id, task=task, why=why))
    assert {row_id: one.why for row_id, one in read_rejects(path).items()} == {"a": "three", "b": "two"}
    assert set(read_rejects(path, "holding")) == {"b"}


def test_a_line_without_its_end_stays_a_line(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    path.write_text('{"row_id": "a", "task": "t", "why": "x"}')  # as some editors leave it
    add_reject(path, Reject(row_id="b", task="t", why="y"))
    add_reject(path, Reject(row_id="c", task="t", why="z"))
    assert list(read_rejects(path)) == ["a", "b", "c"]
    assert path.read_bytes().count(b"\n") == 3


def test_the_digest_is_of_the_ids() -> None:
    one, other = Reject(row_id="a", task="t", why="x"), Reject(row_id="a", task="t", why="y")
    assert rejects_digest({"a": one}) == rejects_digest({"a": other})
    assert rejects_digest({"a": one}) != rejects_digest({"b": one})


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    path.write_text('{"row_id": "a", "task": "t", "why": "x"}\n{"row_id": ""}\n')
    with pytest.raises(BadData, match=r"rejects\.jsonl:2"):
        read_rejects(path)
