"""Which tasks there are: the folders under `tasks/`, nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cap_rlvr import answer, law, task, tasks
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.scoring import ScorerId

_EXTRACTION = {"extract.py", "assemble.py", "excerpt.py", "likeness.py", "phrasing.py", "ranks.py", "roles.py"}
_EXTRACTION |= {"headnotes.py", "passages.py", "drafts.py", "freeze.py", "coupling.py", "orient.py"}
_NOT_SCORING = _EXTRACTION | {"probes.py", "salads.py", "adversary.py", "hacks.jsonl", "README.md", "prompt.md"}
_SCORING_LIBRARIES = ("eyecite", "reporters-db", "courts-db", "google-re2", "rapidfuzz", "pydantic")


@cache
def names() -> tuple[str, ...]:
    """The tasks' names, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(tasks.__path__) if module.ispkg))


@cache
def get(name: str) -> Task[Any]:
    """The task of that name. Raises BadInput with the names that exist."""
    if name not in names():
        raise BadInput(f"no task is named {name!r}", "task", f"Choose from: {', '.join(names())}")
    return importlib.import_module(f"{tasks.__name__}.{name}").TASK


@cache
def scorer_id(name: str) -> ScorerId:
    """The scorer's version and a SHA-256 over the code and library versions that decide its score."""
    folder = Path(tasks.__path__[0]) / name
    files = [path for path in _sources(folder) if path.name not in _NOT_SCORING]
    files += [Path(str(answer.__file__)), Path(str(task.__file__)), *_sources(Path(law.__path__[0]))]
    parts = [[path.name, file_digest(path)] for path in files]
    return ScorerId(version=get(name).version, sha256=digest([parts, [_version(name) for name in _SCORING_LIBRARIES]]))


def _sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _version(distribution: str) -> str:
    try:
        return f"{distribution}=={version(distribution)}"
    except PackageNotFoundError:
        return f"{distribution}: absent"
