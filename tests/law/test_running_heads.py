import pytest

from cap_rlvr.law.offsets import Edited
from cap_rlvr.law.running_heads import Voice, find_running_heads, page_heads

VERSO = "\n\n2         SEILA LAW LLC v. CONSUMER FINANCIAL\n                  PROTECTION BUREAU\n                    {owner}\n\n"
RECTO = "\n\n                 Cite as: 591 U. S. ____ (2020)           3\n\n                     {owner}\n\n"
BROKEN = (
    "\n\n                  Cite as: \n\n598 U. S. ____\n\n (2023)            11\n\n                      {owner}\n\n"
)


@pytest.mark.parametrize("form", [VERSO, RECTO, BROKEN])
@pytest.mark.parametrize(
    ("owner", "voice", "name"),
    [
        ("Opinion of the Court", Voice.COURT, None),
        ("Per Curiam", Voice.COURT, None),
        ("Opinion of KAGAN, J.", Voice.PART, "KAGAN"),
        ("THOMAS, J., dissenting", Voice.DISSENT, "THOMAS"),
        ("ALITO, J., concurring in judgment", Voice.CONCURRENCE, "ALITO"),
        ("BREYER, J., concurring in part and dissenting in part", Voice.BOTH, "BREYER"),
        ("Appendix to opinion of the Court", Voice.OTHER, None),
    ],
)
def test_owner_of_a_page(form: str, owner: str, voice: Voice, name: str | None) -> None:
    (head,) = page_heads(f"that the President{form.format(owner=owner)}must take care. Opinion of the Court")
    assert head.voice is voice
    assert head.page in {2, 3, 11}
    assert name is None or name in head.names


@pytest.mark.parametrize("form", [VERSO, RECTO, BROKEN])
def test_removed_without_breaking_the_sentence(form: str) -> None:
    text = f"must take Care that the{form.format(owner='Opinion of the Court')}Laws be faithfully executed"
    assert (
        Edited(text).apply(list(find_running_heads(text))).text
        == "must take Care that the\nLaws be faithfully executed"
    )


def test_footnotes_at_a_pages_end_stay_apart_from_the_next_page() -> None:
    text = f"motion to the\n\n——————\n  1 We note four aspects.{RECTO.format(owner='Opinion of the Court')}River Master"
    assert Edited(text).apply(list(find_running_heads(text))).text.endswith("four aspects.\n——————\nRiver Master")


@pytest.mark.parametrize(
    "text",
    [
        "The Opinion of the Court was delivered by MARSHALL, C. J.\n\n12 U. S. C. §3, and so on.\n",
        "No. 12\n\n1. ARMY AND NAVY — Enlistment\nA minor over eighteen",
        "",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert list(find_running_heads(text)) == []
