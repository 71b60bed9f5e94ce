"""One citation, read from text."""

import pytest
from eyecite import get_citations
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.law.citations import CaseCitation, find_locators, read_citation


@pytest.mark.parametrize(
    ("text", "name", "locators", "pins", "court", "year"),
    [
        ("2 Mich. 586 (1853)", "", ["2 Mich. 586"], [()], "", "1853"),
        ("31 Tex. Crim. 35 (Crim. App. 1892).", "", ["31 Tex. Crim. 35"], [()], "Crim. App.", "1892"),
        ("Reed v. State, 31 Tex. Crim. 35, 37 (1892)", "Reed v. State", ["31 Tex. Crim. 35"], [("37",)], "", "1892"),
        ("1 Va. App. 1, 3-4 (1985)", "", ["1 Va. App. 1"], [("3-4",)], "", "1985"),
        (
            "20 N.Y. Crim. 569, 187 N.Y. 410 (1907)",
            "",
            ["20 N.Y. Crim. 569", "187 N.Y. 410"],
            [(), ()],
            "",
            "1907",
        ),
        ("60 U.S. (19 How.) 393 (1857)", "", ["60 U.S. (19 How.) 393"], [()], "", "1857"),
        ("49 Fla. Supp. 2d 1 (Cir. Ct. 1991)", "", ["49 Fla. Supp. 2d 1"], [()], "Cir. Ct.", "1991"),
        ("Sch. Dist. No. 5 v. Ames, 2 Mich. 3 (1851)", "Sch. Dist. No. 5 v. Ames", ["2 Mich. 3"], [()], "", "1851"),
        ("31 Tex. Crim. 35", "", ["31 Tex. Crim. 35"], [()], "", ""),
        ("31 Tex. Crim. 35 (Crim. App. June 1, 1892)", "", ["31 Tex. Crim. 35"], [()], "Crim. App.", "1892"),
        ("31 Tex. Crim. 35 (Sept. 3, 1892)", "", ["31 Tex. Crim. 35"], [()], "", "1892"),
        ("31 Tex. Crim. 35 (Maybe 1892)", "", ["31 Tex. Crim. 35"], [()], "Maybe", "1892"),
        ("5 F. Supp. 2d 3 (S.D.N.Y. 1998)", "", ["5 F. Supp. 2d 3"], [()], "S.D.N.Y.", "1998"),
    ],
)
def test_read(text: str, name: str, locators: list[str], pins: list[tuple[str, ...]], court: str, year: str) -> None:
    read = read_citation(text)
    assert isinstance(read, CaseCitation)
    assert read.name == name
    assert [one.text for one in read.locators] == locators
    assert list(read.pins) == pins
    assert (read.court, read.year) == (court, year)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no_citation"),
        ("____ Tex. Crim. ____ (1892)", "no_citation"),
        ("31 Nobody's Rep. 35 (1892)", "no_citation"),
        ("31 Tex. Crim. at 35", "no_citation"),
        ("31", "no_citation"),
        ("31 Tex. Crim.", "no_citation"),
        ("31 Tex. Crim. 35 (1892) or 32 Tex. Crim. 36 (1893)", "extra_text"),
        ("31 Tex. Crim. 35 (1892); affirmed", "extra_text"),
        ("31 Tex. Crim. 35 (1892) (en banc)", "extra_text"),
        ("31 Tex. Crim. 35 ((1892))", "extra_text"),
        (", ".join(f"31 Tex. Crim. {page}" for page in range(5)), "too_many"),
        ("31 Tex. Crim. 35" + " " * 400, "too_long"),
    ],
)
def test_faults(text: str, fault: str) -> None:
    assert read_citation(text) == fault


def test_perfect_text_reads_back_as_itself() -> None:
    text = "Reed v. State, 31 Tex. Crim. 35, 37 (Crim. App. 1892)"
    read = read_citation(text)
    assert isinstance(read, CaseCitation)
    assert read.text == text


@pytest.mark.parametrize(
    "text",
    [
        "31 Tex. Crim. 35",
        "1 Jeff. 132",
        "1 Charlton 551",
        "1 Howison 107",
        "276 Cal. App. 2d 825",
        "20 N.Y. Crim. 569",
        "5 F.Supp.2d 3",
        "31 Tex. Cr. R. 35",
        "123 A.D.2d 45",
    ],
)
def test_agrees_with_eyecite(text: str) -> None:
    (theirs,) = get_citations(text)
    (ours,) = find_locators(text)
    groups = theirs.groups
    assert (ours.volume, ours.reporter, ours.page) == (groups["volume"], groups["reporter"].strip(), groups["page"])


@settings(max_examples=200)
@given(st.text(max_size=450))
def test_any_text_is_read_or_refused(text: str) -> None:
    read = read_citation(text)
    assert isinstance(read, CaseCitation | str)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["31", "Tex.", "Crim.", "35", "(", ")", ",", "1892", "U.S.", "v.", "2d"]), max_size=80))
def test_citation_like_text_is_read_or_refused(words: list[str]) -> None:
    read = read_citation(" ".join(words))
    if isinstance(read, CaseCitation):
        assert 1 <= len(read.locators) <= 4
