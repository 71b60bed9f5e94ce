"""Both attackers on one task, what they have reached kept on the disk: a search of an hour can be stopped and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from cap_rlvr import quality, registry
from cap_rlvr.quality.adversaries import adversary_of
from cap_rlvr.quality.learned import learn
from cap_rlvr.quality.results import Attacker
from cap_rlvr.quality.samples import Example
from cap_rlvr.quality.search import search
from cap_rlvr.task import Task
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.frozen import Frozen, digest, file_digest

Tell = Callable[[str, int, int], None]
Method = Literal["search", "learned"]


class Kept(Frozen):
    """An attacker on the disk. ``made_of`` digests all that decides what it tries: rows, code and seed; ``sha256`` the attacker."""

    made_of: str
    sha256: str
    attacker: Attacker


def attack(  # noqa: PLR0913, PLR0917  (rows, how much, and where to tell and keep it)
    task: Task[Any],
    examples: Sequence[Example],
    attempts: int,
    steps: int,
    seed: str,
    tell: Tell,
    keep: Path | None = None,
) -> list[Attacker]:
    """Search and learner on these rows; none where the task has no `adversary.py`, or there is no row.

    With a folder ``keep`` each is written there as it goes, and goes on from there if rows, code and seed are the same.
    """
    adversary = adversary_of(task) if examples else None
    if adversary is None:
        return []
    made_of = _made_of(task, examples, seed)
    found: list[Attacker] = []
    if attempts:
        file = keep / f"{task.name}-search.json" if keep else None

        def reached(so_far: Attacker) -> None:
            _write(file, made_of, so_far)
            tell(f"{task.name}: search", min(so_far.attempts, attempts), attempts)

        found.append(search(task, adversary, examples, attempts, seed, reached, _read(file, made_of)))
    if steps:
        file = keep / f"{task.name}-learned-{steps}.json" if keep else None
        learned = _read(file, made_of)
        if learned is None:
            learned = learn(task, adversary, examples, steps, seed, _steps(tell, f"{task.name}: learner", steps))
            _write(file, made_of, learned)
        found.append(learned)
    return found


def _steps(tell: Tell, what: str, of: int) -> Callable[[int], None]:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        tell(what, done, of)

    return step


def _made_of(task: Task[Any], examples: Sequence[Example], seed: str) -> str:
    """A digest over the rows, the seed, the scorer, the task's probes and adversary, and the attackers' own code."""
    folder = Path(registry.__file__).parent / "tasks" / task.name
    code = [*Path(quality.__file__).parent.glob("*.py"), *folder.glob("*.py")]
    rows = [[one.row.id, digest(one.row.truth)] for one in examples]
    return digest([seed, rows, registry.scorer_id(task.name).sha256, [file_digest(path) for path in sorted(code)]])


def _read(file: Path | None, made_of: str) -> Attacker | None:
    """What is kept, if it is whole and of the same making."""
    if file is None or not file.is_file():
        return None
    try:
        kept = Kept.model_validate_json(file.read_bytes())
    except ValidationError:
        return None
    whole = kept.sha256 == digest(_bytes(kept.attacker))
    return kept.attacker if whole and kept.made_of == made_of else None


def _write(file: Path | None, made_of: str, attacker: Attacker) -> None:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, _bytes(Kept(made_of=made_of, sha256=digest(_bytes(attacker)), attacker=attacker)))


def _bytes(model: Frozen) -> bytes:
    return model.model_dump_json().encode("utf-8", "surrogatepass")
