"""The policy store, on a folder and on an fsspec file system."""

import json
import uuid
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from cap_rlvr.clients.policies import CONFIG, WEIGHTS, PolicyStore, announce, channel, check_adapter, current_key
from cap_rlvr.wire.errors import BadData, BadInput, Unavailable
from cap_rlvr.wire.policies import PolicyRef

GOOD = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "bias": "none", "target_modules": ["v_proj", "q_proj"]}


def adapter(folder: Path, weights: bytes = b"weights", **config: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(weights)
    (folder / CONFIG).write_text(json.dumps({**GOOD, **config}))
    return folder


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PolicyStore:
    return PolicyStore(str(tmp_path / "store") if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


def test_what_is_published_can_be_fetched(store: PolicyStore, tmp_path: Path) -> None:
    ref = store.publish("run", 3, 12, "base", adapter(tmp_path / "a"))
    assert ref.name == f"policy-v3-{ref.digest[:8]}"
    copy = store.fetch(ref, tmp_path / "local")
    assert copy == tmp_path / "local" / "run" / ref.name
    assert (copy / WEIGHTS).read_bytes() == b"weights"
    assert store.manifest(ref).base_digest == "base"
    assert store.manifest(ref).trainer_step == 12
    assert store.fetch(ref, tmp_path / "local") == copy


def test_one_name_means_one_set_of_weights(store: PolicyStore, tmp_path: Path) -> None:
    one = store.publish("run", 1, 1, "base", adapter(tmp_path / "a", b"one"))
    two = store.publish("run", 1, 1, "base", adapter(tmp_path / "b", b"two"))
    assert one.name != two.name
    assert store.publish("run", 1, 1, "base", tmp_path / "a") == one
    assert sorted(store.refs("run"), key=str) == sorted([one, two], key=str)


def test_equal_adapters_have_equal_digests_whatever_the_order_of_sets(store: PolicyStore, tmp_path: Path) -> None:
    one = store.publish("run", 1, 1, "base", adapter(tmp_path / "a", target_modules=["q_proj", "v_proj"]))
    assert store.publish("run", 1, 1, "base", adapter(tmp_path / "b", target_modules=["v_proj", "q_proj"])) == one


def test_prune_keeps_the_newest(store: PolicyStore, tmp_path: Path) -> None:
    refs = [store.publish("run", v, v, "base", adapter(tmp_path / str(v), bytes([v]))) for v in range(5)]
    assert store.prune("run", keep=2) == refs[:3]
    assert store.refs("run") == refs[3:]
    with pytest.raises(Unavailable, match=refs[0].name):
        store.fetch(refs[0], tmp_path / "local")
    assert store.prune("run", keep=9) == []
    assert store.prune("run", keep=0) == refs[3:]


def test_prune_keeps_what_was_just_published_by_a_run_that_went_back(store: PolicyStore, tmp_path: Path) -> None:
    refs = [store.publish("run", v, v, "base", adapter(tmp_path / str(v), bytes([v]))) for v in range(10)]
    again = store.publish("run", 3, 3, "base", adapter(tmp_path / "again", b"again"))
    store.prune("run", 4, again)
    assert store.refs("run") == [*refs[:3], again]


def test_refs_of_an_unknown_run(store: PolicyStore) -> None:
    assert store.refs("nobody") == []


def test_a_writer_that_lost_its_lease_publishes_nothing(store: PolicyStore, tmp_path: Path) -> None:
    def lost() -> None:
        raise Unavailable("the run's lease is lost")

    with pytest.raises(Unavailable, match="lease is lost"):
        store.publish("run", 1, 1, "base", adapter(tmp_path / "a"), lost)
    assert store.refs("run") == []


def test_a_broken_copy_is_refused_and_a_broken_local_one_replaced(tmp_path: Path) -> None:
    store = PolicyStore(str(tmp_path / "store"))
    ref = store.publish("run", 1, 1, "base", adapter(tmp_path / "a"))
    copy = store.fetch(ref, tmp_path / "local")
    (copy / WEIGHTS).write_bytes(b"flipped")
    assert (store.fetch(ref, tmp_path / "local") / WEIGHTS).read_bytes() == b"weights"
    (tmp_path / "store" / "run" / ref.name / WEIGHTS).write_bytes(b"flipped")
    with pytest.raises(BadData, match="does not match its digest"):
        store.fetch(ref, tmp_path / "elsewhere")
    assert list((tmp_path / "elsewhere" / "run").iterdir()) == []


def test_an_interrupted_publish_is_never_seen_and_swept(tmp_path: Path) -> None:
    store = PolicyStore(str(tmp_path / "store"))
    ref = store.publish("run", 1, 1, "base", adapter(tmp_path / "a"))
    left = tmp_path / "store" / "run" / ".policy-v2-00000000.1.partial"
    left.mkdir()
    assert store.refs("run") == [ref]
    store.prune("run", keep=4)
    assert not left.exists()


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(Unavailable, match="can't be written"):
        PolicyStore(str(tmp_path / "store")).publish("run", 1, 1, "base", adapter(tmp_path / "a"))


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    store = PolicyStore(str(tmp_path / "store"))
    with pytest.raises(BadData, match=r"adapter_config.json: .* missing"):
        store.publish("run", 1, 1, "base", tmp_path)
    (tmp_path / CONFIG).write_text("{")
    with pytest.raises(BadData, match="not JSON"):
        store.publish("run", 1, 1, "base", tmp_path)
    (tmp_path / CONFIG).write_text(json.dumps(GOOD))
    with pytest.raises(BadData, match=r"adapter_model.safetensors: .* missing"):
        store.publish("run", 1, 1, "base", tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"target_modules": ["q_proj", "lm_head"]}, "target_modules: .*lm_head"),
        ({"target_modules": ["model.embed_tokens"]}, "target_modules: .*embed_tokens"),
        ({"target_modules": ".*(q_proj|lm_head)"}, "target_modules: .*lm_head"),
        ({"use_dora": True}, "use_dora: DoRA"),
        ({"bias": "lora_only"}, "bias: "),
        ({"lora_bias": True}, "lora_bias: "),
        ({"modules_to_save": ["norm"]}, "modules_to_save: "),
        ({"trainable_token_indices": [1]}, "trainable_token_indices: "),
        ({"init_lora_weights": "pissa_niter_16"}, "init_lora_weights: "),
        ({"peft_type": "IA3"}, "peft_type: "),
    ],
)
def test_what_cannot_be_served_is_refused(change: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        check_adapter({**GOOD, **change})


@pytest.mark.parametrize("targets", ["all-linear", [], ["q_proj"], r".*\.(q|v)_proj"])
def test_plain_lora_is_taken(targets: object) -> None:
    check_adapter({**GOOD, "target_modules": targets})


def test_real_lora_config_is_taken() -> None:
    peft = pytest.importorskip("peft")
    check_adapter(peft.LoraConfig(r=4, target_modules=["q_proj"], task_type="CAUSAL_LM").to_dict())


def test_announcement_is_told_and_kept() -> None:
    redis = fakeredis.FakeRedis()
    ref = PolicyRef(run="run", version=1, digest="d" * 64)
    listener = redis.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(channel("run"))
    listener.get_message(timeout=1)
    announce(redis, ref)
    message = listener.get_message(timeout=1)
    assert message is not None
    assert PolicyRef.model_validate_json(message["data"]) == ref
    kept = redis.get(current_key("run"))
    assert PolicyRef.model_validate_json(kept) == ref
    listener.close()
    redis.close()
