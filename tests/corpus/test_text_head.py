import pytest

from cap_rlvr.corpus.text_head import Head, read_date, read_head


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            "MYERS v. SWINEFORD.\n(Sitka.\nAugust 24, 1888.)\nNo. 76.\n1. Justice of the Peace",
            Head("MYERS v. SWINEFORD", "No. 76", "1888-08-24"),
        ),
        (
            "In re JESSE SCOTT OLIVER, Minor.\n(Sitka.\nOctober 31, 1887.)",
            Head("In re JESSE SCOTT OLIVER, Minor", "", "1887-10-31"),
        ),
        (
            "Dock Watson v. The State.\nNo. 3820. Decided November 20, 1907.\nAppeal from the County Court of Wood.",
            Head("Dock Watson v. The State", "No. 3820", "1907-11-20"),
        ),
        ("JANE DOE\nv.\nRICHARD ROE\nCiv. No. 25880.", Head("JANE DOE v. RICHARD ROE", "Civ. No. 25880")),
        (
            "Seila Law LLC v. Consumer Financial Protection Bureau, 19-7",
            Head("Seila Law LLC v. Consumer Financial Protection Bureau", "19-7"),
        ),
        ("Texas v. New Mexico, 65, Orig.", Head("Texas v. New Mexico", "65, Orig.")),
        ("Barr v. American Assn., 140 S. Ct. 2335", Head("Barr v. American Assn.", "140 S. Ct. 2335")),
        (
            "SMITH v. JONES.\nSupreme Court—Special Term.\nMay 1, 1905.",
            Head("SMITH v. JONES", "", "1905-05-01", "Supreme Court—Special Term"),
        ),
        ("For the application—Nicoll.\nJames Moss vs. John Wood.", Head("James Moss vs. John Wood")),
        ("", Head()),
        ("\n\n", Head()),
    ],
)
def test_head(head: str, found: Head) -> None:
    assert read_head(head) == found


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Argued May 2, 1901. Decided June 3d, 1901.", "1901-06-03"),
        ("Sept. 4, 1899", "1899-09-04"),
        ("July 45, 1899", "1899"),
        ("in 1899", ""),
    ],
)
def test_date(text: str, date: str) -> None:
    assert read_date(text) == date
