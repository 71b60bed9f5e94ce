"""The store: one vector a case by case id, on disk, read through memory maps with numpy alone.

In the folder: `cases.npy` (ids as bytes, sorted), `vectors.npy` (float16, one unit vector a row, in the same order),
`index.faiss`, and the manifest, which names the model and holds the calibration.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.frozen import keyed_unit
from cap_rlvr.wire.manifest import MANIFEST, Manifest, read_manifest

CASES, VECTORS, INDEX = "cases.npy", "vectors.npy", "index.faiss"
KIND = "vectors"
REBUILD = "Run cap-rlvr vectors build"
PAIRS = 10_000
FLOOR_PERCENTILE = 95
_DECIMALS = 4  # of a similarity: what the order of additions may change lies far below


class VectorStore:
    """Vectors by case id. ``floor`` is the cosine that 95 % of random pairs stay under: similarity begins there."""

    def __init__(self, cases: NDArray[Any], vectors: NDArray[np.float16], floor: float, manifest: Manifest) -> None:
        self.cases = cases
        self.vectors = vectors
        self.floor = floor
        self.manifest = manifest

    def __len__(self) -> int:
        return len(self.cases)

    def vector(self, case_id: str) -> NDArray[np.float64] | None:
        """The unit vector of a case, or None where it has none."""
        place = int(np.searchsorted(self.cases, case_id.encode()))
        if place >= len(self.cases) or self.cases[place] != case_id.encode():
            return None
        return self.vectors[place].astype(np.float64)

    def similarity(self, one: str, other: str) -> float | None:
        """The cosine of two cases, scaled from the floor (0) to identity (1); None where one has no vector."""
        a, b = self.vector(one), self.vector(other)
        if a is None or b is None:
            return None
        return scaled(cosine(a, b), self.floor)

    def case_id(self, place: int) -> str:
        """The id at a place of the index."""
        return bytes(self.cases[place]).decode()


def open_store(place: Path) -> VectorStore:
    """Open a store by its folder or by its index file. Raises BadData where it is missing, broken or of another kind.

    The index itself is not read: it serves searches, and scoring makes none.
    """
    folder = _folder_of(place)
    if not (folder / MANIFEST).is_file():
        raise BadData("there is no vector store", str(folder), REBUILD)
    manifest = read_manifest(folder)
    if manifest.kind != KIND:
        raise BadData(f"this holds {manifest.kind}, not vectors", str(folder), "Give the folder of a vector store")
    if place != folder and place.name not in manifest.files:
        raise BadData("this index is not the one that its folder's vectors were made with", str(place), REBUILD)
    try:
        cases = np.load(folder / CASES, mmap_mode="r", allow_pickle=False)
        vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BadData(f"the store can't be read ({error})", str(folder), REBUILD) from None
    wanted = (len(cases), manifest.settings.get("dimension"))
    if vectors.shape != wanted:
        raise BadData(
            f"vectors of shape {vectors.shape}, where the manifest and ids say {wanted}", str(folder), REBUILD
        )
    floor = manifest.settings.get("floor")
    if not isinstance(floor, int | float):
        raise BadData("the manifest has no number `floor`", str(folder), REBUILD)
    return VectorStore(cases, vectors, float(floor), manifest)


def _folder_of(place: Path) -> Path:
    if place.suffix != Path(INDEX).suffix:
        return place
    if not place.is_file():
        raise BadData("there is no index", str(place), REBUILD)
    return place.parent


def cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The cosine of two vectors of any length; added up in one fixed order, so the same on every machine."""
    whole = float(np.sqrt(np.sum(one * one) * np.sum(other * other)))
    return float(np.sum(one * other)) / whole if whole else 0.0


def scaled(value: float, floor: float) -> float:
    """A cosine as a similarity: 0 up to the floor, then straight to 1."""
    return round(min(1.0, max(0.0, (value - floor) / (1 - floor))), _DECIMALS)


def random_floor(vectors: NDArray[np.float16]) -> float:
    """The 95th percentile of the cosines of 10,000 keyed random pairs; 0 where there are no two cases."""
    total = len(vectors)
    if total < 2:
        return 0.0
    seed = int(keyed_unit("vector pairs", total) * 2**53)
    places = np.random.Generator(np.random.PCG64(seed)).integers(0, total, (PAIRS, 2))
    places = places[places[:, 0] != places[:, 1]]
    values = [cosine(vectors[a].astype(np.float64), vectors[b].astype(np.float64)) for a, b in places]
    return round(min(0.99, max(0.0, float(np.percentile(values, FLOOR_PERCENTILE)))), _DECIMALS)
