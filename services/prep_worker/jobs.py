"""The jobs of the queue `prep`, called by name with JSON arguments; each is also a plain function for one process.

In order: `find_unit` for every unit of every source, `gather_corpus`, `build_vectors` where a model is named, then for
each task `assemble_task`, then for each format `write_sft`. All of them do nothing where their files are up to date, and leave whole files or none.
"""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cap_rlvr import registry
from cap_rlvr.clients.jobs import report_progress
from cap_rlvr.corpus import Unit
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.workspace import Workspace


def download(workspace: str) -> dict[str, Any]:
    """Fetch the default volumes of static.case.law; returns the folder that holds them."""
    from services.prep_worker.download import DEFAULT_VOLUMES, download_volumes
    from services.prep_worker.settings import DownloadSettings, load

    def tell(name: str, have: int, total: int | None) -> None:
        report_progress(file=name, bytes=have, of=total)

    folder = Workspace(Path(workspace)).raw / "static.case.law"
    with _plain_errors():
        files = download_volumes(DEFAULT_VOLUMES, folder, load(DownloadSettings).base_url, tell)
    return {"folder": str(folder), "files": len(files)}


def find_unit(unit: dict[str, Any], tasks: Sequence[str], workspace: str, limit: int | None = None) -> dict[str, Any]:
    """Search one volume or shard (a `corpus.Unit`) for the tasks' candidates; returns a `find.Found`."""
    from services.prep_worker import find

    def tell(cases: int, characters: int) -> None:
        report_progress(cases=cases, characters=characters)

    wanted = [registry.get(name) for name in tasks]
    with _plain_errors():
        found = find.find_unit(Unit.model_validate(unit), wanted, Workspace(Path(workspace)), limit, tell)
    return dataclasses.asdict(found)


def gather_corpus(units: Sequence[str], workspace: str) -> dict[str, Any]:
    """Bring the named units together as the workspace's corpus; returns the manifest's digest and counts."""
    from services.prep_worker import clusters

    with _plain_errors():
        manifest = clusters.gather(units, Workspace(Path(workspace)))
    return {"digest": manifest.digest, **manifest.counts}


def assemble_task(task: str, workspace: str, seed: str, train_only: Sequence[str] | None = None) -> dict[str, Any]:
    """Make a task's rows from the gathered corpus; returns the manifest's digest and counts."""
    from services.prep_worker import build

    kinds = None if train_only is None else [SourceKind(kind) for kind in train_only]
    with _plain_errors():
        manifest = build.assemble_task(registry.get(task), Workspace(Path(workspace)), seed, kinds)
    return {"digest": manifest.digest, **manifest.counts}


def build_vectors(workspace: str, model: str) -> dict[str, Any]:
    """Make the vectors of the gathered corpus with a model; returns the manifest's digest and counts."""
    from cap_rlvr.vectors.build import build_store

    def tell(what: str, done: int, total: int) -> None:
        if what == "vectors":
            report_progress(cases=done, of=total)

    with _plain_errors():
        manifest = build_store(Workspace(Path(workspace)), model, on_progress=tell)
    return {"digest": manifest.digest, **manifest.counts}


def write_sft(tasks: Sequence[str], workspace: str, shape: str) -> dict[str, Any]:
    """Write the supervised sets of one format; returns lines by split."""
    from services.prep_worker import sft_sets

    with _plain_errors():
        manifests = sft_sets.write_sft([registry.get(name) for name in tasks], Workspace(Path(workspace)), shape)
    return {split: sum(manifest.counts[split] for manifest in manifests) for split in sft_sets.SPLITS}


def sft_statistics(tasks: Sequence[str], workspace: str) -> dict[str, Any]:
    """What the supervised sets hold or would hold, by task and split; writes nothing."""
    from services.prep_worker import sft_sets

    found = sft_sets.statistics([registry.get(name) for name in tasks], Workspace(Path(workspace)))
    return {
        task: {split: dataclasses.asdict(counts) for split, counts in splits.items()} for task, splits in found.items()
    }


@contextmanager
def _plain_errors() -> Generator[None]:
    """An error of the file system as one sentence: what could not be written or read, and what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some disk space and run the same command again" if full else "See that the path can be used"
        raise Unavailable(error.strerror or str(error), error.filename or "workspace", hint) from None
