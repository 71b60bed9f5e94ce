"""Which corpus a run is made from: the one given, else a download, else fiction; said plainly each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cap_rlvr.cli.loop.screen import Screen
from cap_rlvr.clients.jobs import Jobs, results
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.workspace import Workspace

FICTION_CASES = 2_000
# Decided without an opinion: cheap to search, and enough citations that the small model learns to copy them from the
# question rather than to know them by heart (docs/decisions/0003-small-default-model.md).
FICTION_MEMORANDA = 6_000
FICTION_SEED = 11


@dataclass(frozen=True)
class Source:
    """``paths`` are read together; held-out rows come from ``paths[0]`` alone where it is real."""

    name: str
    paths: tuple[Path, ...]


def given_source(path: Path) -> Path:
    """Look at a given source before anything long. Raises BadInput where there is nothing to read."""
    from cap_rlvr.corpus import list_units

    list_units(path)
    return path


def choose(
    path: Path | None, workspace: Workspace, jobs: Jobs, screen: Screen, check_workers: Callable[[], None]
) -> Source:
    """The source of this run. Starts no process; ``jobs`` has workers, and ``check_workers`` raises once they are gone."""
    fiction = _invent(workspace, screen)
    if path is not None:
        return Source(str(path), (path, fiction))
    try:
        real = _download(workspace, jobs, screen.say, check_workers)
    except Unavailable as error:
        screen.say(
            f"No real decisions could be downloaded ({error.message}): using the synthetic corpus instead.", "yellow"
        )
        return Source("synthetic corpus (nothing could be downloaded)", (fiction,))
    return Source("static.case.law, default volumes", (real, fiction))


def _invent(workspace: Workspace, screen: Screen) -> Path:
    from cap_rlvr.corpus.synthetic import write_corpus

    folder = workspace.raw / "synthetic"
    screen.begin("fiction for the warm start", FICTION_CASES + FICTION_MEMORANDA)
    write_corpus(folder, FICTION_CASES, FICTION_SEED, screen.show, memoranda=FICTION_MEMORANDA)
    screen.end()
    return folder


def _download(workspace: Workspace, jobs: Jobs, say: Callable[[str], None], check_workers: Callable[[], None]) -> Path:
    say("Downloading a few real volumes from static.case.law")
    job = jobs.enqueue("services.prep_worker.jobs.download", {"workspace": str(workspace.root)}, again=True)
    return Path(results(jobs.wait([job], lambda _: check_workers()))[0]["folder"])
