"""How many rows of each label a split keeps."""

from cap_rlvr.wire.splits import even_shares


def test_no_label_has_more_than_its_share_and_none_is_left_out_that_fits() -> None:
    kept = even_shares({"a": 500, "b": 30, "c": 30, "d": 30, "e": 30}, 0.24)
    assert max(kept.values()) <= 0.24 * sum(kept.values())
    assert kept == {"a": 37, "b": 30, "c": 30, "d": 30, "e": 30}


def test_labels_that_are_even_are_all_kept() -> None:
    assert even_shares({"a": 7, "b": 7, "c": 7}, 0.37) == {"a": 7, "b": 7, "c": 7}


def test_too_few_labels_keep_nothing() -> None:
    assert even_shares({"a": 90, "b": 90, "c": 0}, 0.4) == {"a": 0, "b": 0, "c": 0}
