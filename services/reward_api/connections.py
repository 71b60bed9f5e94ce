"""HTTP/1.1 with an end to whatever a client does slowly: a head, a body, reading its answer, leaving at a drain.

A client that holds a connection costs a descriptor and what it has sent so far; without limits some thousand of them,
each sending a byte now and then, keep everybody else out. The server looks at all connections once a second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.reward_api.problems import Refused, raw

# From connecting, or from a request's first byte, to the end of its headers.
HEAD_S = 10.0
MAX_HEAD = 64 * 1024
# Requests sent ahead of the answer to the first; a megabyte of small ones would hold a hundred times as much memory.
MAX_AHEAD = 16
# Over `bodies.READ_S`, which ends a slow body with a proper answer: this is for bodies that nobody reads any more.
BODY_S = 30.0
# Without a byte of the answer taken.
ANSWER_S = 30.0
# A request that was on its way when the drain began is still answered.
LINGER_S = 0.5

Phase = Literal["idle", "head", "body"]
_SLOW = Refused(408, "head_too_slow", f"The headers did not arrive within {HEAD_S:g} s.")
_LARGE = Refused(431, "head_too_large", f"The headers are over {MAX_HEAD} bytes.")
_MALFORMED = Refused(400, "malformed_http", "This is no HTTP/1.1 request.")


class Connection(HttpToolsProtocol):
    """One client. ``idle`` is when nothing is awaited of it; that uvicorn ends itself, after five seconds."""

    _phase: Phase = "idle"
    _since = 0.0
    _head = 0
    _unread = 0
    _unread_since = 0.0
    _leaving = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._cycles: deque[RequestResponseCycle] = deque()
        self._enter("head")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for cycle in self._cycles:  # uvicorn tells the last alone; the others would write to a connection that is gone
            cycle.disconnected = True
            cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self._phase == "idle":
            self._enter("head")
        if self._phase == "head":
            self._head += len(data)
        super().data_received(data)
        if self._phase == "head" and self._head > MAX_HEAD:
            self._refuse(_LARGE)

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_AHEAD:
            raise ValueError  # ends the reading: those before are answered, then the connection closes
        super().on_message_begin()
        if self._phase != "head":
            self._enter("head")

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._enter("body")
        self._cycles.append(self.cycle)
        if self._leaving:
            self.cycle.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase == "head":  # what comes after a body in chunks is passed over
            super().on_header(name, value)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._enter("idle")

    def on_response_complete(self) -> None:
        self._cycles.popleft()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        del msg
        self._refuse(_MALFORMED)

    def shutdown(self) -> None:
        """The drain has begun: what is under way is answered, and what has crossed its beginning."""
        self._leaving = True
        if self._answering:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(LINGER_S, self._leave)

    def look(self, now: float) -> None:
        """End the connection if its client has been too slow; ``now`` is the loop's time."""
        waited = now - self._since
        if self._phase == "head" and waited > HEAD_S and not self._answering:
            if self._head:
                self._refuse(_SLOW)
            else:
                self.transport.close()
        elif self._phase == "body" and waited > BODY_S and not self.pipeline:
            self.transport.abort()
        self._look_at_answer(now)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]

    def _look_at_answer(self, now: float) -> None:
        unread = self.transport.get_write_buffer_size()
        if unread != self._unread or not unread:
            self._unread, self._unread_since = unread, now
        elif now - self._unread_since > ANSWER_S:
            self.transport.abort()

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since, self._head = phase, self.loop.time(), 0

    def _leave(self) -> None:
        if not self._answering:
            self.transport.close()

    def _refuse(self, refused: Refused) -> None:
        """Answer what is no request, and hang up; an earlier request on this connection is answered first."""
        if self.transport.is_closing():
            return
        if self._answering and (self._phase != "body" or self.cycle.response_started):
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        self.transport.write(raw(refused))
        self.transport.close()
