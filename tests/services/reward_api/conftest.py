import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

TOYS = str(Path(__file__).parents[2] / "reward_toys")
sys.path.insert(0, TOYS)
# Scoring processes start anew and must find the toy registry too.
os.environ["PYTHONPATH"] = os.pathsep.join([TOYS, *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from toys import write_rows

    root = tmp_path_factory.mktemp("workspace")
    write_rows(root, {"train": ["yes", "no", "maybe"], "eval": ["yes"], "test": ["hidden"]})
    return root


@pytest.fixture(scope="module")
def client(workspace: Path) -> Iterator[TestClient]:
    from services.reward_api.app import create_app
    from services.reward_api.settings import Settings

    app = create_app(Settings(workspace=workspace, workers=2), registry="toy_registry")
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
