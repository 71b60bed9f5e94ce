"""The page's files as the service sends them."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from services.reward_api import page

FILES = sorted((Path(page.__file__).parent / "page_files").iterdir())
TEXTS = [path for path in FILES if path.suffix in (".html", ".js", ".css")]


@pytest.mark.parametrize("path", ["/", "/docs", "/page/page.css", "/page/main.js", "/page/icon.svg"])
def test_every_file_comes_under_the_strict_policy(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == policy
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("name", ["none.js", "..%2fapp.py", "%2e%2e/app.py", "page.css.bak", ""])
def test_only_the_page_s_own_files_are_served(client: TestClient, name: str) -> None:
    answer = client.get(f"/page/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere_and_no_text_becomes_markup(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"""(?:src|href)="(?!/|#)|url\(|@import|\bimport .*from "(?!\./)""", text)
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\sstyle=|\son\w+=", text
    )


def test_html_has_no_inline_script_or_style() -> None:
    for path in TEXTS:
        if path.suffix == ".html":
            text = path.read_text()
            assert "<style" not in text
            assert re.findall(r"<script[^>]*>([^<]*)</script>", text) == [""]


def test_fastapi_s_own_docs_are_gone(client: TestClient) -> None:
    assert client.get("/redoc").status_code == 404
    assert "cdn" not in client.get("/docs").text
