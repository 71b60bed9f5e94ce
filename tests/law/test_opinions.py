import pytest

from cap_rlvr.law.opinions import later_indexes, majority_index, separate_indexes, speaks_apart, type_of_opening
from cap_rlvr.wire.case import Opinion


def opinions(*types: str) -> list[Opinion]:
    return [Opinion(type=kind, text="We hold.") for kind in types]


@pytest.mark.parametrize(
    ("types", "majority", "later", "separate"),
    [
        (["majority"], 0, (), ()),
        (["unanimous"], 0, (), ()),
        (["majority", "dissent", "rehearing"], 0, (2,), (1,)),
        (["dissent", "majority"], 1, (), (0,)),
        (["plurality", "concurrence"], None, (), (0, 1)),
        (["unattributed"], None, (), ()),
        (["majority", "on-the-merits"], 0, (1,), ()),
        (["on-the-merits"], 0, (), ()),
        (["dissent", "on-the-merits", "rehearing"], 1, (2,), (0,)),
        ([], None, (), ()),
    ],
)
def test_which_opinions_are_the_courts(
    types: list[str], majority: int | None, later: tuple[int, ...], separate: tuple[int, ...]
) -> None:
    given = opinions(*types)
    assert (majority_index(given), later_indexes(given), separate_indexes(given)) == (majority, later, separate)


def test_an_empty_majority_is_none() -> None:
    assert majority_index([Opinion(type="majority", text=" \n")]) is None


@pytest.mark.parametrize(
    ("text", "author", "kind"),
    [
        ("WOODLEY, Judge,\n(dissenting).\nThe complaint alleged", "WOODLEY, Judge,", "dissent"),
        ("Davis, J. (dissenting) :\nThe crime is alleged", "Davis, J. (dissenting) :", "dissent"),
        ("WOODLEY, Judge\n(concurring).\nI concur in", "WOODLEY, Judge", "concurrence"),
        ("SIMKINS, Judge.\nIt is with hesitancy I concur in the conclusion", "SIMKINS, Judge.", "concurrence"),
        (
            "Moon, J.,\nconcurring in part and dissenting in part.\nAlthough",
            "Moon, J.,",
            "concurring-in-part-and-dissenting-in-part",
        ),
        ("ON APPELLANT’S MOTION FOR REHEARING\nDICE, Judge.\nAppellant insists", "DICE, Judge.", "rehearing"),
        ("ON REHEARING.\nDecember 4, 1907.\nDAVIDSON", "", "rehearing"),
        ("APPELLANT'S SECOND MOTION FOR REHEARING\nDAVIDSON, Judge.", "DAVIDSON, Judge.", "rehearing"),
        ("On the Merits.\nThis is an action", "", "on-the-merits"),
        ("BROWN, District Judge.\nThe plaintiff seeks to recover", "BROWN, District Judge.", None),
        ("DAVIDSON, Judge.\nA witness concurred in that view of the facts, they say", "DAVIDSON, Judge.", None),
        ("Justice Kavanaugh, with whom Justice Gorsuch joins, concurring in the judgment.\n", "", "concurrence"),
        ("", "", None),
    ],
)
def test_type_told_by_the_opening(text: str, author: str, kind: str | None) -> None:
    assert type_of_opening(text, author) == kind


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("For these reasons I respectfully dissent.", True),
        ("I join the Court’s opinion in full.", True),
        ("I would affirm the judgment.", True),
        ("My view differs from that of my brethren, and I cannot agree.", True),
        ("The judgment is affirmed. “I dissent,” wrote the justice below.", False),
        ("The majority of circuits agree with the court below.", False),
    ],
)
def test_a_judge_speaking_apart(text: str, apart: bool) -> None:
    assert speaks_apart(text) is apart
