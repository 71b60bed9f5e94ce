"""`cap-rlvr vectors`: make, search and check the vectors of a workspace's cases."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cap_rlvr.wire.errors import BadInput

if TYPE_CHECKING:
    from cap_rlvr.vectors.index import Kind

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Make, search and check vectors of cases.")
_CASE_ID = re.compile(r"[\w-]+(/[\w-]+)+")
WorkspaceFolder = Annotated[Path, typer.Option(help="The folder that holds everything made.")]


@app.command()
def build(
    model: Annotated[str, typer.Option(help="static, minilm, or a model of sentence-transformers.")] = "static",
    index: Annotated[str, typer.Option(help="flat, hnsw or ivfpq; by default by the corpus' size.")] = "",
    workspace: WorkspaceFolder = Path("workspace"),
) -> None:
    """Make a vector of each case that prep found for retrieval, and an index over them.

    Run prep again afterwards: retrieval's rows then hold the similarities.

    Example: cap-rlvr vectors build --model static
    """
    from rich.console import Console
    from rich.progress import Progress

    from cap_rlvr.vectors.build import build_store
    from cap_rlvr.wire.workspace import Workspace

    kinds: dict[str, Kind | None] = {"": None, "flat": "flat", "hnsw": "hnsw", "ivfpq": "ivfpq"}
    if index not in kinds:
        raise BadInput(f"{index!r} is unknown", "index", "Choose from: flat, hnsw, ivfpq")
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bars = {"vectors": progress.add_task("Making vectors", total=None)}

        def tell(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(f"Building the {what}", total=None)
            progress.update(bars[what], completed=done, total=total)

        made = build_store(Workspace(workspace), model, kinds[index], tell)
    typer.echo(
        f"{made.counts['cases']:,} cases, {made.settings['dimension']} numbers each, index {made.counts['index']}, "
        f"{made.counts['bytes_per_case']:,} bytes a case; similarity begins at cosine {made.settings['floor']}"
    )


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="A case id of the store, or any text in quotation marks.")],
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many cases.")] = 10,
    workspace: WorkspaceFolder = Path("workspace"),
) -> None:
    """Name the cases nearest to a case or to a text, best first, with their cosines.

    Example: cap-rlvr vectors search "search of a car without a warrant"
    """
    import numpy as np

    from cap_rlvr.vectors import index, open_store
    from cap_rlvr.vectors.embed import embedder
    from cap_rlvr.vectors.store import INDEX
    from cap_rlvr.wire.workspace import Workspace

    folder = Workspace(workspace).vectors
    store = open_store(folder)
    known = store.vector(query)
    if known is None and (not query.strip() or _CASE_ID.fullmatch(query)):
        raise BadInput(f"the store has no case {query!r}", "QUERY", "Give a case id of the store, or any text")
    if known is None:
        asked = embedder(store.manifest.settings["model"]).encode([query])
    else:
        asked = known.astype(np.float32)[None, :]
    made = index.read(folder / INDEX, store.vectors)
    scores, places = index.search(made, store.vectors, asked, count)
    for score, place in zip(scores[0], places[0], strict=True):
        if place >= 0:
            typer.echo(f"{float(score):.4f}  {store.case_id(int(place))}")


@app.command()
def check(
    queries: Annotated[int, typer.Option(min=1, help="How many cases to search for.")] = 200,
    at: Annotated[int, typer.Option(min=1, max=100, help="How many nearest are compared.")] = 10,
    least: Annotated[float, typer.Option(min=0, max=1, help="Exit with 1 below this recall.")] = 0.9,
    workspace: WorkspaceFolder = Path("workspace"),
) -> None:
    """Compare the index with exact search over the store.

    Example: cap-rlvr vectors check --queries 500
    """
    from cap_rlvr.vectors.build import check_store
    from cap_rlvr.wire.workspace import Workspace

    found = check_store(Workspace(workspace).vectors, queries, at)
    typer.echo(f"recall@{found['at']} {found['recall']:.4f} over {found['queries']:,} of {found['cases']:,} cases")
    if found["recall"] < least:
        raise typer.Exit(1)
