"""One card for trainer and vLLM: the arithmetic, on the published shapes of Qwen3."""

import json
from pathlib import Path

import pytest

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import GrpoConfig, LoraConfig
from services.trainer.memory_plan import ModelShape, plan

QWEN3 = {
    "0.6B": ModelShape(1024, 28, 16, 8, 128, 3072, 151_936, tied=True),
    "1.7B": ModelShape(2048, 28, 16, 8, 128, 6144, 151_936, tied=True),
    "4B": ModelShape(2560, 36, 32, 8, 128, 9728, 151_936, tied=True),
    "8B": ModelShape(4096, 36, 32, 8, 128, 12_288, 151_936, tied=False),
    "14B": ModelShape(5120, 40, 40, 8, 128, 17_408, 151_936, tied=False),
    "32B": ModelShape(5120, 64, 64, 8, 128, 25_600, 151_936, tied=False),
}
# Parameters as published on the model cards, in billions.
PUBLISHED = {"0.6B": 0.6, "1.7B": 1.7, "4B": 4.0, "8B": 8.2, "14B": 14.8, "32B": 32.8}


def wanted(**more: object) -> GrpoConfig:
    values = {"steps": 1, "prompts": 32, "micro_rows": 16, "max_completion_tokens": 384, "lora": LoraConfig(rank=32)}
    return GrpoConfig.model_validate(values | more)


@pytest.mark.parametrize("size", QWEN3)
def test_parameters_are_the_published_ones(size: str) -> None:
    assert QWEN3[size].parameters / 1e9 == pytest.approx(PUBLISHED[size], rel=0.03)


@pytest.mark.parametrize(("size", "gpu"), [("0.6B", 16), ("1.7B", 24), ("4B", 48), ("8B", 80), ("14B", 80)])
def test_both_fit_on_the_card(size: str, gpu: float) -> None:
    found = plan(QWEN3[size], wanted(beta=0.1, micro_rows=8), gpu, 1024)
    assert 0 < found.engine_share < 1
    assert found.trainer_gib + found.engine_gib <= gpu
    assert found.engine_gib == pytest.approx(found.engine_share * gpu, rel=0.01)
    assert found.cached_tokens >= 16 * (1024 + 384)


def test_too_much_is_refused_with_figures() -> None:
    with pytest.raises(BadInput, match=r"trainer needs .* GiB and vLLM .*the card has 24"):
        plan(QWEN3["14B"], wanted(), 24, 1024)
    with pytest.raises(BadInput, match="card has 141"):
        plan(QWEN3["32B"], wanted(), 141, 1024)  # two copies of its weights are 122 GiB already


def test_a_larger_card_never_gives_a_smaller_cache() -> None:
    caches = [plan(QWEN3["4B"], wanted(), gpu, 1024).cached_tokens for gpu in (32, 48, 80, 141)]
    assert caches == sorted(caches)
    assert caches[-1] == 64 * (1024 + 384)


def test_the_shape_is_read_from_config_json(tmp_path: Path) -> None:
    fields = {
        "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
        "head_dim": 128, "intermediate_size": 3072, "vocab_size": 151_936, "tie_word_embeddings": True,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(fields))
    assert ModelShape.read(tmp_path) == QWEN3["0.6B"]
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadInput, match="hidden_size"):
        ModelShape.read(tmp_path)
