"""Candidates -> rows: distractors by the rules, letters and ranks level, nothing lost without a reason."""

import sys
from collections import Counter

import pytest

from cap_rlvr import registry
from cap_rlvr.tasks.holding.assemble import assemble
from cap_rlvr.tasks.holding.excerpt import GAP, MASK
from cap_rlvr.tasks.holding.extract import Offer
from cap_rlvr.tasks.holding.options import ERA_YEARS, LENGTH_SHARE, LENGTH_WORDS, Chance, Item
from cap_rlvr.tasks.holding.ranks import MAX_SHARE
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.rows import SPLITS, Candidate, Refusal, Row, Split
from cap_rlvr.wire.splits import split_of

SUBJECTS = [
    "tenant",
    "carrier",
    "juror",
    "surety",
    "guardian",
    "widow",
    "broker",
    "sheriff",
    "trustee",
    "mason",
    "heir",
]
VERBS = ["forfeits", "recovers", "insures", "mortgages", "surrenders", "conveys", "pledges", "partitions", "redeems"]
THINGS = [
    "orchard",
    "warehouse",
    "vessel",
    "annuity",
    "homestead",
    "patent",
    "quarry",
    "bridge",
    "harvest",
    "livestock",
]
CLAUSES = ["after notice in writing", "before the season ends", "without leave of probate", "inside of twelve weeks"]


def _holding(key: int) -> str:
    subject, other = keyed_order(SUBJECTS, key, 1)[:2]
    verb = keyed_order(VERBS, key, 2)[0]
    thing, second = keyed_order(THINGS, key, 3)[:2]
    clause = keyed_order(CLAUSES, key, 4)[0]
    return f"A {subject} {verb} the {thing} of the {other} and the {second} that goes with it {clause}."


def _candidate(key: int, year: int = 1900, case: int | None = None) -> Candidate:
    """A holding whose text mentions some of its own words and some of other holdings, each in a passage of its own."""
    said = " So it went. It was late. ".join(
        _holding(key + step) for step in keyed_order(range(-3, 4), key, "said")[:3]
    )
    shown = f"The parties dispute this. {said} It was late. So we hold that {MASK}. So it went. It was late. {said}"
    offer = Offer(holding=_holding(key), excerpts=(shown,), year=year, field="opinions/0", start=key, end=key + 50)
    return Candidate(
        task="holding",
        case_id=f"mich/1/{key if case is None else case:04d}-01",
        source_kind=SourceKind.STATIC,
        kind="we_hold",
        block="static|Mich.|we_hold",
        payload=offer.model_dump(),
    )


BLOCK = [_candidate(key, year=1890 + key % 25) for key in range(150)]


@pytest.fixture(scope="module")
def made() -> list[Row | Refusal]:
    return list(assemble([BLOCK[:75], [], BLOCK[75:]], "seed"))


@pytest.fixture(scope="module")
def rows(made: list[Row | Refusal]) -> list[Row]:
    return [item for item in made if isinstance(item, Row)]


def test_each_candidate_becomes_a_row_or_a_refusal(made: list[Row | Refusal], rows: list[Row]) -> None:
    assert len(made) == len(BLOCK)
    assert len(rows) > 15
    assert len({row.id for row in rows}) == len(rows)


def test_rows_are_the_same_again_and_other_with_another_seed(rows: list[Row]) -> None:
    again = [item for item in assemble([BLOCK[:75], BLOCK[75:]], "seed") if isinstance(item, Row)]
    other = [item for item in assemble([BLOCK[:75], BLOCK[75:]], "other") if isinstance(item, Row)]
    assert again == rows
    assert other != rows


def _by_decade(place: str) -> list[list[Candidate]]:
    decades: dict[int, list[Candidate]] = {}
    for candidate in sorted(BLOCK, key=lambda one: one.payload["year"]):
        decade = candidate.payload["year"] // 10 * 10
        decades.setdefault(decade, []).append(candidate.model_copy(update={"block": f"{place}|{decade}"}))
    return list(decades.values())


def test_the_decades_of_a_place_are_put_together() -> None:
    whole = [item for item in assemble([BLOCK], "seed") if isinstance(item, Row)]
    decades = [item for item in assemble(_by_decade("static|Mich.|we_hold"), "seed") if isinstance(item, Row)]
    assert decades == whole


def test_a_place_with_many_candidates_is_cut_between_decades(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[assemble.__module__], "ENOUGH", 60)
    blocks = _by_decade("static|Mich.|we_hold")
    assert len(blocks) == 3  # 1890s, 1900s and the beginning of the 1910s: the first alone is enough
    first = {candidate.case_id for candidate in blocks[0]}
    rows = [item for item in assemble(blocks, "seed") if isinstance(item, Row)]
    assert rows
    for row in rows:
        cases = {span.case_id for span in row.spans}
        assert cases <= first or cases.isdisjoint(first)


def test_gold_scores_and_stands_in_the_prompt(rows: list[Row]) -> None:
    task = registry.get("holding")
    for row in rows:
        truth = task.read_truth(row.truth)
        assert task.score(truth, task.gold(truth)).reward == 1
        assert row.truth["choices"][row.truth["answer_idx"]] == _holding(row.spans[0].start)
        assert row.inputs.count(MASK) == 1
        assert all(f"\n{'ABCDE'[i]}. {choice}" in row.inputs for i, choice in enumerate(row.truth["choices"]))


def test_distractors_keep_the_rules(rows: list[Row]) -> None:
    years = {candidate.case_id: candidate.payload["year"] for candidate in BLOCK}
    for row in rows:
        assert row.spans[0].role == "gold"
        assert len({span.case_id for span in row.spans}) == 5
        ages = [years[span.case_id] for span in row.spans]
        assert all(abs(age - ages[0]) <= ERA_YEARS for age in ages)
        lengths = [len(choice.split()) for choice in row.truth["choices"]]
        assert max(lengths) - min(lengths) <= max(LENGTH_WORDS, LENGTH_SHARE * min(lengths))


@pytest.mark.parametrize("split", SPLITS)
def test_letters_are_level_in_each_split(rows: list[Row], split: Split) -> None:
    letters = Counter(row.truth["answer_idx"] for row in rows if split_of(row.case_id, "seed") == split)
    assert letters
    assert max(letters.values()) - min(letters[place] for place in range(5)) <= 1


def test_no_rank_is_the_golds_too_often(rows: list[Row]) -> None:
    ranks = Counter(row.difficulty for row in rows)
    assert max(ranks.values()) <= MAX_SHARE * len(rows) + 1


def test_the_gold_is_no_oftener_short_or_long_than_the_others() -> None:
    made = [item for seed in ("seed", "b", "c") for item in assemble([BLOCK], seed)]
    rows = [item for item in made if isinstance(item, Row)]
    places: Counter[int] = Counter()
    for row in rows:
        sizes = [(len(choice.split()), len(choice)) for choice in row.truth["choices"]]
        places[sum(size < sizes[row.truth["answer_idx"]] for size in sizes)] += 1
    assert max(places.values()) <= 0.3 * len(rows)


def test_one_row_per_opinion() -> None:
    twice = [_candidate(key, case=key // 2) for key in range(120)]
    made = list(assemble([twice], "seed"))
    rows = [item for item in made if isinstance(item, Row)]
    assert rows
    assert len({row.case_id for row in rows}) == len(rows)
    assert "one_row_per_opinion" in {item.reason for item in made if isinstance(item, Refusal)}


def test_a_neighbouring_holding_of_the_same_opinion_is_no_distractor() -> None:
    near = [_candidate(key, case=key // 2) for key in range(120)]
    rows = [item for item in assemble([near], "seed") if isinstance(item, Row)]
    assert all(row.case_id not in {span.case_id for span in row.spans[1:]} for row in rows)


def test_too_few_candidates_are_refused_with_the_reason() -> None:
    assert {item.reason for item in assemble([BLOCK[:4]], "seed") if isinstance(item, Refusal)} == {
        "too_few_distractors"
    }
    assert list(assemble([], "seed")) == []


def test_a_syllabus_is_asked_for_with_gaps_in_the_opinion_alone() -> None:
    lead = f"From the syllabus: Tenants and carriers. {MASK}."
    read = [(f"{lead}\nThe court read: {_holding(key)} {_holding(key + 1)}",) for key in range(len(BLOCK))]
    noted = [
        candidate.model_copy(update={"kind": "note", "payload": {**candidate.payload, "excerpts": excerpts}})
        for candidate, excerpts in zip(BLOCK, read, strict=True)
    ]
    rows = [item for item in assemble([noted], "seed") if isinstance(item, Row)]
    assert rows
    for row in rows:
        assert row.inputs.startswith(lead)
        assert GAP in row.inputs
        assert _holding(row.spans[0].start) not in row.inputs.partition("\n\nA. ")[0]
    assert len({row.difficulty for row in rows}) >= 4


def test_what_the_excerpt_says_too_is_no_distractor(rows: list[Row]) -> None:
    for row in rows:
        shown = row.inputs.partition("\n\nA. ")[0]
        wrong = (choice for i, choice in enumerate(row.truth["choices"]) if i != row.truth["answer_idx"])
        assert not any(choice in shown for choice in wrong)


def test_what_cannot_be_asked_is_an_option_and_refused_with_its_reason() -> None:
    unfit = [
        candidate.model_copy(update={"payload": {**candidate.payload, "excerpts": (), "unfit": "short_context"}})
        for candidate in BLOCK[::2]
    ]
    made = list(assemble([[*unfit, *BLOCK[1::2]]], "seed"))
    refused = {item.case_id for item in made if isinstance(item, Refusal) and item.reason == "short_context"}
    assert refused == {candidate.case_id for candidate in unfit}
    assert refused & {span.case_id for item in made if isinstance(item, Row) for span in item.spans}


def test_notes_of_the_same_syllabus_do_not_meet() -> None:
    noted = [_candidate(key, case=key // 3).model_copy(update={"kind": "note"}) for key in range(120)]
    spread = [
        candidate.model_copy(update={"payload": {**candidate.payload, "start": 2000 * i, "end": 2000 * i + 50}})
        for i, candidate in enumerate(noted)
    ]
    rows = [item for item in assemble([spread], "seed") if isinstance(item, Row)]
    assert rows
    assert all(row.case_id not in {span.case_id for span in row.spans[1:]} for row in rows)


@pytest.mark.parametrize("shared", [{"litigation": "bolton v state|1908-03-20"}, {"cited": ("1tex",)}])
def test_companion_cases_and_holdings_of_one_cited_case_do_not_meet(shared: dict[str, object]) -> None:
    kin = [
        candidate.model_copy(update={"payload": {**candidate.payload, **(shared if key % 2 else {})}})
        for key, candidate in enumerate(BLOCK)
    ]
    alike = {candidate.case_id for key, candidate in enumerate(kin) if key % 2}
    rows = [item for item in assemble([kin], "seed") if isinstance(item, Row) and item.case_id in alike]
    assert rows
    assert all(alike.isdisjoint(span.case_id for span in row.spans[1:]) for row in rows)


@pytest.mark.parametrize("follows", [True, False])
def test_a_case_that_follows_the_row_s_own_gives_no_distractor(follows: bool) -> None:
    known, speaks = {"known_as": ("chambers v solner",)}, {"speaks_of": ("1alaska271", "chambers v solner")}
    own, other = (known, speaks) if follows else (speaks, known)
    block = [
        candidate.model_copy(update={"payload": {**candidate.payload, **(own if key % 2 else other)}})
        for key, candidate in enumerate(BLOCK)
    ]
    sides = {candidate.case_id: key % 2 for key, candidate in enumerate(block)}
    rows = [item for item in assemble([block], "seed") if isinstance(item, Row)]
    assert rows
    assert all(sides[span.case_id] == sides[row.case_id] for row in rows for span in row.spans)


def test_what_a_passage_says_in_more_than_one_sentence_is_no_distractor() -> None:
    said = (
        "The school board must expend it all. It is paid by the clerk. Licenses are its source. The council has none."
    )
    own = "The school board has sole power to expend the fund that the clerk paid from licenses."
    gold, item = (
        Item(BLOCK[0], Offer.model_validate({**BLOCK[0].payload, "holding": one})) for one in ("A gold.", own)
    )
    assert Chance(gold, said, said, {}, {}).says(item)
    apart = said.replace("It is paid", "The weather was mild. So was the sea. It is paid")
    assert not Chance(gold, apart, apart, {}, {}).says(item)


def test_notes_on_its_subject_stand_beside_a_note_first() -> None:
    def noted(key: int, candidate: Candidate) -> Candidate:
        subject = "Theft" if key % 2 else "Murder"
        shown = f"From the syllabus: {subject}. {MASK}.\nThe court read: {_holding(key)} {_holding(key + 1)}"
        payload = {**candidate.payload, "subject": subject, "excerpts": (shown,)}
        return candidate.model_copy(update={"kind": "note", "payload": payload})

    block = [noted(key, candidate) for key, candidate in enumerate(BLOCK)]
    theft = {candidate.case_id for key, candidate in enumerate(block) if key % 2}
    rows = [item for item in assemble([block], "seed") if isinstance(item, Row)]
    same = [(span.case_id in theft) == (row.case_id in theft) for row in rows for span in row.spans[1:]]
    assert sum(same) > 0.7 * len(same) > 0  # by chance alone a half


def test_other_eras_do_not_meet() -> None:
    spread = [_candidate(key, year=1700 + 21 * key) for key in range(12)]
    assert all(isinstance(item, Refusal) for item in assemble([spread], "seed"))
