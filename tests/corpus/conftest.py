from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.wire.errors import BadData

REAL = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real samples; the project itself ships none of them."""
    if not REAL.is_dir():
        pytest.skip(f"no real samples beside the project ({REAL.name} is absent)")
    return REAL


@pytest.fixture
def bad() -> list[BadData]:
    return []


@pytest.fixture
def case_fields() -> dict[str, Any]:
    """One invented case in the format of static.case.law."""
    return {
        "id": 7,
        "name": "Ada Moss v. The State",
        "name_abbreviation": "Moss v. State",
        "decision_date": "1892-06-01",
        "docket_number": "No. 12",
        "first_page": "35",
        "last_page": "37",
        "citations": [{"type": "official", "cite": "31 Tex. Crim. 35"}],
        "court": {"id": 8990, "name": "Texas Court of Criminal Appeals", "name_abbreviation": "Tex. Crim. App."},
        "jurisdiction": {"id": 32, "name": "Tex.", "name_long": "Texas"},
        "cites_to": [
            {
                "cite": "4 Tex. 5",
                "category": "reporters:state",
                "reporter": "Tex.",
                "opinion_index": -1,
                "case_ids": [9],
            },
            {"cite": "1 U.S. 1", "category": "reporters:federal", "reporter": "U.S.", "opinion_index": 0, "year": 1790},
        ],
        "analysis": {"char_count": 67, "simhash": "1:9fff"},
        "casebody": {
            "judges": [],
            "parties": ["Ada Moss v. The State."],
            "opinions": [
                {"text": "DAVIS, Judge.\nThe judgment is affirmed.", "type": "majority", "author": "DAVIS, Judge."}
            ],
            "attorneys": [],
            "corrections": "",
            "head_matter": "Ada Moss v. The State.\nNo. 12.",
        },
        "file_name": "0035-01",
        "provenance": {"source": "Harvard", "batch": "2018", "date_added": "2019-08-29"},
    }
