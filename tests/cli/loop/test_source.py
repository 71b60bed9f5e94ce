"""Which corpus a run is made from, and that a fall-back to fiction is said."""

from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from cap_rlvr.cli.loop import source
from cap_rlvr.cli.loop.screen import Screen
from cap_rlvr.clients.jobs import Jobs
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.workspace import Workspace


@pytest.fixture(autouse=True)
def small_fiction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FICTION_CASES", 20)
    monkeypatch.setattr(source, "FICTION_MEMORANDA", 20)


def choose(folder: Path, given: Path | None, monkeypatch: pytest.MonkeyPatch, downloaded: object) -> tuple[Any, str]:
    class Asked:
        def enqueue(self, *_: object, **__: object) -> str:
            return "job"

        def wait(self, _jobs: object, _on_progress: object) -> list[object]:
            return [downloaded]

    def results(states: list[object]) -> list[object]:
        if isinstance(states[0], Exception):
            raise states[0]
        return states

    monkeypatch.setattr(source, "results", results)
    console = Console(record=True, width=120)
    chosen = source.choose(given, Workspace(folder), cast(Jobs, Asked()), Screen(console), lambda: None)
    return chosen, console.export_text()


def test_given_source_is_read_first_and_fiction_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, _ = choose(tmp_path, tmp_path / "mine", monkeypatch, None)
    assert chosen.paths == (tmp_path / "mine", tmp_path / "raw" / "synthetic")


def test_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, said = choose(tmp_path, None, monkeypatch, {"folder": str(tmp_path / "raw" / "static")})
    assert chosen.paths[0] == tmp_path / "raw" / "static"
    assert "Downloading" in said


def test_nothing_to_download_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, said = choose(tmp_path, None, monkeypatch, Unavailable("no network", "static.case.law"))
    assert chosen.paths == (tmp_path / "raw" / "synthetic",)
    assert list((tmp_path / "raw" / "synthetic").rglob("*.zip"))
    assert "using the synthetic corpus instead" in said
    assert "no network" in said
