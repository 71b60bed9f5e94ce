import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cap_rlvr.corpus.synthetic import write as write_module
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import file_digest

SCRIPT = "import sys, pathlib; from cap_rlvr.corpus.synthetic import write_corpus; write_corpus(pathlib.Path(sys.argv[1]), 16, 5)"

MEASURED = """
import pathlib, resource, sys
from cap_rlvr.corpus.synthetic import write_corpus
write_corpus(pathlib.Path(sys.argv[1]), int(sys.argv[2]), 2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): file_digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_equal_bytes_in_every_process_and_hash_seed(tmp_path: Path) -> None:
    for hash_seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path / hash_seed)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
    here = write_corpus(tmp_path / "here", 16, 5)
    assert digests(tmp_path / "1") == digests(tmp_path / "2") == digests(here)


def test_a_case_does_not_depend_on_what_was_written_before(tmp_path: Path) -> None:
    whole = write_corpus(tmp_path / "a", 24, 5)
    seen = digests(whole)
    lost = next(name for name in seen if name.endswith(".zip"))
    (whole / lost).unlink()
    write_corpus(whole, 24, 5)
    assert digests(whole) == seen


def test_seeds_give_different_corpora(tmp_path: Path) -> None:
    one, two = (digests(write_corpus(tmp_path / str(seed), 10, seed)) for seed in (1, 2))
    assert one["truth.jsonl"] != two["truth.jsonl"]


def test_an_interrupted_corpus_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Exception):
        pass

    def stop_at_second_volume(done: int) -> None:
        if done == 10:
            raise Interrupted

    folder = tmp_path / "corpus"
    with pytest.raises(Interrupted):
        write_corpus(folder, 20, 3, stop_at_second_volume)
    assert not (folder / "MANIFEST.json").exists()
    assert not (folder / "truth.jsonl").exists()
    made: list[int] = []
    make_record = write_module.make_record
    monkeypatch.setattr(write_module, "make_record", lambda *args: made.append(args[1]) or make_record(*args))
    progress: list[int] = []
    write_corpus(folder, 20, 3, progress.append)
    assert made == list(range(10, 20))
    assert progress == [5, 10, 15, 20]
    monkeypatch.undo()
    assert digests(folder) == digests(write_corpus(tmp_path / "at once", 20, 3))


def test_a_volume_cut_short_is_made_again(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, 10, 3)
    before = digests(folder)
    path = next(folder.glob("*/*.zip"))
    path.write_bytes(path.read_bytes()[:-20])
    assert digests(write_corpus(folder, 10, 3)) == before


def test_lost_truth_is_written_again(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, 10, 3)
    before = digests(folder)
    (folder / "truth.jsonl").unlink()
    assert digests(write_corpus(folder, 10, 3)) == before


def test_another_corpus_is_not_overwritten(tmp_path: Path) -> None:
    write_corpus(tmp_path, 10, 3)
    with pytest.raises(BadInput, match="empty folder"):
        write_corpus(tmp_path, 10, 4)


def test_an_interrupted_corpus_is_not_mixed_with_another(tmp_path: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_corpus(tmp_path, 20, 3, stop)
    with pytest.raises(BadInput, match="empty folder"):
        write_corpus(tmp_path, 20, 4)


def test_torn_notes_are_made_again(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_corpus(tmp_path / "torn", 20, 3, stop)
    for note in (tmp_path / "torn").glob(".truth/*/*.jsonl"):
        note.write_bytes(note.read_bytes()[:-9])
    assert digests(write_corpus(tmp_path / "torn", 20, 3)) == digests(write_corpus(tmp_path / "whole", 20, 3))


def test_a_corpus_of_an_older_generator_is_replaced(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, 10, 3)
    before = digests(folder)
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    (folder / "MANIFEST.json").write_text(json.dumps({**manifest, "version": "older"}))
    next(folder.glob("*/*.zip")).write_bytes(b"of an older generator")
    assert digests(write_corpus(folder, 10, 3)) == before


@pytest.mark.parametrize("cases", [0, 9, 1_000_001])
def test_sizes_that_cannot_be_made_are_refused(tmp_path: Path, cases: int) -> None:
    with pytest.raises(BadInput, match="Ask for 10 to 1,000,000"):
        write_corpus(tmp_path, cases, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    def peak_megabytes(cases: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(tmp_path / str(cases)), str(cases)],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(done.stdout) // 1024

    small, large = peak_megabytes(500), peak_megabytes(5_000)
    assert large < small + 64  # the caches of decisions and shingles fill up, and then no more
