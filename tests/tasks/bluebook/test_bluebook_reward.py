"""The citation reward: completion -> score, by table and by attack."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.tasks.bluebook import TASK
from cap_rlvr.wire.errors import BadInput

TEXAS: dict[str, Any] = dict(TASK.example)
ALASKA = {
    "ground_truth": "1 Alaska 682 (D. Alaska 1902)",
    "court_forms": {"accepted": ["D. Alaska"], "naming": ["Alaska District Court"]},
}
NEW_YORK = {
    "ground_truth": "20 N.Y. Crim. 569 (1907)",
    "parallels": ["187 N.Y. 410", "80 N.E. 383"],
    "names": ["People ex rel. Perkins v. Moss"],
}
OPEN = {
    "ground_truth": "Reed v. State, 31 Tex. Crim. 35 (Crim. App. 1892)",
    "masked": ["page"],
    "names": ["Reed v. State", "Willie Reed v. The State"],
    "name_asked": True,
    "metadata": {"volume_years": [1892, 1893]},
}
YEAR_ASKED = {"ground_truth": "31 Tex. Crim. 35 (Crim. App. 1892)", "masked": ["year"]}
EX_PARTE = {"ground_truth": "31 Tex. Crim. 35 (Crim. App. 1892)", "names": ["Ex parte Reed"]}
BANK = {"ground_truth": "31 Tex. Crim. 35 (Crim. App. 1892)", "names": ["State Bank of Ohio v. Smith"]}
STEEL = {"ground_truth": "31 Tex. Crim. 35 (Crim. App. 1892)", "names": ["United States Steel Corp. v. Smith"]}
POWERS = {"ground_truth": "1 Alaska 180 (D. Alaska 1901)", "names": ["United States v. Powers"]}
SUPPLEMENT = {"ground_truth": "49 Fla. Supp. 2d 210 (Cir. Ct. 1991)"}
MARBURY = {"ground_truth": "5 U.S. 137 (1803)"}
PARALLEL = {"ground_truth": "31 Tex. Crim. 35, 18 S.W. 1090 (Crim. App. 1892)"}
UNKNOWN_COURT = {"ground_truth": "1 Charlton 551 (Strange Ct. 1837)", "court_scored": False}


@pytest.mark.parametrize(
    ("truth", "answer", "reward", "code"),
    [
        # right in every way
        (TEXAS, "31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (TEXAS, "31 Tex. Crim. 35 (Crim. App. 1892).", 1.0, "right"),
        (TEXAS, "31 Tex. Crim. 35 (1892)", 1.0, "right"),
        (TEXAS, "31 Tex. Crim. 35, 36 (Crim. App. 1892)", 1.0, "right"),
        (TEXAS, "31 Tex. Crim. 35, 36-37 (Crim. App. 1892)", 1.0, "right"),
        (TEXAS, "Reed v. State, 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (TEXAS, "Willie Reed v. The State, 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (TEXAS, "Reed v. State of Texas, 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (ALASKA, "1 Alaska 682 (D. Alaska 1902)", 1.0, "right"),
        (NEW_YORK, "20 N.Y. Crim. 569, 187 N.Y. 410 (1907)", 1.0, "right"),
        (NEW_YORK, "187 N.Y. 410, 20 N.Y. Crim. 569, 80 N.E. 383 (1907)", 1.0, "right"),
        # marks around the whole, and italics
        (TEXAS, "**31 Tex. Crim. 35 (Crim. App. 1892)**", 1.0, "right"),
        (TEXAS, '"31 Tex. Crim. 35 (Crim. App. 1892)"', 1.0, "right"),
        (OPEN, "*Reed v. State*, 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (OPEN, "_Reed v. State,_ 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (OPEN, "<em>Reed v. State</em>, 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (OPEN, "*Reed v. State* 31 Tex. Crim. 35 (Crim. App. 1892)", 0.94, "partly_right"),
        (OPEN, "*Reed* v. State, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (OPEN, "<i>Reed v. State</b>, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (OPEN, "~~Reed v. State~~, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (POWERS, "U.S. v. Powers, 1 Alaska 180 (D. Alaska 1901)", 1.0, "right"),
        (POWERS, "U. S. A. v. Powers, 1 Alaska 180 (D. Alaska 1901)", 1.0, "right"),
        (MARBURY, "5 U.S. (1 Cranch) 137 (1803)", 1.0, "right"),
        # another case between parentheses
        (TEXAS, "31 Tex. Crim. (2 Mich.) 35 (Crim. App. 1892)", 0.0, "two_cases"),
        (TEXAS, "31 Tex. Crim. (32 Tex. Crim.) 35 (Crim. App. 1892)", 0.0, "two_cases"),
        (TEXAS, "31 Tex. Crim. (19 How.) 35 (Crim. App. 1892)", 0.94, "partly_right"),
        # faulty form
        (SUPPLEMENT, "49 Fla.Supp.2d 210 (Cir. Ct. 1991)", 0.92, "partly_right"),
        (SUPPLEMENT, "49 Fla.Supp.3d 210 (Cir. Ct. 1991)", 0.0, "no_citation"),
        (TEXAS, "31 Tex.Crim. 35 (Crim. App. 1892)", 0.92, "partly_right"),
        (TEXAS, "31 Tex. Cr. R. 35 (Crim. App. 1892)", 0.92, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35 (Tex. Crim. App. 1892)", 0.94, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35 (Crim. App. June 1, 1892)", 0.94, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35 (Crim. App., 1892)", 0.94, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35, 99 (Crim. App. 1892)", 0.94, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35(Crim. App. 1892)", 0.94, "partly_right"),
        (TEXAS, "31  Tex. Crim. 35 (Crim. App. 1892)", 0.92, "partly_right"),
        (ALASKA, "1 Alaska 682 (Alaska District Court 1902)", 0.94, "partly_right"),
        # fields
        (TEXAS, "32 Tex. Crim. 35 (Crim. App. 1892)", 0.7, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35 (Crim. App. 1893)", 0.8, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35", 0.74, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35 (9th Cir. 1892)", 0.78, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35 (Crim. App. 1066)", 0.5, "impossible_year"),
        (ALASKA, "1 Alaska 682 (1902)", 0.78, "partly_right"),
        (ALASKA, "2 Alaska 682 (D. Alaska 1902)", 0.76, "partly_right"),
        # gates
        (TEXAS, "31 Tex. Crim. 36 (Crim. App. 1892)", 0.0, "wrong_page"),
        (TEXAS, "35 Tex. Crim. 31 (Crim. App. 1892)", 0.0, "wrong_page"),
        (TEXAS, "31 Tex. Crim. 035 (Crim. App. 1892)", 0.0, "wrong_page"),
        (TEXAS, "31 Mich. 35 (1892)", 0.0, "wrong_reporter"),
        (TEXAS, "31 Tex. Civ. App. 35 (1892)", 0.0, "wrong_reporter"),
        (TEXAS, "Quimby v. State, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (TEXAS, "State v. Reed, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (TEXAS, "Reed, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (TEXAS, "R\u0435ed v. State, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),  # a Cyrillic letter
        (TEXAS, "State, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (TEXAS, "The citation is 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (TEXAS, "31 Tex. Crim. 35, 32 Tex. Crim. 36 (1892)", 0.0, "two_cases"),
        (TEXAS, "31 Tex. Crim. 35, 31 Tex. Crim. 35 (1892)", 0.0, "two_cases"),
        (TEXAS, "31 Tex. Crim. 35, 18 S.W. 1090 (1892)", 0.0, "two_cases"),  # a parallel that the row doesn't know
        (TEXAS, "31 Tex. Crim. 35 (1892); 32 Tex. Crim. 36 (1893)", 0.0, "extra_text"),
        (TEXAS, "31 Tex. Crim. 35 (1892) (en banc)", 0.0, "extra_text"),
        (TEXAS, "____ Tex. Crim. ____ (1892)", 0.0, "no_citation"),
        (TEXAS, "31 Tex. Crim. ____ (1892)", 0.0, "no_citation"),
        (TEXAS, "31 Tex Crim 35 (1892)", 0.0, "no_citation"),  # eyecite knows no such reporter
        (TEXAS, "31", 0.0, "no_citation"),
        (NEW_YORK, "187 N.Y. 410 (1907)", 0.0, "wrong_reporter"),
        # shown fields
        (OPEN, "Reed v. State, 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (OPEN, "31 Tex. Crim. 35 (Crim. App. 1892)", 0.94, "partly_right"),
        (OPEN, "Reed v. State, 32 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "altered_field"),
        (OPEN, "Reed v. State, 31 Tex. Crim. 35 (Crim. App. 1893)", 0.0, "altered_field"),
        (OPEN, "Reed v. State, 31 Tex. Crim. 35 (Crim. App.)", 0.0, "altered_field"),
        (OPEN, "Reed v. State, 31 Tex. Crim. 35 (9th Cir. 1892)", 0.0, "altered_field"),
        (OPEN, "Reed v. State, 31 Tex. Crim. 36 (Crim. App. 1892)", 0.0, "wrong_page"),
        # a court in no table isn't scored
        (UNKNOWN_COURT, "1 Charlton 551 (Ga. Super. Ct. 1837)", 1.0, "right"),
        (UNKNOWN_COURT, "1 R.M. Charlt. 551 (1837)", 1.0, "right"),
        # … but it must look like one, and give one year
        (UNKNOWN_COURT, "1 Charlton 551 (my answer is right 1837)", 0.9143, "partly_right"),
        (UNKNOWN_COURT, "1 Charlton 551 (1836 1837)", 0.7143, "partly_right"),
        (TEXAS, "31 Tex. Crim. 35 (1891 1892)", 0.62, "partly_right"),
        # a name cut down to the words that thousands of names begin with
        (EX_PARTE, "Ex parte Reed, 31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (EX_PARTE, "Ex parte, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (BANK, "State v. Smith, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        (STEEL, "United States v. Smith, 31 Tex. Crim. 35 (Crim. App. 1892)", 0.0, "wrong_name"),
        # nothing for what the question shows alone
        (YEAR_ASKED, "31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (YEAR_ASKED, "31 Tex. Crim. 35 (Crim. App. 1893)", 0.0, "nothing_asked"),
        (YEAR_ASKED, "31 Tex. Crim. 35", 0.0, "nothing_asked"),
        # the truth's own parallels
        (PARALLEL, "31 Tex. Crim. 35, 18 S.W. 1090 (Crim. App. 1892)", 1.0, "right"),
        (PARALLEL, "31 Tex. Crim. 35 (Crim. App. 1892)", 1.0, "right"),
        (PARALLEL, "31 Tex. Crim. 35, 18 S.W. 1091 (Crim. App. 1892)", 0.0, "two_cases"),
    ],
)
def test_score(truth: dict[str, Any], answer: str, reward: float, code: str) -> None:
    score = TASK.judge(truth, f"<answer>{answer}</answer>")
    assert (score.reward, score.reason.code) == (reward, code)
    assert score.strict is (reward == 1)
    assert sum(step.earned for step in score.steps) == pytest.approx(score.reward, abs=1e-4)


@pytest.mark.parametrize(
    ("fields", "family"),
    [(EX_PARTE, "procedural_words_alone"), (BANK, "sovereign_for_a_company"), (STEEL, "sovereign_for_a_company")],
)
def test_cut_names_are_attacks_that_are_not_paid(fields: dict[str, Any], family: str) -> None:
    truth = TASK.read_truth(fields)
    attacks = [one for one in TASK.probes.attacks(truth, truth, "key") if one.family == family]
    assert attacks
    assert [TASK.score(truth, one.completion).reason.code for one in attacks] == ["wrong_name"] * len(attacks)


def test_parts_are_named_and_weighted() -> None:
    score = TASK.judge(ALASKA, "<answer>2 Alaska 682 (1902)</answer>")
    assert {name: (part.value, round(part.weight, 4)) for name, part in score.parts.items()} == {
        "volume": (0, 0.24),
        "page": (1, 0.24),
        "year": (1, 0.16),
        "court": (0, 0.16),
        "spelling": (1, 0.08),
        "parenthetical": (0, 0.06),
        "syntax": (1, 0.06),
    }


def test_conveyed_court_is_not_applicable() -> None:
    part = TASK.judge(TEXAS, TASK.gold(TASK.read_truth(TEXAS))).parts["court"]
    assert part.weight == 0
    assert "reporter conveys" in part.note


def test_evidence_points_at_the_locator() -> None:
    completion = "Well: <answer> 31 Tex. Crim. 35 (1892)</answer>"
    evidence = TASK.judge(TEXAS, completion).parts["page"].evidence
    assert evidence
    assert completion[evidence.start : evidence.end] == "31 Tex. Crim. 35"


@pytest.mark.parametrize(
    ("cite", "completion", "reward"),
    [
        ("410 U.S. 113 (1973)", "410 U.S. 113 (1973)", 1.0),
        ("410 U.S. 113 (1973)", "Roe v. Wade, 410 U.S. 113 (1973)", 1.0),
        ("410 U.S. 113", "410 U.S. 113 (1973)", 1.0),
        ("410 U.S. 113 (1973)", "410 U.S. 114 (1973)", 0.0),
        ("512 F. Supp. 2d 165 (S.D.N.Y. 2007)", "512 F. Supp. 2d 165 (S.D.N.Y. 2007)", 1.0),
        ("512 F. Supp. 2d 165 (S.D.N.Y. 2007)", "512 F. Supp. 2d 165 (2007)", 0.78),
        ("1 Va. App. 1 (1985)", "1 Va. App. 1 (Ct. App. 1985)", 1.0),
        ("Roe v. Wade, 410 U.S. 113 (1973)", "Doe v. Wade, 410 U.S. 113 (1973)", 0.0),
        ("60 U.S. (19 How.) 393 (1857)", "60 U.S. (19 How.) 393 (1857)", 1.0),
        ("60 U.S. (19 How.) 393 (1857)", "60 U.S. (5 Cranch) 393 (1857)", 0.94),
        ("572 N.Y.S.2d 672 (App. Div. 1991)", "572 N.Y.S.2d 672 (N.Y. App. Div. 1991)", 0.94),
    ],
)
def test_ground_truth_alone_is_enough(cite: str, completion: str, reward: float) -> None:
    assert TASK.judge({"ground_truth": cite}, completion).reward == reward


@pytest.mark.parametrize(
    ("truth", "field"),
    [
        ({}, "ground_truth.ground_truth"),
        ({"ground_truth": "not a citation"}, "ground_truth.ground_truth"),
        ({"ground_truth": "2 Mich. 586 (1853)", "metadata": {"page": 587}}, "page"),
        ({"ground_truth": "2 Mich. 586 (1853)", "masked": ["court"]}, "masked"),
        ({"ground_truth": "2 Mich. 586 (1853)", "masked": ["verse"]}, "masked"),
        ({"ground_truth": "2 Mich. 586", "masked": ["year"]}, "masked"),
        ({"ground_truth": "2 Mich. 586 (1853)", "metadata": {"volume": True}}, "metadata.volume"),
        ({"ground_truth": "2 Mich. 586 (1853)", "names": ["a v. b"] * 9}, "names"),
        ({"ground_truth": "2 Mich. 586 (1853)", "names": ["a" * 1_001]}, "names.0"),
        ({"ground_truth": "2 Mich. 586 (1853)", "parallels": ["1 U.S. 1"] * 51}, "parallels"),
        ({"ground_truth": "2 Mich. 586 (1853)", "court_forms": {"accepted": ["x"] * 51}}, "court_forms.accepted"),
    ],
)
def test_malformed_truth_is_named(truth: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput, match=field):
        TASK.judge(truth, "2 Mich. 586 (1853)")


def test_plan_shaped_truth_is_read() -> None:
    truth = {"ground_truth": "410 U.S. 113 (1973)", "metadata": {"volume": 410, "page": 113, "year": 1973}}
    assert TASK.judge(truth, "410 U.S. 113 (1973)").strict


@settings(max_examples=150)
@given(st.text(max_size=300))
def test_no_text_without_the_locator_is_paid(text: str) -> None:
    if "Crim" not in text:
        assert TASK.judge(TEXAS, text).reward == 0


@settings(max_examples=150)
@given(
    volume=st.integers(1, 9999),
    page=st.integers(1, 99999).filter(lambda page: page != 35),
    reporter=st.sampled_from(["Tex. Crim.", "Tex. Cr. R.", "U.S.", "F.2d", "Mich."]),
    inside=st.sampled_from(["Crim. App. 1892", "1892", "", "2026"]),
)
def test_a_wrong_page_is_never_paid(volume: int, page: int, reporter: str, inside: str) -> None:
    assert TASK.judge(TEXAS, f"<answer>{volume} {reporter} {page} ({inside})</answer>").reward == 0


@settings(max_examples=150)
@given(
    prefix=st.text(st.sampled_from("abcdefghi "), max_size=60), suffix=st.text(st.sampled_from("abc x "), max_size=60)
)
def test_words_around_gold_are_not_paid(prefix: str, suffix: str) -> None:
    cited = "31 Tex. Crim. 35 (Crim. App. 1892)"
    assert TASK.judge(TEXAS, f"<answer>{prefix}x {cited} {suffix}</answer>").reward == 0


@settings(max_examples=100)
@given(st.lists(st.integers(1, 400), min_size=2, max_size=4, unique=True))
def test_listing_pages_is_never_paid(pages: list[int]) -> None:
    listed = ", ".join(f"31 Tex. Crim. {page}" for page in pages)
    assert TASK.judge(TEXAS, f"<answer>{listed} (1892)</answer>").reward == 0


def test_attacks_hold_on_a_citation_without_letters_that_look_alike() -> None:
    truth = TASK.read_truth({"ground_truth": "228 A.D.2d 218 (N.Y. App. Div. 1991)"})
    for attack in TASK.probes.attacks(truth, truth, "key"):
        assert TASK.score(truth, attack.completion).reward <= attack.limit, attack.family


def test_letters_for_a_name_are_right_where_they_are_the_name() -> None:
    truth = TASK.read_truth({"ground_truth": "1 Charlton 228 (Ga. Super. Ct. 1822)", "names": ["A v. B"]})
    (letters,) = [one for one in TASK.probes.attacks(truth, truth, "key") if one.family == "letters_for_a_name"]
    assert letters.limit == 1
    assert TASK.score(truth, letters.completion).reward == 1
