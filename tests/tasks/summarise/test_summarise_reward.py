"""The summary reward: completion -> score, by table and by attack."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cap_rlvr.tasks.summarise import TASK
from cap_rlvr.tasks.summarise.disposed import agreement
from cap_rlvr.tasks.summarise.grounding import bonds, copying
from cap_rlvr.tasks.summarise.prose import repeated
from cap_rlvr.tasks.summarise.source import joined, key_of, statements
from cap_rlvr.tasks.summarise.truth import SummariseTruth
from cap_rlvr.wire.errors import BadInput

EXAMPLE: dict[str, Any] = dict(TASK.example)
TRUTH: SummariseTruth = TASK.read_truth(EXAMPLE)
GOLD = TASK.gold(TRUTH)
BODY = GOLD.removeprefix("<answer>\n").removesuffix("\n</answer>")
ISSUE, RULE, APPLICATION, CONCLUSION = BODY.split("\n")
BEST = TASK.score(TRUTH, GOLD).reward
BARE = {"source": EXAMPLE["source"], "disposition": "reversed"}


def brief(*, issue: str = ISSUE, rule: str = RULE, application: str = APPLICATION, conclusion: str = CONCLUSION) -> str:
    return "<answer>\n" + "\n".join((issue, rule, application, conclusion)) + "\n</answer>"


def test_gold_is_strict() -> None:
    score = TASK.score(TRUTH, GOLD)
    assert score.strict
    assert score.reward >= TASK.ceiling
    assert [step.name for step in score.steps] == ["issue", "rule", "application", "conclusion", "whole"]
    assert sum(step.earned for step in score.steps) == pytest.approx(score.reward, abs=1e-4)


@pytest.mark.parametrize(
    ("completion", "most", "code"),
    [
        (BODY, 0, "no_answer"),
        (f"<answer>{BODY}", 0, "unbalanced_tags"),
        (f"{GOLD}<answer>{BODY} But no.</answer>", 0, "conflicting_answers"),
        ("<answer>Issue: a?</answer>", 0, "too_short"),
        (brief(rule=""), 0, "missing_section"),
        (f"<answer>{CONCLUSION}\n{ISSUE}\n{RULE}\n{APPLICATION}</answer>", 0, "sections_out_of_order"),
        (brief(application=f"{APPLICATION} {'It was so said by the court below. ' * 20}"), 0, "too_long"),
        (brief(application=f"Application: {EXAMPLE['source'][200:900]}"), 0, "copied"),
        (
            brief(application="Application: Larceny, juror, oath, whisky, bond, writ, sale, deed, note, lien, rent."),
            0,
            "not_prose",
        ),
        (brief(conclusion="Conclusion: For these reasons, the judgment is affirmed."), 0.3, "contrary_disposition"),
        (brief(conclusion="Conclusion: For these reasons, the judgment is not reversed."), 0.3, "contrary_disposition"),
        (brief(rule=f"{RULE} See 913 U.S. 4418."), 0.3, "fabricated"),
        (brief(rule=f'{RULE} The judge said "every horse is a rule of law in itself".'), 0.3, "fabricated"),
        (brief(rule=f"{RULE} It stands in section 98713 of the code."), 0.3, "fabricated"),
        (brief(issue=ISSUE.replace("?", ".")), 0.9, "partly_right"),
        (
            brief(rule="Rule: The court takes as the governing standard that the jury found for Ertree Plow."),
            0.8,
            "partly_right",
        ),
        (
            brief(issue=RULE.replace("Rule: ", "Issue: Whether "), application=RULE.replace("Rule: ", "Application: ")),
            0,
            "copied",
        ),
        (brief(conclusion="Conclusion: The matter is thus at an end between the parties."), 0.8, "partly_right"),
        (brief(application=f"{APPLICATION} Vandersloot and Zyskowski told of 7713 and of 8824."), 0.99, "partly_right"),
    ],
)
def test_score(completion: str, most: float, code: str) -> None:
    score = TASK.score(TRUTH, completion)
    assert score.reward <= most
    assert score.reason.code == code
    assert not score.strict


@pytest.mark.parametrize(
    "said",
    [
        "It is false that the judgment is reversed",
        "It is not true that in Fields v. State the judgment is reversed",
        "By no means can it be said that the judgment is reversed",
        "The judgment is anything but reversed",
        "The judgment is far from reversed",
        "The court did not agree and reverse the judgment",
        "The court found no reason to reverse the judgment",
        "The court, unable to reverse, let the judgment stand",
        "Nothing in the record led the court to reverse",
    ],
)
def test_a_denied_disposition_is_contrary(said: str) -> None:
    assert agreement(f"{said}.", frozenset({"reversed"})) == (0.0, True)


@pytest.mark.parametrize(
    "said", ["Is it so that the judgment is reversed?", "It is unclear whether the judgment is reversed."]
)
def test_a_disposition_left_open_is_none(said: str) -> None:
    assert agreement(said, frozenset({"reversed"})) == (0.0, False)


@pytest.mark.parametrize(
    "said",
    [
        "The court held that the trial judge did not err and affirmed the judgment.",
        "The court was not persuaded, so it affirmed the judgment.",
        "The judgment is not reversed but affirmed.",
        "Because it was not shown that he was harmed, the judgment is affirmed.",
        "The court found no merit in the claim that the plea was forced and affirmed the judgment.",
        "Finding no sufficient reason to reverse, the court affirmed the judgment.",
        "The evidence does not require the court to reverse, and the judgment is affirmed.",
        "The court affirmed the conviction, holding that nothing required it to be reversed.",
        "The appellate court affirmed the judgment, rejecting the request to reverse the conviction.",
        "The court had no choice but to affirm.",
        "The court refused to disturb the verdict; the judgment is affirmed.",
    ],
)
def test_a_negation_of_something_else_denies_no_disposition(said: str) -> None:
    assert agreement(said, frozenset({"affirmed"})) == (1.0, False)


@pytest.mark.parametrize("denial", ["it is false that", "the court rejects the notion that", "it is wrong to say that"])
def test_a_statement_said_to_be_false_is_its_contrary(denial: str) -> None:
    law = "a carrier may recover the freight on cotton that was burned in its depot"
    (plain,) = (one for one in statements(f"{law}.") if one.whole)
    said = [one for one in statements(f"{denial} {law}.") if one.whole]
    assert said
    assert all((one.terms, one.odd) == (plain.terms, not plain.odd) for one in said)


def test_a_contradiction_costs_seven_tenths_and_two_cost_more() -> None:
    conclusion = "Conclusion: For these reasons, the judgment is affirmed."
    one = TASK.score(TRUTH, brief(rule=f"{RULE} See 913 U.S. 4418."))
    two = TASK.score(TRUTH, brief(rule=f"{RULE} See 913 U.S. 4418.", conclusion=conclusion))
    assert 0.25 < one.reward <= 0.3
    assert two.reward < 0.1


def test_negated_holding_is_seen() -> None:
    held = APPLICATION.replace(" therefore no evidence", " therefore evidence")
    assert held != APPLICATION
    assert TASK.score(TRUTH, brief(application=held)).reason.code == "negated"


def test_source_and_disposition_are_enough() -> None:
    score = TASK.judge(BARE, GOLD)
    assert score.reward > 0.9
    assert score.parts["terms"].weight == 0
    assert "not applicable" in score.parts["terms"].note
    assert sum(part.weight for part in score.parts.values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("truth", "field"),
    [
        ({"source": EXAMPLE["source"]}, "disposition"),
        ({"disposition": "affirmed"}, "source"),
        ({"source": "too short", "disposition": "affirmed"}, "source"),
        ({"source": EXAMPLE["source"], "disposition": "upended"}, "disposition"),
        ({"source": EXAMPLE["source"], "disposition": []}, "disposition"),
        ({"source": "7 " * 400, "disposition": "affirmed"}, "source"),
        ({**BARE, "colour": "red"}, "colour"),
    ],
)
def test_malformed_truths_name_the_field(truth: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput, match=field):
        TASK.judge(truth, GOLD)


def test_gold_needs_its_pieces() -> None:
    with pytest.raises(BadInput, match="brief"):
        TASK.gold(TASK.read_truth(BARE))


def test_parties_may_be_names_alone() -> None:
    truth = TASK.read_truth({**BARE, "key_parties": ["Ertree Plow Ltd.", {"name": "Folston Falls", "role": "lessor"}]})
    assert [party.role for party in truth.ground_truth.key_parties] == ["", "lessor"]


def test_the_brief_has_no_part_in_the_index() -> None:
    without = TRUTH.model_copy(update={"brief": None})
    assert key_of(without) is key_of(TRUTH)
    assert TASK.score(without, GOLD) == TASK.score(TRUTH, GOLD)


@given(st.text(max_size=2000))
@settings(max_examples=60)
def test_any_text_is_judged(text: str) -> None:
    assert TASK.score(TRUTH, f"<answer>{text}</answer>").reward <= 0.05


_SAID = EXAMPLE["source"].split()


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@settings(max_examples=150)
def test_cut_and_shuffled_source_earns_nothing(chance: Any, size: int) -> None:
    pieces = [" ".join(_SAID[i : i + size]) for i in range(0, len(_SAID) - size, size)]
    chance.shuffle(pieces)
    said = " ".join(pieces[: 120 // size]).split()
    third = len(said) // 3
    completion = brief(
        issue=f"Issue: Is it the law that {' '.join(said[:third])}?",
        rule=f"Rule: {' '.join(said[third : 2 * third])}.",
        application=f"Application: {' '.join(said[2 * third :])}.",
    )
    assert TASK.score(TRUTH, completion).reward <= 0.05


@given(st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_words_taken_from_the_gold_never_pay_more(chance: Any) -> None:
    said = BODY.split(" ")
    kept = [word for word in said if chance.random() > 0.3]
    assert TASK.score(TRUTH, f"<answer>\n{' '.join(kept)}\n</answer>").reward <= BEST


LAW = "a carrier may recover the freight on cotton that was burned in its depot"


@pytest.mark.parametrize(
    "said",
    [
        [f"{LAW} is what the court did not hold."],
        [f"The rule is that {LAW}, which the court did not hold."],
        [f"{LAW}; that is not the law."],
        [f"{LAW}, but the court rejected that."],
        [f"{LAW} is false."],
        [f"{LAW}.", "This is not the law."],
        [f"{LAW}.", "The court did not so hold."],
        [f"{LAW}.", "The court rejected this view."],
    ],
)
def test_a_denial_behind_a_statement_is_its_contrary(said: list[str]) -> None:
    (plain,) = (one for one in statements(f"{LAW}.") if one.whole)
    (sentence,) = joined(said)
    assert any(one.terms == plain.terms and one.odd != plain.odd for one in statements(sentence))


def test_a_denied_statement_may_be_a_clause_of_the_reference() -> None:
    said = statements("The rule is that a carrier may recover freight on burned cotton, which the court did not hold.")
    (terms,) = {one.terms for one in said if one.odd and "cotton" in one.terms and "rule" not in one.terms}
    assert {one.whole for one in said if one.terms == terms} == {True, False}


@pytest.mark.parametrize("after", ["The judgment was not entered.", "This was in 1901.", "The court did not err."])
def test_a_sentence_of_its_own_denies_nothing(after: str) -> None:
    assert joined([f"{LAW}.", after]) == [f"{LAW}.", after]


def test_words_cut_from_the_source_are_not_the_writers_own() -> None:
    key = key_of(TRUTH)
    cut = ["a", "jury", "found", "for", "ertree", "plow"]
    found = copying(key, ["whether", *cut, "is", "so"], "")
    assert found.own == ("whether", "is", "so")
    assert found.cut == pytest.approx(6 / 9)
    assert not found.within


@pytest.mark.parametrize(("said", "share"), [("a b c d e f", 0), ("a b c d e a b c d e", 0.5), ("a b c d a b c d", 0)])
def test_repeated_runs(said: str, share: float) -> None:
    assert repeated(said.split()) == share


def test_pairs_within_a_phrase_of_the_source_are_no_bonds() -> None:
    key = key_of(TRUTH)
    phrases = ["dental", "laboratory", "of", "leased", "premises", "was", "lost", "profits", "in", "hired", "five"]
    told = [
        "the",
        "tenant",
        "hired",
        "five",
        "people",
        "for",
        "the",
        "new",
        "laboratory",
        "and",
        "the",
        "lessor",
        "kept",
        "the",
        "premises",
        "on",
        "elm",
        "avenue",
    ]
    assert bonds(key, phrases, (1, 6), [len(phrases)] * len(phrases)) < bonds(
        key, told, (1, 6), [len(told)] * len(told)
    )
    apart = [*range(1, len(told) + 1)]
    assert bonds(key, told, (1, 6), apart) <= 0


def test_frames_around_phrases_earn_nothing() -> None:
    attacks = list(TASK.probes.attacks(TRUTH, TRUTH, "frames"))
    framed = [one for one in attacks if one.family == "phrases_in_frames"]
    assert framed
    assert all(TASK.score(TRUTH, one.completion).reward <= one.limit for one in framed)
