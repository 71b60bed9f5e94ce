"""`cap-rlvr receipt`: does a reply of the reward service belong to a request, and who says so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from cap_rlvr.wire.errors import BadInput

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Receipts of scored batches.")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help='{"request": …, "reply": …}, or the request alone.')],
    reply: Annotated[Path | None, typer.Argument(help="The reply, if it is in a file of its own.")] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="A file of receipt keys; without one no signature is checked.")
    ] = None,
) -> None:
    """Check a reply against its request: what holds, what differs, and the state of the signature.

    Exits with 0 when all that could be checked holds, 1 when something differs (with --key: also when the reply is not
    signed, or by another key), 2 when a file can't be used.

    Example: cap-rlvr receipt verify request.json reply.json --key receipt.key
    """
    from cap_rlvr.wire.receipt_check import check, check_submission, read_claim, read_submission
    from cap_rlvr.wire.signatures import read_receipt_keys

    keys = [one for path in key or () for one in read_receipt_keys(path)]
    request, answer = _claim(file, reply)
    if isinstance(answer, dict) and "left_today" in answer:  # only a submission's reply has it
        findings = check_submission(*read_submission(request, answer), keys)
    else:
        findings = check(*read_claim(request, answer), keys)
    for finding in findings:
        colour = {"holds": "green", "differs": "red", "unchecked": "yellow"}[finding.state]
        typer.echo(typer.style(f"{finding.state:<9}", fg=colour) + f"  {finding.what}: {finding.text}")
    if any(finding.state == "differs" for finding in findings):
        raise typer.Exit(1)


@app.command()
def key(
    file: Annotated[Path, typer.Argument(help="A new file, mode 0600, for REWARD_RECEIPT_KEY_FILE.")],
) -> None:
    """Make a key that signs receipts. Who is to verify them needs a copy of the file.

    Example: cap-rlvr receipt key receipt.key
    """
    from cap_rlvr.wire.keys import write_private
    from cap_rlvr.wire.signatures import new_receipt_key, read_receipt_keys

    if file.exists():
        raise BadInput("it exists", str(file), "Put a new key's line above its first to change the signing key")
    write_private(file, new_receipt_key().encode() + b"\n")
    typer.echo(f"{file} holds key {read_receipt_keys(file)[0].id}", err=True)


def _claim(file: Path, reply: Path | None) -> tuple[Any, Any]:
    found = _json(file)
    if reply is not None:
        return found, _json(reply)
    if not isinstance(found, dict) or not {"request", "reply"} <= found.keys():
        raise BadInput("it has no request and reply", str(file), 'Give {"request": …, "reply": …}, or two files')
    both = cast(dict[str, Any], found)
    return both["request"], both["reply"]


def _json(path: Path) -> Any:
    from cap_rlvr.wire.loose_json import read_json

    try:
        return read_json(path.read_bytes())
    except ValueError as error:
        raise BadInput(f"it is not JSON ({error})", str(path)) from None
