"""Case names: which ones are this case's."""

import pytest

from cap_rlvr.tasks.bluebook.names import names_agree

REED = ("Reed v. State", "Willie Reed v. The State")
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
        ("Reid v. State", REED, "", False),  # 75: another spelling of so short a name is another name
        ("State v. Reed", REED, "", False),
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
        ("It is not", (), "", False),
        ("I think maybe Roe v. Wade or", (), "", False),
        ("Anything At All", (), "", False),
    ],
)
def test_names_agree(given: str, names: tuple[str, ...], context: str, agrees: bool) -> None:
    assert names_agree(given, names, context) is agrees
