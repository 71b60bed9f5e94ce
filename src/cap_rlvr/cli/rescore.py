"""`cap-rlvr rescore`: a scored file beside what another version of the scorers says."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cap_rlvr.cli.scored_file import FormerlyScored
    from cap_rlvr.clients.reward import RewardClient
    from cap_rlvr.wire.rescoring import Difference, RescoreReply, TaskDifference

_AT_ONCE = 128
_REQUEST_BYTES = 7_000_000  # the service takes 8 MiB
_FORMER_BYTES = 2_000  # of a former result, as far as it is sent
_TRIES = 3  # for items that got the service's error
_SHOWN = 20

app = typer.Typer(add_completion=False)


@app.command()
def rescore(
    file: Annotated[Path, typer.Argument(help="A file that `cap-rlvr score` wrote.")],
    against: Annotated[str, typer.Option(metavar="URL", help="The service of the other version.")],
    out: Annotated[Path | None, typer.Option(help="Write every difference here, one JSON object a line.")] = None,
) -> None:
    """Have another service judge a scored file again, and tell the differences.

    Exits with 0 where there are none, 1 where rewards, parts or statuses differ or items stay undecided. A key is read
    from CAP_RLVR_API_KEY.

    Example: cap-rlvr rescore answers.scored.jsonl --against http://127.0.0.1:8200
    """
    from rich.console import Console

    from cap_rlvr.cli.score import following
    from cap_rlvr.cli.scored_file import read_formerly_scored
    from cap_rlvr.clients.reward import RewardClient
    from cap_rlvr.wire.files import write_whole

    total = sum(1 for _ in read_formerly_scored(file))
    found: list[tuple[FormerlyScored, Difference]] = []
    counted = Counts()
    done = 0
    with (
        following(Console(stderr=True), "rescoring", total) as follow,
        RewardClient(against) as client,
    ):
        for batch in batches(read_formerly_scored(file)):
            for part, reply in _ask(client, batch):
                found += [(part[difference.index], difference) for difference in reply.differences]
                counted.add(reply.tasks)
            follow(done := done + len(batch))
    if out:
        write_whole(out, "".join(json.dumps(_told(line, difference)) + "\n" for line, difference in found))
    _tell(found, counted)
    if found or counted.undecided:
        raise typer.Exit(1)


def batches(lines: Iterable[FormerlyScored]) -> Iterator[list[FormerlyScored]]:
    """The lines of one request each: so many at most, and in JSON of so many bytes."""
    batch: list[FormerlyScored] = []
    room = _REQUEST_BYTES
    for line in lines:
        size = len(json.dumps(line.item.model_dump())) + _FORMER_BYTES
        if batch and (len(batch) == _AT_ONCE or size > room):
            yield batch
            batch, room = [], _REQUEST_BYTES
        batch.append(line)
        room -= size
    if batch:
        yield batch


class Counts:
    """The counts of many replies, by task."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    @property
    def undecided(self) -> int:
        """Items of which nothing is known."""
        return int(sum(task["undecided"] for task in self.tasks.values()))

    def add(self, tasks: dict[str, TaskDifference]) -> None:
        """Add one reply's."""
        for name, task in tasks.items():
            into = self.tasks[name]
            for field in ("items", "same", "changed", "undecided", "compared"):
                into[field] += getattr(task, field)
            into["former"] += (task.mean_former or 0.0) * task.compared
            into["now"] += (task.mean_now or 0.0) * task.compared


def _ask(client: RewardClient, batch: Sequence[FormerlyScored]) -> Iterator[tuple[list[FormerlyScored], RescoreReply]]:
    """Replies with the lines that they are about; what is undecided is asked again, and counted in the last one alone."""
    from cap_rlvr.wire.rescoring import RescoreItem

    lines = list(batch)
    for attempt in range(1, _TRIES + 1):
        asked = [RescoreItem(item=line.item, former=line.result) for line in lines]
        reply = client.rescore(asked)
        if not reply.undecided or attempt == _TRIES:
            yield lines, reply
            return
        again = set(reply.undecided)
        decided = [line for index, line in enumerate(lines) if index not in again]
        if decided:
            yield decided, client.rescore([one for index, one in enumerate(asked) if index not in again])
        lines = [line for index, line in enumerate(lines) if index in again]
        time.sleep(attempt)


def _told(line: FormerlyScored, difference: Difference) -> dict[str, Any]:
    told = difference.model_dump(mode="json", exclude={"index", "id"})
    return {"line": line.line, "id": _name(line), **told}


def _name(line: FormerlyScored) -> str:
    return line.item.id if line.item.id is not None else str(line.line)


def _tell(found: Sequence[tuple[FormerlyScored, Difference]], counted: Counts) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from cap_rlvr.rewards.explain import printable

    table = Table("task", "items", "same", "changed", "undecided", "mean then", "mean now")
    for name, task in sorted(counted.tasks.items()):
        means = [f"{task[when] / task['compared']:.4f}" if task["compared"] else "-" for when in ("former", "now")]
        table.add_row(
            Text(printable(name)), *(f"{task[field]:g}" for field in ("items", "same", "changed", "undecided")), *means
        )
    console = Console()
    console.print(table)
    for line, difference in found[:_SHOWN]:
        then, now = (_shown(one.status, one.reward) for one in (difference.former, difference.now))
        parts = "; ".join(f"{part} {one} -> {other}" for part, (one, other) in difference.parts.items())
        text = f"line {line.line} ({_name(line)}, {difference.task}): {then} -> {now}{f'; {parts}' if parts else ''}"
        console.print(printable(text), markup=False, highlight=False)
    if len(found) > _SHOWN:
        console.print(f"and {len(found) - _SHOWN} more; --out writes all")


def _shown(status: str, reward: float | None) -> str:
    return status if reward is None else f"{reward:g}"
