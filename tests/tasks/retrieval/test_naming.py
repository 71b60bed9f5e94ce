"""Which candidate a line names: an id or a citation, and nothing that takes it back."""

from typing import Any

import pytest

from cap_rlvr.law.reporters import meanings
from cap_rlvr.tasks.retrieval import TASK
from cap_rlvr.tasks.retrieval.naming import names_a_case, resolved
from cap_rlvr.tasks.retrieval.truth import key_of

TEXAS = ["Tex. Crim. App.", "Crim. App."]
CASES: list[dict[str, Any]] = [
    {
        "id": "K01", "name": "Reed v. State", "year": 1892, "courts": TEXAS,
        "cites": ["31 Tex. Crim. 35", "18 S.W. 1090"],
    },
    {"id": "K02", "name": "In re Moore", "year": 1902, "courts": ["D. Alaska"], "cites": ["1 Alaska 682"]},
    {"id": "K03", "name": "Drake v. Andrews", "year": 1853, "cites": ["2 Mich. 586"]},
    {"id": "K04", "name": "Quimby v. Stone", "year": 1853, "cites": ["2 Mich. 586"]},
    {"id": "K05", "name": "Dred Scott v. Sandford", "year": 1857, "cites": ["60 U.S. 393", "19 How. 393"]},
    {"id": "K06", "cites": ["33 Tex. Crim. 40"]},
    {"id": "K07", "name": "Bare v. Known", "cites": ["90 Or. 12"], "courts": ["Or."]},
]  # fmt: skip
TRUTH = TASK.read_truth({"candidates": [*CASES, *({"id": f"X{n:02}"} for n in range(40))], "positives": ["K01", "K02"]})


def named(line: str) -> str | None:
    index = resolved(line, TRUTH, key_of(TRUTH))
    return None if index is None else TRUTH.candidates[index].id


@pytest.mark.parametrize(
    ("line", "case"),
    [
        ("K01", "K01"),
        (" k01\r", "K01"),
        ("- **K01**.", "K01"),
        ("3) [K01]", "K01"),
        ("* `K01`,", "K01"),
        ("31 Tex. Crim. 35", "K01"),
        ("31 Tex. Crim. 35 (1892)", "K01"),
        ("31 Tex. Crim. 35, 37-38 (Tex. Crim. App. 1892).", "K01"),
        ("31 Tex. Crim. 35 (Crim. App. Mar. 3, 1892)", "K01"),
        ("Reed v. State, 31 Tex. Crim. 35, 18 S.W. 1090 (Crim. App. 1892)", "K01"),
        ("1 Alaska 682 (D. Alaska 1902)", "K02"),
        ("Drake v. Andrews, 2 Mich. 586 (1853)", "K03"),  # two cases begin on the page: the name tells
        ("Quimby v. Stone, 2 Mich. 586", "K04"),
        ("- *Quimby v. Stone*, 2 Mich. 586 (1853)", "K04"),
        ("60 U.S. (19 How.) 393 (1857)", "K05"),
        ("33 Tex. Crim. 40 (Tex. Crim. App. 1894)", "K06"),  # neither year nor court is known: these are possible
        ("Roe v. Wade, 33 Tex. Crim. 40", "K06"),
        ("90 Or. 12 (Or. 1918)", "K07"),
    ],
)
def test_an_honest_line(line: str, case: str) -> None:
    assert named(line) == case


@pytest.mark.parametrize(
    "line",
    [
        "31 Tex. Crim. 35 (1893)",
        "31 Tex. Crim. 35 (1891 1892)",
        "31 Tex. Crim. 35 (1892 or 1893)",
        "31 Tex. Crim. 35 (Maybe 1892)",
        "31 Tex. Crim. 35 (Unlike Ohio 1892)",
        "31 Tex. Crim. 35 (Ohio 1892)",
        "31 Tex. Crim. 35 (9th Cir. 1892)",
        "31 Tex. Crim. 35 (Tex. Crim. App.-Wrong 1892)",
        "31 Tex. Crim. 35 (Tex. Crim. App.)",  # a court stands with a year
        "31 Tex. Crim. 35 (1892) (overruled)",
        "31 Tex. Crim. 35, 12",
        "31 Tex. Crim. (2 Mich.) 35",
        "31 Tex. Crim. 35, 2 Mich. 586",
        "31 Tex. Crim. 35, 999 U.S. 999",
        "31 Tex. Crim. \u0663\u0665",
        "State v. Reed, 31 Tex. Crim. 35",
        "2 Mich. 586",
        "60 U.S. (20 How.) 393",
        "33 Tex. Crim. 40 (1776)",
        "33 Tex. Crim. 40 (Ohio 1894)",
        "33 Tex. Crim. 40 (Unlike Tex. 1894)",
        "R\u0435\u0435d v. State, 31 Tex. Crim. 35",
        "R\u0336eed v. State, 31 Tex. Crim. 35",
        "90 Or. 12 (or 1918)",
        "[ ] K01",
        "- [ ] K01",
        "~~K01~~",
        "K\u033601",
        "K01?",
        "- K01" + " " * 900 + "is not analogous",
        "K01\u2028K02",
        "K\u0660\u0661",
        "K01 31 Tex. Crim. 35",
        "[K01] Defendant appeals.",
    ],
)
def test_a_line_that_takes_back_or_contradicts_names_no_case(line: str) -> None:
    assert named(line) is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Q11", True),
        ("410 U.S. 113", True),
        ("Roe v. Wade, 410 U.S. 113 (1973)", True),
        ("31 Tex. Crim. 35 (1893)", True),
        ("Not this: 410 U.S. 113", False),
        ("410 U.S. 113 (not analogous)", False),
        ("410 U.S. 113 (wrong 1973)", False),
        ("and so on", False),
        ("", False),
    ],
)
def test_what_names_a_case_that_may_not_be_there(line: str, names: bool) -> None:
    assert names_a_case(line) is names


def test_a_case_that_is_not_listed_costs_no_look_by_eyecite() -> None:
    known = meanings.cache_info().currsize
    assert names_a_case("1 McCrary 99000 (9th Cir. 1882)")
    assert names_a_case("1 Sawy. 99000 (9th Cir. 1882)")
    assert meanings.cache_info().currsize == known
