"""What a call for preparation is refused for, before any work."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.clients.preparation import PrepRequest, check
from cap_rlvr.wire.errors import BadInput


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "52.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("json/0001-01.json", "{}")
    return path


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"tasks": ["nope"]}, "tasks: 'nope' is unknown"),
        ({"tasks": []}, "tasks: nothing to do"),
        ({"formats": ["xml"]}, "format: 'xml' is unknown"),
        ({"train_only": ["real"]}, "train_only: 'real' is unknown"),
        ({"subset": 0}, "subset: it must be at least 1"),
        ({"sources": [Path("nowhere")]}, "nowhere: no such file or folder"),
        ({"sources": []}, "SOURCE: nothing to do"),
    ],
)
def test_what_is_wrong_is_said_before_any_work(
    tmp_path: Path, volume: Path, wrong: dict[str, Any], sentence: str
) -> None:
    request = {"sources": [volume], "workspace": tmp_path / "workspace", "tasks": ["bluebook"], **wrong}
    with pytest.raises(BadInput, match=sentence):
        check(PrepRequest(**request))
    assert not (tmp_path / "workspace").exists()


def test_an_empty_source_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no CAP files in this folder"):
        check(PrepRequest(sources=[tmp_path / "empty"], workspace=tmp_path / "workspace", tasks=["bluebook"]))


def test_a_source_named_twice_is_read_once(tmp_path: Path, volume: Path) -> None:
    request = PrepRequest(sources=[volume, volume.parent], workspace=tmp_path, tasks=["bluebook"])
    assert len(check(request)) == 1
