"""`cap-rlvr`: every step as a subcommand. A subcommand's module is imported only when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from cap_rlvr.wire.errors import BadData, BadInput, CapError, Unavailable

COMMANDS = {
    "run": "The whole loop: corpus, rows, warm start, fleet, rewards, GRPO, report.",
    "corpus": "Look at, download, check or invent case law in CAP's formats.",
    "prep": "Make rows and supervised sets from a corpus.",
    "rows": "Look at prepared rows; reject those whose gold is wrong.",
    "label": "Check rows at the keyboard, blind to the gold.",
    "vectors": "Make, search and check vectors of cases, for retrieval.",
    "sft": "Warm-start a model on the supervised sets.",
    "grpo": "Train by GRPO against the reward service and the rollout fleet.",
    "eval": "Evaluate a policy on held-out rows through the fleet.",
    "quality": "Attack and measure the rewards; one number, RQ.",
    "attack": "Look for reward without the gold.",
    "serve": "Serve the rewards over HTTP.",
    "keys": "Who may use the reward service: make, list, revoke and rotate keys.",
    "receipt": "Check the receipt of a scored batch; make a key that signs receipts.",
    "score": "Score a file of completions, by a service or without one.",
    "rescore": "What another version of the scorers says of a scored file.",
    "rollouts": "Run a rollout replica, or look at the fleet.",
    "report": "Write a run's report again from its files.",
    "status": "What is running, waiting and done in a workspace.",
    "lineage": "The chain of digests behind an artefact.",
}

_FILE_WIDTH = 160  # characters a line where there is no terminal


class LazyGroup(TyperGroup):
    """Lists commands from the table above; imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  (the base class's signature)
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if len(sys.argv) == 1 or sys.argv[1] == "--help":
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name])
        module: Any = importlib.import_module(f"cap_rlvr.cli.{cmd_name}")
        command = cast(TyperCommand | TyperGroup, typer.main.get_command(module.app))
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def root() -> None:
    """Legal language models trained by GRPO on verifiable rewards from US case law."""


def _check_words(words: list[str]) -> None:
    """Raises BadInput for a word that is no UTF-8, which a shell may hand over but no file of ours can hold."""
    for place, word in enumerate(words, 1):
        try:
            word.encode()
        except UnicodeEncodeError:
            raise BadInput(f"{word!a} is not UTF-8", f"argument {place}", "Type it again") from None


def main() -> None:
    """Run the command line; an error of ours is one clear sentence and exit code 2 (bad input) or 1."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore Ctrl-C
    if not sys.stdout.isatty():
        os.environ.setdefault("COLUMNS", str(_FILE_WIDTH))  # rich would cut what goes to a file or a pipe at 80
    try:
        _check_words(sys.argv[1:])
        app()
    except CapError as error:
        kind = next((kind.__name__ for kind in (BadInput, BadData, Unavailable) if isinstance(error, kind)), "CapError")
        typer.secho(f"{kind}: {error}", fg="red", err=True)
        sys.exit(2 if isinstance(error, BadInput) else 1)
    except ModuleNotFoundError as error:  # an extra that is not installed: `make serve` sets up the rewards alone
        if (error.name or "cap_rlvr").partition(".")[0] in {"cap_rlvr", "services"}:
            raise
        typer.secho(f"{error.name} is not installed. Type: make setup", fg="red", err=True)
        sys.exit(2)
    except OSError as error:  # a path that can't be read or written, wherever it was given
        typer.secho(f"{error.filename or 'system'}: {error.strerror or error}. Check the path", fg="red", err=True)
        sys.exit(1)
