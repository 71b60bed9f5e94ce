"""What both ends of a rollout fleet agree on: names of keys, the form of messages, and the moves on the queue.

A fleet is all replicas of one base model; its id is the first 16 hex digits of the base's digest. A request is an
entry of one stream. `flight` maps the id of each unfinished request to its entry, so that a request is never queued
twice. Each move that touches more than one key is a script, so a crash leaves it done or not begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.frozen import Frozen, digest, file_digest

M = TypeVar("M", bound=Frozen)

GROUP = "replicas"
FIELD = b"request"

# KEYS: stream, flight, result. ARGV: request id, request. 1 where it was queued, 0 where that was needless.
SUBMIT = """
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local entry = redis.call('HGET', KEYS[2], ARGV[1])
if entry and #redis.call('XRANGE', KEYS[1], entry, entry) > 0 then return 0 end
entry = redis.call('XADD', KEYS[1], '*', 'request', ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], entry)
return 1
"""

# KEYS: stream, flight, result. ARGV: consumer group, entry, request id, result or '', milliseconds to live, channel.
# 1 where this result became the result, 0 where there was one already or none was given.
FINISH = """
local first = 0
if ARGV[4] ~= '' and redis.call('SET', KEYS[3], ARGV[4], 'NX', 'PX', ARGV[5]) then first = 1 end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if redis.call('HGET', KEYS[2], ARGV[3]) == ARGV[2] then redis.call('HDEL', KEYS[2], ARGV[3]) end
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[6], ARGV[3]) end
return first
"""

# KEYS: stream, flight, result. ARGV: consumer group, entry, request id, request as it shall be queued again.
HAND_BACK = """
local ours = redis.call('HGET', KEYS[2], ARGV[3]) == ARGV[2]
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if not ours or redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('HSET', KEYS[2], ARGV[3], redis.call('XADD', KEYS[1], '*', 'request', ARGV[4]))
return 1
"""

# KEYS: stream, lease. ARGV: consumer group, consumer. Removes a consumer that has neither a lease nor work.
FORGET_CONSUMER = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
"""


@dataclass(frozen=True)
class FleetKeys:
    """The names under which one fleet lives in Redis."""

    fleet: str

    @property
    def requests(self) -> str:
        """The stream: all unfinished requests. Its length is what an autoscaler watches."""
        return f"rollouts:{self.fleet}:requests"

    @property
    def flight(self) -> str:
        """A hash: request id of each unfinished request -> its entry in the stream."""
        return f"rollouts:{self.fleet}:flight"

    @property
    def replicas(self) -> str:
        """A sorted set: name of each replica of late, by its last heartbeat."""
        return f"rollouts:{self.fleet}:replicas"

    def lease(self, replica: str) -> str:
        """A replica's lease, which holds its ReplicaStatus and ends by itself."""
        return f"rollouts:{self.fleet}:replica:{replica}"

    def result(self, request_id: str) -> str:
        """The one RolloutGroup of a request, kept for a while."""
        return f"rollouts:{self.fleet}:result:{request_id}"

    def done(self, run: str) -> str:
        """The channel on which the request ids of a run's finished groups are told."""
        return f"rollouts:{self.fleet}:done:{run}"

    def moved(self, request_id: str) -> list[str]:
        """The KEYS of the scripts SUBMIT, FINISH and HAND_BACK."""
        return [self.requests, self.flight, self.result(request_id)]


def pack(model: Frozen) -> bytes:
    """A wire model as msgpack."""
    return _msgpack().packb(model.model_dump())


def unpack(kind: type[M], data: bytes) -> M:
    """The wire model in these bytes. Raises BadData where they hold no such thing."""
    try:
        return kind.model_validate(_msgpack().unpackb(data))
    except ValueError as error:  # msgpack's own errors and pydantic's are both ValueErrors
        hint = "Do both ends run the same version?"
        raise BadData(f"not a {kind.__name__} ({type(error).__name__})", "message", hint) from None


def base_digest(model_folder: Path) -> str:
    """SHA-256 (hex) of a base model: over names and digests of its configuration, tokenizer and weights.

    Raises BadInput where the folder holds no such model.
    """
    names = ("config.json", "tokenizer*", "vocab.json", "merges.txt", "*.safetensors")
    files = sorted({path for name in names for path in model_folder.glob(name) if path.is_file()})
    if not any(path.suffix == ".safetensors" for path in files) or not (model_folder / "config.json").is_file():
        hint = "Give a folder in Hugging Face format, with config.json and *.safetensors"
        raise BadInput("there is no model in this folder", str(model_folder), hint)
    return digest([[path.name, file_digest(path)] for path in files])


def fleet_id(digest_of_base: str) -> str:
    """The id of the fleet that serves this base."""
    return digest_of_base[:16]


def _msgpack() -> Any:
    import msgpack

    return msgpack
