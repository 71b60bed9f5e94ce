"""Which tasks there are: the folders under `tasks/`, nothing else."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cap_rlvr import task, tasks
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.scoring import ScorerId

_ROOT = Path(task.__file__).parent
_NOT_SCORING = {"README.md", "prompt.md", "hacks.jsonl"}
_SCORING_LIBRARIES = ("eyecite", "reporters-db", "google-re2", "rapidfuzz", "pydantic")


@cache
def names() -> tuple[str, ...]:
    """The tasks' names, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(tasks.__path__) if module.ispkg))


@cache
def get(name: str) -> Task[Any]:
    """The task of that name. Raises BadInput with the names that exist, or where a folder holds no task."""
    if name not in names():
        raise BadInput(f"no task is named {name!r}", "task", f"Choose from: {', '.join(names())}")
    module = importlib.import_module(f"{tasks.__name__}.{name}")
    if not isinstance(getattr(module, "TASK", None), Task):
        raise BadInput("this folder holds no task", str(module.__file__), "Define TASK there: see docs/new_task.md")
    return module.TASK


@cache
def scorer_id(name: str) -> ScorerId:
    """The scorer's version and a SHA-256 over the code and library versions that decide its score."""
    folder = Path(tasks.__path__[0]) / name
    data = {path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    files = scoring_modules(name) | {folder / "__init__.py"} | {path for path in data if path.name not in _NOT_SCORING}
    parts = [[path.relative_to(_ROOT).as_posix(), file_digest(path)] for path in sorted(files)]
    return ScorerId(version=get(name).version, sha256=digest([parts, [library(name) for name in _SCORING_LIBRARIES]]))


def scoring_modules(name: str) -> set[Path]:
    """The files of this package that a task's `reward.py` imports, and what those import, wherever the import stands."""
    found: set[Path] = set()
    waiting = [f"{tasks.__name__}.{name}.reward"]
    while waiting:
        file = _file_of(waiting.pop())
        if file is None or file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_ROOT.name):
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                # A folder that is only asked for files in it decides no score: a task's own names its finder too.
                waiting += inner if all(map(_file_of, inner)) else [str(node.module), *inner]
            elif isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names if alias.name.startswith(f"{_ROOT.name}.")]
    return found


def _file_of(module: str) -> Path | None:
    place = _ROOT.joinpath(*module.split(".")[1:])
    return next((one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file()), None)


def library(distribution: str) -> str:
    """A library with its installed version, for a digest."""
    try:
        return f"{distribution}=={version(distribution)}"
    except PackageNotFoundError:
        return f"{distribution}: absent"
