"""A stand-in for `cap_rlvr.registry` with one task whose scorer obeys the completion; scoring processes import it."""

import os
import time
from pathlib import Path
from typing import Any

from pydantic import field_validator

from cap_rlvr.answer import read_reply
from cap_rlvr.task import GroundTruth, Probes, Task, graded, nothing
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.scoring import Part, Reason, Score, ScorerId


class Truth(GroundTruth):
    word: str

    @field_validator("word")
    @classmethod
    def _costs(cls, word: str) -> str:
        if word == "burn":
            burn(60)
        return word


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def score(truth: Truth, completion: str) -> Score:
    reply = read_reply(completion)
    command, _, value = completion.partition(":")
    if command == "sleep":
        time.sleep(float(value))
    elif command == "burn":
        burn(float(value))
    elif command == "die":
        os._exit(3)
    elif command == "fail":
        raise RuntimeError(f"secret: {completion}")
    elif command == "die-once" and not Path(value).exists():
        Path(value).touch()
        os._exit(3)
    if reply.answer is None:
        return nothing(reply)
    return _verdict(reply, "right" if reply.answer == truth.word else "wrong", float(reply.answer == truth.word))


def _verdict(reply: Any, text: str, value: float) -> Score:
    parts = {"word": Part(value=value, weight=1.0)}
    return graded(reply, parts, Reason(code="judged", text=text), {}, strict=value == 1)


def nobody(*_: Any) -> Any:
    return iter(())


TOY = Task(
    name="toy",
    title="Say the word",
    version="1",
    truth=Truth,
    example={"word": "yes"},
    template="Say it.\n\n{inputs}",
    ceiling=1.0,
    tags_required=False,
    find=nobody,
    assemble=nobody,
    gold=lambda truth: f"<answer>{truth.word}</answer>",
    score=score,
    probes=Probes(surface_forms=nobody, attacks=nobody, chains=nobody),
)


def names() -> tuple[str, ...]:
    return ("toy",)


def get(name: str) -> Task[Any]:
    if name != "toy":
        raise BadInput(f"no task is named {name!r}", "task")
    return TOY


def scorer_id(name: str) -> ScorerId:
    return ScorerId(version=get(name).version, sha256="0" * 64)
