from typing import Any

import pytest
from pydantic import ValidationError

from cap_rlvr.wire.faults import said
from cap_rlvr.wire.scoring import RewardItem, RewardRequest

ITEM = {"task": "toy", "completion": "x"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"items": []}, "it has too few entries: at least 1"),
        ({"items": 5}, "it is no list"),
        ({"items": [5]}, "it is no object"),
        ({}, "it is missing"),
        ({"items": [{**ITEM, "example_id": "a", "gold": "b"}]}, "there is no field of this name"),
        ({"items": [{**ITEM, "example_id": 5}]}, "it is no text"),
        ({"items": [ITEM]}, "give exactly one of example_id and ground_truth"),
    ],
    ids=str,
)
def test_no_word_of_python(data: Any, words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        RewardRequest.model_validate(data)
    assert said(raised.value.errors()[0]) == words


def test_what_has_no_words_of_its_own_keeps_pydantic_s() -> None:
    with pytest.raises(ValidationError) as raised:
        RewardItem.model_validate({**ITEM, "completion": [{"role": "user", "content": "x"}] * 1001, "example_id": "a"})
    assert "1000" in said(raised.value.errors()[-1])
