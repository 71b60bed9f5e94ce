"""`cap-rlvr prep`: from a corpus to rows and supervised sets."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.files import free_bytes

if TYPE_CHECKING:
    from rich.console import Console

    from cap_rlvr.clients.jobs import Jobs
    from cap_rlvr.clients.preparation import Prepared, PrepRequest

app = typer.Typer(add_completion=False)
_WORKER = "services.prep_worker"
_BROKEN_SHOWN = 3
_ROOM = 12  # bytes on disk for one byte of a compressed source: candidates, rows and DuckDB's scratch files together


@app.command()
def prep(  # noqa: PLR0913, PLR0917  (one parameter an option)
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE…", help="Folders, volumes or shards of CAP; all become one corpus.")
    ],
    workspace: Annotated[Path, typer.Option(help="The folder that holds everything made.")] = Path("workspace"),
    tasks: Annotated[str, typer.Option(help="Names with commas between them, or all.")] = "all",
    workers: Annotated[int, typer.Option(min=1, max=256, help="Worker processes; by default one a core.")] = (
        os.cpu_count() or 1
    ),
    formats: Annotated[
        str, typer.Option("--format", help="Supervised sets: separate, unified, chat; with commas between, or all.")
    ] = "all",
    subset: Annotated[int | None, typer.Option(help="Take about so many cases only.")] = None,
    train_only: Annotated[
        str, typer.Option(help="Kinds of source (static, text, synthetic) kept out of eval and test.")
    ] = "",
    vectors: Annotated[
        str, typer.Option(help="Make vectors for retrieval: static, minilm, or a model of sentence-transformers.")
    ] = "",
    seed: Annotated[str, typer.Option(help="The salt of splits, orders and shuffles.")] = "7",
    stats_only: Annotated[bool, typer.Option(help="Only count what the supervised sets hold.")] = False,
) -> None:
    """Make rows and supervised sets. What is up to date is left, what was interrupted goes on.

    Uses the Redis of REDIS_URL, or starts one for as long as it takes.

    Example: cap-rlvr prep workspace/raw/static.case.law --tasks bluebook,holding
    """
    from rich.console import Console

    from cap_rlvr import registry
    from cap_rlvr.clients.preparation import FORMATS, PrepRequest

    request = PrepRequest(
        sources=sources,
        workspace=workspace,
        tasks=registry.names() if tasks == "all" else _names(tasks),
        formats=FORMATS if formats == "all" else _names(formats),
        seed=seed,
        subset=subset,
        train_only=_names(train_only) or None,
        vectors=vectors,
    )
    console = Console()
    try:
        if stats_only:
            _count(request, console)
        else:
            _prepare(request, workers, console)
    except KeyboardInterrupt:
        console.print("Stopped. What is done stays done: the same command goes on from here.")
        raise typer.Exit(130) from None


def _prepare(request: PrepRequest, workers: int, console: Console) -> None:
    from cap_rlvr.cli.loop.screen import Screen
    from cap_rlvr.cli.tables import yield_tables
    from cap_rlvr.clients.preparation import check, prepare, read_yields

    units = check(request)
    check_room(request.workspace, sum(unit.size for unit in units) * _ROOM)
    console.print(f"{len(units)} volumes or shards, {sum(unit.size for unit in units) / 1e6:,.1f} MB")
    with _jobs(request.workspace, min(workers, len(units))) as (jobs, check_workers), Screen(console) as screen:
        shown = ""

        def show(title: str, done: int, of: int, note: str) -> None:
            nonlocal shown
            check_workers()
            if title != shown:
                screen.begin(title, of)
                shown = title
            screen.show(done, of, note)

        made = prepare(jobs, request, units, show)
    for table in yield_tables(read_yields(request.workspace, sorted(set(request.tasks)))):
        console.print(table)
    _say(made, console)
    if made.corpus["bad_records"]:
        _name_broken(request.workspace, console)


def _count(request: PrepRequest, console: Console) -> None:
    from cap_rlvr.cli.tables import sft_table
    from cap_rlvr.clients.jobs import results

    arguments = {"tasks": sorted(set(request.tasks)), "workspace": str(request.workspace.resolve())}
    with _jobs(request.workspace, 1) as (jobs, check_workers):
        job = jobs.enqueue(f"{_WORKER}.jobs.sft_statistics", arguments, again=True)
        console.print(sft_table(results(jobs.wait([job], lambda _: check_workers()))[0]))


@contextmanager
def _jobs(workspace: Path, workers: int) -> Generator[tuple[Jobs, Callable[[], None]]]:
    """The queue, with a broker if none is given, and workers; all gone afterwards.

    Beside it what raises Unavailable once the workers keep ending: without them no job is ever over.
    """
    from cap_rlvr.cli.loop.supervisor import Supervisor
    from cap_rlvr.clients.broker import EmbeddedValkey, connect
    from cap_rlvr.clients.jobs import PREP, Jobs
    from cap_rlvr.wire.workspace import Workspace

    given = os.environ.get("REDIS_URL", "")
    embedded = None if given else EmbeddedValkey(Workspace(workspace).redis).start()
    try:
        url = given or (embedded.url if embedded else "")
        with connect(url) as redis:
            jobs = Jobs(redis, PREP)
            if embedded:
                jobs.clear()
            try:
                with Supervisor(workspace / "logs", _ignore) as supervisor:
                    for number in range(workers):
                        supervisor.start(f"prep-{number}", _WORKER, {"PREP_REDIS_URL": url, "OMP_NUM_THREADS": "1"})
                    yield jobs, supervisor.check
            except BaseException:
                jobs.cancel(jobs.asked)  # after the workers: a job that they had to leave is back in the queue
                raise
    finally:
        if embedded:
            embedded.stop()


def check_room(folder: Path, wanted: int) -> None:
    """Raises BadInput where the file system that ``folder`` is (or will be) on has less than ``wanted`` bytes free."""
    free = free_bytes(folder)
    if free < wanted:
        sentence = f"about {wanted / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free"
        raise BadInput(sentence, str(folder), "Free some disk space, or choose another workspace")


def _say(made: Prepared, console: Console) -> None:
    corpus = made.corpus
    again = f", {corpus['duplicate_records']:,} read twice" if corpus["duplicate_records"] else ""
    broken = f", {corpus['bad_records']:,} broken records passed over" if corpus["bad_records"] else ""
    console.print(f"{corpus['cases']:,} cases in {corpus['clusters']:,} clusters{again}{broken}")
    for shape, lines in made.sft.items():
        console.print(f"sft/{shape}: {lines['train']:,} train, {lines['eval']:,} eval")
    if made.characters_per_second:
        console.print(f"{made.characters_per_second / 1e6:.2f} MB of text a second and worker")
    console.print(", ".join(f"{title} {seconds:.1f} s" for title, seconds in made.seconds.items()))


def _name_broken(workspace: Path, console: Console) -> None:
    """The first records that could not be read, and where all of them are listed."""
    from itertools import islice

    import orjson

    from cap_rlvr.wire.workspace import Workspace

    folder = Workspace(workspace).cases
    lines = (line for path in sorted(folder.glob("*/keys/bad.jsonl")) for line in path.read_bytes().splitlines())
    for bad in map(orjson.loads, islice(lines, _BROKEN_SHOWN)):
        console.print(f"  {bad['where']}: {bad['message']}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"  all of them: {folder}/*/keys/bad.jsonl", markup=False, highlight=False, soft_wrap=True)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _ignore(kind: str, text: str) -> None:
    """The supervisor's events are in the workers' logs; here only the result matters."""
