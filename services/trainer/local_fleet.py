"""A fleet of one, in this process: Transformers generates, behind the same calls as the rollout client.

It evaluates a model that no replica serves (the untrained one), and stands in for the fleet in tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, cast

import torch

from cap_rlvr.wire.rollouts import Completion, RolloutGroup, RolloutRequest

_ROWS = 64  # sequences generated together
_TOKENS = 49_152  # of their prompts: attention over padded prompts takes memory by the square of their length


class LocalFleet:
    """Answers requests with ``model`` as it is at that moment, whatever policy they name."""

    def __init__(self, model: Any, pad_token_id: int, eos_token_id: int) -> None:
        self._model = model
        self._pad = pad_token_id
        self._eos = eos_token_id
        self._asked: dict[str, RolloutRequest] = {}
        self._done: dict[str, RolloutGroup] = {}

    def submit(self, requests: Sequence[RolloutRequest]) -> None:
        self._asked.update({request.request_id: request for request in requests})

    def collect(
        self,
        ids: Sequence[str],
        timeout_s: float,  # noqa: ARG002
        on_wait: Callable[[str], None] | None = None,  # noqa: ARG002
    ) -> dict[str, RolloutGroup]:
        waiting = sorted(
            (self._asked.pop(name) for name in ids if name in self._asked),
            key=lambda request: (request.sampling.max_tokens, len(request.prompt_token_ids)),
        )
        for _, alike in groupby(waiting, key=lambda request: request.sampling.max_tokens):
            left = list(alike)
            while left:
                count = max(1, _ROWS // left[0].n)
                while count > 1 and len(left[:count][-1].prompt_token_ids) * count * left[0].n > _TOKENS:
                    count -= 1
                batch, left = left[:count], left[count:]
                self._answer(batch)
        return {name: self._done[name] for name in ids if name in self._done}

    def forget(self, ids: Iterable[str]) -> None:
        for name in ids:
            self._done.pop(name, None)

    def replicas(self) -> list[Any]:
        return ["local"]

    @torch.no_grad()
    def _answer(self, requests: list[RolloutRequest]) -> None:
        started = time.time()
        sampling, n = requests[0].sampling, requests[0].n
        width = max(len(request.prompt_token_ids) for request in requests)
        rows = [[self._pad] * (width - len(r.prompt_token_ids)) + list(r.prompt_token_ids) for r in requests]
        ids_GP = torch.tensor(rows, device=self._model.device).repeat_interleave(n, dim=0)  # noqa: N806
        lengths = torch.tensor([len(r.prompt_token_ids) for r in requests]).repeat_interleave(n)
        mask_GP = (torch.arange(width)[None, :] >= (width - lengths)[:, None]).long()  # noqa: N806
        greedy = sampling.temperature == 0
        options: dict[str, Any] = {} if greedy else {"temperature": sampling.temperature, "top_k": 0, "top_p": 1.0}
        was_training = self._model.training
        self._model.eval()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(requests[0].seed)
            out = self._model.generate(
                input_ids=ids_GP,
                attention_mask=mask_GP.to(ids_GP.device),
                max_new_tokens=sampling.max_tokens,
                do_sample=not greedy,
                pad_token_id=self._pad,
                eos_token_id=self._eos,
                return_dict_in_generate=True,
                output_logits=True,
                **options,
            )
        self._model.train(was_training)
        temperature = 1.0 if greedy else sampling.temperature
        logps_GTV = torch.log_softmax(torch.stack(out.logits, dim=1).float() / temperature, dim=-1)  # noqa: N806
        tokens_GT = out.sequences[:, width:]  # noqa: N806
        logps_GT = logps_GTV.gather(-1, tokens_GT[..., None])[..., 0]  # noqa: N806
        for index, request in enumerate(requests):
            rows_of = range(index * n, (index + 1) * n)
            self._done[request.request_id] = RolloutGroup(
                request_id=request.request_id,
                policy=request.policy,
                worker="local",
                completions=tuple(self._completion(tokens_GT[row], logps_GT[row]) for row in rows_of),
                started=started,
                finished=time.time(),
            )

    def _completion(self, tokens_T: torch.Tensor, logps_T: torch.Tensor) -> Completion:  # noqa: N803
        ends = (tokens_T == self._eos).nonzero()
        length = int(ends[0]) + 1 if len(ends) else len(tokens_T)
        return Completion(
            token_ids=tuple(cast(list[int], tokens_T[:length].tolist())),
            logprobs=tuple(cast(list[float], logps_T[:length].tolist())),
            finish_reason="stop" if len(ends) else "length",
        )
