"""vLLM as a child on loopback: started, watched, asked for completions, given adapters.

Its adapter door takes any path it is told, so its port is never told to anyone but the worker.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from cap_rlvr.clients.broker import free_port
from cap_rlvr.wire.errors import CapError
from cap_rlvr.wire.rollouts import Completion, RolloutRequest
from services.rollout_vllm.settings import Settings

BASE = "base"  # the name under which the bare base model is served
_START_S = 900.0
_POLL_S = 0.2
_STOP_S = 10.0
_ADAPTER_S = 120.0


class Refused(CapError):
    """The engine answers that this request can't be served, whoever asks and however often."""


class EngineLost(CapError):
    """The engine is away or failed inside: the same request may well succeed later or elsewhere."""


@dataclass(frozen=True)
class Load:
    """The engine's own figures: ``kv_usage`` in [0, 1], sequences under way and waiting, tokens since its start."""

    kv_usage: float = 0.0
    running: int = 0
    waiting: int = 0
    tokens: int = 0


class Engine:
    """One vLLM server. ``start`` may be called again after it died. ``command`` is how to start it at a port."""

    def __init__(self, settings: Settings, command: Callable[[Settings, int], list[str]] | None = None) -> None:
        self._settings = settings
        self._command = command
        self._guard: asyncio.subprocess.Process | None = None
        self._http: aiohttp.ClientSession | None = None
        self.url = ""

    async def start(self) -> None:
        """Start vLLM and wait until it generates. Raises EngineLost if it ends before."""
        await self.stop()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._guard = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.rollout_vllm.guard"),
            *(self._command or vllm_command)(self._settings, port),
            stdin=asyncio.subprocess.PIPE,
            env=environment(self._settings),
            start_new_session=True,
        )
        self._http = aiohttp.ClientSession(self.url, connector=aiohttp.TCPConnector(limit=0))
        until = time.monotonic() + _START_S
        while not await self.healthy():
            if self._guard.returncode is not None:
                raise EngineLost("vLLM ended before it was ready", "vLLM", "Its own words are in the log above")
            if time.monotonic() > until:
                await self.stop()
                raise EngineLost(f"vLLM was not ready within {_START_S:.0f} s", "vLLM", "See the log above")
            await asyncio.sleep(_POLL_S)
        await self._warm_up()

    async def stop(self) -> None:
        """End vLLM and all its processes."""
        guard, self._guard = self._guard, None
        http, self._http = self._http, None
        if http is not None:
            await http.close()
        if guard is None:
            return
        if guard.returncode is None:
            guard.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(guard.wait(), _STOP_S)
        _kill_group(guard.pid)

    async def ended(self) -> None:
        """Return once vLLM has ended, together with all its processes."""
        if self._guard is not None:
            await self._guard.wait()
            _kill_group(self._guard.pid)  # nothing is left but where the guard itself was killed

    async def healthy(self) -> bool:
        """Whether vLLM answers."""
        try:
            async with self._session.get("/health", timeout=aiohttp.ClientTimeout(total=5)) as reply:
                return reply.status == 200
        except (aiohttp.ClientError, TimeoutError, EngineLost):
            return False

    async def generate(self, model: str, request: RolloutRequest) -> tuple[Completion, ...]:
        """The request's completions under a loaded policy (or `base`), as token ids with log-probabilities.

        Raises Refused where the request itself is at fault, EngineLost where the engine is, TimeoutError past the
        deadline.
        """
        sampling = request.sampling
        body = {
            "model": model,
            "prompt": list(request.prompt_token_ids),
            "n": request.n,
            "seed": request.seed,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "max_tokens": sampling.max_tokens,
            "stop_token_ids": list(sampling.stop_token_ids),
            "logprobs": 0,
            "return_token_ids": True,
            "skip_special_tokens": False,
        }
        answer = await self._post("/v1/completions", body, max(1.0, request.deadline - time.time()))
        return tuple(_completion(choice) for choice in sorted(answer["choices"], key=lambda choice: choice["index"]))

    async def load(self, name: str, folder: Path) -> None:
        """Make an adapter servable. Raises Refused where vLLM can't take it, EngineLost where vLLM is away."""
        try:
            await self._tell("/v1/load_lora_adapter", {"lora_name": name, "lora_path": str(folder)})
        except Refused as refusal:
            if "already been loaded" not in refusal.message:  # a name is a set of weights: nothing to do
                raise

    async def unload(self, name: str) -> None:
        """Let an adapter go; one that is not loaded is no fault."""
        try:
            await self._tell("/v1/unload_lora_adapter", {"lora_name": name})
        except Refused:
            return

    async def measure(self) -> Load:
        """The engine's figures of this moment; zeros where it is away."""
        try:
            async with self._session.get("/metrics", timeout=aiohttp.ClientTimeout(total=5)) as reply:
                lines = (await reply.text()).splitlines()
        except (aiohttp.ClientError, TimeoutError, EngineLost):
            return Load()
        return Load(
            kv_usage=_figure(lines, "vllm:kv_cache_usage_perc"),
            running=int(_figure(lines, "vllm:num_requests_running")),
            waiting=int(_figure(lines, "vllm:num_requests_waiting")),
            tokens=int(_figure(lines, "vllm:generation_tokens_total")),
        )

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise EngineLost("vLLM is not running", "vLLM")
        return self._http

    async def _post(self, path: str, body: dict[str, Any], timeout_s: float) -> Any:
        try:
            async with self._session.post(path, json=body, timeout=aiohttp.ClientTimeout(total=timeout_s)) as reply:
                text = await reply.text()
                if reply.status == 200:
                    return await reply.json() if reply.content_type == "application/json" else text
        except aiohttp.ClientError as error:
            raise EngineLost(f"vLLM is away ({type(error).__name__})", path) from None
        if reply.status in (400, 413, 422):
            raise Refused(_reason(text), path)
        raise EngineLost(f"vLLM answers {reply.status}: {_reason(text)}", path)

    async def _tell(self, path: str, body: dict[str, Any]) -> None:
        try:
            await self._post(path, body, _ADAPTER_S)
        except TimeoutError:
            raise EngineLost(f"vLLM did not answer within {_ADAPTER_S:.0f} s", path) from None

    async def _warm_up(self) -> None:
        """The first request compiles for seconds; better before anyone waits for it."""
        body = {"model": BASE, "prompt": [1, 2, 3], "max_tokens": 2, "seed": 0, "logprobs": 0}
        await self._post("/v1/completions", body, _START_S)


def vllm_command(settings: Settings, port: int) -> list[str]:
    """The command line of vLLM's server."""
    options: dict[str, object] = {
        "model": settings.model,
        "served-model-name": BASE,
        "host": "127.0.0.1",
        "port": port,
        "max-model-len": settings.context,
        "max-num-seqs": settings.max_sequences,
        "max-lora-rank": settings.slot_rank,
        "max-loras": settings.max_loras,
        # Raw log-probabilities, the default, are those before the temperature: not those of the distribution drawn from.
        "logprobs-mode": "processed_logprobs",
        # Without this, the model folder's generation_config.json would quietly cut the support (top_k, top_p).
        "generation-config": "vllm",
    }
    switches = ["enable-lora", "disable-uvicorn-access-log"]
    if settings.on_cpu:
        options["dtype"] = "float32"
        # A prompt in pieces makes vLLM rewind the request's own generator, which one on CPU can't: vLLM would end.
        switches += ["enforce-eager", "no-enable-chunked-prefill"]
        options["max-num-batched-tokens"] = max(4096, settings.context)
        options["worker-cls"] = "services.rollout_vllm.cpu_lora.GroupedLoraWorker"
        options["distributed-executor-backend"] = "uni"  # one process, and the time it takes to import vLLM, fewer
    else:
        options["gpu-memory-utilization"] = settings.gpu_memory
    words = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    words += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return words + [f"--{name}" for name in switches]


def environment(settings: Settings) -> dict[str, str]:
    """Our own environment and what vLLM is told through it."""
    env = dict(os.environ)
    # vLLM is thousands of modules: without compiled files each of its processes would compile them all at each start.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env |= {
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
        "VLLM_HOST_IP": "127.0.0.1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    env.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
    if settings.on_cpu:
        env |= {
            "VLLM_CPU_KVCACHE_SPACE": str(settings.kv_cache_gib),
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "OMP_NUM_THREADS": str(settings.cores),
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # without it, vLLM would overrule the executor `uni` on CPU
        }
    return env


def _completion(choice: dict[str, Any]) -> Completion:
    ids = tuple(choice["token_ids"])
    logprobs = tuple(float(value) for value in choice["logprobs"]["token_logprobs"])
    if len(ids) != len(logprobs):
        raise EngineLost(f"vLLM gave {len(ids)} tokens and {len(logprobs)} log-probabilities", "/v1/completions")
    return Completion(token_ids=ids, logprobs=logprobs, finish_reason=str(choice["finish_reason"]))


def _reason(text: str) -> str:
    """The message in vLLM's error body, or the body's beginning."""
    import orjson

    try:
        body = orjson.loads(text)
        return str(body.get("error", body).get("message", text))[:500]
    except (ValueError, AttributeError):
        return text[:500]


def _figure(lines: list[str], name: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + "{", name + " ")))


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
