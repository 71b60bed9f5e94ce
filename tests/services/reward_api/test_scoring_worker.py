import socket

import orjson
import pytest
import toy_registry

from services.reward_api import scoring_worker
from services.reward_api.scoring_worker import Judge, frame, pack, read_frame, serve
from services.reward_api.verdicts import Verdict


def test_a_process_that_has_grown_large_answers_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    peaks = iter([0, 0, 10**9])
    monkeypatch.setattr(scoring_worker, "_peak_kb", lambda: next(peaks))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(frame(orjson.dumps([pack("toy", "yes", {"word": "yes"}, None)])))
        serve(theirs, Judge(toy_registry, 5.0))
        answer = read_frame(ours)
    assert answer
    assert Verdict.unpack(orjson.loads(answer)[0]).reward == 1.0
