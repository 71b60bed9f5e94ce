"""`cap-rlvr keys`: who may use the reward service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.keys import SCOPES, KeyRecord, Scope, changing, new_key, read_keys

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Keys of the reward service, kept hashed in a file.")
File = Annotated[
    Path, typer.Option("--file", envvar="REWARD_KEY_FILE", help="The file of keys, mode 0600; made if missing.")
]
KeyId = Annotated[str, typer.Argument(metavar="ID", help="A key's id, as cap-rlvr keys list shows it.")]
DEFAULT = Path("keys.json")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is: a team or a program.")],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"What it may do, as often as needed: {', '.join(SCOPES)}.")
    ] = None,
    quota: Annotated[int, typer.Option(min=1, help="Items a minute.")] = 60_000,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Until it expires.")] = 90,
    file: File = DEFAULT,
) -> None:
    """Make a key and print it, this once. Only its digest is kept; a running service knows it at once.

    Example: cap-rlvr keys create evals-team --scope score --scope read-examples --quota 30000

    Example: export CAP_RLVR_API_KEY=$(cap-rlvr keys create me --days 7)
    """
    key, record = new_key(name, _scopes(scope or ["score"]), quota, _now() + timedelta(days=days))
    with changing(file) as (_, changed):
        changed.append(record)
    _tell(key, record, file)


@app.command("list")
def show(file: File = DEFAULT) -> None:
    """List the keys: id, name, scopes, items a minute, expiry, and whether it is valid.

    Example: cap-rlvr keys list --file keys.json
    """
    now = _now()
    for record in read_keys(file).keys:
        until = record.revoked or record.expires
        fields = (
            record.id,
            record.name,
            "+".join(record.scopes),
            f"{record.quota}/min",
            record.state(now),
            _day(until),
        )
        typer.echo("  ".join(fields))


@app.command()
def revoke(key_id: KeyId, file: File = DEFAULT) -> None:
    """End a key for good; a running service refuses it from its next request on.

    Example: cap-rlvr keys revoke 4f0c2a91be
    """
    with changing(file) as (found, changed):
        record = found.find(key_id)
        if record.revoked is not None:
            raise BadInput(f"it was revoked on {_day(record.revoked)}", key_id)
        changed.append(record.model_copy(update={"revoked": _now()}))
    typer.echo(f"{key_id} ({record.name}) is revoked", err=True)


@app.command()
def rotate(
    key_id: KeyId,
    grace_hours: Annotated[float, typer.Option(min=0, max=24 * 30, help="How long the old key still works.")] = 24,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Until the new key expires.")] = 90,
    file: File = DEFAULT,
) -> None:
    """Print a new key with the same name, scopes and quota; both work, out of one quota, until the old one's grace ends.

    Example: cap-rlvr keys rotate 4f0c2a91be --grace-hours 48
    """
    now = _now()
    with changing(file) as (found, changed):
        old = found.find(key_id)
        if old.state(now) != "valid":
            raise BadInput(f"it is {old.state(now)}", key_id, "Make a new one with cap-rlvr keys create")
        key, record = new_key(old.name, old.scopes, old.quota, now + timedelta(days=days), old.family)
        ends = min(old.expires, now + timedelta(hours=grace_hours))
        changed += [old.model_copy(update={"expires": ends}), record]
    _tell(key, record, file)
    typer.echo(f"The old key {old.id} works until {_minute(ends)}.", err=True)


def _scopes(names: list[str]) -> list[Scope]:
    for name in names:
        if name not in SCOPES:
            raise BadInput(f"{name!r} is no scope", "scope", f"Choose from: {', '.join(SCOPES)}")
    return [scope for scope in SCOPES if scope in names]


def _tell(key: str, record: KeyRecord, file: Path) -> None:
    """The key alone goes to stdout, so that a shell can take it."""
    typer.echo(key)
    scopes = ", ".join(record.scopes)
    typer.echo(
        f"{record.id} ({record.name}): {scopes}; {record.quota} items a minute; until {_minute(record.expires)}. "
        f"It is shown only now: {file} holds its digest.",
        err=True,
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _day(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d")


def _minute(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
