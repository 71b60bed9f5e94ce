"""`cap-rlvr quality`: what each reward is worth, as one number."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cap_rlvr.wire.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.progress import TaskID

    from cap_rlvr.quality.attack import Tell
    from cap_rlvr.quality.results import Suite
    from cap_rlvr.quality.samples import Example
    from cap_rlvr.quality.suite import Form

app = typer.Typer(add_completion=False)
SEED = 7


@app.command()
def quality(  # noqa: PLR0913, PLR0917  (one parameter an option)
    workspace: Annotated[
        Path | None,
        typer.Option(
            help="The folder with prepared rows. Default: workspace/, if it has some; else, and for the short form, fiction."
        ),
    ] = None,
    task: Annotated[str, typer.Option(help="Names with commas between them, or all.")] = "all",
    form: Annotated[str, typer.Option(help="How much is done: short (seconds), default (minutes), full.")] = "default",
    rows: Annotated[int | None, typer.Option(min=1, help="Most rows of a source that all probes are run on.")] = None,
    attempts: Annotated[int | None, typer.Option(min=0, help="Outputs that the search tries on each task.")] = None,
    naive: Annotated[bool, typer.Option("--naive", help="Run naive rewards through the same suite, beside.")] = False,
    seed: Annotated[int, typer.Option(help="Of rows, probes, search and learner.")] = SEED,
    keep: Annotated[
        Path | None, typer.Option(help="Keep what attackers reached in this folder, and go on from there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, `rq` first.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the result as one page.")] = None,
) -> None:
    """Measure the rewards: honest forms, attacks, corruptions, constants, probes, determinism, cost; and attack them.

    Prints the table, RQ (the smallest q of all lines) and the weakest link. Exits 1 where a measured line is below its
    bar, or an attacker got above a limit. What could not be measured is named, and is not held.

    Example: cap-rlvr quality

    Example: cap-rlvr quality --workspace workspace --task bluebook,holding --naive --html quality.html

    Example: cap-rlvr quality --form full --keep attackers --json > quality.json
    """
    from rich.console import Console

    chosen = form_of(form, rows, attempts)
    console = Console(stderr=as_json)
    made, baseline = run(task, workspace, chosen, seed, console, naive=naive, keep=keep)
    _tell(made, baseline, console, as_json, html)
    if not made.passed:
        raise typer.Exit(1)


def form_of(name: str, rows: int | None = None, attempts: int | None = None) -> Form:
    """A form by its name, with other rows and attempts where they are given. Raises BadInput for an unknown name."""
    from dataclasses import replace

    from cap_rlvr.quality.suite import DEFAULT, FULL, SHORT

    forms = {one.name: one for one in (SHORT, DEFAULT, FULL)}
    if name not in forms:
        raise BadInput(f"no form is named {name!r}", "--form", f"Choose from: {', '.join(forms)}")
    form = forms[name]
    return replace(
        form,
        rows=form.rows if rows is None else rows,
        attempts=form.attempts if attempts is None else attempts,
    )


def run(  # noqa: PLR0913, PLR0917  (a run, and two ways to run it)
    task: str,
    workspace: Path | None,
    form: Form,
    seed: int,
    console: Console,
    naive: bool = False,
    keep: Path | None = None,
) -> tuple[Suite, Suite | None]:
    """The suite, and the baseline where it is asked for."""
    from dataclasses import replace

    from cap_rlvr.quality.suite import measure

    with following(console) as tell:
        examples, origin = examples_for(task, workspace, form, seed, tell)
        made = measure(examples, form, origin, str(seed), tell, keep=keep)
        less = replace(form, attempts=form.attempts // 10)  # a naive reward falls at once
        baseline = measure(examples, less, origin, str(seed), _naively(tell), naive=True) if naive else None
    return made, baseline


@contextmanager
def following(console: Console) -> Generator[Tell]:
    """A progress bar for what is being done, the last one alone in sight; a line each where there is no terminal."""
    from cap_rlvr.cli.progress import bars

    with bars(console) as progress:
        shown: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in shown:
                for bar in shown.values():
                    progress.update(bar, visible=False)
                shown[what] = progress.add_task(what, total=of)
                if not console.is_terminal:
                    print(what, file=sys.stderr, flush=True)
            progress.update(shown[what], completed=done)

        yield tell


def _naively(tell: Tell) -> Tell:
    return lambda what, done, of: tell(f"naive {what}", done, of)


def examples_for(
    names: str, workspace: Path | None, form: Form, seed: int, tell: Tell
) -> tuple[Mapping[str, Sequence[Example]], str]:
    """Rows by task, and a sentence that says where they are from. Raises BadInput for a named workspace without rows."""
    from cap_rlvr.quality.samples import invented, prepared, tasks_named

    tasks = tasks_named(names)
    place = workspace or Path("workspace")
    if workspace is not None or form.name != "short":
        tell(f"reading {place}", 0, 1)
        found = {one.name: prepared(one, place) for one in tasks}
        if any(found.values()):
            return found, f"prepared rows of {place}"
    if workspace is not None:
        raise BadInput("there are no prepared rows", str(place), "Run `cap-rlvr prep`, or leave --workspace out")
    steps = 0

    def follow(_: str) -> None:
        nonlocal steps
        steps += 1
        tell("inventing rows", steps, len(tasks) + 1)

    made = invented(tasks, form.cases, form.enough, seed, follow)
    return made, f"fiction, up to {form.cases} cases made for this run; no row is real"


def _tell(made: Suite, baseline: Suite | None, console: Console, as_json: bool, html: Path | None) -> None:
    from cap_rlvr.quality import page
    from cap_rlvr.quality.tables import show
    from cap_rlvr.wire.files import write_whole

    if html:
        write_whole(html, page.render(made, baseline))
        console.print(f"Wrote {html}")
    if as_json:
        import orjson

        typer.echo(orjson.dumps(page.as_json(made, baseline), option=orjson.OPT_INDENT_2).decode())
    else:
        show(made, baseline, console)
