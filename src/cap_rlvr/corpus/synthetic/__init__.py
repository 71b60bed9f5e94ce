"""A fictional corpus in the real format: coherent decisions whose truth is known because they were made from it."""

from __future__ import annotations

from cap_rlvr.corpus.synthetic.write import write_corpus

__all__ = ["write_corpus"]
