"""``python -m services.prep_worker.fetch (volumes|shards) --into FOLDER [NAME…]``: the downloader as a process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cap_rlvr.wire.errors import BadInput, CapError, Unavailable
from services.prep_worker.settings import DownloadSettings, load


def main() -> int:
    """Fetch; 2 for what was asked wrongly, 1 for what is away or broken, 130 after Ctrl-C."""
    asked = read(sys.argv[1:])
    try:
        settings = load(DownloadSettings)
        fetch(asked.what, asked.names, asked.into, settings)
    except CapError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The same command goes on from here.\n")
        return 130
    return 0


def read(words: list[str]) -> argparse.Namespace:
    """``what``, ``names`` and ``into`` of a command line."""
    parser = argparse.ArgumentParser(prog="python -m services.prep_worker.fetch")
    parser.add_argument("what", choices=("volumes", "shards"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--into", type=Path, required=True)
    return parser.parse_args(words)


def fetch(what: str, names: list[str], into: Path, settings: DownloadSettings) -> None:
    """Fetch with a progress bar; no names means the default volumes, or the first shard."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from services.prep_worker.download import DEFAULT_VOLUMES, download_shards, download_volumes

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars = {"": progress.add_task("", visible=False)}

        def show(name: str, have: int, total: int | None) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name)
            progress.update(bars[name], completed=have, total=total)

        try:
            if what == "volumes":
                files = download_volumes(names or DEFAULT_VOLUMES, into, settings.base_url, show)
            else:
                files = download_shards(names or ["0"], into, settings.shards_url, show)
        except OSError as error:
            hint = "Free some disk space and run the same command again"
            raise Unavailable(error.strerror or str(error), str(into), hint) from None
    sys.stdout.write(f"{len(files)} files in {into}\n")


if __name__ == "__main__":
    sys.exit(main())
