import pytest

from cap_rlvr.corpus.text_opinions import cut_row

HEAD = "\n\n{page}         DOE v. ROE\n\n                    {owner}\n\n"
FILLER = "and so the argument goes on through the whole of the page without an end in sight\n" * 8


def pieces(text: str, author: str = "", from_cap: bool = False) -> list[tuple[str, str, str]]:
    cut = cut_row(text, author, from_cap)
    return [(piece.type, piece.author, text[piece.start : piece.end].strip()) for piece in cut.pieces]


def slip(*parts: str | tuple[int, str]) -> str:
    pages = [part if isinstance(part, str) else HEAD.format(page=part[0], owner=part[1]) for part in parts]
    return "Doe v. Roe, 19-7\n\n" + "".join(pages)


ALITO = "Justice Alito, with whom Justice Thomas joins, concurring in the judgment.\n\nI agree."
COURT, DISSENT = "Opinion of the Court", "KAGAN, J., dissenting"


def test_caps_shape() -> None:
    text = (
        "DOE v. STATE.\nNo. 4.\n\nDICE, Judge. DICE, Judge.\nThe judgment is affirmed.\n\nWOODLEY, Judge, WOODLEY, Judge,\n"
        "(dissenting).\nI see it otherwise.\n\nDICE, Judge. ON MOTION FOR REHEARING\nDICE, Judge.\nOverruled.\n\nNobody knows whose words these are."
    )
    assert pieces(text, "DICE, Judge.", from_cap=True) == [
        ("majority", "DICE, Judge.", "DICE, Judge.\nThe judgment is affirmed."),
        ("dissent", "WOODLEY, Judge,", "WOODLEY, Judge,\n(dissenting).\nI see it otherwise."),
        ("rehearing", "DICE, Judge.", "ON MOTION FOR REHEARING\nDICE, Judge.\nOverruled."),
        ("unattributed", "", "Nobody knows whose words these are."),
    ]


def test_head_matter_alone() -> None:
    cut = cut_row("DOE v. STATE.", "", from_cap=True)
    assert (cut.head_end, cut.pieces) == (13, ())


def test_pages_tell_the_courts_words() -> None:
    text = slip(
        "We begin.",
        (2, COURT),
        f"We hold so.\n{FILLER}                  It is so ordered.\n\n",
        "I see it otherwise.\n",
        (2, DISSENT),
        "I dissent.",
    )
    assert [(kind, words[:11]) for kind, _, words in pieces(text)] == [
        ("majority", "We begin.\n\n"),
        ("dissent", "I see it ot"),
    ]


def test_words_between_two_authors_are_nobodys_where_the_border_is_unknown() -> None:
    text = slip("We begin.", (2, COURT), f"We hold so.\n{FILLER}", (2, DISSENT), "That is wrong. I dissent.")
    assert [kind for kind, _, _ in pieces(text)] == ["majority", "unattributed", "dissent"]


def test_one_possible_border_is_taken() -> None:
    text = slip(
        "We begin.",
        (2, COURT),
        f"{FILLER}That decides it.\n\nThe Court is wrong about the whole of this.\n",
        (2, DISSENT),
        "I dissent.",
    )
    kinds = pieces(text)
    assert [kind for kind, _, _ in kinds] == ["majority", "dissent"]
    assert kinds[1][2].startswith("The Court is wrong")


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ((("We begin.", (2, "Opinion of KAGAN, J."), "I think."),), ["plurality"]),
        ((("We begin.", (2, COURT), "We.", (3, "Opinion of KAGAN, J."), "I think."),), ["plurality"]),
        ((("It begins.", (9, COURT), "We hold."),), ["unattributed", "unattributed"]),
        (
            (("We begin.", (2, COURT), "We hold. Finally: I join the Court’s opinion in full."),),
            ["majority", "unattributed"],
        ),
        ((("PER CURIAM.\n\nDenied.\n", (2, DISSENT), "I dissent."),), ["unattributed", "dissent"]),
        ((("It is odd.\n", (2, DISSENT), "I dissent."),), ["dissent"]),
    ],
)
def test_doubtful_pages(parts: tuple[tuple[str | tuple[int, str], ...]], kinds: list[str]) -> None:
    assert [kind for kind, _, _ in pieces(slip(*parts[0]))] == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("\n\nOPINIONBOSSON, Judge.{1} We affirm.{2} IT IS SO ORDERED.WE CONCUR: A. JONES, Judge.", ["majority"]),
        (
            "\n\nOPINIONBOSSON, Judge.{1} We affirm.SUTIN, J., dissenting. SUTIN, Judge(dissenting).{28} This is another.",
            ["majority", "dissent"],
        ),
        (
            "\n\nPICKARD, Judge.{1} We affirm. HARTZ, Chief Judge,specially concurring.(24) I concur in the result.",
            ["majority", "concurrence"],
        ),
        ("\n\nBOSSON, Judge.{1} I would affirm for other reasons.", ["unattributed"]),
        ("Doe v. Roe, 19-7\n\nPER CURIAM.\n\nThe petition is granted.", ["majority"]),
        (
            "Doe v. Roe, 19-7\n\nJustice Kagan delivered the opinion of the Court.\n\nWe affirm.\n\n" + ALITO,
            ["majority", "concurrence"],
        ),
        ("Doe v. Roe, 19-7\n\nIn Smith this Court held otherwise.", ["unattributed"]),
        ("Doe v. Roe, 19-7\n\nWe affirm.\n\nIt is so ordered.", ["majority"]),
    ],
)
def test_labels(text: str, kinds: list[str]) -> None:
    assert [kind for kind, _, _ in pieces(text)] == kinds


@pytest.mark.parametrize("text", ["", "\n\n", "x", "\n\n\n\n", "a\n\nb\n\n", HEAD.format(page=2, owner=COURT)])
@pytest.mark.parametrize("from_cap", [True, False])
def test_pieces_cover_what_follows_the_head_and_never_overlap(text: str, from_cap: bool) -> None:
    cut = cut_row(text, "", from_cap)
    ends = [cut.head_end, *(piece.end for piece in cut.pieces)]
    assert ends == sorted(ends)
    assert all(piece.start <= piece.end <= len(text) for piece in cut.pieces)
