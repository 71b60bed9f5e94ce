"""The service held to its own OpenAPI document by schemathesis: over a real socket, with a key that may do everything."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks
from toy_keys import add_key, bearer
from toys import Service, serving, write_rows

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.json"
schema = schemathesis.openapi.from_path(DOCUMENT)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    folder = tmp_path_factory.mktemp("described")
    write_rows(folder, {"train": ["yes", "no"], "test": [f"word{number}" for number in range(120)]})
    key = add_key(folder / "keys.json", quota=1_000_000)
    with serving(folder, REWARD_WORKERS="1", REWARD_KEY_FILE=str(folder / "keys.json")) as running:
        yield running, key


# A schema can't say that one of two fields must be there, or that a name must be a task's.
UNSAID = [checks.positive_data_acceptance]
# It sends our key even where it wants to send none; the test below does that.
UNABLE = [checks.ignored_auth]
# Its clients take anything but a 200 for a reward of 0, so a bad row is a 200 that is masked.
MASKED = {"/compat/nemo_gym/verify": [checks.negative_data_rejection]}


@schema.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_it_does_what_the_document_says(case: schemathesis.Case, guarded: tuple[Service, str]) -> None:
    service, key = guarded
    excluded = [*UNSAID, *UNABLE, *MASKED.get(case.path, [])]
    case.call_and_validate(base_url=service.url, headers=bearer(key), timeout=30, excluded_checks=excluded)


def test_nothing_that_needs_a_key_is_had_without(guarded: tuple[Service, str]) -> None:
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        for method, call in methods.items():
            url = guarded[0].url + re.sub(r"{.*?}", "toy", path)
            status = httpx.request(method, url).status_code
            assert (status == 401) == bool(call.get("security")), (method, path, status)
