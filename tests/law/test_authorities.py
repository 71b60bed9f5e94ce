"""Authorities: text -> the cases it relies on, parallels together."""

import pytest

from cap_rlvr.law.authorities import authorities, located, locator_key, majority, mentions
from cap_rlvr.wire.case import Case, Citation, CitedCase, Opinion, Origin, SourceKind


def decision(text: str, *cites: str, cites_to: tuple[CitedCase, ...] = (), kind: str = "majority") -> Case:
    return Case(
        id="x/1/0001-01",
        source=SourceKind.STATIC,
        origin=Origin(file="1.zip"),
        name="Reed v. State",
        citations=tuple(Citation(type="official", cite=cite) for cite in cites),
        cites_to=cites_to,
        opinions=(Opinion(type=kind, text=text),),
    )


def relied_on(case: Case) -> list[tuple[str, ...]]:
    return authorities(case, 0, located(case, 0))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See Roe v. Wade, 410 U.S. 113 (1973).", [("410|U.S.|113",)]),
        ("Doe, 467 U. S. 837, 842 (1984)", [("467|U.S.|837",)]),
        (
            "Gideon v. Wainwright, 372 U.S. 335, 83 S.Ct. 792, 9 L.Ed.2d 799 (1963)",
            [("372|U.S.|335", "83|S. Ct.|792", "9|L. Ed. 2d|799")],
        ),
        (
            "Sanders v. Smith, 83 N.M. 706, 710, 496 P.2d 1102, 1106 (Ct.App.1972)",
            [("496|P.2d|1102", "83|N.M.|706")],
        ),
        (
            "Nestle v. City, 69 Cal.2d 420 [71 Cal.Rptr. 903, 445 P.2d 519]",
            [("445|P.2d|519", "69|Cal. 2d|420", "71|Cal. Rptr.|903")],
        ),
        # different cases of one reporter are never parallel
        ("5 Tex. 10; 6 Tex. 20", [("5|Tex.|10",), ("6|Tex.|20",)]),
        # a name between two citations makes them two cases
        ("410 U.S. 113; Bolton, 93 S.Ct. 739", [("410|U.S.|113",), ("93|S. Ct.|739",)]),
        # a later short form by one of the parallels is the same authority
        ("512 U.S. 594, 114 S.Ct. 2431. Again, 114 S.Ct. 2431.", [("114|S. Ct.|2431", "512|U.S.|594")]),
        # a pin in a footnote parts no parallels
        (
            "People v. Conley, 64 Cal.2d 310, 324-325, fn. 4 [49 Cal.Rptr. 815, 411 P.2d 911]",
            [("411|P.2d|911", "49|Cal. Rptr.|815", "64|Cal. 2d|310")],
        ),
        ("Reed, 512 U.S. 594, 599 n. 3, 114 S.Ct. 2431", [("114|S. Ct.|2431", "512|U.S.|594")]),
        # statutes, journals and annotations are none
        ("NMSA 1978, 30-2-1; 42 U.S.C. 1983; 86 A.L.R. 747; 100 Harv. L. Rev. 1", []),
        ("No citation at all.", []),
    ],
)
def test_authorities(text: str, found: list[tuple[str, ...]]) -> None:
    assert relied_on(decision(text)) == found


@pytest.mark.parametrize(
    "history",
    [
        ", overruled on other grounds by Zurla v. State, 109 N.M. 640, 645, 789 P.2d 588, 593 (1990)",
        " (delay is weighed), overruled in part on other grounds by Zurla v. State, 109 N.M. 640, 789 P.2d 588",
        ", rev'd on other grounds, Club v. N.M. Mining Comm'n, 2003-NMSC-005, 14-17, 133 N.M. 97, 61 P.3d 806",
        ", overruled as recognized in State v. Hosteen, 122 N.M. 228, 232, 923 P.2d 595",
        ", cert. granted, 122 N.M. 227, 923 P.2d 594 (1996)",
        ", aff’d on other grounds, 122 N.M. 187, 922 P.2d 569 (1996)",
        ", cert. denied sub nom. Doe v. Roe, 410 U.S. 113, 93 S.Ct. 705",
        ", aff'd, 5 Cal.2d 5, cert. denied, 410 U.S. 113",
        " (overruling C.F.T. Dev., LLC v. Bd. of County Comm'rs, 2001-NMCA-069, 130 N.M. 775)",
        ", superseded by statute as stated in Roe v. Wade, 410 U.S. 113",
        ", abrogated by In re Estate of Roe, 410 U.S. 113",
        ", habeas corpus relief granted on other grounds by Clark v. Tansy, 118 N.M. 486, 882 P.2d 527 (1994)",
        ", denial of habeas corpus petition vacated by Clark v. Tansy, 13 F.3d 1407",
        ", limited on other grounds by Williams v. Cent. Consol. Sch. Dist., 1998-NMCA-006, 14, 124 N.M. 488",
        ", modification on other grounds recognized by State v. Perea, 2001-NMCA-002, 9-19, 130 N.M. 46",
        " (disapproved on other grounds in Buckeye Boiler Co. v. Superior Court (1969) 71 Cal.2d 893)",
        ", affd sub nom. Head v. Board of Exam'rs in Optometry, 374 U.S. 424",
        ", overruled, on other grounds by Whittenberg v. Graves Oil &amp; Butane Co., 113 N.M. 450, 827 P.2d 838",
        ", called into doubt by Cobb v State, 376 So.2d 230",
    ],
)
def test_history_is_no_authority(history: str) -> None:
    text = f"It is so held. Tarango, 105 Tex. 592, 599{history}. So too here."
    assert relied_on(decision(text)) == [("105|Tex.|592",)]


@pytest.mark.parametrize(
    "text",
    [
        "105 Tex. 592, overruled by Roe v. Wade, 410 U.S. 113. Of Roe v. Wade, 410 U.S. 113, more is to be said.",
        "105 Tex. 592; Roe Co., Limited v. Wade, 410 U.S. 113",
        "As to 105 Tex. 592, it was overruled by Roe v. Wade, 410 U.S. 113",
        "105 Tex. 592, affirming the judgment which the court in Roe v. Wade, 410 U.S. 113, had entered",
        "105 Tex. 592, cert. denied. See Roe v. Wade, 410 U.S. 113",
        "105 Tex. 592, rev'd; Roe v. Wade, 410 U.S. 113",
    ],
)
def test_what_is_cited_in_its_own_right_is_an_authority(text: str) -> None:
    assert relied_on(decision(text)) == [("105|Tex.|592",), ("410|U.S.|113",)]


def test_a_parallel_that_is_not_listed_joins_the_others() -> None:
    listed = tuple(CitedCase(cite=cite, category="reporters:federal") for cite in ("175 U. S. 281", "44 L. Ed. 163"))
    text = "Malony v. Adsit, 175 U. S. 281, 20 Sup. Ct. 115, 44 L. Ed. 163"
    assert relied_on(decision(text, cites_to=listed)) == [("175|U.S.|281", "20|S. Ct.|115", "44|L. Ed.|163")]


def test_own_citation_is_no_authority() -> None:
    case = decision("Reported at 31 Tex. Crim. 35. See 410 U.S. 113.", "31 Tex. Crim. 35")
    assert relied_on(case) == [("410|U.S.|113",)]


def test_listed_citations_are_found_as_they_are_written() -> None:
    listed = (
        CitedCase(cite="34 Texas Crim. Rep., 472", category="reporters:state", reporter="Tex. Crim."),
        CitedCase(cite="64 S. W. Rep., 1047", category="reporters:state_regional", reporter="S.W."),
        CitedCase(cite="1 Stat. 73", category="laws:leg_session", reporter="Stat."),
        CitedCase(cite="9 U.S. 9", category="reporters:federal", reporter="U.S.", opinion_index=1),
    )
    text = "Ex parte Ammons, 34 Texas Crim. Rep., 472; 64 S. W. Rep., 1047; and 1 Stat. 73"
    assert relied_on(decision(text, cites_to=listed)) == [("34|Tex. Crim.|472", "64|S.W.|1047")]


def test_a_listed_citation_is_not_found_in_another() -> None:
    listed = tuple(CitedCase(cite=cite, category="reporters:state") for cite in ("5 Tex. 1", "15 Tex. 12"))
    text = "15 Tex. 12, and later in Jones, 5 Tex. 1."
    assert relied_on(decision(text, cites_to=listed)) == [("15|Tex.|12",), ("5|Tex.|1",)]


@pytest.mark.parametrize(
    ("cite", "reporter", "key"),
    [
        ("33 Texas Crim. Rep., 472", "Tex. Crim.", "33|Tex. Crim.|472"),
        ("96 P. (2d) 453", "P.2d", "96|P.2d|453"),
        ("31 Tex. Crim. 35", "", "31|Tex. Crim.|35"),
        ("Tex. Crim. 35", "", ""),
        ("31", "", ""),
    ],
)
def test_locator_key(cite: str, reporter: str, key: str) -> None:
    assert locator_key(cite, reporter) == key


def test_mentions_point_at_the_text() -> None:
    text = "As held in Roe v. Wade, 410 U.S. 113, and since."
    (one,) = mentions(text)
    assert text[one.start : one.end] == "410 U.S. 113"


def test_majority() -> None:
    assert majority(decision("x")) == 0
    assert majority(decision("x", kind="dissent")) is None
