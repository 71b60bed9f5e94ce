import json
import logging
import subprocess
import sys

import pytest
from toys import ROOT

from services.reward_api.redaction import PlacesOnly, redact

CHATTY = """
import logging
from services.reward_api import logs
logs.configure()
logging.getLogger("bm25s").setLevel(logging.DEBUG)
logging.getLogger("bm25s").debug("chatter")
logging.getLogger("bm25s").warning("a warning")
"""
KEY = "capk_0123456789_" + "ab" * 32


def test_secrets_are_taken_out_of_any_line() -> None:
    line = redact(
        None,
        "info",
        {
            "event": f"they sent {KEY}",
            "at": [f"{KEY}:7"],
            "header": "Bearer abc.def, Basic QUJD",
            "url": "redis://user:hunter2@host:1/0",
            "Authorization": "x",
            "completion": "private",
            "count": 3,
        },
    )
    text = json.dumps(line)
    for secret in ("abab", "abc.def", "QUJD", "hunter2", "private", '"x"'):
        assert secret not in text
    assert line["event"] == "they sent capk_0123456789_[hidden]"
    assert line["url"] == "redis://user:[hidden]@host:1/0"
    assert line["count"] == 3


def test_libraries_that_tell_everything_are_not_heard() -> None:
    command = [sys.executable, "-c", CHATTY]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    assert [json.loads(line)["text"] for line in ended.stderr.splitlines()] == ["a warning"]


def test_lines_of_others_tell_places_and_no_messages() -> None:
    try:
        raise RuntimeError("private")
    except RuntimeError:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, "f.py", 1, "private\n", (), sys.exc_info())
    line = json.loads(PlacesOnly().format(record))
    assert line["error"] == "RuntimeError"
    assert line["at"][0].startswith("test_redaction.py:")
    assert "private" not in json.dumps(line)


@pytest.mark.parametrize(
    ("message", "told"), [("It failed.", "It failed."), ("Traceback:\n  f.py\nBadInput: x\n", "BadInput: x"), ("", "")]
)
def test_what_is_said_without_an_exception_is_told(message: str, told: str) -> None:
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "f.py", 1, message, (), None)
    assert json.loads(PlacesOnly().format(record))["text"] == told
