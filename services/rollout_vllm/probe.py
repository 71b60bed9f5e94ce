"""Liveness, readiness and metrics over HTTP, for whoever runs the replica."""

from __future__ import annotations

from aiohttp import web

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.rollouts import ReplicaStatus
from services.rollout_vllm.worker import Worker


async def serve(worker: Worker, host: str, port: int) -> web.AppRunner:
    """Serve the probes until the runner is cleaned up. Raises BadInput where the port is in use."""

    async def healthz(_: web.Request) -> web.Response:
        return _answer(worker.alive, worker.status)

    async def readyz(_: web.Request) -> web.Response:
        return _answer(worker.state == "ready", worker.status)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=_metrics(worker.status), content_type="text/plain")

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise BadInput(f"can't listen ({error.strerror})", f"ROLLOUT_PROBE_PORT={port}", "Choose another") from None
    return runner


def _answer(good: bool, status: ReplicaStatus) -> web.Response:
    body = status.model_dump_json()
    return web.Response(status=200 if good else 503, text=body, content_type="application/json")


def _metrics(status: ReplicaStatus) -> str:
    figures = {
        "rollout_ready": int(status.state == "ready"),
        "rollout_in_flight_groups": status.in_flight,
        "rollout_groups_total": status.groups,
        "rollout_generated_tokens_total": status.tokens,
        "rollout_tokens_per_second": status.tokens_per_second,
        "rollout_kv_cache_usage": status.kv_usage,
        "rollout_loaded_policies": len(status.policies),
        "rollout_engine_restarts_total": status.engine_restarts,
    }
    lines: list[str] = []
    for name, value in figures.items():
        lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        lines.append(f"{name} {value}")
    return "\n".join(lines) + "\n"
