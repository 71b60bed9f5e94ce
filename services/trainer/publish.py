"""From the model in memory to a policy that every replica can load."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cap_rlvr.clients.policies import CONFIG, PolicyStore, announce
from cap_rlvr.wire.policies import PolicyRef
from services.trainer.adapters import adapter_digest

if TYPE_CHECKING:
    from peft import PeftModel
    from redis import Redis


@dataclass
class Publisher:
    """Publishes one run's adapter whenever it has moved; keeps the newest ``keep`` policies.

    ``base_digest`` is that of the model the fleet serves; ``check`` raises where this process is not the writer.
    """

    store: PolicyStore
    redis: Redis
    run: str
    base_digest: str
    keep: int
    check: Callable[[], None]
    _last: tuple[str, PolicyRef] | None = None

    def publish(self, model: PeftModel, step: int) -> PolicyRef:
        """Make the adapter `default` visible as policy-v{step} and announce it; unmoved weights keep their policy."""
        weights = adapter_digest(model)
        if self._last is not None and self._last[0] == weights:
            return self._last[1]
        self.check()
        with tempfile.TemporaryDirectory(prefix="policy-") as folder:
            model.save_pretrained(folder, selected_adapters=["default"], save_embedding_layers=False)
            _forget_place(Path(folder) / CONFIG, self.base_digest)
            ref = self.store.publish(self.run, step, step, self.base_digest, Path(folder), self.check)
        announce(self.redis, ref)
        self.store.prune(self.run, self.keep, ref)
        self._last = (weights, ref)
        return ref


def _forget_place(path: Path, base_digest: str) -> None:
    """Name the base by its digest, not by the folder that it lies in here: equal policies have equal digests."""
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = base_digest
    path.write_text(json.dumps(config))
