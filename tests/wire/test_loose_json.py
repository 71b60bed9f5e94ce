import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.wire.loose_json import read_json


def mended(value: object) -> object:
    """The same by Python's own parser."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in value)
    if isinstance(value, list):
        return [mended(one) for one in value]
    if isinstance(value, dict):
        return {mended(key): mended(one) for key, one in value.items()}
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"\uDBFF\uD83D\ude00\udc00"', "\ufffd😀\ufffd"),
        (r'"\\ud800 \ud800 \\\ud800"', "\\ud800 \ufffd \\\ufffd"),
        (
            r'{"\ud800": ["\udfff", 1e3, 123456789012345678901234567890]}',
            {"\ufffd": ["\ufffd", 1000.0, 1.2345678901234568e29]},
        ),
    ],
)
def test_lone_surrogates(text: str, expected: object) -> None:
    assert read_json(text.encode()) == expected


@settings(max_examples=40)
@given(st.recursive(st.text() | st.integers(-5, 5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_as_pythons_parser_reads_it(value: object) -> None:
    text = json.dumps([value, "\ud800"])
    assert read_json(text.encode()) == mended(json.loads(text))


@pytest.mark.parametrize(
    "data", [b"", b"{", b'"\\ud800', b'"\\ud80z"', b'"\\ud800" \\', b'["\\ud800", NaN]', b'["\\ud800", 1e400]', b"\xff"]
)
def test_what_is_no_json(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"line 1|unexpected|UTF-8|str is not") as refused:
        read_json(data)
    assert "ud80" not in str(refused.value)


@pytest.mark.parametrize(
    "piece", [b"a", b"\\n", b"\\\\", b"\\ud800", b"\\ud800x", b"\\ud83d\\ude00", b"\\ud8zz", b"\\"]
)
def test_no_text_takes_more_time_than_its_length(piece: bytes) -> None:
    def seconds(size: int) -> float:
        data = b'["\\ud800", "' + piece * (size // len(piece))
        began = time.process_time()
        with pytest.raises(ValueError, match="line 1"):
            read_json(data)
        return time.process_time() - began

    assert seconds(1_000_000) < 20 * max(seconds(100_000), 0.005)
