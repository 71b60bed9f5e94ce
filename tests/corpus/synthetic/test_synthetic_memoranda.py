"""Cases decided without an opinion: an order, nothing held, and nobody cites them."""

import json
from pathlib import Path

import pytest

from cap_rlvr.corpus import read_cases
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.corpus.synthetic.plan import make_plan
from cap_rlvr.law.dispositions import read_disposition
from cap_rlvr.wire.errors import BadInput


def test_memoranda(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, 60, 3, memoranda=120)
    truths = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    brief = {truth["case_id"]: truth for truth in truths if not truth["holdings"]}
    assert len(truths) == 180
    assert 100 <= len(brief) <= 140
    assert len({case_id.split("/")[0] for case_id in brief}) > 3
    cited = {relation["cited"]["case_id"] for truth in truths for relation in truth["relations"]}
    assert cited
    assert not cited & set(brief)
    read = {case.id: case for case in read_cases(folder, pytest.fail)}
    for case_id, truth in brief.items():
        assert not truth["authorities"]
        found = read_disposition(read[case_id].opinions)
        assert found is not None
        assert set(found.verbs) == set(truth["disposition"]["verbs"])


def test_too_many_are_refused() -> None:
    with pytest.raises(BadInput, match="can't be made"):
        make_plan(20, 1, -1)
    with pytest.raises(BadInput, match="can't be made"):
        make_plan(20, 1, 1_000_000)
