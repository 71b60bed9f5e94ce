"""The reward service's figures as tables, and beside them what they are held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

Figure = dict[str, Any]


def tables(figures: Sequence[Figure]) -> Iterator[Table]:
    """One of the service; one each of what stands beside it, where it was measured."""
    loads = [figure for figure in figures if "mix" in figure]
    library = {figure["in_process"]: figure["cpu_us_per_item"] for figure in figures if "in_process" in figure}
    for figure in loads:
        figure.update(shares(figure, loads, library))
    table = _table("The reward service", "path", "mix", "workers", "batch", "in flight", "items/s", "of ceiling")
    for name in (
        "CPU us/item",
        "per core",
        "of ceiling, CPU",
        "library us",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "refused",
        "unscored",
        "cached",
    ):
        table.add_column(name, justify="right")
    for one in loads:
        table.add_row(*_cells(one, library))
    yield table
    for figure in figures:
        if "memory" in figure:
            yield _memory(figure["memory"])


def shares(figure: Figure, loads: Sequence[Figure], library: dict[str, float]) -> Figure:
    """A figure's rate as a share of the constant scorer's in the same place, by the clock and by CPU time."""
    place = ("path", "batch", "in_flight", "workers")
    same = [one for one in loads if one["mix"] == "constant" and all(one[name] == figure[name] for name in place)]
    ceiling = next((one for one in same if one["cached"] == "on"), None)
    if ceiling is None or not ceiling["items_per_second"] or not figure["cpu_us_per_item"]:
        return {}
    return {
        "per_core": round(1e6 / figure["cpu_us_per_item"]),
        "of_constant": round(figure["items_per_second"] / ceiling["items_per_second"], 3),
        "of_constant_cpu": round((ceiling["cpu_us_per_item"] or 0) / figure["cpu_us_per_item"], 3),
        # What a service that costs nothing but its constant scorer's share could reach with these scorers.
        "of_constant_at_best": _at_best(ceiling["cpu_us_per_item"], library.get(figure["mix"])),
    }


def _at_best(ceiling: float | None, library: float | None) -> float | None:
    return round(ceiling / (ceiling + library), 3) if ceiling and library else None


def _cells(one: Figure, library: dict[str, float]) -> list[str]:
    path = one["path"].rpartition("/")[2] + ("" if one["cached"] == "on" else f", cache: {one['cached']}")
    numbers = [one["workers"], one["batch"], one["in_flight"], f"{one['items_per_second']:,.0f}"]
    shown = [f"{one['of_constant']:.0%}" if "of_constant" in one else ""]
    shown += [f"{one['cpu_us_per_item'] or float('nan'):,.0f}", f"{one.get('per_core', 0):,}"]
    shown += [f"{one['of_constant_cpu']:.0%}" if "of_constant_cpu" in one else ""]
    shown += [f"{library[one['mix']]:,.0f}" if one["mix"] in library else ""]
    shown += [str(one[f"p{share}_ms"]) for share in (50, 95, 99)]
    shown += [str(one["refused"]), str(one["unscored"]), f"{one['cached_share']:.0%}"]
    return [path, one["mix"], *map(str, numbers), *shown]


def _memory(points: Sequence[Figure]) -> Table:
    table = _table("Resident memory, MB", "items", "service", "nursery and scoring processes")
    for point in points:
        table.add_row(f"{point['items']:,}", str(point["mb"][0]), " ".join(map(str, point["mb"][1:])))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for name in columns:
        table.add_column(name, justify="left" if name in ("path", "mix") else "right")
    return table
