"""`cap-rlvr lineage`: from an artefact back to the corpus, by digests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cap_rlvr.wire.manifest import MANIFEST

_MOST_PARENTS = 12  # of one artefact: a corpus has one for every volume

app = typer.Typer(add_completion=False)


@app.command()
def lineage(
    path: Annotated[Path, typer.Argument(help="An artefact's folder (rows, model, policy), or a run's folder.")],
    workspace: Annotated[Path, typer.Option(help="Where to look for its parents.")] = Path("workspace"),
) -> None:
    """Print the chain of digests behind an artefact, once its own files are still what its manifest says.

    Example: cap-rlvr lineage workspace/models/sft
    """
    from rich.console import Console
    from rich.tree import Tree

    _insist_unchanged(path)
    known = _known(workspace)
    digest, name, parents = _read(path)
    tree = Tree(f"{name} [dim]{digest[:16]}[/dim]")
    _grow(tree, parents, known, {digest})
    Console().print(tree)


def _insist_unchanged(path: Path) -> None:
    """Raises BadData that names the first file of an artefact whose bytes are not those of its manifest."""
    from cap_rlvr.wire.errors import BadData
    from cap_rlvr.wire.frozen import file_digest

    if not (path / MANIFEST).exists():
        return
    for name, digest in _parsed(path / MANIFEST).get("files", {}).items():
        if not (path / name).exists() or file_digest(path / name) != digest:
            raise BadData("not the file that its manifest names", str(path / name), "Build the artefact again")


def _read(path: Path) -> tuple[str, str, dict[str, str]]:
    """An artefact's (digest, name, parents)."""
    if not (path / MANIFEST).exists():
        from cap_rlvr.report.records import read_run

        run = read_run(path)
        return run.id, f"run {run.id}", run.lineage
    data = _parsed(path / MANIFEST)
    if "policy" in data:
        return data["policy"]["digest"], f"policy of step {data['trainer_step']}", {"base": data["base_digest"]}
    from cap_rlvr.wire.manifest import read_manifest

    manifest = read_manifest(path)
    return manifest.digest, f"{manifest.kind} {path}", manifest.parents


def _parsed(path: Path) -> dict[str, Any]:
    from cap_rlvr.wire.errors import BadData

    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise BadData(f"not JSON ({error})", str(path), "Build the artefact again") from None


def _known(workspace: Path) -> dict[str, tuple[str, dict[str, str]]]:
    found = (_read(file.parent) for file in sorted(workspace.rglob(MANIFEST)))
    return {digest: (name, parents) for digest, name, parents in found}


def _grow(branch: Any, parents: dict[str, str], known: dict[str, tuple[str, dict[str, str]]], above: set[str]) -> None:
    shown = sorted(parents.items())[:_MOST_PARENTS]
    for role, digest in shown:
        name, further = known.get(digest, ("", {}))
        twig = branch.add(f"{role}: {name} [dim]{digest[:16]}[/dim]")
        if digest not in above:
            _grow(twig, further, known, above | {digest})
    if len(parents) > len(shown):
        branch.add(f"and {len(parents) - len(shown):,} more, in its {MANIFEST}")
