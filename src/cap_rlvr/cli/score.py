"""`cap-rlvr score`: a file of completions, scored by a service or here."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from cap_rlvr.wire.errors import BadInput, CapError
from cap_rlvr.wire.scoring import RewardItem, RewardResult, ScorerId

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from cap_rlvr.cli.scored_file import Scored, ScoredFile

T = TypeVar("T")
_AT_ONCE_BY_URL = 512  # four requests of the client's at a time
_AT_ONCE_HERE = 16

app = typer.Typer(add_completion=False)


class Scorer(Protocol):
    """A reward client, or `InProcess`."""

    @property
    def scorers(self) -> Mapping[str, ScorerId]: ...
    def score(self, items: Sequence[RewardItem]) -> list[RewardResult]: ...
    def close(self) -> None: ...


@app.command()
def score(
    file: Annotated[Path, typer.Argument(help="One item a line: task, completion, example_id or ground_truth.")],
    url: Annotated[str, typer.Option(envvar="REWARD_URL", help="A reward service. Without one, score here.")] = "",
    workspace: Annotated[
        Path | None, typer.Option(help="Without a URL: where the rows of example ids are. Default: workspace/.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The scored file. Default: FILE.scored.jsonl, beside it.")] = None,
) -> None:
    """Score a file of completions; each line of the result has the item, its result and the scorer's digest.

    Stopped half-way, by Ctrl-C or because the service went away, the same command goes on where it was. The key of a
    service that needs one is read from CAP_RLVR_API_KEY.

    Example: cap-rlvr score answers.jsonl

    Example: cap-rlvr score answers.jsonl --url http://127.0.0.1:8100 --out scores.jsonl
    """
    from rich.console import Console

    from cap_rlvr.cli.scored_file import ScoredFile, read_items, read_scored

    if url and workspace:
        raise BadInput("two places were given", "--url (or REWARD_URL), --workspace", "Give one of them")
    made = out or file.with_name(f"{file.name.removesuffix('.jsonl')}.scored.jsonl")
    console = Console(stderr=True)
    with following(console, "reading", None) as follow:
        total = sum(1 for _ in counting(read_items(file), follow))
    scored = ScoredFile(made, file)
    if scored.is_whole():
        console.print(f"{made} is whole already", markup=False)
    elif made.exists():
        raise BadInput(f"it is there, with fewer lines than {file}", str(made), "Delete it, or give --out")
    else:
        with closing(_scorer(url, workspace)) as scorer:
            _score_all(scorer, scored, read_items(file), total, _AT_ONCE_BY_URL if url else _AT_ONCE_HERE)
    _tell(read_scored(made), Console())


def _scorer(url: str, workspace: Path | None) -> Scorer:
    if url:
        from cap_rlvr.clients.reward import RewardClient

        return RewardClient(url)
    from cap_rlvr.rewards.in_process import InProcess

    return InProcess(workspace or Path("workspace"))


def _score_all(
    scorer: Scorer, scored: ScoredFile, items: Iterator[tuple[int, RewardItem]], total: int, at_once: int
) -> None:
    """Score what is not scored yet. An error or Ctrl-C leaves what is done, and says how to go on."""
    from rich.console import Console

    console = Console(stderr=True)
    with scored:
        if scored.done:
            console.print(f"Going on after {scored.done} of {total} items", markup=False)
        try:
            with following(console, "scoring", total, scored.done) as follow:
                left = islice(items, scored.done, None)
                while lines := list(islice(left, at_once)):
                    results = scorer.score([item for _, item in lines])
                    scored.add(lines, results, scorer.scorers)
                    follow(scored.done)
        except (CapError, KeyboardInterrupt) as ended:
            if scored.done or not isinstance(ended, BadInput):
                told = f"{scored.done} of {total} items are scored; the same command goes on there"
                console.print(told, markup=False)
            if isinstance(ended, KeyboardInterrupt):
                raise typer.Exit(130) from None
            raise
        scored.finish()
    console.print(f"Wrote {scored.path}", markup=False)


@contextmanager
def following(console: Console, what: str, total: int | None, done: int = 0) -> Generator[Callable[[int], None]]:
    """A progress bar for a terminal; nothing elsewhere."""
    from cap_rlvr.cli.progress import bars

    with bars(console, on_terminal_only=True) as progress:
        bar = progress.add_task(what, total=total, completed=done)
        yield lambda now: progress.update(bar, completed=now)


def counting(values: Iterator[T], follow: Callable[[int], None], every: int = 1000) -> Iterator[T]:
    """The values, telling how many have passed."""
    for number, value in enumerate(values, 1):
        if number % every == 0:
            follow(number)
        yield value


def _tell(lines: Iterator[Scored], console: Console) -> None:
    """Counts and means by task, and why items have no reward."""
    from collections import Counter, defaultdict
    from statistics import fmean

    from rich.table import Table
    from rich.text import Text

    from cap_rlvr.rewards.explain import printable

    rewards: dict[str, list[float]] = defaultdict(list)
    counts: Counter[tuple[str, str]] = Counter()
    nulls: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        task, result = line.item.task, line.result
        counts[task, "items"] += 1
        counts[task, "strict"] += bool(result.strict)
        counts[task, "parsed"] += result.parse_mode not in (None, "none")
        if result.reward is None:
            nulls[result.failure_reason or result.status].append(line.line)
        else:
            rewards[task].append(result.reward)
    table = Table("task", *(name for name in ("items", "scored", "mean", "strict", "parsed")))
    for task in sorted({task for task, _ in counts}):
        scored = rewards[task]
        shares = [f"{counts[task, name] / len(scored):.3f}" if scored else "-" for name in ("strict", "parsed")]
        mean = f"{fmean(scored):.4f}" if scored else "-"
        table.add_row(Text(printable(task)), str(counts[task, "items"]), str(len(scored)), mean, *shares)
    console.print(table)
    for reason, places in sorted(nulls.items()):
        console.print(printable(f"No reward: {len(places)} x {reason}, first in line {places[0]}"), markup=False)
