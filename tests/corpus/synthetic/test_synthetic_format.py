import json
import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.corpus import read_cases
from cap_rlvr.corpus.synthetic.tables import reporters
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData

REAL = Path(__file__).parents[4] / "shared" / "data" / "static.case.law"
OPTIONAL = {"pagerank", "weight", "year", "case_ids", "case_paths", "pin_cites", "parenthetical"}


def keys(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {f"{path}.{key}" for key in value}.union(*(keys(item, f"{path}.{key}") for key, item in value.items()))
    if isinstance(value, list):
        return set().union(*(keys(item, path) for item in value)) if value else set()
    return set()


def required(paths: set[str]) -> set[str]:
    return {path for path in paths if not OPTIONAL & set(path.split("."))}


def test_same_keys_as_the_real_files(records: dict[str, dict[str, Any]]) -> None:
    if not REAL.is_dir():
        pytest.skip(f"no real volumes at {REAL}")
    real: set[str] = set()
    for path in ("va-app/1.zip", "tex-crim/167.zip", "cal-app-2d/276.zip"):
        with zipfile.ZipFile(REAL / path) as archive:
            for name in archive.namelist():
                if name.startswith("json/"):
                    real |= keys(json.loads(archive.read(name)))
    ours = set().union(*(keys(case) for case in records.values()))
    assert ours <= real
    assert required(real) <= ours


def test_metadata_as_in_the_real_tree(corpus: Path, records: dict[str, dict[str, Any]]) -> None:
    if not REAL.is_dir():
        pytest.skip(f"no real metadata at {REAL}")
    for name in ("ReportersMetadata.json", "JurisdictionsMetadata.json"):
        real, ours = (json.loads((folder / name).read_text()) for folder in (REAL, corpus))
        assert keys(ours) <= keys(real)
        identity = {(row["id"], row["slug"]) for row in real}
        assert {(row["id"], row["slug"]) for row in ours} <= identity
    volumes = json.loads((corpus / "VolumesMetadata.json").read_text())
    assert sum(volume["cases"] for volume in volumes) == len(records)


def test_zips_hold_what_the_real_ones_hold(corpus: Path) -> None:
    for path in corpus.glob("*/*.zip"):
        with zipfile.ZipFile(path) as archive:
            cases = json.loads(archive.read("metadata/CasesMetadata.json"))
            volume = json.loads(archive.read("metadata/VolumeMetadata.json"))
            names = [name for name in archive.namelist() if name.startswith("json/")]
        assert [f"json/{case['file_name']}.json" for case in cases] == names
        assert (volume["reporter_slug"], volume["volume_number"]) == (path.parent.name, path.stem)
        assert volume["cases"] == len(names)


def test_the_readers_read_it_as_synthetic(corpus: Path, records: dict[str, dict[str, Any]]) -> None:
    bad: list[BadData] = []
    cases = list(read_cases(corpus, bad.append))
    assert not bad
    assert {case.id for case in cases} == set(records)
    assert {case.source for case in cases} == {SourceKind.SYNTHETIC}


def test_dates_and_pages_ascend_within_a_volume(records: dict[str, dict[str, Any]]) -> None:
    volumes: dict[str, list[dict[str, Any]]] = {}
    for case_id, case in records.items():
        volumes.setdefault(case_id.rpartition("/")[0], []).append(case)
    for volume, cases in volumes.items():
        low, high = reporters()[volume.split("/")[0]].years
        for case in cases:
            assert low <= date.fromisoformat(case["decision_date"]).year <= high
            assert int(case["first_page"]) <= int(case["last_page"])
            assert case["file_name"] == f"{int(case['first_page']):04d}-01"
        for one, two in pairwise(cases):
            assert int(one["last_page"]) <= int(two["first_page"])
            assert one["decision_date"] <= two["decision_date"]


def test_years_lie_within_the_editions_of_reporters_db() -> None:
    from reporters_db import REPORTERS

    editions = {
        name: edition for root in REPORTERS.values() for row in root for name, edition in row["editions"].items()
    }
    for reporter in reporters().values():
        for series in (reporter, *reporter.parallel):
            edition = editions[series.short]
            assert edition["start"].year <= series.years[0]
            assert edition["end"] is None or series.years[1] <= edition["end"].year


def test_ids_names_and_dockets_vary(records: dict[str, dict[str, Any]]) -> None:
    cases = list(records.values())
    assert len({case["id"] for case in cases}) == len(cases)
    assert len({case["name_abbreviation"] for case in cases}) > 0.98 * len(cases)
    assert len({case["docket_number"] for case in cases}) > 0.95 * len(cases)
    assert {opinion["type"] for case in cases for opinion in case["casebody"]["opinions"]} == {
        "majority",
        "dissent",
        "concurrence",
        "rehearing",
    }
