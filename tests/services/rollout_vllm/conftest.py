"""A toy model folder, a policy store, a broker, and replicas over the fake vLLM."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from cap_rlvr.clients.broker import EmbeddedValkey, connect
from cap_rlvr.clients.policies import CONFIG, WEIGHTS, PolicyStore
from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id
from cap_rlvr.wire.policies import PolicyRef
from services.rollout_vllm.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from rollout_toys import HERE, LEASE_S, Replicas


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"max_position_embeddings": 512}')
    (folder / "model.safetensors").write_bytes(b"toy")
    return folder


@pytest.fixture
def base(model: Path) -> str:
    return base_digest(model)


@pytest.fixture
def store(tmp_path: Path) -> PolicyStore:
    return PolicyStore(str(tmp_path / "policies"))


@pytest.fixture
def store_folder(store: PolicyStore) -> Path:
    return Path(store.root)


@pytest.fixture
def publish(store: PolicyStore, base: str, tmp_path: Path) -> Callable[..., PolicyRef]:
    def publish(version: int, run: str = "run", of_base: str = base) -> PolicyRef:
        folder = tmp_path / f"adapter-{version}"
        folder.mkdir(exist_ok=True)
        (folder / WEIGHTS).write_bytes(f"weights {version}".encode())
        (folder / CONFIG).write_text(json.dumps({"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"]}))
        return store.publish(run, version, version, of_base, folder)

    return publish


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def redis(valkey: EmbeddedValkey) -> Iterator[Redis]:
    with connect(valkey.url) as client:
        yield client


@pytest.fixture
def client(redis: Redis, base: str) -> RolloutClient:
    return RolloutClient(redis, fleet_id(base))


@pytest.fixture
def settings(model: Path, store: PolicyStore, valkey: EmbeddedValkey) -> Settings:
    return Settings(
        model=model, redis_url=valkey.url, policy_store=store.root, device="cpu", lease_s=LEASE_S, max_loras=2
    )


@pytest.fixture
def replicas(settings: Settings) -> Iterator[Replicas]:
    root = str(HERE.parents[2])
    env = {
        "ROLLOUT_MODEL": str(settings.model),
        "ROLLOUT_REDIS_URL": settings.redis_url,
        "ROLLOUT_POLICY_STORE": settings.policy_store,
        "ROLLOUT_DEVICE": "cpu",
        "ROLLOUT_LEASE_S": str(LEASE_S),
        "ROLLOUT_MAX_LORAS": "2",
        "PYTHONPATH": root,
    }
    fleet = Replicas(env)
    yield fleet
    fleet.end()
