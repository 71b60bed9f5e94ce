"""Court parentheticals: (court, reporter) -> what may be written."""

import pytest

from cap_rlvr.law.courts import conveyed, may_hold, names_court, parentheticals, parentheticals_read
from cap_rlvr.wire.case import Court, Jurisdiction


@pytest.mark.parametrize(
    ("court", "place", "reporter", "canonical", "also"),
    [
        # the highest court in reports of its state's name: nothing is written
        ("Mich.", "Mich.", "Mich.", "", set()),
        ("N.Y.", "N.Y.", "N.Y.2d", "", set()),
        ("N.Y.", "N.Y.", "N.Y. Crim.", "", set()),
        ("Ohio", "Ohio", "Ohio St. 3d", "", set()),
        ("U.S.", "U.S.", "U.S.", "", set()),
        ("U.S.", "U.S.", "S. Ct.", "", set()),
        ("Wis.", "Wis.", "Wis. 2d", "", set()),
        # the title names a lower court: both forms
        ("Va. Ct. App.", "Va.", "Va. App.", "", {"Ct. App."}),
        ("Cal. Ct. App.", "Cal.", "Cal. App. 2d", "", {"Ct. App."}),
        ("Ill. App. Ct.", "Ill.", "Ill. App. 3d", "", {"App. Ct."}),
        ("Mass. App. Ct.", "Mass.", "Mass. App. Ct.", "", {"App. Ct."}),
        ("Md. Ct. Spec. App.", "Md.", "Md. App.", "", {"Ct. Spec. App."}),
        # it stands for one court without naming it: both forms, the longer canonical
        ("Tex. Crim. App.", "Tex.", "Tex. Crim.", "Crim. App.", {""}),
        # the title says the state alone
        ("N.Y. App. Div.", "N.Y.", "N.Y. Crim.", "App. Div.", set()),
        ("N.Y. Sup. Ct.", "N.Y.", "N.Y. Crim.", "Sup. Ct.", set()),
        ("N.Y. Ct. Gen. Sess.", "N.Y.", "N.Y. Crim.", "Ct. Gen. Sess.", set()),
        ("Ulster Cty. Ct.", "N.Y.", "N.Y. Crim.", "Cnty. Ct.", {"Cty. Ct.", "Ulster Cnty. Ct."}),
        ("Fla. Cir. Ct.", "Fla.", "Fla. Supp. 2d", "Cir. Ct.", set()),
        ("Duval Cty. Ct.", "Fla.", "Fla. Supp. 2d", "Cnty. Ct.", {"Duval Cty. Ct.", "County Ct."}),
        ("Wis. Ct. App.", "Wis.", "Wis. 2d", "Ct. App.", set()),
        ("N.J. Super. Ct. App. Div.", "N.J.", "N.J. Super.", "Super. Ct. App. Div.", {"App. Div."}),
        # practice differs about the state
        ("N.Y. App. Div.", "N.Y.", "A.D.2d", "N.Y. App. Div.", {"App. Div."}),
        # the title says nothing
        ("Chatham Super. Ct.", "Ga.", "Charlton", "Ga. Super. Ct.", {"Ga. Chatham Super. Ct."}),
        ("Va. Gen. Ct.", "Va.", "Jeff.", "Va. Gen. Ct.", set()),
        ("Henrico Cty. Cir. Ct.", "Va.", "Howison", "Va. Cir. Ct.", set()),
        ("C.C.E.D. Va.", "U.S.", "Howison", "C.C.E.D. Va.", set()),
        ("Tex. App.", "Tex.", "S.W.2d", "Tex. App.", set()),
        ("Cal.", "Cal.", "P.2d", "Cal.", set()),
        ("9th Cir.", "U.S.", "F.2d", "9th Cir.", set()),
        ("S.D.N.Y.", "U.S.", "F. Supp. 2d", "S.D.N.Y.", set()),
        ("D. Mass.", "U.S.", "F. Supp.", "D. Mass.", set()),
        ("Bankr. S.D.N.Y.", "U.S.", "B.R.", "Bankr. S.D.N.Y.", set()),
        # the title names a federal court
        ("D.C. Cir.", "U.S.", "U.S. App. D.C.", "", set()),
        ("Ct. Cl.", "U.S.", "Ct. Cl.", "", set()),
        ("Fed. Cl.", "U.S.", "Fed. Cl.", "", set()),
        ("T.C.", "U.S.", "T.C.", "", set()),
        ("B.T.A.", "U.S.", "B.T.A.", "", set()),
        ("Vet. App.", "U.S.", "Vet. App.", "", set()),
        ("Ct. Cust. & Pat. App.", "U.S.", "C.C.P.A.", "", set()),
        ("Cl. Ct.", "U.S.", "Cl. Ct.", "", set()),
        ("C.M.A.", "U.S.", "C.M.A.", "", set()),
        ("Cust. Ct.", "U.S.", "Cust. Ct.", "", set()),
        ("Ct. Int'l Trade", "U.S.", "Ct. Int'l Trade", "", set()),
        ("Ct. Cl.", "U.S.", "F.2d", "Ct. Cl.", set()),
        # the territory's reports are of its district court
        ("Alaska Dist. Ct.", "Alaska", "Alaska", "D. Alaska", set()),
    ],
)
def test_parentheticals(court: str, place: str, reporter: str, canonical: str, also: set[str]) -> None:
    forms = parentheticals(Court(name=court, name_abbreviation=court), Jurisdiction(name=place), reporter)
    assert forms
    assert forms.accepted[0] == canonical
    assert also <= set(forms.accepted)
    assert not set(forms.accepted) & set(forms.naming)


@pytest.mark.parametrize("court", ["", "Banana Tribunal", "Texas Court of Criminal Appeals"])
def test_court_in_no_table(court: str) -> None:
    assert parentheticals(Court(name_abbreviation=court), Jurisdiction(name="Fla."), "Fla. Supp. 2d") is None


def test_a_federal_court_that_the_title_names_is_faulty_form() -> None:
    forms = parentheticals(Court(name_abbreviation="T.C."), Jurisdiction(name="U.S."), "T.C.")
    assert forms
    assert forms.accepted == parentheticals_read("", "T.C.").accepted
    assert forms.naming == ("T.C.",)


def test_jurisdiction_said_twice_names_the_court_in_faulty_form() -> None:
    forms = parentheticals(Court(name_abbreviation="Tex. Crim. App."), Jurisdiction(name="Tex."), "Tex. Crim.")
    assert forms
    assert "Tex. Crim. App." in forms.naming


@pytest.mark.parametrize(
    ("text", "reporter", "accepted"),
    [
        ("", "Tex. Crim.", {"", "Crim. App."}),
        ("", "Mich.", {""}),
        ("Crim. App.", "Tex. Crim.", {"Crim. App.", ""}),
        ("Ga. Super. Ct.", "Charlton", {"Ga. Super. Ct."}),
        ("D. Alaska", "Alaska", {"D. Alaska"}),
        ("S.D.N.Y.", "F. Supp. 2d", {"S.D.N.Y."}),
        ("Fla.", "So. 2d", {"Fla."}),
        ("App. Div.", "N.Y. Crim.", {"App. Div."}),
    ],
)
def test_parentheticals_read_from_text(text: str, reporter: str, accepted: set[str]) -> None:
    forms = parentheticals_read(text, reporter)
    assert forms.accepted[0] == text
    assert accepted <= set(forms.accepted)


@pytest.mark.parametrize("reporter", ["F.2d", "P.2d", "Charlton", "Wash. Terr.", "Wash. C.C.", "Metc."])
def test_titles_that_convey_nothing(reporter: str) -> None:
    assert conveyed(reporter).jurisdiction is None


@pytest.mark.parametrize(
    ("reporter", "text"),
    [
        ("S.W.2d", "Tex. Crim. App."),
        ("F.2d", "9th Cir."),
        ("F. Supp.", "S.D.N.Y."),
        ("F. Supp.", "D. Mass."),
        ("So. 2d", "Fla."),
        ("S.W.2d", "Tex. App.-Dallas"),
        ("S.W.3d", "Tex. App.-Houston [14th Dist.]"),
        ("A.D.2d", "N.Y. App. Div. 1st Dep't"),
        ("P.2d", "W. Va."),
        ("Tex. Crim.", "Crim. App."),
        ("Tex. Crim.", "Tex. Crim. App."),
        ("Alaska", "D. Alaska"),
        ("U.S.", "U.S."),
        ("F.2d", "C.C.P.A."),
    ],
)
def test_courts_that_a_reporter_may_hold(reporter: str, text: str) -> None:
    assert may_hold(reporter, text)


@pytest.mark.parametrize(
    ("reporter", "text"),
    [
        *(("S.W.2d", text) for text in ("not analogous", "Not Analogous", "or K02", "K02", "wrong", "or", "Or", "")),
        *(("S.W.2d", text) for text in ("Unlike Ohio", "Ohio Unlike", "Tex. App.-Wrong", "D. Unlike", "No Cir.")),
        ("Tex. Crim.", "Ohio"),
        ("Tex. Crim.", "9th Cir."),
        ("Tex. Crim.", "Ohio Crim. App."),
        ("Alaska", "D. Mass."),
        ("U.S.", "Ohio"),
        ("T.C.", "S.D.N.Y."),
    ],
)
def test_a_denial_or_another_state_is_no_court_of_it(reporter: str, text: str) -> None:
    assert not may_hold(reporter, text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Tex. Crim. App.", True),
        ("Tex.Crim.App.", True),
        ("Or.", True),
        ("Or. 2d Div.", True),
        ("or", False),
        ("Tex. Crim. App. or", False),
        ("Ohio", False),
    ],
)
def test_a_court_is_one_of_its_forms(text: str, same: bool) -> None:
    assert names_court(text, ["Tex. Crim. App.", "Or."]) is same
