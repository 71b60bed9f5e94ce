"""Stands in for vLLM's server: the same doors, tokens that follow from model, prompt and seed, faults on demand.

Run as `python fake_vllm.py PORT`. Prompt tokens that mean something: 666 ends the server at once, 777 answers 500,
888 takes two seconds, 999 is "too long". The variable FAKE_VLLM_DELAY slows every answer by that many seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

DELAY = float(os.environ.get("FAKE_VLLM_DELAY", "0"))


def tokens(model: str, prompt: list[int], seed: int, count: int) -> list[int]:
    raw = hashlib.sha256(f"{model} {prompt} {seed}".encode()).digest() * (count // 32 + 1)
    return list(raw[:count])


def main(port: int) -> None:  # noqa: C901  (a handful of doors)
    loaded: dict[str, str] = {}
    made = 0

    async def health(_: web.Request) -> web.Response:
        return web.Response()

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            text=f'vllm:kv_cache_usage_perc{{engine="0"}} 0.25\nvllm:generation_tokens_total{{engine="0"}} {made}.0\n'
        )

    async def load(request: web.Request) -> web.Response:
        body = await request.json()
        if not (Path(body["lora_path"]) / "adapter_config.json").is_file():
            return web.json_response({"error": {"message": "no adapter there"}}, status=400)
        if body["lora_name"] in loaded:
            return web.json_response({"error": {"message": "has already been loaded"}}, status=400)
        loaded[body["lora_name"]] = body["lora_path"]
        return web.Response(text="Success")

    async def unload(request: web.Request) -> web.Response:
        loaded.pop((await request.json())["lora_name"], None)
        return web.Response(text="Success")

    async def completions(request: web.Request) -> web.Response:
        nonlocal made
        body: dict[str, Any] = await request.json()
        prompt, model = body["prompt"], body["model"]
        if 666 in prompt:
            os._exit(1)
        if model != "base" and model not in loaded:
            return web.json_response({"error": {"message": f"the model {model} does not exist"}}, status=404)
        if 777 in prompt:
            return web.json_response({"error": {"message": "broken inside"}}, status=500)
        if 999 in prompt:
            return web.json_response({"error": {"message": "the prompt is too long"}}, status=400)
        if "n" in body:  # the warm-up has none
            await asyncio.sleep(2.0 if 888 in prompt else DELAY)
        choices = []
        for index in range(body.get("n", 1)):
            ids = tokens(model, prompt, (body["seed"] or 0) + index, body["max_tokens"])
            made += len(ids)
            logprobs = {"token_logprobs": [-token / 100 for token in ids]}
            choices.append({"index": index, "token_ids": ids, "logprobs": logprobs, "finish_reason": "length"})
        return web.json_response({"choices": choices})

    app = web.Application()
    app.add_routes([web.get("/health", health), web.get("/metrics", metrics), web.post("/v1/completions", completions)])
    app.add_routes([web.post("/v1/load_lora_adapter", load), web.post("/v1/unload_lora_adapter", unload)])
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
