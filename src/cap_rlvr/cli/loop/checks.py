"""What must be right before anything long begins; each fault is one sentence."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cap_rlvr import registry
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.files import free_bytes
from cap_rlvr.wire.jobs import RunConfig

BASE_DISK_MB = 600  # rows, small model, adapters, checkpoints, logs, append-only file; measured for the small profile
MEMORY_MB = 6_000  # trainer, one vLLM replica with its cache, reward workers, broker; measured likewise


def check_tasks(names: tuple[str, ...], settings: RunConfig, config: Path) -> tuple[str, ...]:
    """The tasks of the run, all that exist by default. Raises BadInput for a name that doesn't, or if none trains."""
    for name in names:
        registry.get(name)
    names = names or registry.names()
    if not any(settings.rows.trains(name) for name in names):
        hint = "Name kinds of rows for one of them there, or other TASKS="
        raise BadInput(f"none of {', '.join(names)} would be trained", f"{config}: rows.kinds", hint)
    return names


def check_model(config: RunConfig, model: str) -> str:
    """A local folder must look like a model; a hub name is passed on. Raises BadInput."""
    name = model or config.model.path
    looks_local = name.startswith((".", "/", "~")) or name.count("/") > 1
    folder = Path(name).expanduser()
    if not name or (not looks_local and not folder.exists()):
        return name
    if not (folder / "config.json").exists():
        raise BadInput(
            "no model is there (no config.json)", f"MODEL={name}", "Give a Hugging Face model folder or hub name"
        )
    return str(folder.resolve())


def check_room(workspace: Path, replicas: int) -> str:
    """What the run needs of disk and memory, as a sentence. Raises BadInput where there is less."""
    import psutil

    free_disk = free_bytes(workspace) // 2**20
    free_memory = psutil.virtual_memory().available // 2**20
    memory = MEMORY_MB + 1_500 * (replicas - 1)
    if free_disk < BASE_DISK_MB:
        raise BadInput(
            f"{free_disk} MB are free, {BASE_DISK_MB} MB are needed",
            f"disk of {workspace}",
            "Free some, or give WORKSPACE=",
        )
    if free_memory < memory:
        raise BadInput(
            f"{free_memory} MB are free, {memory} MB are needed", "memory", "Close something, or lower REPLICAS="
        )
    return f"needs {BASE_DISK_MB} MB of disk ({free_disk:,} free) and {memory:,} MB of memory ({free_memory:,} free)"


def check_writable(workspace: Path) -> None:
    """Raises BadInput where the workspace can't be written."""
    probe = workspace / ".writable"
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x" * 4096)
    except OSError as error:
        raise BadInput(
            f"can't be written ({error.strerror})", f"WORKSPACE={workspace}", "Give another folder"
        ) from None
    finally:
        with suppress(OSError):
            probe.unlink()
