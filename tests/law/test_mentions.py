"""Text -> cited cases with names, and the places that come back to them."""

import pytest

from cap_rlvr.law.mentions import Cases, distinctive, find_cited


@pytest.mark.parametrize(
    ("text", "name", "cites", "court", "year"),
    [
        (
            "See Reed v. State, 31 Tex. Crim. 35, 37 (Crim. App. 1892).",
            "Reed v. State",
            ("31 Tex. Crim. 35",),
            "Crim. App.",
            "1892",
        ),
        (
            "In Scott v. Commonwealth, 96 Va. 11, 14, 58 S.E. 7 (1899), the clerk fell.",
            "Scott v. Commonwealth",
            ("96 Va. 11", "58 S.E. 7"),
            "",
            "1899",
        ),
        (
            "the rule (Hatch v. Lewis (1969) 274 Cal.App.2d 150 [78 Cal.Rptr. 794]), which",
            "Hatch v. Lewis",
            ("274 Cal.App.2d 150", "78 Cal.Rptr. 794"),
            "",
            "1969",
        ),
        (
            "But see In re Gabriel M., 2002-NMCA-047, 132 N.M. 124.",
            "In re Gabriel M.",
            ("2002-NMCA-047", "132 N.M. 124"),
            "",
            "",
        ),
        ("an appeal. See State v. Breit, 122 N.M. 655 (1996).", "State v. Breit", ("122 N.M. 655",), "", "1996"),
        (
            "In this Court, Bruch v. CNA Ins. Co., 117 N.M. 211 (1994)",
            "Bruch v. CNA Ins. Co.",
            ("117 N.M. 211",),
            "",
            "1994",
        ),
        (
            "Ex parte Lyon, 168 Texas Cr. Rep. 649, 296 S.W. 2d 262.",
            "Ex parte Lyon",
            ("168 Texas Cr. Rep. 649", "296 S.W. 2d 262"),
            "",
            "",
        ),
    ],
)
def test_a_full_citation(text: str, name: str, cites: tuple[str, ...], court: str, year: str) -> None:
    [cited] = find_cited(text)
    assert (cited.name, cited.cites, cited.court, cited.year) == (name, cites, court, year)
    assert text[cited.start : cited.end].startswith(name)


@pytest.mark.parametrize("text", ["On page 12 he wrote 31 letters to 40 men.", "31 Tex. Crim. 35 (1892)", "12 Quux 40"])
def test_no_name_or_no_reporter_is_no_citation(text: str) -> None:
    assert find_cited(text) == []


def test_a_short_name_comes_back_to_its_case() -> None:
    text = "We follow Aguilar v. State, 106 N.M. 798 (1988). Aguilar, supra, at 799, was a theft. Aguilar v. State is plain."
    cases = Cases(text)
    found = cases.mentions(0, len(text))
    assert [mention.full for mention in found] == [True, False, False]
    assert {mention.cited.name for mention in found} == {"Aguilar v. State"}
    assert text[found[1].start : found[1].end] == "Aguilar, supra, at 799"


def test_a_name_that_two_cases_share_is_no_ones() -> None:
    text = "Reed v. Ames, 31 Mich. 35 (1892); Reed v. Bolt, 32 Mich. 9 (1893). Reed is distinguishable."
    assert [mention.full for mention in Cases(text).mentions(0, len(text))] == [True, True]


def test_distinctive_words() -> None:
    assert distinctive("State v. Reed & Sons Co.") == {"reed", "sons"}
    assert distinctive("In re the State") == frozenset()
