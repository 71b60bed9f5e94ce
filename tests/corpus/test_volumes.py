import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.corpus import check_unit, list_units, read_cases
from cap_rlvr.corpus import volumes as volumes_module
from cap_rlvr.wire.errors import BadData


def write_volume(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_broken_members_are_named_and_passed_over(
    tmp_path: Path, case_fields: dict[str, Any], bad: list[BadData]
) -> None:
    good = json.dumps(case_fields).encode()
    members = {
        "json/0001-01.json": b"{",
        "json/0002-01.json": b"[]",
        "json/0003-01.json": b'{"name": "A v. B"}',
        "json/0004-01.json": b'{"casebody": {"head_matter": "x"}}',
        "json/0005-01.json": b'{"name": "A v. B", "casebody": {"opinions": [{"type": "majority"}]}}',
        "json/0006-01.json": b'{"name": "A v. B", "casebody": {"opinions": [], "head_matter": " "}}',
        "json/0007-01.json": b'{"name": "A v. B", "casebody": {"status": "error_limit_exceeded", "data": null}}',
        "json/0008-01.json": b'{"name": "A v. B", "casebody": {"opinions": 5}}',
        "json/0035-01.json": good,
    }
    cases = list(read_cases(write_volume(tmp_path / "31.zip", members), bad.append))
    assert [case.id for case in cases] == [f"{tmp_path.name}/31/0035-01"]
    assert [error.where.rsplit(":", 1)[-1] for error in bad] == sorted(members)[:-1]
    assert all(error.message and error.hint for error in bad)


def test_a_damaged_member_is_passed_over(tmp_path: Path, case_fields: dict[str, Any], bad: list[BadData]) -> None:
    text = json.dumps(case_fields).encode()
    path = write_volume(tmp_path / "31.zip", {"json/0001-01.json": text, "json/0035-01.json": text})
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo("json/0001-01.json").header_offset + 60
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(data)
    assert len(list(read_cases(path, bad.append))) == 1
    assert "json/0001-01.json" in str(bad[0])


def test_damaged_metadata_are_named_and_the_cases_read(
    tmp_path: Path, case_fields: dict[str, Any], bad: list[BadData]
) -> None:
    name = "metadata/CasesMetadata.json"
    dates = json.dumps([{"decision_date": "1892"}] * 9).encode()
    path = write_volume(tmp_path / "31.zip", {name: dates, "json/0035-01.json": json.dumps(case_fields).encode()})
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo(name).header_offset + 30 + len(name)
    data = bytearray(path.read_bytes())
    data[offset : offset + 8] = b"\xff" * 8
    path.write_bytes(data)
    (case,) = read_cases(path, bad.append)
    assert case.volume_years is None
    assert [name in str(error) for error in bad] == [True]


def test_a_record_over_the_limit_is_passed_over(
    tmp_path: Path, case_fields: dict[str, Any], bad: list[BadData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volumes_module, "MAX_RECORD_BYTES", 100)
    path = write_volume(tmp_path / "31.zip", {"json/0035-01.json": json.dumps(case_fields).encode()})
    assert list(read_cases(path, bad.append)) == []
    assert len(bad) == 1


def test_misprinted_dates_do_not_widen_a_volumes_years(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    dates = ["1892-01-01", "1893", "1982-05-05", "", None, "18xx", "1894-03"]
    members = {
        "json/0035-01.json": json.dumps(case_fields).encode(),
        "metadata/CasesMetadata.json": json.dumps([{"decision_date": date} for date in dates]).encode(),
    }
    (case,) = read_cases(write_volume(tmp_path / "31.zip", members), lambda error: pytest.fail(str(error)))
    assert case.volume_years == (1892, 1894)


def test_broken_metadata_is_no_obstacle(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    members = {
        "json/0035-01.json": json.dumps(case_fields).encode(),
        "metadata/CasesMetadata.json": b"{",
        "metadata/VolumeMetadata.json": b"[1]",
    }
    (tmp_path / "ReportersMetadata.json").write_text("[{}]")
    (case,) = read_cases(write_volume(tmp_path / "31.zip", members), lambda error: pytest.fail(str(error)))
    assert case.volume_years is None


def test_memory_is_that_of_one_case(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    def peak(cases: int) -> int:
        members = {f"json/{page:04}-01.json": _long_case(case_fields, page) for page in range(1, cases + 1)}
        path = write_volume(tmp_path / f"{cases}.zip", members)
        tracemalloc.start()
        for _ in read_cases(path, lambda error: pytest.fail(str(error))):
            pass
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(5)
    assert peak(60) < peak(10) + 1_000_000


def _long_case(fields: dict[str, Any], page: int) -> bytes:
    opinion = {"type": "majority", "author": "", "text": f"{page} We hold nothing. " * 5_000}
    return json.dumps({**fields, "file_name": f"{page:04}-01", "casebody": {"opinions": [opinion]}}).encode()


def test_a_whole_volume_passes_the_check_and_a_cut_one_does_not(tmp_path: Path, case_fields: dict[str, Any]) -> None:
    cut = {**case_fields, "casebody": {**case_fields["casebody"], "head_matter": ""}}
    told_nothing = {**case_fields, "analysis": {}}
    members = {
        f"json/000{n}-01.json": json.dumps(fields).encode() for n, fields in enumerate([case_fields, cut, told_nothing])
    }
    members["json/0009-01.json"] = b"{"
    (unit,) = list_units(write_volume(tmp_path / "31.zip", members))
    found = check_unit(unit)
    assert (found.cases, found.unchecked, len(found.mismatches), len(found.broken)) == (3, 1, 1, 1)
    assert found.mismatches[0].origin.member == "json/0001-01.json"
