"""An artefact is up to date where its manifest is the expected one and its files are there."""

from pathlib import Path

from cap_rlvr.wire.manifest import MANIFEST, Manifest, digest_files, up_to_date, write_manifest

IDENTITY = Manifest(kind="rows", version="1", files={}, parents={"corpus": "ab"}, settings={"seed": "7"})


def made(folder: Path) -> Manifest:
    (folder / "rows.jsonl").write_text("{}\n")
    manifest = IDENTITY.model_copy(update={"files": digest_files(folder, ["rows.jsonl"]), "counts": {"rows": 1}})
    write_manifest(folder, manifest)
    return manifest


def test_the_same_identity_is_up_to_date(tmp_path: Path) -> None:
    assert up_to_date(tmp_path, IDENTITY) is None
    manifest = made(tmp_path)
    assert up_to_date(tmp_path, IDENTITY) == manifest


def test_another_identity_or_a_missing_file_is_not(tmp_path: Path) -> None:
    made(tmp_path)
    assert up_to_date(tmp_path, IDENTITY.model_copy(update={"settings": {"seed": "8"}})) is None
    (tmp_path / "rows.jsonl").unlink()
    assert up_to_date(tmp_path, IDENTITY) is None


def test_a_file_that_was_changed_by_hand_is_made_again(tmp_path: Path) -> None:
    made(tmp_path)
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write("torn")
    assert up_to_date(tmp_path, IDENTITY) is None


def test_a_broken_manifest_is_not(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / MANIFEST).write_text("{broken")
    assert up_to_date(tmp_path, IDENTITY) is None
