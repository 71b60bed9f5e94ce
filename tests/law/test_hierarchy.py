"""Who may overrule whom."""

import pytest

from cap_rlvr.law.hierarchy import Seat, may_overrule, seat_of_citation, seat_of_court
from cap_rlvr.wire.case import Court, Jurisdiction

HIGH, MIDDLE, OTHER = Seat("Mich.", "high"), Seat("Mich.", "middle", "Ct. App."), Seat("Cal.", "high")
NINTH, SECOND, SUPREME = Seat("U.S.", "middle", "9"), Seat("U.S.", "middle", "2"), Seat("U.S.", "high")


@pytest.mark.parametrize(
    ("citing", "cited", "en_banc", "may"),
    [
        (HIGH, HIGH, False, True),
        (HIGH, MIDDLE, False, True),
        (MIDDLE, HIGH, True, False),
        (MIDDLE, MIDDLE, False, False),
        (MIDDLE, MIDDLE, True, True),
        (HIGH, OTHER, False, False),
        (NINTH, NINTH, False, False),
        (NINTH, NINTH, True, True),
        (NINTH, SECOND, True, False),
        (SUPREME, OTHER, False, True),
        (HIGH, None, False, False),
        (None, HIGH, False, False),
    ],
)
def test_power_to_overrule(citing: Seat | None, cited: Seat | None, en_banc: bool, may: bool) -> None:
    assert may_overrule(citing, cited, en_banc) is may


@pytest.mark.parametrize(
    ("reporters", "court", "seat"),
    [
        (("Mich.",), "", Seat("Mich.", "high")),
        (("N.M.", "P.2d"), "Ct.App.", Seat("N.M.", "middle", "Ct.App.")),
        (("NMSC",), "", Seat("N.M.", "high")),
        (("NMCA",), "", Seat("N.M.", "middle")),
        (("F.2d",), "9th Cir.", Seat("U.S.", "middle", "9")),
        (("F.3d",), "CA9", Seat("U.S.", "middle", "9")),
        (("Tex. Crim.",), "", Seat("Tex.", "high", "criminal")),
        (("P.2d",), "", None),
    ],
)
def test_seat_of_a_cited_court(reporters: tuple[str, ...], court: str, seat: Seat | None) -> None:
    assert seat_of_citation(reporters, court) == seat


@pytest.mark.parametrize(
    ("abbreviation", "state", "seat"),
    [
        ("Mich.", "Mich.", Seat("Mich.", "high")),
        ("Va. Ct. App.", "Va.", Seat("Va.", "middle", "Ct. App.")),
        ("Tex. Crim. App.", "Tex.", Seat("Tex.", "high", "criminal")),
        ("N.Y. Sup. Ct.", "N.Y.", Seat("N.Y.", "trial", "Sup. Ct.")),
        ("Dade Cty. Ct.", "Fla.", Seat("Fla.", "trial", "Dade Cty. Ct.")),
        ("", "Mich.", None),
    ],
)
def test_seat_of_a_citing_court(abbreviation: str, state: str, seat: Seat | None) -> None:
    court = Court(name_abbreviation=abbreviation)
    assert seat_of_court(court, Jurisdiction(name=state)) == seat
