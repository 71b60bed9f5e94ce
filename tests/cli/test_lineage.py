"""`cap-rlvr lineage` prints an artefact's parents, and refuses one whose files have changed."""

from pathlib import Path

import pytest

from cap_rlvr.cli.lineage import lineage
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest


def artefact(folder: Path, kind: str, parents: dict[str, str]) -> Manifest:
    folder.mkdir(parents=True)
    (folder / "data.jsonl").write_text(f"{kind}\n")
    manifest = Manifest(kind=kind, version="1", files=digest_files(folder, ["data.jsonl"]), parents=parents)
    write_manifest(folder, manifest)
    return manifest


def test_chain_back_to_the_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = artefact(tmp_path / "cases", "corpus", {"volume": "f" * 64})
    rows = artefact(tmp_path / "tasks", "rows", {"corpus": corpus.digest})
    lineage(tmp_path / "tasks", workspace=tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert rows.digest[:16] in "".join(lines[:2])
    assert any("corpus:" in line for line in lines)
    assert "f" * 16 in "".join(lines)


def test_a_corpus_of_many_volumes_is_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    artefact(tmp_path / "cases", "corpus", {f"volume {n:03}": f"{n:064}" for n in range(300)})
    lineage(tmp_path / "cases", workspace=tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 20
    assert "288 more" in lines[-1]


def test_changed_bytes_are_named(tmp_path: Path) -> None:
    artefact(tmp_path / "tasks", "rows", {})
    (tmp_path / "tasks" / "data.jsonl").write_text("other\n")
    with pytest.raises(BadData, match=r"data\.jsonl"):
        lineage(tmp_path / "tasks", workspace=tmp_path)


def test_broken_manifest_is_named(tmp_path: Path) -> None:
    artefact(tmp_path / "tasks", "rows", {})
    (tmp_path / "tasks" / "MANIFEST.json").write_text("{broken")
    with pytest.raises(BadData, match=r"MANIFEST\.json: not JSON"):
        lineage(tmp_path / "tasks", workspace=tmp_path)


def test_folder_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no run is there"):
        lineage(tmp_path, workspace=tmp_path)
