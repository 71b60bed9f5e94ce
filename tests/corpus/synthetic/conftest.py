import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.corpus.synthetic import write_corpus

CASES, SEED = 240, 11


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("synthetic") / "corpus", CASES, SEED)


@pytest.fixture(scope="session")
def truths(corpus: Path) -> dict[str, dict[str, Any]]:
    lines = (corpus / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {truth["case_id"]: truth for truth in map(json.loads, lines)}


@pytest.fixture(scope="session")
def records(corpus: Path) -> dict[str, dict[str, Any]]:
    """The JSON of every case by its id."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(corpus.glob("*/*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith("json/"):
                    case = json.loads(archive.read(name))
                    found[f"{path.parent.name}/{path.stem}/{case['file_name']}"] = case
    return found
