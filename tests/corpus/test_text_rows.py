import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cap_rlvr.corpus import lines as lines_module
from cap_rlvr.corpus import list_units, read_cases
from cap_rlvr.corpus.text_rows import read_shard
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData

TEXT = "DOE v. STATE.\nNo. 4.\n\nDICE, Judge. DICE, Judge.\nThe judg- *36 ment is affirmed."


def row(row_id: str = "f2d_474/html/0035-01.html", text: str = TEXT, **more: Any) -> dict[str, Any]:
    return {
        "id": row_id,
        "source": "x",
        "created": "1973-02-05",
        "metadata": {"author": "DICE, Judge."},
        "text": text,
        **more,
    }


def write(path: Path, lines: list[bytes]) -> Path:
    data = b"\n".join(lines) + b"\n"
    if path.suffix == ".gz":
        data = gzip.compress(data)
    if path.suffix == ".zst":
        half = len(data) // 2
        data = zstandard.compress(data[:half]) + zstandard.compress(data[half:])
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_every_compression_gives_the_same_case(tmp_path: Path, name: str) -> None:
    (case,) = read_cases(write(tmp_path / name, [json.dumps(row()).encode()]), lambda error: pytest.fail(str(error)))
    assert (case.id, case.source, case.origin.line) == ("f2d/474/0035-01", SourceKind.TEXT, 1)
    assert (case.name, case.docket_number, case.decision_date) == ("DOE v. STATE", "No. 4", "1973-02-05")
    assert [citation.cite for citation in case.citations] == ["474 F.2d 35"]
    assert (case.reporter_slug, case.volume, case.first_page) == ("f2d", "474", "35")
    assert [(opinion.type, opinion.author, opinion.text) for opinion in case.opinions] == [
        ("majority", "DICE, Judge.", "DICE, Judge.\nThe judgment is affirmed.")
    ]


def test_an_id_of_another_shape_is_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        [json.dumps(row("us_slip_text/00000", "Doe v. Roe, 19-7\n\nPER CURIAM.\n\nDenied.", created="")).encode()],
    )
    (case,) = read_cases(path, lambda error: pytest.fail(str(error)))
    assert (case.id, case.name, case.docket_number, case.citations, case.volume) == (
        "us_slip_text/00000",
        "Doe v. Roe",
        "19-7",
        (),
        "",
    )


def test_files_that_are_not_named_by_page_give_no_citation(tmp_path: Path) -> None:
    rows = [row(f"tex-crim_52/html/{number}-01.html") for number in (1082, 1083)] + [
        row("tex-crim_31/html/0010-01.html")
    ]
    cases = list(read_cases(write(tmp_path / "a.jsonl", [json.dumps(item).encode() for item in rows]), lambda _: None))
    assert [(case.id, case.first_page, len(case.citations)) for case in cases] == [
        ("tex-crim/52/1082-01", "", 0),
        ("tex-crim/52/1083-01", "", 0),
        ("tex-crim/31/0010-01", "10", 1),
    ]


def test_one_case_is_the_same_as_among_all(tmp_path: Path) -> None:
    ids = [
        "f2d_474/html/0035-01.html",
        "f2d_474/html/1082-01.html",
        "us_slip_text/00000",
        "tex-crim_52/html/1083-01.html",
    ]
    path = write(tmp_path / "a.jsonl", [json.dumps(row(row_id)).encode() for row_id in ids])
    everything = list(read_shard(path, lambda error: pytest.fail(str(error))))
    alone = [case for one in everything for case in read_shard(path, lambda _: None, {one.id})]
    assert alone == everything
    assert [case.first_page for case in alone] == ["35", "1082", "", ""]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "no row"),
        (b'{"id": 5, "text": "x"}', "no `id`"),
        (b'{"id": "x", "text": " "}', "no `text`"),
        (b'{"id": "x"}', "no `text`"),
        (b"\xff\xfe", "not JSON"),
        (json.dumps(row(text="A v. B, 19-7\n\nHN1 The Act prohibits this.")).encode(), "LEXIS"),
        (json.dumps(row(text="A v. B\n\n[HN12] The Act prohibits this.")).encode(), "LEXIS"),
    ],
)
def test_a_bad_line_is_named_and_passed_over(tmp_path: Path, line: bytes, message: str, bad: list[BadData]) -> None:
    good = json.dumps(row()).encode()
    path = write(tmp_path / "a.jsonl", [good, b"", line, good])
    assert [case.origin.line for case in read_cases(path, bad.append)] == [1, 4]
    assert [error.where for error in bad] == [f"{path}:3"]
    assert message in str(bad[0])


def test_words_like_headnote_marks_are_no_headnotes(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        [json.dumps(row(text="A v. B\n\nThe JOHN1 file and 2020 U.S. App. LEXIS 35354.")).encode()],
    )
    assert len(list(read_cases(path, lambda error: pytest.fail(str(error))))) == 1


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_shard_cut_off_gives_what_it_holds(tmp_path: Path, name: str, bad: list[BadData]) -> None:
    lines = [
        json.dumps(row(f"f2d_474/html/{page:04}-01.html", f"{TEXT} {page * 7919}")).encode() for page in range(1, 800)
    ]
    path = write(tmp_path / name, lines)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    cases = list(read_cases(path, bad.append))
    assert 0 < len(cases) < 799
    assert bad


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_damaged_shard_is_one_bad_record(tmp_path: Path, name: str, share: float, bad: list[BadData]) -> None:
    lines = [
        json.dumps(row(f"f2d_474/html/{page:04}-01.html", f"{TEXT} {page * 7919}")).encode() for page in range(1, 800)
    ]
    path = write(tmp_path / name, lines)
    data = bytearray(path.read_bytes())
    at = max(20, int(share * len(data)))
    data[at : at + 20] = bytes(byte ^ 0xFF for byte in data[at : at + 20])
    path.write_bytes(data)
    assert len(list(read_cases(tmp_path, bad.append))) < 799
    assert bad


def test_a_line_over_the_limit_is_passed_over(
    tmp_path: Path, bad: list[BadData], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [json.dumps(row()).encode(), json.dumps(row(text="x" * 5000)).encode(), json.dumps(row()).encode()]
    path = write(tmp_path / "a.jsonl", lines)
    units = list_units(path)
    assert len(units) == 1
    monkeypatch.setattr(lines_module, "MAX_RECORD_BYTES", 1000)
    assert [case.origin.line for case in read_cases(path, bad.append)] == [1, 3]
    assert [error.where for error in bad] == [f"{path}:2"]
