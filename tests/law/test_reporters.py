"""Reporters: spellings, identity by eyecite, years, slugs, titles."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.law import reporters


@pytest.mark.parametrize(
    ("spelling", "abbreviation"),
    [
        ("Tex. Crim.", "Tex. Crim."),
        ("Tex. Cr. R.", "Tex. Crim."),
        ("Tex.Crim.", "Tex. Crim."),
        ("Cal.App.2d", "Cal. App. 2d"),
        ("F.Supp.2d", "F. Supp. 2d"),
        ("U. S.", "U.S."),
        ("Jefferson", "Jeff."),
        ("Jeff.", "Jeff."),
        ("R.M. Charlt.", "Charlton"),
        ("Charlton Rep.", "T.U.P. Charlt."),
        ("N.Y. 2d", "N.Y.2d"),
        ("P.R.", "P.R."),
        ("Tex  Crim", None),
        ("No Such Rep.", None),
        ("", None),
    ],
)
def test_one_meaning_of_a_spelling(spelling: str, abbreviation: str | None) -> None:
    assert reporters.canonical(spelling) == abbreviation


def test_ambiguous_spelling_has_several_meanings() -> None:
    assert reporters.meanings("Rob.") == {"Rob.", "Robards"}
    assert reporters.canonical("Rob.") == "Rob."  # its own abbreviation comes before another's


@pytest.mark.parametrize(
    ("slug", "abbreviation"),
    [
        ("tex-crim", "Tex. Crim."),
        ("f2d", "F.2d"),
        ("fla-supp-2d", "Fla. Supp. 2d"),
        ("charlton", "Charlton"),
        ("charlton-rep", "T.U.P. Charlt."),
        ("jefferson", "Jeff."),
        ("ny-crim", "N.Y. Crim."),
        ("me", "Me."),
        ("a2d", "A.2d"),
        ("vt", "Vt."),
        ("us-ct-cl", "Ct. Cl."),
        ("day", "Day"),
        ("wv-ct-cl", None),  # cited as `Ct. Cl.` too: a text row of it would be taken for the federal court's
        ("nowhere", None),
        ("", None),
    ],
)
def test_slug(slug: str, abbreviation: str | None) -> None:
    assert reporters.from_slug(slug) == abbreviation


@pytest.mark.parametrize(
    ("abbreviation", "year", "volume_years", "possible"),
    [
        ("Tex. Crim.", 1892, None, True),
        ("Tex. Crim.", 1890, None, True),  # the margin
        ("Tex. Crim.", 1889, None, False),
        ("Tex. Crim.", 1066, (1892, 1893), False),
        ("Tex. Crim.", 1964, (1962, 1963), True),  # the volume's own dates widen the edition's
        ("Charlton", 1811, None, True),  # reporters-db says from 1846
        ("Charlton", 1850, None, False),
        ("Jeff.", 1730, None, True),  # reporters-db says from 1750
        ("Jeff.", 1800, None, False),
        ("F. Supp. 2d", 1990, None, True),
        ("F. Supp. 2d", 1950, None, False),
        ("Mich.", 2027, None, True),
        ("Mich.", 2028, None, False),
        ("No Such Rep.", 1, None, True),
    ],
)
def test_possible_year(abbreviation: str, year: int, volume_years: tuple[int, int] | None, possible: bool) -> None:
    assert reporters.possible_year(abbreviation, year, volume_years) is possible


@pytest.mark.parametrize(
    ("abbreviation", "title"),
    [
        ("Tex. Crim.", "Texas Criminal Reports"),
        ("Cal. App. 2d", "California Appellate Reports, Second Series"),
        ("Ohio St. 3d", "Ohio State Reports, Third Series"),
        ("U.S.", "United States Reports"),
        ("Charlton", "Charlton's Reports (R.M. Charlton)"),
        ("Unknown Rep.", "Unknown Rep."),
    ],
)
def test_title(abbreviation: str, title: str) -> None:
    assert reporters.title(abbreviation) == title


def test_accepted_spellings_are_the_reporter_itself() -> None:
    for name in ("Charlton", "Jeff.", "Howison", "Tex. Crim."):
        assert all(reporters.canonical(one) == name for one in reporters.accepted_spellings(name))


def test_variants_mean_the_reporter_alone() -> None:
    assert "Tex. Cr. R." in reporters.variants("Tex. Crim.")
    assert all(reporters.meanings(one) == frozenset(["Tex. Crim."]) for one in reporters.variants("Tex. Crim."))


@settings(max_examples=50)
@given(st.text(max_size=30))
def test_unknown_text_is_no_spelling(text: str) -> None:
    if not reporters.is_spelling(text):
        assert reporters.meanings(text) == frozenset()


@pytest.mark.parametrize(
    ("spelling", "abbreviation", "may"),
    [
        ("Tex. Cr. R.", "Tex. Crim.", True),
        ("Jefferson", "Jeff.", True),
        ("U.S.", "Mich.", False),
        ("?", "Mich.", False),
    ],
)
def test_may_mean(spelling: str, abbreviation: str, may: bool) -> None:
    assert reporters.may_mean(spelling, abbreviation) is may


def test_slug_of_a_short_name() -> None:
    names = ("Ct. Int'l Trade", "G. & J.", "F. App'x", "Fla. Supp. 2d", "F.2d")
    assert [reporters.slug(name) for name in names] == ["ct-intl-trade", "g-j", "f-appx", "fla-supp-2d", "f2d"]
