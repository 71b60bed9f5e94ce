"""Stand-ins behind the trainer's own interfaces: a fleet that serves what was published, a scorer, a small workspace."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fakeredis import FakeRedis
from peft import PeftModel

from cap_rlvr.clients.policies import PolicyStore
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.jobs import TrainJob
from cap_rlvr.wire.manifest import Manifest, write_manifest
from cap_rlvr.wire.rollouts import RolloutRequest
from cap_rlvr.wire.rows import Row
from cap_rlvr.wire.scoring import Reason, RewardItem, RewardResult
from services.trainer import model as small
from services.trainer.adapters import load_adapter
from services.trainer.entry import Ready, prepare
from services.trainer.fleet_trainer import Services
from services.trainer.loading import load_model, load_tokenizer
from services.trainer.local_fleet import LocalFleet
from services.trainer.publish import Publisher
from services.trainer.recorder import Recorder

TINY = {
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "intermediate_size": 96,
}
CONFIG = """
[model]
path = "{model}"
[sft]
steps = {sft_steps}
batch_rows = 8
checkpoint_steps = 4
learning_rate = 3e-3
warmup_steps = 2
[sft.lora]
rank = 8
[grpo]
steps = {steps}
prompts = 2
completions = 4
micro_rows = {micro_rows}
beta = {beta}
learning_rate = 5e-3
max_completion_tokens = 8
checkpoint_steps = 2
reward_wait = {reward_wait}
[grpo.lora]
rank = 8
"""


def truth(page: int) -> dict[str, Any]:
    return {
        "ground_truth": f"31 Tex. Crim. {page} (Crim. App. 1892)",
        "metadata": {
            "volume": "31", "page": str(page), "year": 1892, "reporter": "Tex. Crim.",
            "court": "Texas Court of Criminal Appeals", "last_page": None, "volume_years": [1892, 1893],
        },
    }  # fmt: skip


def write_rows(workspace: Path, rows: int = 12) -> None:
    """Prepared rows of one task and the unified supervised set, as prep writes them."""
    folder = workspace / "tasks" / "bluebook"
    folder.mkdir(parents=True)
    for split, start in (("train", 0), ("eval", 100), ("test", 200)):
        lines = [
            Row(
                id=f"bluebook:{split}/{page}", case_id=f"tex-crim/31/{page}", task="bluebook", split=split,
                inputs=f"Volume 31, page {page}{' and more' * (page % 5)}.", source_kind="static", kind="conversion",
                truth=truth(page),
            ).model_dump_json()
            for page in range(start + 1, start + rows + 1)
        ]  # fmt: skip
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n")
    write_manifest(folder, Manifest(kind="rows", version="1", files={}))
    unified = workspace / "sft" / "unified"
    unified.mkdir(parents=True)
    sft = [
        {
            "prompt": f"Volume 31, page {page}.",
            "completion": f"<answer>31 Tex. Crim. {page}</answer>",
            "task": "bluebook",
            "row_id": f"bluebook:train/{page}",
        }
        for page in range(1, rows + 1)
    ]
    (unified / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sft))
    write_manifest(unified, Manifest(kind="sft", version="1", files={}))


def make_tiny_base(folder: Path) -> Path:
    """A Qwen3 far smaller than the default one."""
    before = dict(small.SHAPE)
    small.SHAPE.update(TINY)
    try:
        small.make_base(["Volume 31, page 7 and more. <answer>31 Tex. Crim. 7</answer>"] * 3, folder, 0, {})
    finally:
        small.SHAPE.update(before)
    return folder


def ready(workspace: Path, run: str, *, resume: bool = True, **settings: Any) -> Ready:
    """A checked job over the workspace; ``settings`` fill the config."""
    values = {"model": "", "sft_steps": 6, "steps": 3, "beta": 0.0, "micro_rows": 8, "reward_wait": 0.0} | settings
    config = workspace / f"{run}.toml"
    config.write_text(CONFIG.format(**values))
    return prepare(TrainJob(run=run, workspace=str(workspace), config=str(config), resume=resume))


class StoreFleet(LocalFleet):
    """A replica in this process: serves the policy that each request names, as the store has it."""

    def __init__(self, base: Path, store: PolicyStore, cache: Path, lora: Any) -> None:
        from peft import get_peft_model

        tokenizer = load_tokenizer(base)
        model = get_peft_model(load_model(base, "float32"), lora)
        super().__init__(model, tokenizer.pad_token_id, tokenizer.eos_token_id)
        self._store = store
        self._cache = cache
        self.requests: list[RolloutRequest] = []

    def submit(self, requests: Sequence[RolloutRequest]) -> None:
        self.requests += requests
        policy = requests[0].policy
        assert policy is not None
        assert isinstance(self._model, PeftModel)
        load_adapter(self._model, self._store.fetch(policy, self._cache))
        super().submit(requests)


class FakeScorer:
    """Pays for short completions; ``verdict`` may replace a result (None: judged as usual)."""

    def __init__(self, verdict: Callable[[int, RewardItem], RewardResult | None] = lambda _i, _item: None) -> None:
        self._verdict = verdict
        self.away = 0
        self.calls = 0

    def score(self, items: Sequence[RewardItem]) -> list[RewardResult]:
        self.calls += 1
        if self.away > 0:
            self.away -= 1
            raise Unavailable("no answer", "reward service")
        return [self._verdict(index, item) or scored(item) for index, item in enumerate(items)]


def scored(item: RewardItem, paid: float | None = None) -> RewardResult:
    """Pays what is given, or for length."""
    reward = round(min(1.0, len(item.text()) / 50), 4) if paid is None else paid
    return RewardResult(
        id=str(item.id), task=item.task, status="scored", reward=reward, strict=False, mask_sample=False,
        reason=Reason(code="toy", text="pays for length"), parse_mode="bare",
    )  # fmt: skip


def unscorable(item: RewardItem) -> RewardResult:
    return RewardResult(
        id=str(item.id), task=item.task, status="error", failure_reason="scorer crashed", mask_sample=True
    )


def services(job: Ready, scorer: FakeScorer, lora: Any, check: Callable[[], None] = lambda: None) -> Services:
    store = PolicyStore(str(job.workspace.policies))
    return Services(
        fleet=StoreFleet(job.served, store, job.workspace.root / "replica", lora),
        scorer=scorer,
        publisher=Publisher(store, FakeRedis(), job.job.run, "0" * 64, 4, check),
        check=check,
        tell=Recorder(job.run_folder).event,
    )
