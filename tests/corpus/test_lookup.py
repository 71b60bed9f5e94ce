"""A case found again by its id, and the text that a span points into."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from cap_rlvr.corpus.lookup import case_link, field_text, find_cases, sources_of
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.workspace import Workspace


def volume(root: Path, slug: str, number: str, pages: range) -> Path:
    path = root / slug / f"{number}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for page in pages:
            fields = {
                "name": f"Case {page} v. State",
                "first_page": str(page),
                "file_name": f"{page:04d}-01",
                "citations": [{"type": "official", "cite": f"{number} {slug} {page}"}],
                "court": {"name": "Court of Appeals"},
                "casebody": {"head_matter": "Head.", "opinions": [{"type": "majority", "text": f"Text of {page}."}]},
            }
            archive.writestr(f"json/{page:04d}-01.json", json.dumps(fields))
        archive.writestr("metadata/VolumeMetadata.json", json.dumps({"volume_number": number, "reporter_slug": slug}))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for number in ("1", "11", "2"):
        volume(tmp_path / "source", "tex-crim", number, range(1, 6))
    return tmp_path / "source"


def test_cases_are_found_in_the_volumes_that_their_ids_name(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source / "tex-crim" / "2.zip").write_bytes(b"not read: no id names it")
    wanted = {"tex-crim/1/0003-01", "tex-crim/11/0001-01"}
    found = find_cases(wanted, [source])
    assert set(found) == wanted
    assert found["tex-crim/1/0003-01"].opinions[0].text == "Text of 3."


def test_a_volume_under_another_name_is_found_too(source: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd" / "anything.zip"
    odd.parent.mkdir()
    (source / "tex-crim" / "1.zip").rename(odd)
    assert set(find_cases(["tex-crim/1/0003-01", "tex-crim/9/0001-01"], [odd.parent])) == {"tex-crim/1/0003-01"}


def test_text_rows_are_found_by_kind(source: Path) -> None:
    line = {"id": "tex-crim_1/html/0003-01.html", "text": "Case 3 v. State\n\n" + "The judgment is affirmed. " * 20}
    with gzip.open(source / "shard.jsonl.gz", "wt") as file:
        file.write(json.dumps(line) + "\n")
    for kind in (SourceKind.STATIC, SourceKind.TEXT):
        assert find_cases(["tex-crim/1/0003-01"], [source], kind)["tex-crim/1/0003-01"].source is kind


@pytest.mark.parametrize(
    ("case_id", "kind", "link"),
    [
        ("tex-crim/31/0035-01", SourceKind.STATIC, "https://static.case.law/tex-crim/31/html/0035-01.html"),
        ("tex-crim/31/0035-01", SourceKind.TEXT, "https://static.case.law/tex-crim/31/html/0035-01.html"),
        ("tex-crim/31/0035-01", SourceKind.SYNTHETIC, None),
        ("us_slip_text/00000", SourceKind.TEXT, None),
    ],
)
def test_links(case_id: str, kind: SourceKind, link: str | None) -> None:
    assert case_link(case_id, kind) == link


def test_fields_of_spans(source: Path) -> None:
    case = find_cases(["tex-crim/1/0003-01"], [source])["tex-crim/1/0003-01"]
    texts = {
        field: field_text(case, field) for field in ("opinions/0", "citations/0", "court/name", "name", "head_matter")
    }
    assert texts == {
        "opinions/0": "Text of 3.",
        "citations/0": "1 tex-crim 3",
        "court/name": "Court of Appeals",
        "name": "Case 3 v. State",
        "head_matter": "Head.",
    }
    for absent in ("opinions/7", "nonsense", "opinions/x"):
        with pytest.raises(BadData, match="no field"):
            field_text(case, absent)


def test_where_prep_read_is_a_hint_alone(tmp_path: Path, source: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    assert sources_of(workspace) == []
    workspace.raw.mkdir(parents=True)
    workspace.cases.mkdir()
    for told, wanted in (("broken", []), (json.dumps([str(source), "/gone"]), [source])):
        workspace.sources.write_text(told)
        assert sources_of(workspace) == [*wanted, workspace.raw]
