"""A proxy before the reward service that makes some items fail, in one of two ways, while a trainer asks through it.

`null`: an item comes back as the service's own `unscorable`, reward null. `zero`: as scored, reward 0.0, as systems
without a third answer write it down. Which items fail depends on row and completion alone, so it is the same in each.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

import httpx
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cap_rlvr.clients.broker import free_port

Mode = Literal["clean", "null", "zero"]


class FailingRewards:
    """``true`` keeps what the service said of each item: (row, completion) -> reward."""

    def __init__(self, service: str, mode: Mode, share: float) -> None:
        self.true: dict[tuple[str, str], float] = {}
        self.failed = 0
        self._service = service
        self._mode = mode
        self._share = share

    async def reward(self, request: Request) -> Response:
        body = await request.body()
        async with httpx.AsyncClient(base_url=self._service, timeout=60) as client:
            reply = await client.post("/reward", content=body, headers={"content-type": "application/json"})
        if reply.status_code != 200:
            return Response(reply.content, reply.status_code, media_type=reply.headers.get("content-type"))
        answered = orjson.loads(reply.content)
        items = orjson.loads(body)["items"]
        for item, result in zip(items, answered["results"], strict=True):
            self.true[item["example_id"], item["completion"]] = result["reward"]
            if self._mode != "clean" and fails(item["example_id"], item["completion"], self._share):
                self.failed += 1
                result.update(FAILED[self._mode])
        return Response(orjson.dumps(answered), media_type="application/json")


FAILED: dict[str, dict[str, Any]] = {
    "null": {
        "status": "unscorable",
        "reward": None,
        "strict": None,
        "parts": {},
        "failure_reason": "made_to_fail",
        "mask_sample": True,
        "retryable": False,
    },
    "zero": {"reward": 0.0, "strict": False, "parts": {}},
}


def fails(row: str, completion: str, share: float) -> bool:
    """Whether an item is one of those that fail."""
    drawn = hashlib.sha256(f"{row}\0{completion}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(drawn[:4], "big") < share * 2**32


@contextmanager
def served(proxy: FailingRewards) -> Generator[str]:
    """The proxy on a port of its own; gives its address."""
    app = Starlette(routes=[Route("/reward", proxy.reward, methods=["POST"])])
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
