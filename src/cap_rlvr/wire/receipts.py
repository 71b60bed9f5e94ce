"""The receipt of a scored batch: whoever holds the request and the reply can compute it again.

It covers, in the request's order, what was asked (id, task, SHA-256 of the completion's text, the example's id or the
SHA-256 of the ground truth, group, policy), the verdicts whole (all of a result but ``id`` and ``cached``), the
scorers and the corpus. The ``prompt`` is not covered: it decides nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cap_rlvr.wire.scoring import CorpusId, RewardItem, RewardReply, RewardResult, ScorerId


def claim(item: RewardItem, index: int) -> list[str | None]:
    """What one item asked for, with digests in place of its texts."""
    return [
        item.id if item.id is not None else str(index),
        item.task,
        sha256_text(item.text()),
        item.example_id,
        None if item.ground_truth is None else sha256_sorted(item.ground_truth),
        item.group_id,
        item.policy,
    ]


def verdict_bytes(result: RewardResult) -> bytes:
    """A result without ``id`` and ``cached``, as sorted JSON: the part that the scorer alone decides."""
    fields = {name: value for name, value in vars(result).items() if name not in ("id", "cached")}
    return orjson.dumps(fields, default=vars, option=orjson.OPT_SORT_KEYS)  # `vars` of a model are its fields


def seal(
    claims: Sequence[Sequence[str | None]],
    verdicts: Sequence[str],
    scorers: Mapping[str, ScorerId],
    corpus: CorpusId | None,
) -> str:
    """SHA-256 (hex) over the claims, the verdicts' SHA-256 (hex), the scorers and the corpus."""
    named = {name: scorer.model_dump() for name, scorer in scorers.items()}
    return sha256_sorted([claims, verdicts, named, corpus and corpus.model_dump()])


def receipt_of(items: Sequence[RewardItem], reply: RewardReply) -> str:
    """The receipt that a reply to these items must carry."""
    claims = [claim(item, index) for index, item in enumerate(items)]
    verdicts = [hashlib.sha256(verdict_bytes(result)).hexdigest() for result in reply.results]
    return seal(claims, verdicts, reply.scorers, reply.corpus)


def sha256_text(text: str) -> str:
    """SHA-256 (hex) of a text as UTF-8; a lone surrogate counts as U+FFFD, as the service reads it."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    return hashlib.sha256(data).hexdigest()


def sha256_sorted(value: Any) -> str:
    """SHA-256 (hex) of a plain value as sorted JSON."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
