import json
import zipfile
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from cap_rlvr.corpus.synthetic.analysis import analysis, simhash

REAL = Path(__file__).parents[4] / "shared" / "data" / "static.case.law"


def text_of(case: dict[str, Any]) -> str:
    body = case["casebody"]
    return "\n".join([body["head_matter"], *(opinion["text"] for opinion in body["opinions"])])


def test_figures_agree_with_caps_own() -> None:
    if not REAL.is_dir():
        pytest.skip(f"no real volumes at {REAL}")
    ratios: list[float] = []
    for path in ("va-app/1.zip", "tex-crim/167.zip", "mich/2.zip"):
        with zipfile.ZipFile(REAL / path) as archive:
            for name in [name for name in archive.namelist() if name.startswith("json/")][::7]:
                case = json.loads(archive.read(name))
                ours, theirs = analysis(text_of(case)), case["analysis"]
                assert [ours[key] for key in ("char_count", "sha256", "simhash")] == [
                    theirs[key] for key in ("char_count", "sha256", "simhash")
                ]
                ratios.append(ours["word_count"] / theirs["word_count"])
    assert abs(mean(ratios) - 1) < 0.01


def test_synthetic_figures_are_those_of_the_text(records: dict[str, dict[str, Any]]) -> None:
    for case in records.values():
        assert case["analysis"] == analysis(text_of(case))


def test_a_text_without_three_words_has_a_fingerprint() -> None:
    assert simhash("two words") == "1:0000000000000000"
