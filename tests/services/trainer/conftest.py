"""One tiny warm-started workspace of each kind, made once."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("TRAINER_REPORT_TO", "none")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # a tiny model only waits for its threads


@pytest.fixture(scope="session")
def _from_nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model made from nothing, trained in full; its recipe is a tiny one."""
    from trainer_fakes import TINY, ready, write_rows

    from services.trainer import model as small
    from services.trainer.warm_start import warm_start

    root = tmp_path_factory.mktemp("from_nothing")
    write_rows(root)
    before = dict(small.SHAPE)
    small.SHAPE.update(TINY)
    try:
        warm_start(ready(root, "sft"))
    finally:
        small.SHAPE.update(before)
    return root


@pytest.fixture(scope="session")
def _pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local "pretrained" base with a warm-start adapter."""
    from trainer_fakes import make_tiny_base, ready, write_rows

    from services.trainer.warm_start import warm_start

    root = tmp_path_factory.mktemp("pretrained")
    write_rows(root)
    base = make_tiny_base(root / "qwen")
    warm_start(ready(root, "sft", model=base))
    return root


@pytest.fixture
def from_nothing(_from_nothing: Path, tmp_path: Path) -> Path:
    return shutil.copytree(_from_nothing, tmp_path / "workspace")


@pytest.fixture
def pretrained(_pretrained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(_pretrained, tmp_path / "workspace")
