"""Room is looked for where a folder will be."""

from pathlib import Path

from cap_rlvr.wire.files import free_bytes


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet" / "there") > 0
