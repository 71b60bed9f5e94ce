"""The page at `/` and the reference at `/docs`: files of this package, served from memory under a strict policy."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response

from services.reward_api.problems import Refused

_FOLDER = Path(__file__).parent / "page_files"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, nothing inline, no sink that turns text into markup: a completion is an attacker's text.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def add(app: FastAPI) -> None:
    """Serve the files. The service's own `/docs` is used, since FastAPI's loads its scripts from a network."""
    files = {path.name: _File(path) for path in _FOLDER.iterdir() if path.suffix in _TYPES}

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def front(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return files["index.html"].answer(request)

    @app.api_route("/docs", methods=["GET", "HEAD"], include_in_schema=False)
    async def docs(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return files["docs.html"].answer(request)

    @app.api_route("/page/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def file(request: Request, name: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        if name not in files:
            raise Refused(404, "not_found", "The page has no such file.")
        return files[name].answer(request)


class _File:
    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        tag = hashlib.sha256(self._data).hexdigest()[:32]
        self._headers = {**HEADERS, "Content-Type": _TYPES[path.suffix], "ETag": f'"{tag}"'}

    def answer(self, request: Request) -> Response:
        if request.headers.get("if-none-match") == self._headers["ETag"]:
            return Response(status_code=304, headers=self._headers)
        return Response(self._data, headers=self._headers)
