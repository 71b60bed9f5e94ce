"""The policy store: LoRA adapters as folders that are whole or absent, checked by digest wherever they go.

`{root}/{run}/policy-v{N}-{digest8}/` holds `adapter_model.safetensors`, `adapter_config.json` and `MANIFEST.json`.
The root is a directory (a shared volume) or any fsspec URL (`s3://bucket/policies`). In a directory a policy appears
by one rename; in an object store, which has none, by its manifest, which is written last.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cap_rlvr.wire.errors import BadData, BadInput, Unavailable
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.frozen import canonical_json, digest, file_digest
from cap_rlvr.wire.manifest import MANIFEST
from cap_rlvr.wire.policies import PolicyManifest, PolicyRef

if TYPE_CHECKING:
    from redis import Redis

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
_FILES = (CONFIG, WEIGHTS)
_CURRENT_TTL_S = 6 * 3600

_EMBEDDINGS = ("lm_head", "embed_tokens", "wte", "embed_out", "output_layer")
_UNSERVABLE = {
    "use_dora": "DoRA",
    "lora_bias": "a LoRA bias",
    "modules_to_save": "fully trained modules (modules_to_save)",
    "trainable_token_indices": "trained tokens (trainable_token_indices)",
    "layer_replication": "layer replication",
    "alora_invocation_tokens": "activated LoRA",
    "use_bdlora": "block-diagonal LoRA",
    "use_qalora": "QALoRA",
}
# Starts that rewrite the base's weights: the engine adds the adapter to a base that was never rewritten.
_BASE_CHANGING_STARTS = ("pissa", "olora", "corda", "loftq")


def check_adapter(config: Mapping[str, Any]) -> None:
    """Refuse, before any long work, an adapter that a replica could not serve as it was trained.

    ``config`` is PEFT's `adapter_config.json` or `LoraConfig.to_dict()`. Raises BadInput that names the setting.
    """
    hint = "A replica serves plain LoRA on linear layers between the embeddings and the head"
    if str(getattr(config.get("peft_type"), "value", config.get("peft_type"))) != "LORA":
        raise BadInput(f"the adapter is {config.get('peft_type')}, not LORA", "peft_type", hint)
    for name, what in _UNSERVABLE.items():
        if config.get(name):
            raise BadInput(f"{what} can't be served", name, hint)
    if config.get("bias", "none") != "none":
        raise BadInput(f"trained biases ({config['bias']}) can't be served", "bias", hint)
    start = config.get("init_lora_weights")
    if isinstance(start, str) and start.lower().startswith(_BASE_CHANGING_STARTS):
        raise BadInput(f"the start {start!r} rewrites the base's weights", "init_lora_weights", hint)
    for module in _targeted_embeddings(config.get("target_modules")):
        raise BadInput(f"an adapter on {module} can't be served", "target_modules", hint)


def _targeted_embeddings(targets: object) -> list[str]:
    if targets is None or targets == "all-linear":  # PEFT leaves the head out of all-linear
        return []
    if isinstance(targets, str):
        return [name for name in _EMBEDDINGS if re.fullmatch(targets, name) or re.fullmatch(targets, f"model.{name}")]
    named = {str(target).rsplit(".", 1)[-1] for target in targets}  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType, reportUnknownArgumentType]
    return [name for name in _EMBEDDINGS if name in named]


class PolicyStore:
    """Published adapters under ``root``, a directory or an fsspec URL. One writer a run, any number of readers."""

    def __init__(self, root: str) -> None:
        if root.startswith("file://"):
            root = root.removeprefix("file://")
        self._folder = None if "://" in root else Path(root)
        self.root = root.rstrip("/")

    def publish(
        self,
        run: str,
        version: int,
        step: int,
        base_digest: str,
        files: Path,
        check: Callable[[], None] = lambda: None,
    ) -> PolicyRef:
        """Publish the adapter saved in ``files`` as ``version`` of a run; the same weights again are a no-op.

        ``check`` is called just before the policy becomes visible: it raises where the writer has lost its lease.

        Raises:
            BadInput: the adapter can't be served.
            BadData: a file of the adapter is missing or broken.
            Unavailable: the store can't be written.
        """
        config = _read_config(files)
        check_adapter(config)
        weights = files / WEIGHTS
        if not weights.is_file():
            raise BadData("the adapter's weights are missing", str(weights), "Save it with save_pretrained")
        parts = {CONFIG: digest(_canonical_config(config)), WEIGHTS: file_digest(weights)}
        ref = PolicyRef(run=run, version=version, digest=digest(parts))
        manifest = PolicyManifest(policy=ref, base_digest=base_digest, trainer_step=step, files=parts)
        contents = {CONFIG: _canonical_config(config), MANIFEST: manifest.model_dump_json(indent=2).encode() + b"\n"}
        try:
            if self._folder is not None:
                _publish_folder(self._folder / run / ref.name, contents, weights, check)
            else:
                self._publish_objects(f"{self.root}/{run}/{ref.name}", contents, weights, check)
        except OSError as error:
            raise Unavailable(f"the policy store can't be written ({error})", self.root, "Look at its disk") from error
        return ref

    def fetch(self, ref: PolicyRef, into: Path) -> Path:
        """Copy a policy to `into/{run}/{name}`, check it against its digest, and return that folder.

        A copy that is there and sound is used as it is. Raises Unavailable where the store lacks the policy or
        can't be read, BadData where what it holds is not what the digest says.
        """
        target = into / ref.run / ref.name
        if target.is_dir():
            try:
                _check_copy(target, ref)
                return target
            except BadData:
                shutil.rmtree(target)
        partial = target.with_name(f".{ref.name}.{os.getpid()}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            for name in (MANIFEST, *_FILES):
                self._copy(f"{ref.run}/{ref.name}/{name}", partial / name)
            _check_copy(partial, ref)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return target

    def manifest(self, ref: PolicyRef) -> PolicyManifest:
        """A policy's manifest as the store has it. Raises Unavailable where it is absent."""
        place = f"{ref.run}/{ref.name}/{MANIFEST}"
        try:
            if self._folder is not None:
                return _parse_manifest((self._folder / place).read_bytes(), place)
            return _parse_manifest(self._objects().cat_file(f"{self.root}/{place}"), place)
        except OSError as error:
            raise _absent(ref.name, self.root, error) from None

    def refs(self, run: str) -> list[PolicyRef]:
        """All complete policies of a run, oldest first (by version, then trainer step)."""
        manifests = [_parse_manifest(data, place) for place, data in self._manifests(run)]
        manifests.sort(key=lambda manifest: (manifest.policy.version, manifest.trainer_step, manifest.policy.digest))
        return [manifest.policy for manifest in manifests]

    def prune(self, run: str, keep: int, newest: PolicyRef | None = None) -> list[PolicyRef]:
        """Remove all but the last ``keep`` policies of a run, and what an interrupted publish left. Returns them.

        ``newest`` is the one just published, by default the highest version: what has a higher one was left by a
        run that went on from an earlier step.
        """
        refs = self.refs(run)
        kept = [ref for ref in refs if newest is None or ref.version < newest.version or ref == newest]
        kept = kept[-keep:] if keep > 0 else []
        gone = [ref for ref in refs if ref not in kept]
        for ref in gone:
            if self._folder is None:
                self._objects().rm(f"{self.root}/{run}/{ref.name}", recursive=True)
            else:
                folder = self._folder / run / ref.name
                hidden = folder.with_name(f".{ref.name}.gone")
                folder.rename(hidden)  # so that no reader sees half of it
                shutil.rmtree(hidden, ignore_errors=True)
        if self._folder is not None and (self._folder / run).is_dir():
            for left in (self._folder / run).glob(".policy-*"):
                shutil.rmtree(left, ignore_errors=True)
        return gone

    def _manifests(self, run: str) -> list[tuple[str, bytes]]:
        if self._folder is not None:
            return [(str(path), path.read_bytes()) for path in (self._folder / run).glob(f"policy-*/{MANIFEST}")]
        files = self._objects()
        files.invalidate_cache()
        return [(path, files.cat_file(path)) for path in files.glob(f"{self.root}/{run}/policy-*/{MANIFEST}")]

    def _copy(self, place: str, to: Path) -> None:
        try:
            if self._folder is not None:
                shutil.copyfile(self._folder / place, to)
            else:
                self._objects().get_file(f"{self.root}/{place}", str(to))
        except OSError as error:
            raise _absent(place, self.root, error) from None

    def _publish_objects(
        self, place: str, contents: dict[str, bytes], weights: Path, check: Callable[[], None]
    ) -> None:
        files = self._objects()
        files.makedirs(place, exist_ok=True)
        files.pipe_file(f"{place}/{CONFIG}", contents[CONFIG])
        files.put_file(str(weights), f"{place}/{WEIGHTS}")
        check()
        files.pipe_file(f"{place}/{MANIFEST}", contents[MANIFEST])

    def _objects(self) -> Any:
        import fsspec

        try:
            return fsspec.core.url_to_fs(self.root)[0]  # pyright: ignore[reportUnknownVariableType]
        except (ImportError, ValueError) as error:
            raise BadInput(
                f"the policy store can't be opened ({error})", self.root, "Install its fsspec driver"
            ) from None


def announce(redis: Redis, ref: PolicyRef) -> None:
    """Tell the fleet of a new current policy: on the channel `policy:{run}`, and kept for replicas that join later."""
    message = ref.model_dump_json()
    redis.set(current_key(ref.run), message, ex=_CURRENT_TTL_S)
    redis.publish(channel(ref.run), message)


def channel(run: str) -> str:
    """Where a run's new policies are announced, as JSON of PolicyRef."""
    return f"policy:{run}"


def current_key(run: str) -> str:
    """Where a run's latest announcement is kept for a few hours."""
    return f"policy:{run}:current"


def _read_config(files: Path) -> dict[str, Any]:
    path = files / CONFIG
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BadData("the adapter's configuration is missing", str(path), "Save it with save_pretrained") from None
    except ValueError as error:
        raise BadData(f"the adapter's configuration is not JSON ({error})", str(path), "Save it again") from None


def _canonical_config(config: Mapping[str, Any]) -> bytes:
    """PEFT writes sets in chance order; sorted, equal adapters have equal digests in every process."""
    ordered = dict(config)
    for name in ("target_modules", "exclude_modules"):
        if isinstance(ordered.get(name), list):
            ordered[name] = sorted(ordered[name])
    return canonical_json(ordered)


def _publish_folder(target: Path, contents: dict[str, bytes], weights: Path, check: Callable[[], None]) -> None:
    if (target / MANIFEST).is_file():
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        for name, data in contents.items():
            write_whole(partial / name, data)
        shutil.copyfile(weights, partial / WEIGHTS)
        _sync(partial / WEIGHTS)
        _sync(partial)
        check()
        partial.rename(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_copy(folder: Path, ref: PolicyRef) -> None:
    manifest = _parse_manifest((folder / MANIFEST).read_bytes(), str(folder / MANIFEST))
    if manifest.policy != ref or digest(manifest.files) != ref.digest:
        raise BadData(f"the manifest is not that of {ref.name}", str(folder / MANIFEST), "Publish the policy again")
    for name, wanted in manifest.files.items():
        if file_digest(folder / name) != wanted:
            raise BadData(f"{name} does not match its digest", str(folder / name), "Publish the policy again")


def _parse_manifest(data: bytes, place: str) -> PolicyManifest:
    try:
        return PolicyManifest.model_validate_json(data)
    except ValidationError as error:
        raise BadData(f"broken manifest ({error.error_count()} errors)", place, "Publish the policy again") from None


def _absent(what: str, root: str, error: OSError) -> Unavailable:
    return Unavailable(
        f"{what} can't be read ({type(error).__name__})", root, "Is the policy store shared and mounted?"
    )
