"""The processes of a run: broker, workers, reward service, replicas; started when a phase needs them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cap_rlvr.cli.loop.runbook import Runbook
from cap_rlvr.cli.loop.supervisor import WATCH_EVERY, Supervisor
from cap_rlvr.clients.broker import EmbeddedValkey, connect, free_port
from cap_rlvr.clients.jobs import PREP, TRAIN, Jobs
from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.workspace import Workspace

if TYPE_CHECKING:
    from redis import Redis

REPLICA_READY_S = 420.0  # vLLM takes 60 to 80 s on two idle cores; busy or cold ones take several times that
SERVICE_READY_S = 90.0
TRAINER_GRACE_S = 60.0  # to write its checkpoint
REPLICA_GRACE_S = 30.0  # to finish or hand back its groups


class Services:
    """What runs beside the loop. Every start is idempotent: what is up is left."""

    def __init__(self, workspace: Workspace, book: Runbook, children: Supervisor, redis: Redis, redis_url: str) -> None:
        self.workspace = workspace
        self.book = book
        self.children = children
        self.redis = redis
        self.redis_url = redis_url
        self.prep = Jobs(redis, PREP)
        self.train = Jobs(redis, TRAIN)
        self.reward_url = ""
        self.fleet = ""
        self.model = ""
        self._write()

    def await_broker(self) -> None:
        """Wait until the broker answers: one that was killed is back within a second, and then reads its log.

        Raises Unavailable where it does not come back.
        """
        from redis.exceptions import RedisError

        end = time.monotonic() + SERVICE_READY_S
        while True:
            try:
                self.redis.ping()
                return
            except RedisError as error:
                self.children.check()
                if time.monotonic() > end:
                    raise Unavailable(f"the broker does not answer ({error})", self.redis_url) from None
                time.sleep(WATCH_EVERY)

    def start_prep(self, workers: int) -> None:
        """Start the workers of the queue `prep`."""
        for number in range(workers):
            self._start(
                f"prep-{number}", "services.prep_worker", {"PREP_REDIS_URL": self.redis_url, "OMP_NUM_THREADS": "1"}
            )

    def stop_prep(self, workers: int) -> None:
        """End them: they have no work in the rest of a run."""
        for number in range(workers):
            self.children.stop(f"prep-{number}")

    def start_reward(self) -> None:
        """Start the reward service on loopback and wait until it is ready. It may score held-out rows: it is ours."""
        if self.reward_url:
            return
        port = free_port()
        env = {
            "REWARD_HOST": "127.0.0.1",
            "REWARD_PORT": str(port),
            "REWARD_WORKSPACE": str(self.workspace.root),
            "REWARD_OPEN_SPLITS": "train,eval,test",
            "REWARD_WORKERS": "1",
            "REWARD_KEY_FILE": "",  # whatever the environment says of another service: the trainer has no key
        }
        self._start("reward_api", "services.reward_api", env)
        self.children.wait_until("reward_api", lambda: _answers(f"http://127.0.0.1:{port}/readyz"), SERVICE_READY_S)
        self.reward_url = f"http://127.0.0.1:{port}"
        self._write()

    def start_fleet(self, model: Path | str, rank: int, replicas: int) -> None:
        """Start replicas that serve ``model``, without waiting for them; see `await_fleet`."""
        self.model = str(model)
        self.fleet = fleet_id(base_digest(Path(model)))
        env = {
            "ROLLOUT_MODEL": str(model),
            "ROLLOUT_REDIS_URL": self.redis_url,
            "ROLLOUT_POLICY_STORE": str(self.workspace.policies),
            "ROLLOUT_MAX_LORA_RANK": str(rank),
            "ROLLOUT_REPLICAS_HERE": str(replicas),
        }
        for number in range(replicas):
            self._start(f"rollout-{number}", "services.rollout_vllm", env, REPLICA_GRACE_S)
        self._write()

    def await_fleet(self) -> None:
        """Wait until one replica serves. Raises Unavailable with the end of its log."""
        client = RolloutClient(self.redis, self.fleet)
        self.children.wait_until("rollout-0", lambda: _is_ready(client), REPLICA_READY_S)

    def start_trainer(self) -> None:
        """Start the worker of the queue `train`; the reward service must be known by then."""
        env = {
            "TRAINER_REDIS_URL": self.redis_url,
            "TRAINER_REWARD_URL": self.reward_url,
            "TRAINER_POLICY_STORE": str(self.workspace.policies),
            "TRAINER_REPORT_TO": os.environ.get("TRAINER_REPORT_TO", "tensorboard"),
        }
        self._start("trainer", "services.trainer", env, TRAINER_GRACE_S)

    def _start(self, name: str, module: str, env: dict[str, str], grace: float = 20.0) -> None:
        if self.children.pid(name) is None:
            self.children.start(name, module, env, grace)

    def _write(self) -> None:
        known = {
            "redis_url": self.redis_url,
            "reward_url": self.reward_url,
            "fleet": self.fleet,
            "model": self.model,
        }
        write_whole(self.book.folder / "services.json", json.dumps(known) + "\n")


@contextmanager
def running(workspace: Workspace, book: Runbook) -> Generator[Services]:
    """A broker (REDIS_URL, or our own), supervised children, and nothing left of them afterwards."""
    given = os.environ.get("REDIS_URL", "")
    embedded = None if given else EmbeddedValkey(workspace.redis).start()
    url = embedded.url if embedded else given

    def keep_broker() -> None:
        if embedded and embedded.pid is None:
            embedded.start()
            book.event("restarted", f"broker; now process {embedded.pid}")

    try:
        with connect(url) as redis, Supervisor(book.folder / "logs", book.event, keep_broker) as children:
            services = Services(workspace, book, children, redis, url)
            if embedded:
                services.prep.clear()
                services.train.clear()
                book.event("started", f"broker (process {embedded.pid})")
            yield services
    finally:
        if embedded:
            embedded.stop()


def _is_ready(client: RolloutClient) -> bool:
    return any(replica.state == "ready" for replica in client.replicas())


def _answers(url: str) -> bool:
    import httpx

    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
