"""CAP's figures for a case's text, computed as CAP computes them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

_TOKEN = re.compile(r"\w+")
_WORD = re.compile(r"\w+(?:[^\s\w\u2014]+\w+)*")
_MOST_HEADS = 100_000  # some 20 MB

_heads: dict[str, bytes] = {}  # of shingles met lately: most recur from case to case


def analysis(text: str) -> dict[str, Any]:
    """The figures for head matter and opinions, joined by newlines; CAP counts one more newline at the end.

    ``char_count``, ``sha256`` and ``simhash`` are CAP's exactly; ``word_count`` and ``cardinality`` are near CAP's,
    whose tokenizer is NLTK's.
    """
    whole = text + "\n"
    lower = whole.lower()
    words = _WORD.findall(lower)
    return {
        "cardinality": len(set(words)),
        "char_count": len(whole),
        "ocr_confidence": 0.95,
        "sha256": hashlib.sha256(whole.encode()).hexdigest(),
        "simhash": simhash(lower),
        "word_count": len(words),
    }


def simhash(lower: str) -> str:
    """CAP's fingerprint, version 1, of a text in lower case.

    Each of 64 bits is the majority, over all runs of three words, of that bit of the run's MD5.
    """
    import numpy as np

    tokens = _TOKEN.findall(lower)
    shingles = map(" ".join, zip(tokens, tokens[1:], tokens[2:], strict=False))
    known = _heads
    heads = b"".join([known.get(shingle) or _head(shingle) for shingle in shingles])
    if not heads:
        return f"1:{0:016x}"
    bits = np.unpackbits(np.frombuffer(heads, dtype=np.uint8).reshape(-1, 8), axis=1)
    majority = bits.sum(axis=0) * 2 > len(bits)
    return f"1:{int.from_bytes(np.packbits(majority).tobytes(), 'big'):016x}"


def _head(shingle: str) -> bytes:
    if len(_heads) >= _MOST_HEADS:
        _heads.clear()
    _heads[shingle] = head = hashlib.md5(shingle.encode(), usedforsecurity=False).digest()[:8]
    return head
