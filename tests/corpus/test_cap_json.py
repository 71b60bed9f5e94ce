from typing import Any

import pytest

from cap_rlvr.corpus.cap_json import Volume, read_case
from cap_rlvr.wire.case import Origin, SourceKind
from cap_rlvr.wire.errors import BadData

ORIGIN = Origin(file="31.zip", member="json/0035-01.json")
VOLUME = Volume("tex-crim", "31", (1891, 1893))


def test_all_fields(case_fields: dict[str, Any]) -> None:
    case = read_case(case_fields, ORIGIN, VOLUME)
    assert case.id == "tex-crim/31/0035-01"
    assert case.source is SourceKind.STATIC
    assert (case.cap_id, case.year, case.first_page, case.last_page) == (7, 1892, "35", "37")
    assert (case.court.id, case.jurisdiction.name_long) == (8990, "Texas")
    assert (case.cites_to[0].case_ids, case.cites_to[0].opinion_index, case.cites_to[1].year) == ((9,), -1, 1790)
    assert case.parties == ("Ada Moss v. The State.",)
    assert (case.simhash, case.volume_years) == ("1:9fff", (1891, 1893))
    assert case.opinions[0].author == "DAVIS, Judge."


def test_text_is_repaired(case_fields: dict[str, Any]) -> None:
    case_fields["casebody"]["opinions"][0]["text"] = "the Stateâ€™s *36 wit-\nnesses"
    assert read_case(case_fields, ORIGIN, VOLUME).opinions[0].text == "the State’s witnesses"


def test_fiction_is_told_by_its_provenance(case_fields: dict[str, Any]) -> None:
    case_fields["provenance"]["source"] = "synthetic"
    assert read_case(case_fields, ORIGIN, VOLUME).source is SourceKind.SYNTHETIC


@pytest.mark.parametrize(
    "key", ["citations", "court", "cites_to", "analysis", "jurisdiction", "provenance", "docket_number"]
)
@pytest.mark.parametrize("value", [None, 5, "x", [], [5], {}])
def test_odd_values_are_no_obstacle(case_fields: dict[str, Any], key: str, value: Any) -> None:
    assert read_case({**case_fields, key: value}, ORIGIN, VOLUME).name == "Ada Moss v. The State"


def test_a_case_without_name_is_broken(case_fields: dict[str, Any]) -> None:
    with pytest.raises(BadData, match=r"31\.zip:json/0035-01\.json.*name"):
        read_case({**case_fields, "name": "", "name_abbreviation": None}, ORIGIN, VOLUME)


@pytest.mark.parametrize(
    ("extra", "case_id"),
    [
        ({"frontend_url": "https://cite.case.law/ill-app-3d/12/34/"}, "ill-app-3d/12/0035-01"),
        ({"volume": {"volume_number": "52"}, "reporter": {"full_name": "Texas"}}, "tex-crim/52/0035-01"),
        ({}, "tex-crim/31/0035-01"),
    ],
)
def test_place_of_a_case_of_the_api(case_fields: dict[str, Any], extra: dict[str, Any], case_id: str) -> None:
    case_fields.pop("file_name")
    volume = Volume() if extra else VOLUME
    assert read_case({**case_fields, **extra}, Origin(file="case.json"), volume).id == case_id
