"""`cap-rlvr corpus`: look at, download, check or invent case law in CAP's formats."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cap_rlvr.wire.errors import BadData, BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cap_rlvr.corpus import Unit

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Look at, download, check or invent case law.")
_FETCH = "services.prep_worker.fetch"
Sources = Annotated[list[Path], typer.Argument(metavar="SOURCE…", help="Folders, volumes or shards of CAP.")]


@app.command()
def info(sources: Sources) -> None:
    """Read everything once and say what is in it: cases, kinds of source, years, opinions, broken records.

    Example: cap-rlvr corpus info workspace/raw/static.case.law
    """
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    console = Console()
    units = _units(sources)
    table = Table("unit", "cases", "source", "decided", "opinions", "MB of text", "broken", box=SIMPLE)
    totals: Counter[str] = Counter()
    bad: list[BadData] = []
    for unit in track(units, "Reading", console=Console(stderr=True), disable=not console.is_terminal, transient=True):
        counts, kinds, years = _counted(unit, bad)
        totals.update(counts)
        decided = f"{min(years)}-{max(years)}" if years else "no date"
        table.add_row(unit.name, f"{counts['cases']:,}", ", ".join(sorted(kinds)), decided, *_figures(counts))
    table.add_section()
    table.add_row(f"{len(units)} in all", f"{totals['cases']:,}", "", "", *_figures(totals))
    console.print(table)
    _show_bad(console, [str(error) for error in bad])


@app.command()
def check(sources: Sources) -> None:
    """See whether every file is whole: each record readable, each text as long as CAP itself says.

    Exits with 1 where something is wrong.

    Example: cap-rlvr corpus check workspace/raw/static.case.law
    """
    from rich.console import Console

    from cap_rlvr.corpus import UnitKind, check_unit, read_unit

    console = Console()
    wrong: list[str] = []
    cases = compared = 0
    for unit in _units(sources):
        if unit.kind is UnitKind.SHARD:
            broken: list[BadData] = []
            cases += sum(1 for _ in read_unit(unit, broken.append))
            wrong += [str(error) for error in broken]
            continue
        found = check_unit(unit)
        cases += found.cases
        compared += max(0, found.cases - found.unchecked - len(found.broken))
        wrong += found.broken
        wrong += [f"{case.origin}: {case.counted} characters, CAP says {case.told}" for case in found.mismatches]
    console.print(f"{cases:,} records read, {compared:,} compared with CAP's own count, {len(wrong):,} wrong")
    _show_bad(console, wrong)
    if wrong:
        raise typer.Exit(1)


@app.command()
def synthesize(
    folder: Annotated[Path, typer.Argument(help="Where to write the volumes.")],
    cases: Annotated[int, typer.Option(min=1, help="How many decisions.")] = 2_000,
    memoranda: Annotated[int, typer.Option(min=0, help="How many more, decided without an opinion.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same corpus.")] = 11,
) -> None:
    """Invent a corpus: coherent fictional decisions in CAP's own format, with what is true of them beside it.

    Example: cap-rlvr corpus synthesize workspace/raw/synthetic --cases 2000
    """
    from rich.console import Console
    from rich.progress import Progress

    from cap_rlvr.cli.prep import check_room
    from cap_rlvr.corpus.synthetic import write_corpus

    check_room(folder, cases * 60_000 + memoranda * 4_000)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Inventing decisions", total=cases + memoranda)
        write_corpus(folder, cases, seed, lambda done: progress.update(bar, completed=done), memoranda=memoranda)
    typer.echo(f"{cases + memoranda:,} fictional decisions in {folder}")


@app.command()
def download(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="tex-crim/52, tex-crim, or 0 …")] = None,
    shards: Annotated[bool, typer.Option("--shards", help="Text shards of the Common Pile, not volumes.")] = False,
    into: Annotated[Path | None, typer.Option(help="Default: the workspace's raw folder.")] = None,
    workspace: Annotated[Path, typer.Option(help="The folder that holds everything made.")] = Path("workspace"),
) -> None:
    """Fetch volumes of static.case.law (by default a few that yield well), or text shards; goes on where it stopped.

    CAP_BASE_URL and CAP_SHARDS_URL name other places that offer the same files.

    Example: cap-rlvr corpus download tex-crim/52 fla-supp-2d
    """
    what = "shards" if shards else "volumes"
    folder = into or workspace / "raw" / ("common-pile" if shards else "static.case.law")
    # The option last: argparse of 3.11 takes no further names behind one.
    command = [sys.executable, "-m", _FETCH, what, *(names or []), "--into", str(folder)]
    with subprocess.Popen(command) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the terminal's Ctrl-C has reached the child too: let it end its own way
            code = process.wait()
    raise typer.Exit(code)


def _units(sources: Iterable[Path]) -> list[Unit]:
    from cap_rlvr.corpus import list_units

    units = [unit for source in sources for unit in list_units(source)]
    if not units:
        raise BadInput("nothing to read", "SOURCE", "Name at least one folder, volume or shard")
    return units


def _counted(unit: Unit, bad: list[BadData]) -> tuple[Counter[str], set[str], set[int]]:
    from cap_rlvr.corpus import read_unit

    counts: Counter[str] = Counter()
    kinds: set[str] = set()
    years: set[int] = set()
    before = len(bad)
    for case in read_unit(unit, bad.append):
        counts.update(cases=1, opinions=len(case.opinions))
        counts["characters"] += len(case.head_matter) + sum(len(opinion.text) for opinion in case.opinions)
        kinds.add(case.source.value)
        years |= {case.year} if case.year is not None else set()
    counts["broken"] = len(bad) - before
    return counts, kinds, years


def _figures(counts: Counter[str]) -> tuple[str, str, str]:
    return f"{counts['opinions']:,}", f"{counts['characters'] / 1e6:,.1f}", f"{counts['broken']:,}"


def _show_bad(console: Any, wrong: list[str], most: int = 20) -> None:
    for text in wrong[:most]:
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    if len(wrong) > most:
        console.print(f"… and {len(wrong) - most:,} more")
