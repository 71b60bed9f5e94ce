"""Near-duplicate texts: a small MinHash sketch of each text, cheap enough to make for every case.

One-permutation hashing (Li, Owen & Zhang 2012) over runs of 16 letters, all else left out, so that line breaks, spacing,
page marks and single misread characters hardly matter. Each of 64 slots keeps one byte of its smallest hash: two
texts agree in about as many slots as the share of runs that they have in common.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SLOTS = 64
BAND = 3  # slots; of the 21 bands, texts that share .4 of their runs have one in common with probability .75, .6: .99
SAME = 24  # agreeing slots that make one text: 2 % of misread letters leave 32, unrelated decisions reach 12
_MIN_LETTERS = 500  # a shorter text ("Affirmed on the opinion below") is shared by cases that have nothing in common
_MAX_LETTERS = 200_000  # bounds time and memory; longer decisions are told apart by their beginning
_FACTORS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)  # one a doubling, all odd
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_LETTERS = np.random.Generator(np.random.PCG64(20_260_101)).integers(0, 2**64, 256, dtype=np.uint64)


def sketch(text: str) -> str:
    """The sketch as hexadecimal digits, two a slot; empty for a text too short to be told from others."""
    raw = np.frombuffer(text[: 2 * _MAX_LETTERS].lower().encode("ascii", "ignore"), dtype=np.uint8)
    letters = raw[(raw >= ord("a")) & (raw <= ord("z"))][:_MAX_LETTERS]
    if len(letters) < _MIN_LETTERS:
        return ""
    hashes = _run_hashes(letters)
    smallest = np.full(SLOTS, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(smallest, (hashes >> np.uint64(58)).astype(np.intp), hashes & np.uint64(2**58 - 1))
    return (smallest & np.uint64(0xFF)).astype(np.uint8).tobytes().hex()


def agreeing_slots(one: str, other: str) -> int:
    """In how many of the 64 slots two sketches agree."""
    return sum(a == b for a, b in zip(bytes.fromhex(one), bytes.fromhex(other), strict=True))


def _run_hashes(letters: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """A 64-bit hash of every run of 16 letters, from hashes of runs of 1, 2, 4 and 8."""
    hashes = _LETTERS[letters]
    for doubling, factor in enumerate(_FACTORS):
        width = 1 << doubling
        hashes = hashes[:-width] * np.uint64(factor) + hashes[width:]
    hashes ^= hashes >> np.uint64(31)
    hashes *= _MIX
    return hashes ^ (hashes >> np.uint64(29))
