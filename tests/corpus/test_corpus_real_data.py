"""The whole of the real samples, read by both readers: the figures are what was counted when they were first read."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import ftfy.bad_codecs  # noqa: F401  (the codec that such damage comes from)
import pytest
from rapidfuzz import fuzz

from cap_rlvr.corpus import check_unit, list_units, read_cases
from cap_rlvr.law.dispositions import read_disposition
from cap_rlvr.law.names import plain_name
from cap_rlvr.law.opinions import majority_index, speaks_apart
from cap_rlvr.law.text import repair
from cap_rlvr.wire.case import Case, SourceKind
from cap_rlvr.wire.errors import BadData

pytestmark = pytest.mark.slow


def read_all(source: Path) -> tuple[list[Case], list[BadData]]:
    bad: list[BadData] = []
    return list(read_cases(source, bad.append)), bad


@pytest.fixture(scope="module")
def static(real_data: Path) -> dict[str, Case]:
    cases, bad = read_all(real_data / "static.case.law")
    assert bad == []
    return {case.id: case for case in cases}


@pytest.fixture(scope="module")
def text(real_data: Path) -> dict[str, Case]:
    cases, bad = read_all(real_data / "common_pile_sample.jsonl.gz")
    assert bad == []
    return {case.id: case for case in cases}


@pytest.fixture(scope="module")
def modern(real_data: Path) -> list[Case]:
    cases, bad = read_all(real_data / "text_only_sample.jsonl.gz")
    assert len(cases) == 668
    assert Counter(error.message for error in bad) == {"the text carries editorial LEXIS headnote marks": 11}
    return cases


def test_every_volume_is_whole_by_caps_own_count(real_data: Path) -> None:
    checks = [check_unit(unit) for unit in list_units(real_data / "static.case.law")]
    assert len(checks) == 14
    assert all(not check.mismatches and not check.broken and check.unchecked == 0 for check in checks)
    assert sum(check.cases for check in checks) == 1142


def test_static_cases(static: dict[str, Case]) -> None:
    assert len(static) == 1142
    assert {case.source for case in static.values()} == {SourceKind.STATIC}
    assert sum(len(case.cites_to) for case in static.values()) == 8949
    assert all(case.volume_years and case.volume_years[0] <= (case.year or 0) for case in static.values())
    assert all(case.citations and case.court.name for case in static.values())


@pytest.mark.parametrize(
    ("what", "least", "same"),
    [
        ("head matter", 1142, lambda a, b: a.head_matter == b.head_matter),
        ("date", 1142, lambda a, b: a.decision_date == b.decision_date),
        ("opinions' texts", 1142, lambda a, b: [o.text for o in a.opinions] == [o.text for o in b.opinions]),
        ("opinions' authors", 1142, lambda a, b: [o.author for o in a.opinions] == [o.author for o in b.opinions]),
        ("opinions' types", 1136, lambda a, b: [o.type for o in a.opinions] == [o.type for o in b.opinions]),
        ("name", 1139, lambda a, b: fuzz.token_set_ratio(plain_name(a.name), plain_name(b.name)) >= 80),
        ("docket", 1130, lambda a, b: a.docket_number.strip(". ") == b.docket_number),
        ("page, where given", 1142, lambda a, b: b.first_page in {"", a.first_page}),
        ("page", 615, lambda a, b: a.first_page == b.first_page),
        (
            "court, where given",
            1138,
            lambda a, b: not b.court.name or fuzz.token_set_ratio(a.court.name, b.court.name) > 50,
        ),
    ],
)
def test_text_rows_agree_with_the_fields(
    static: dict[str, Case], text: dict[str, Case], what: str, least: int, same: Callable[[Case, Case], bool]
) -> None:
    assert set(static) == set(text)
    agreeing = sum(same(static[key], text[key]) for key in static)
    assert agreeing >= least, what


def test_no_text_row_takes_other_words_for_the_courts(static: dict[str, Case], text: dict[str, Case]) -> None:
    court = {"majority", "unanimous"}
    pairs = [pair for key in static for pair in zip(static[key].opinions, text[key].opinions, strict=True)]
    assert [(a.type, b.text[:80]) for a, b in pairs if b.type in court and a.type not in court] == []


def test_slip_opinions_lose_their_page_furniture(modern: list[Case]) -> None:
    slips = [case for case in modern if case.id.startswith("us_slip")]
    texts = [opinion.text for case in slips for opinion in case.opinions]
    assert sum("Cite as:" in text for text in texts) == 0
    assert sum("[*" in text for text in texts) <= 2
    assert sum(text.count("-\n") for text in texts) <= 60
    assert all(case.name and case.docket_number for case in slips)


def test_most_modern_opinions_are_attributed_and_none_speaks_apart(modern: list[Case]) -> None:
    majorities = [index for case in modern if (index := majority_index(case.opinions)) is not None]
    assert len(majorities) >= 645
    courts = [opinion for case in modern for opinion in case.opinions if opinion.type == "majority"]
    assert not any(speaks_apart(opinion.text) for opinion in courts)


def test_dispositions_are_found_in_most_cases(static: dict[str, Case]) -> None:
    found = {key: read_disposition(case.opinions) for key, case in static.items()}
    reporters = Counter(key.split("/")[0] for key, disposition in found.items() if disposition)
    assert reporters["tex-crim"] >= 460
    assert reporters["va-app"] >= 77
    assert sum(reporters.values()) >= 890
    for key, disposition in found.items():
        if disposition:
            words = static[key].opinions[disposition.opinion].text[disposition.start : disposition.end].lower()
            # "deny" stands for denied; a scan may read "affirmed" as "afñrmed"
            assert any(verb[:3] in words or fuzz.partial_ratio(verb, words) >= 75 for verb in disposition.verbs), key


def test_mojibake_made_of_real_text_is_undone(static: dict[str, Case]) -> None:
    texts = [opinion.text for case in static.values() for opinion in case.opinions if not opinion.text.isascii()][:400]
    plain = [text for text in texts if "■" not in text]  # a speck of the scan, which no repair knows
    undone = sum(repair(text.encode().decode("sloppy-windows-1252")).text == text for text in plain)
    assert len(plain) >= 250
    assert undone >= 0.97 * len(plain)
