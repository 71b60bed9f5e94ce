import gzip
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cap_rlvr.cli.corpus import app
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.wire.errors import BadInput
from services.prep_worker import fetch


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "source", 12, 1)


def test_info_counts_cases_and_broken_records(source: Path, tmp_path: Path) -> None:
    shard = tmp_path / "shard.jsonl.gz"
    shard.write_bytes(gzip.compress(b'{"text": 5}\nnot json\n'))
    result = CliRunner().invoke(app, ["info", str(source), str(shard)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.exception
    assert "synthetic" in result.output
    assert "in all" in result.output
    assert f"{shard}:2" in result.output


def test_check_of_a_whole_corpus_is_quiet(source: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(source)])
    assert result.exit_code == 0, result.output
    assert "12 records read" in result.output


def test_check_of_a_broken_shard_fails(tmp_path: Path) -> None:
    shard = tmp_path / "shard.jsonl"
    shard.write_text("not json\n")
    result = CliRunner().invoke(app, ["check", str(shard)])
    assert result.exit_code == 1
    assert "1 wrong" in result.output


def test_synthesize_is_seeded(tmp_path: Path) -> None:
    for name in ("one", "two"):
        result = CliRunner().invoke(app, ["synthesize", str(tmp_path / name), "--cases", "10", "--seed", "4"])
        assert result.exit_code == 0, result.exception
    one, two = (sorted((tmp_path / name).rglob("*.zip")) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_no_source_is_said() -> None:
    result = CliRunner().invoke(app, ["info", "nowhere"])
    assert isinstance(result.exception, BadInput)


def test_download_hands_its_words_to_the_downloader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[list[str]] = []

    class Process:
        def __init__(self, command: list[str]) -> None:
            asked.append(command)

        def __enter__(self) -> "Process":
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def wait(self) -> int:
            return 1

    monkeypatch.setattr(subprocess, "Popen", Process)
    result = CliRunner().invoke(app, ["download", "tex-crim/52", "--workspace", str(tmp_path)])
    assert result.exit_code == 1
    assert asked[0][1:4] == ["-m", "services.prep_worker.fetch", "volumes"]
    understood = fetch.read(asked[0][3:])
    assert understood.names == ["tex-crim/52"]
    assert understood.into == tmp_path / "raw" / "static.case.law"
    CliRunner().invoke(app, ["download", "--shards", "0", "--workspace", str(tmp_path)])
    assert asked[1][3:] == ["shards", "0", "--into", str(tmp_path / "raw" / "common-pile")]
