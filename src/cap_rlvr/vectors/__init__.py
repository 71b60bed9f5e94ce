"""Vectors of cases: made once from their texts, kept in a memory-mapped store, searched through a FAISS index."""

from cap_rlvr.vectors.store import VectorStore, open_store

__all__ = ["VectorStore", "open_store"]
