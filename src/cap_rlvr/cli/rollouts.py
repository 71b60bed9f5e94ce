"""`cap-rlvr rollouts`: start a replica here, or look at a fleet."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import LORA_RANKS
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import ReplicaStatus

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Run a rollout replica, or look at the fleet.")

RedisUrl = Annotated[str, typer.Option(envvar=["ROLLOUT_REDIS_URL", "REDIS_URL"], help="The fleet's broker.")]
Model = Annotated[
    Path, typer.Option(envvar="ROLLOUT_MODEL", help="The base model's folder; it decides which fleet is meant.")
]


@app.command()
def start(  # noqa: PLR0913, PLR0917  (a command line's options)
    model: Model,
    redis_url: RedisUrl,
    policy_store: Annotated[
        str, typer.Option(envvar="ROLLOUT_POLICY_STORE", help="Where policies are published: a folder or fsspec URL.")
    ],
    name: Annotated[
        str, typer.Option(envvar="ROLLOUT_NAME", help="The replica's name. Default: host, process and a random end.")
    ] = "",
    max_lora_rank: Annotated[
        int, typer.Option(envvar="ROLLOUT_MAX_LORA_RANK", help="The largest LoRA rank to serve; by default any run's.")
    ] = LORA_RANKS[-1],
    max_loras: Annotated[int, typer.Option(envvar="ROLLOUT_MAX_LORAS", help="How many policies stay loaded.")] = 3,
    threads: Annotated[
        int, typer.Option(envvar="ROLLOUT_THREADS", help="vLLM's threads on CPU; 0 is half of the cores.")
    ] = 0,
    probe_port: Annotated[
        int,
        typer.Option(
            envvar="ROLLOUT_PROBE_PORT", help="Serve /healthz, /readyz and /metrics there; 0 serves none of them."
        ),
    ] = 0,
) -> None:
    """Start one replica here: vLLM and the worker that feeds it. It joins its fleet in the middle of any run.

    Ctrl-C drains it: what it is making is finished or handed back. All other settings are variables with the prefix
    ROLLOUT_ (services/rollout_vllm/README.md). While a run is under way, `cap-rlvr status` prints the whole line.

    Example: cap-rlvr rollouts start --model workspace/models/sft --redis-url redis://127.0.0.1:6379/0 --policy-store workspace/policies
    """
    if importlib.util.find_spec("vllm") is None:
        raise BadInput("vLLM is not installed", "cap-rlvr rollouts start", "Type: make setup")
    settings = {
        "MODEL": str(model),
        "REDIS_URL": redis_url,
        "POLICY_STORE": policy_store,
        "NAME": name,
        "MAX_LORA_RANK": str(max_lora_rank),
        "MAX_LORAS": str(max_loras),
        "THREADS": str(threads),
        "PROBE_PORT": str(probe_port),
    }
    os.environ.update({f"ROLLOUT_{key}": value for key, value in settings.items()})
    os.execv(sys.executable, [sys.executable, "-m", "services.rollout_vllm"])  # noqa: S606  (no shell is wanted)


@app.command()
def status(
    redis_url: RedisUrl,
    model: Annotated[Path | None, typer.Option(envvar="ROLLOUT_MODEL", help="The base model's folder.")] = None,
    fleet: Annotated[str, typer.Option(help="The fleet's id, instead of the model.")] = "",
) -> None:
    """Show the replicas of a fleet: state, policies, how far behind, tokens a second; and the queue.

    Example: cap-rlvr rollouts status --redis-url redis://127.0.0.1:6379/0 --model workspace/models/sft
    """
    from rich.console import Console

    from cap_rlvr.clients.broker import connect
    from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id

    if not fleet and model is None:
        raise BadInput("no fleet is named", "--model", "Give the base model's folder, or --fleet")
    with connect(redis_url) as redis:
        client = RolloutClient(redis, fleet or fleet_id(base_digest(model or Path())), patience_s=5)
        console = Console()
        replicas = client.replicas()
        console.print(fleet_table(client.fleet, replicas, announced(redis)))
        console.print(f"{client.queue_length()} groups unfinished: queued or in the making")
        if not replicas:
            console.print("No replica has a lease. Start one: cap-rlvr rollouts start --help")


def announced(redis: Any) -> list[PolicyRef]:
    """The policy last announced by each run of the last hours."""
    from cap_rlvr.clients.policies import current_key

    found: list[Any] = [redis.get(key) for key in sorted(redis.scan_iter(current_key("*")))]
    return [PolicyRef.model_validate_json(data) for data in found if data is not None]


def fleet_table(fleet: str, replicas: list[ReplicaStatus], current: list[PolicyRef]) -> Any:
    """The replicas as a table for people; ``current`` are the announced policies, which tell how far behind each is."""
    from rich.table import Table

    table = Table(title=f"Fleet {fleet}")
    for column in ("replica", "state", "seen", "up", "in flight", "groups", "tokens/s", "KV", "restarts"):
        table.add_column(column, justify="left" if column in ("replica", "state") else "right")
    table.add_column("policies (newest last)")
    table.add_column("behind")
    now = time.time()
    for replica in replicas:
        table.add_row(
            replica.name,
            replica.state,
            f"{max(0.0, now - replica.seen):.0f} s ago",
            f"{max(0.0, now - replica.started) / 60:.0f} min",
            str(replica.in_flight),
            str(replica.groups),
            f"{replica.tokens_per_second:.0f}",
            f"{replica.kv_usage:.0%}",
            str(replica.engine_restarts),
            ", ".join(replica.policies) or "base only",
            _behind(replica, current),
        )
    return table


def _behind(replica: ReplicaStatus, current: list[PolicyRef]) -> str:
    """For each run whose policies it has: how many versions its newest one is older than the announced one."""
    words: list[str] = []
    for ref in current:
        if ref.name in replica.policies:
            words.append(f"{ref.run}: current")
            continue
        versions = [int(name.split("-")[1][1:]) for name in replica.policies]
        older = [version for version in versions if version < ref.version]
        words.append(f"{ref.run}: {ref.version - max(older)} behind" if older else f"{ref.run}: not loaded")
    return ", ".join(words)
