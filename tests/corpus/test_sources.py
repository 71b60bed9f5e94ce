import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.corpus import UnitKind, list_units, read_cases, unit_digest
from cap_rlvr.wire.errors import BadData, BadInput

ROW = {"id": "x/1", "text": "A title, 19-7\n\nPER CURIAM. Affirmed."}


def write_tree(root: Path, fields: dict[str, Any]) -> Path:
    """A tree with a volume zip, an unzipped volume, a shard, and files that are no cases."""
    (root / "tex-crim" / "32" / "cases").mkdir(parents=True)
    (root / "tex-crim" / "32" / "cases" / "0035-01.json").write_text(json.dumps(fields))
    (root / "tex-crim" / "32" / "VolumeMetadata.json").write_text(
        '{"volume_number": "32", "reporter_slug": "tex-crim"}'
    )
    with zipfile.ZipFile(root / "tex-crim" / "31.zip", "w") as archive:
        archive.writestr("json/0035-01.json", json.dumps(fields))
        archive.writestr(
            "metadata/CasesMetadata.json", json.dumps([{"decision_date": "1892"}, {"decision_date": "1893-01"}])
        )
        archive.writestr("html/0035-01.html", "<p>")
    (root / "ReportersMetadata.json").write_text('[{"slug": "tex-crim", "full_name": "Texas Criminal Reports"}]')
    (root / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    (root / "truth.jsonl").write_text('{"case": "tex-crim/31/0035-01"}\n')
    (root / "notes.txt").write_text("no case")
    return root


def test_units_of_a_tree_in_a_fixed_order(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    units = list_units(write_tree(tmp_path, case_fields))
    assert [(unit.name, unit.kind) for unit in units] == [
        ("rows.jsonl", UnitKind.SHARD),
        ("tex-crim/31.zip", UnitKind.ZIP),
        ("tex-crim/32", UnitKind.FOLDER),
    ]
    assert all(unit.size > 0 for unit in units)


def test_cases_of_a_tree(tmp_path: Path, case_fields: dict[str, Any], bad: list[BadData]) -> None:
    cases = list(read_cases(write_tree(tmp_path, case_fields), bad.append))
    assert [case.id for case in cases] == ["x/1", "tex-crim/31/0035-01", "tex-crim/32/0035-01"]
    assert cases[1].volume_years == (1892, 1893)
    assert str(cases[1].origin).endswith("31.zip:json/0035-01.json")
    assert bad == []


@pytest.mark.parametrize(
    "inner", ["tex-crim/31.zip", "tex-crim/32", "tex-crim/32/cases", "tex-crim/32/cases/0035-01.json"]
)
def test_the_same_case_from_any_part_of_a_tree(tmp_path: Path, case_fields: dict[str, Any], inner: str) -> None:
    (case,) = read_cases(write_tree(tmp_path, case_fields) / inner, lambda error: pytest.fail(str(error)))
    assert case.id in {"tex-crim/31/0035-01", "tex-crim/32/0035-01"}
    assert case.citations[0].cite == "31 Tex. Crim. 35"


def test_a_zip_of_a_whole_tree(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        for volume in ("31", "32"):
            archive.writestr(f"tex-crim/{volume}/cases/0035-01.json", json.dumps(case_fields))
        archive.writestr("tex-crim/31/VolumeMetadata.json", '{"start_year": 1890, "end_year": 1893}')
    cases = list(read_cases(tmp_path / "some.zip", lambda error: pytest.fail(str(error))))
    assert [(case.id, case.volume_years) for case in cases] == [
        ("tex-crim/31/0035-01", (1890, 1893)),
        ("tex-crim/32/0035-01", None),
    ]


def _missing(_: Path) -> str:
    return "nowhere"


def _empty(root: Path) -> str:
    (root / "empty").mkdir()
    return "empty"


def _not_a_zip(root: Path) -> str:
    (root / "1.zip").write_bytes(b"<html>not found</html>")
    return "1.zip"


def _zip_without_cases(root: Path) -> str:
    with zipfile.ZipFile(root / "2.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    return "2.zip"


def _other_lines(root: Path) -> str:
    (root / "log.jsonl").write_text('{"event": "start"}\n')
    return "log.jsonl"


def _other_format(root: Path) -> str:
    (root / "cases.csv").write_text("a,b")
    return "cases.csv"


@pytest.mark.parametrize("make", [_missing, _empty, _not_a_zip, _zip_without_cases, _other_lines, _other_format])
def test_an_unreadable_source_is_refused_at_once(tmp_path: Path, make: Callable[[Path], str]) -> None:
    name = make(tmp_path)
    with pytest.raises(BadInput, match=name):
        read_cases(tmp_path / name, lambda error: pytest.fail(str(error)))


def test_digests_follow_content_and_not_place(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    first, second = (list_units(write_tree(tmp_path / name, case_fields)) for name in ("a", "b"))
    folders = [unit for unit in (*first, *second) if unit.kind is UnitKind.FOLDER]
    assert unit_digest(folders[0]) == unit_digest(folders[1])
    (tmp_path / "b" / "tex-crim" / "32" / "VolumeMetadata.json").write_text('{"start_year": 1893}')
    assert unit_digest(folders[0]) != unit_digest(folders[1])
    shards = [unit for unit in (*first, *second) if unit.kind is UnitKind.SHARD]
    assert unit_digest(shards[0]) == unit_digest(shards[1])
    (tmp_path / "b" / "rows.jsonl").write_text(json.dumps({**ROW, "id": "x/2"}))
    assert unit_digest(shards[0]) != unit_digest(shards[1])


def test_a_case_file_hides_nothing_beside_it(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    write_tree(tmp_path, case_fields)
    (tmp_path / "0001-01.json").write_text(json.dumps(case_fields))
    (tmp_path / "tex-crim" / "32" / "more").mkdir()
    (tmp_path / "tex-crim" / "32" / "more" / "rows.jsonl").write_text(json.dumps(ROW))
    assert {unit.name for unit in list_units(tmp_path)} == {
        tmp_path.name,
        "rows.jsonl",
        "tex-crim/31.zip",
        "tex-crim/32",
        "tex-crim/32/more/rows.jsonl",
    }


def test_a_broken_volume_in_a_tree_is_passed_over(
    tmp_path: Path, case_fields: dict[str, Any], bad: list[BadData]
) -> None:
    write_tree(tmp_path, case_fields)
    (tmp_path / "tex-crim" / "30.zip").write_bytes(b"PK\x03\x04 cut off")
    assert len(list(read_cases(tmp_path, bad.append))) == 3
    assert [error.where.rsplit("/", 1)[-1] for error in bad] == ["30.zip"]
