"""Which policies are loaded, over an engine that only writes down what it is told."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.clients.policies import PolicyStore
from cap_rlvr.wire.errors import BadData, Unavailable
from cap_rlvr.wire.policies import PolicyRef
from services.rollout_vllm.engine import Refused
from services.rollout_vllm.window import PolicyWindow


class Notebook:
    def __init__(self) -> None:
        self.lines: list[str] = []

    async def load(self, name: str, folder: Path) -> None:
        assert (folder / "adapter_config.json").is_file()
        await asyncio.sleep(0.01)
        self.lines.append(f"+{name[:9]}")

    async def unload(self, name: str) -> None:
        self.lines.append(f"-{name[:9]}")


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def window(notebook: Any, store: PolicyStore, base: str, tmp_path: Path) -> PolicyWindow:
    return PolicyWindow(notebook, store, tmp_path / "cache", base, 2)


async def use(window: PolicyWindow, ref: PolicyRef | None) -> str:
    async with window.hold(ref) as name:
        return name


async def test_the_longest_unused_goes_first(
    window: PolicyWindow, notebook: Notebook, publish: Callable[..., PolicyRef], tmp_path: Path
) -> None:
    one, two, three = publish(1), publish(2), publish(3)
    for ref in (one, two, one, three):
        assert await use(window, ref) == ref.name
    assert notebook.lines == ["+policy-v1", "+policy-v2", "-policy-v2", "+policy-v3"]
    assert window.loaded == (one.name, three.name)
    assert not (tmp_path / "cache" / "run" / two.name).exists()
    assert await use(window, None) == "base"


async def test_many_at_once_load_once(
    window: PolicyWindow, notebook: Notebook, publish: Callable[..., PolicyRef]
) -> None:
    one = publish(1)
    await asyncio.gather(*(use(window, one) for _ in range(10)))
    assert notebook.lines == ["+policy-v1"]


async def test_what_is_in_use_stays(
    window: PolicyWindow, notebook: Notebook, publish: Callable[..., PolicyRef]
) -> None:
    one, two, three = publish(1), publish(2), publish(3)
    async with window.hold(one):
        async with window.hold(two):
            waiting = asyncio.create_task(use(window, three))
            await asyncio.sleep(0.1)
            assert not waiting.done()
        assert await asyncio.wait_for(waiting, 5) == three.name
        assert window.loaded == (one.name, three.name)


async def test_faults_leave_the_window_usable(
    window: PolicyWindow, notebook: Notebook, publish: Callable[..., PolicyRef], store_folder: Path, monkeypatch: Any
) -> None:
    broken, foreign, good = publish(1), publish(2, of_base="f" * 64), publish(3)
    (store_folder / "run" / broken.name / "adapter_config.json").write_text("{}")
    with pytest.raises(BadData, match="digest"):
        await use(window, broken)
    with pytest.raises(Refused, match="base"):
        await use(window, foreign)
    monkeypatch.setattr("services.rollout_vllm.window._STORE_PATIENCE_S", 0.5)
    with pytest.raises(Unavailable):
        await use(window, PolicyRef(run="run", version=9, digest="0" * 64))
    assert await use(window, good) == good.name
    assert notebook.lines == ["+policy-v3"]
    assert await window.is_ours(good)
    assert not await window.is_ours(foreign)
    assert not await window.is_ours(PolicyRef(run="run", version=9, digest="0" * 64))


async def test_a_store_that_is_late_is_waited_for(
    window: PolicyWindow, publish: Callable[..., PolicyRef], store_folder: Path
) -> None:
    late = publish(1)
    hidden = store_folder / "run" / ".later"
    (store_folder / "run" / late.name).rename(hidden)
    waiting = asyncio.create_task(use(window, late))
    await asyncio.sleep(0.2)
    hidden.rename(store_folder / "run" / late.name)
    assert await asyncio.wait_for(waiting, 10) == late.name


async def test_a_new_engine_has_nothing(
    window: PolicyWindow, notebook: Notebook, publish: Callable[..., PolicyRef]
) -> None:
    one = publish(1)
    await use(window, one)
    window.clear()
    await use(window, one)
    assert notebook.lines == ["+policy-v1", "+policy-v1"]
