"""Sentence -> what the court does to which case, in whose voice."""

import pytest

from cap_rlvr.law.mentions import Cases
from cap_rlvr.law.passages import Passages
from cap_rlvr.law.treatment import belongs_elsewhere, sentences, treatments

KNOWN = "Cole v. Ames, 81 Mich. 4 (1890). Burr v. Stout, 82 Mich. 9 (1891). "


def _read(sentence: str) -> list[tuple[str, str, str]]:
    text = KNOWN + sentence
    found = [one for one in sentences(Cases(text), 0, len(text)) if one.start >= len(KNOWN)]
    return [(t.label, t.cited.name, t.fault) for one in found for t in treatments(one)]


COLE, BURR = "Cole v. Ames", "Burr v. Stout"


@pytest.mark.parametrize(
    ("sentence", "label", "name"),
    [
        ("We therefore overrule Cole v. Ames, 81 Mich. 4 (1890), which held otherwise.", "OVERRULES", COLE),
        ("We now overrule our decision in Cole.", "OVERRULES", COLE),
        ("Cole is hereby expressly overruled.", "OVERRULES", COLE),
        ("To the extent that Cole may be read to bar the claim, it is overruled.", "OVERRULES", COLE),
        ("We now disapprove Cole, to the extent that it held that the sale is void.", "OVERRULES", COLE),
        ("After full consideration, we no longer adhere to Cole, and we overrule it.", "OVERRULES", COLE),
        ("Cole is distinguishable on its facts.", "DISTINGUISHES", COLE),
        ("Cole, however, is inapposite because it was a theft.", "DISTINGUISHES", COLE),
        ("We distinguish Cole, where the tenant knew of the breach.", "DISTINGUISHES", COLE),
        ("This case is distinguishable from Cole because there the tenant knew.", "DISTINGUISHES", COLE),
        ("Cole, upon which the appellant relies, can have no application here.", "DISTINGUISHES", COLE),
        ("The decision in Cole does not control this case.", "DISTINGUISHES", COLE),
        ("Plaintiff's reliance on Cole is misplaced because it was a theft.", "DISTINGUISHES", COLE),
        ("Unlike Cole, where the tenant knew, the defendant had no notice in this case.", "DISTINGUISHES", COLE),
        ("We also find Cole, upon which they rely, to be distinguishable.", "DISTINGUISHES", COLE),
        ("We reaffirm the rule of Cole, which the defendant asks us to reconsider.", "AFFIRMS", COLE),
        ("The Appeals Court agreed, Cole v. Ames, 81 Mich. 4 (1890), and we affirm its decision.", "AFFIRMS", COLE),
    ],
)
def test_the_court_speaks(sentence: str, label: str, name: str) -> None:
    assert _read(sentence) == [(label, name, "")]


@pytest.mark.parametrize(
    "sentence",
    [
        "Respondents contend that Cole is distinguishable.",
        "Although Cole is distinguishable on its facts, its reasoning applies.",
        "We acknowledge that Cole is distinguishable.",
        "The trial judge held that Cole is inapposite.",
        "The court in Burr concluded that Cole is not controlling.",
        "We need not decide whether Cole is distinguishable.",
        "After determining that Cole was inapplicable, the Burr court went on.",
        "Appellees take the position that Cole is distinguishable.",
        "The objections to the ruling in Cole are overruled.",
        "Is Cole distinguishable?",
        "If Cole is overruled, the rule falls.",
        "The writer said: “For many years it was thought that Cole is distinguishable.",
        "We decline to overrule Cole.",
        "Cole is not distinguishable.",
        "Cole does not apply retroactively.",
        "Cole, overruled on other grounds by Burr v. Stout, 82 Mich. 9 (1891), was a theft.",
        "The motion under Cole is overruled.",
        "We affirm the judgment.",
    ],
)
def test_another_speaks_or_nothing_is_said(sentence: str) -> None:
    assert [one for one in _read(sentence) if not one[2]] == []


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        (
            "Cole v. Ames, 81 Mich. 4 (1890), overruled on other grounds by Burr v. Stout, 82 Mich. 9 (1891).",
            "later_history",
        ),
        ("Defendant attempts to distinguish Cole, but the attempt fails.", "attempt_fails"),
        ("Under Cole the law is plain, and the motion for a new trial was overruled.", "procedural"),
        ("Cole is distinguishable.", ""),
    ],
)
def test_cue_words_that_belong_elsewhere(sentence: str, why: str) -> None:
    text = KNOWN + sentence
    found = [one for one in sentences(Cases(text), 0, len(text)) if one.start >= len(KNOWN)]
    assert belongs_elsewhere(found[0]) == why


def test_a_sentence_may_speak_of_the_case_before() -> None:
    text = KNOWN + "In Cole we stated that immunity outweighs the want of a forum. We reaffirm that holding today."
    [found] = [treatment for treatment, _, _ in Passages(text).found]
    assert (found.label, found.cited.name) == ("AFFIRMS", COLE)


def test_a_case_near_an_unclear_cue_is_touched() -> None:
    passages = Passages(
        KNOWN + "Cole held that the sale is void. That case may well be distinguishable, as the parties say."
    )
    assert passages.touched
