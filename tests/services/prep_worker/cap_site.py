"""A local server in the layout of static.case.law, with Range, ETags and faults on demand."""

import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def volume_zip(seed: int, size: int = 300_000) -> bytes:
    """A volume's zip whose members do not compress."""
    out = io.BytesIO()
    noise = b"".join(hashlib.sha256(f"{seed}/{i}".encode()).digest() for i in range(size // 32))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("json/0001-01.json"), noise.hex())
    return out.getvalue()


class CapSite:
    """``files`` by path; ``cuts``: after so many bytes of a path the connection is cut (each number once)."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cuts: dict[str, list[int]] = {}
        self.failures: dict[str, list[int]] = {}
        self.claimed_sizes: dict[str, int] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.ranges = True
        self.log: list[tuple[str, str, str | None]] = []
        self.url = ""

    def asked(self, path: str, method: str = "GET") -> list[str | None]:
        """The Range headers with which a path was asked for."""
        return [span for verb, name, span in self.log if name == path and verb == method]

    def add_json(self, path: str, value: object) -> None:
        self.files[path] = json.dumps(value).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: CapSite

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, body: bool) -> None:
        path = self.path.lstrip("/")
        self.site.log.append((self.command, path, self.headers.get("Range")))
        data = self.site.files.get(path)
        if body and self.site.failures.get(path):
            self.send_error(self.site.failures[path].pop(0))
        elif data is None:
            self.send_error(404)
        else:
            start = self._head(path, data)
            if body and start is not None:
                self._body(path, data[start:])

    def _head(self, path: str, data: bytes) -> int | None:
        """Send the headers; returns where the body starts, None where there is none."""
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(asked[1]) if asked and self.site.ranges and self.headers.get("If-Range") == etag else 0
        if start >= len(data):
            self.send_error(416)
            return None
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(self.site.claimed_sizes.get(path, len(data) - start)))
        self.send_header("ETag", etag)
        for name, value in self.site.headers.get(path, {}).items():
            self.send_header(name, value)
        self.end_headers()
        return start

    def _body(self, path: str, part: bytes) -> None:
        cuts = self.site.cuts.get(path)
        self.close_connection = bool(cuts) or path in self.site.claimed_sizes
        self.wfile.write(part[: cuts.pop(0)] if cuts else part)


@contextmanager
def serve(site: CapSite) -> Iterator[CapSite]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
