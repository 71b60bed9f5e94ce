import gzip
import hashlib
import shutil
import socket
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from cap_site import CapSite, serve, volume_zip

from cap_rlvr.wire.errors import BadData, BadInput, Unavailable
from cap_rlvr.wire.manifest import read_manifest
from services.prep_worker import download
from services.prep_worker.download import download_shards, download_volumes

ONE, TWO = "tex-crim/52.zip", "tex-crim/53.zip"


def quiet(name: str, have: int, total: int | None) -> None:
    pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[CapSite]:
    monkeypatch.setattr(download, "_BACKOFF_S", (0.0,) * download.TRIES)
    site = CapSite()
    site.add_json("ReportersMetadata.json", [{"slug": "tex-crim"}])
    site.add_json("JurisdictionsMetadata.json", [])
    site.add_json("tex-crim/VolumesMetadata.json", [{"volume_number": "52"}, {"volume_number": "53"}])
    site.files[ONE], site.files[TWO] = volume_zip(1), volume_zip(2)
    with serve(site):
        yield site


def partials(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.is_file()]


def test_volumes_come_in_the_sites_layout_with_a_manifest(site: CapSite, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    files = download_volumes(["tex-crim/52"], tmp_path, site.url, lambda *progress: seen.append(progress))
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [*download.METADATA, ONE]
    assert (tmp_path / ONE).read_bytes() == site.files[ONE]
    assert read_manifest(tmp_path).files[ONE] == hashlib.sha256(site.files[ONE]).hexdigest()
    assert seen[-1] == (ONE, len(site.files[ONE]), len(site.files[ONE]))
    assert partials(tmp_path) == []


def test_a_reporter_is_all_its_volumes(site: CapSite, tmp_path: Path) -> None:
    download_volumes(["tex-crim"], tmp_path, site.url, quiet)
    assert (tmp_path / TWO).read_bytes() == site.files[TWO]


def test_a_second_call_asks_for_no_file(site: CapSite, tmp_path: Path) -> None:
    download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert site.asked(ONE) == [None]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_cut_connections_go_on_where_they_stopped(site: CapSite, tmp_path: Path) -> None:
    site.cuts[ONE] = [100_000, 50_000, 0]
    download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert (tmp_path / ONE).read_bytes() == site.files[ONE]
    spans = [int(span[6:-1]) for span in site.asked(ONE) if span]
    assert len(site.asked(ONE)) == 4
    assert spans == sorted(spans)
    assert spans[-1] > 0


def test_a_later_call_goes_on_with_the_partial_file(
    site: CapSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TRIES", 2)
    site.cuts[ONE] = [150_000, 0, 0, 0]
    with pytest.raises(Unavailable, match="keeps breaking off"):
        download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert not (tmp_path / ONE).exists()
    site.cuts[ONE] = []
    download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert site.asked(ONE)[-1] not in (None, "bytes=0-")
    assert (tmp_path / ONE).read_bytes() == site.files[ONE]
    assert partials(tmp_path) == []


def test_a_file_changed_in_between_begins_anew(site: CapSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TRIES", 2)
    site.cuts[ONE] = [150_000, 0, 0, 0]
    with pytest.raises(Unavailable):
        download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    site.cuts[ONE], site.files[ONE] = [], volume_zip(3)
    download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert (tmp_path / ONE).read_bytes() == site.files[ONE]


def test_a_server_without_ranges_works_too(site: CapSite, tmp_path: Path) -> None:
    site.ranges = False
    site.cuts[ONE] = [100_000]
    download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert (tmp_path / ONE).read_bytes() == site.files[ONE]


def test_a_busy_server_is_asked_again(site: CapSite, tmp_path: Path) -> None:
    site.failures[ONE] = [503, 429]
    download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert (tmp_path / ONE).read_bytes() == site.files[ONE]


def test_wrong_size_never_gets_the_name(site: CapSite, tmp_path: Path) -> None:
    site.claimed_sizes[ONE] = len(site.files[ONE]) + 7
    with pytest.raises(Unavailable, match="keeps breaking off"):
        download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert not (tmp_path / ONE).exists()


def test_a_damaged_volume_is_fetched_once_more_and_then_refused(site: CapSite, tmp_path: Path) -> None:
    damaged = bytearray(site.files[ONE])
    damaged[1000] ^= 0xFF
    site.files[ONE] = bytes(damaged)
    with pytest.raises(BadData, match=r"member json/0001-01.json is damaged, twice"):
        download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert len(site.asked(ONE)) == 2
    assert not (tmp_path / ONE).exists()
    assert set(read_manifest(tmp_path).files) == set(download.METADATA)  # what came before it is known
    assert [path.suffix for path in partials(tmp_path)] in ([], [".etag"])


def test_no_such_volume_is_said_before_anything_is_fetched(site: CapSite, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"tex-crim/99.zip: the source has no such file"):
        download_volumes(["tex-crim/52", "tex-crim/99"], tmp_path, site.url, quiet)
    assert site.asked(ONE) == []


@pytest.mark.parametrize("name", ["nowhere/1", "tex-crim/../x", "/"])
def test_no_such_reporter_is_said(site: CapSite, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="no such reporter or volume"):
        download_volumes([name], tmp_path, site.url, quiet)


def test_no_room_is_said_before_anything_is_fetched(
    site: CapSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 5, 5))
    with pytest.raises(BadInput, match="the download needs"):
        download_volumes(["tex-crim/52"], tmp_path, site.url, quiet)
    assert site.asked(ONE) == []


def test_away_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        download_volumes(["tex-crim/52"], tmp_path, "http://127.0.0.1:1", quiet)


def test_silence_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PROBE_S", 0.5)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(Unavailable, match="cannot be reached"):
            download_volumes(["tex-crim/52"], tmp_path, f"http://127.0.0.1:{deaf.getsockname()[1]}", quiet)


def test_shards_are_checked_by_the_digest_that_the_hub_tells(site: CapSite, tmp_path: Path) -> None:
    name = "cap_00003.jsonl.gz"
    site.files[name] = gzip.compress(b'{"text": "x"}\n', mtime=0)
    site.headers[name] = {"X-Linked-ETag": f'"{hashlib.sha256(site.files[name]).hexdigest()}"'}
    assert download_shards(["3"], tmp_path, site.url, quiet) == [tmp_path / name]
    site.files[name] = gzip.compress(b'{"text": "y"}\n', mtime=0)
    with pytest.raises(BadData, match="SHA-256"):
        download_shards(["3"], tmp_path / "other", site.url, quiet)


def test_a_cut_shard_without_a_digest_is_seen(site: CapSite, tmp_path: Path) -> None:
    name = "cap_00000.jsonl.gz"
    site.files[name] = gzip.compress(b'{"text": "x"}\n' * 1000)[:-20]
    with pytest.raises(BadData, match="damaged"):
        download_shards([name], tmp_path, site.url, quiet)
