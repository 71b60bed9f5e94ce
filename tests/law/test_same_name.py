"""Case names: which ones are this case's."""

import pytest

from cap_rlvr.law.same_name import names_agree

REED = ("Reed v. State", "Willie Reed v. The State")
DOUBTS = ("contrary", "Contrary", "possibly", "Possibly", "Probably", "Compared")  # `P.` and `Co.` are short for none
PERKINS = ("People ex rel. Perkins v. Moss", "THE PEOPLE EX REL. GEORGE W. PERKINS v. JOSEPH F. MOSS, ET AL.")


@pytest.mark.parametrize(
    ("given", "names", "context", "agrees"),
    [
        ("Reed v. State", REED, "", True),
        ("REED V. STATE", REED, "", True),
        ("Reed vs. The State", REED, "", True),
        ("Willie Reed v. State", REED, "", True),
        ("Reed v. State of Texas", REED, "Texas Court of Criminal Appeals", True),
        ("Reed v. State of Ohio", REED, "Texas Court of Criminal Appeals", False),
        ("Reed v. State", ("Reed v. State of Texas",), "", True),
        ("People v. Reed", ("The People of the State of New York v. Reed",), "", True),
        ("United States v. Reed", ("United States of America v. Reed",), "", True),
        ("Ex parte", ("Ex parte Reed",), "", False),
        ("In re", ("In re Oliver",), "", False),
        ("State v. Smith", ("State Bank of Ohio v. Smith",), "Ohio Supreme Court", False),
        ("State v. Smith", ("State Board of Education v. Smith",), "", False),
        ("United States v. Smith", ("United States Steel Corp. v. Smith",), "", False),
        ("People v. Moss", PERKINS, "", False),
        ("Reid v. State", REED, "", False),  # 75: another spelling of so short a name is another name
        ("State v. Reed", REED, "", False),
        ("Not Nott v. State", ("Nott v. State",), "", False),  # a denial, however like the name
        ("Contra Contractors Co. v. State", ("Contractors Co. v. State",), "", False),
        *((f"James v. {word} P.C.S. Ginning Co.", ("James v. P.C.S. Ginning Co.",), "", False) for word in DOUBTS),
        ("James v. P.C.S. Ginning Company", ("James v. P.C.S. Ginning Co.",), "", True),
        ("James v. P.C.S. Ginning Contrary", ("James v. P.C.S. Ginning Co.",), "", False),
        ("Smith v. Superior Court of L.A. County", ("Smith v. Superior Court of L.A. Cty.",), "", True),
        ("Smith v. Superior Court of L.A. Cty. against", ("Smith v. Superior Court of L.A. Cty.",), "", False),
        ("Leggett v. Different Di Giorgio Corp.", ("Leggett v. Di Giorgio Corp.",), "", False),
        ("Smith v. Contrary Superior Court of L.A. Cty.", ("Smith v. Superior Court of L.A. Cty.",), "", False),
        ("Martin v. Bad Bd. of Admin.", ("Martin v. Bd. of Admin.",), "", False),
        ("Contra Costa County v. State", ("Contra Costa County v. State",), "", True),
        ("Reed", REED, "", False),
        ("State", REED, "", False),
        ("v. State", REED, "", False),
        ("Reed Smith Jones v. State", REED, "", False),
        ("Reed v. State v. Other", REED, "", False),
        ("Quimby v. State", REED, "", False),
        ("Perkins v. Moss", PERKINS, "", True),
        ("People ex rel. Perkins v. Moss", PERKINS, "", True),
        ("Perkins v. Quimby", PERKINS, "", False),
        ("In re Oliver", ("In re Oliver", "In re JESSE SCOTT OLIVER, Minor"), "", True),
        ("Ex parte Smith", ("In re Oliver",), "", False),
        ("People v. State", ("People v. State",), "", True),
        ("Roe v. Wade", (), "", True),
        ("In re Gault", (), "", True),
        ("Brown v. Board of Education", (), "", True),
        ("\u0420\u043e\u0443 v. Wade", (), "", False),
        ("It is not", (), "", False),
        ("I think maybe Roe v. Wade or", (), "", False),
        ("Anything At All", (), "", False),
    ],
)
def test_names_agree(given: str, names: tuple[str, ...], context: str, agrees: bool) -> None:
    assert names_agree(given, names, context) is agrees


INN = ("Highlands Inn, Inc. v. Gurries", "HIGHLANDS INN, INC., Plaintiff and Respondent, v. JOHN GURRIES et al., etc.")


@pytest.mark.parametrize(
    ("given", "agrees"),
    [
        ("Highlands Inn, Inc. v. Gurries", True),
        ("Highlands Inn v. John Gurries", True),
        ("Highlands Inn Incorporated v. Gurries et al.", True),
        ("Inc. v. Gurries", False),  # a word that many names share
        ("Inc. v. et al. John", False),
        ("H. v. G.", False),
        ("Gurries Highlands Inn v. Gurries", False),  # a word of the other side
        ("Highlands Highlands Inn, Inc. v. Gurries", False),
        ("Not Highlands Inn, Inc. v. Gurries", False),
        ("See Highlands Inn, Inc. v. Gurries", False),
        ("Wrong: Highlands Inn, Inc. v. Gurries", False),
        ("\u041d\u0435\u0442 Highlands Inn, Inc. v. Gurries", False),
        ("Highlands Inn, Inc. v. Gurries !!!", False),
        ("\x00Highlands Inn, Inc. v. Gurries", False),
        ("Highlands Inn, Inc. v. Gurries, 276 Nonesuch 695", False),
    ],
)
def test_a_name_holds_the_case_and_nothing_else(given: str, agrees: bool) -> None:
    assert names_agree(given, INN) is agrees


def test_abbreviations_accents_and_marks_of_a_name_are_its_own() -> None:
    assert names_agree("Kov\u00e1cs v. Dep't of Revenue", ("Kovacs v. Department of Revenue",))
    assert names_agree("Yahoo! Inc. v. \u00c9mile", ("Yahoo! Inc. v. Emile",))


def test_a_name_beside_an_unknown_one_holds_no_other_citation() -> None:
    assert not names_agree("Roe v. 276 Nonesuch 695", ())
