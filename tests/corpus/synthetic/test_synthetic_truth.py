import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.corpus.synthetic.plan import make_plan
from cap_rlvr.corpus.synthetic.record import make_record
from cap_rlvr.corpus.synthetic.tables import doctrines, fill, side_points, side_slots, word_slots
from cap_rlvr.corpus.synthetic.values import Values

LABELS = {"FOLLOWS", "DISTINGUISHES", "OVERRULES", "AFFIRMS", "NONE"}
CUES = {
    "DISTINGUISHES": ("distinguish", "inapposite", "not in point", "does not control"),
    "OVERRULES": ("overrule", "disapprove"),
    "AFFIRMS": ("affirm",),
}


def field(case: dict[str, Any], name: str) -> str:
    body = case["casebody"]
    return body["head_matter"] if name == "head_matter" else body["opinions"][int(name.split("/")[1])]["text"]


def test_every_span_is_at_its_place(records: dict[str, dict[str, Any]], truths: dict[str, dict[str, Any]]) -> None:
    assert set(truths) == set(records)
    for case_id, truth in truths.items():
        for place in [*truth["holdings"], truth["disposition"], *truth["relations"]]:
            text = field(records[case_id], place["field"])
            assert text[place["start"] : place["end"]] == place["sentence"]


def test_holdings_stand_in_their_sentences(truths: dict[str, dict[str, Any]]) -> None:
    for truth in truths.values():
        kinds = {holding["field"] for holding in truth["holdings"]}
        assert "opinions/0" in kinds
        for holding in truth["holdings"]:
            assert holding["holding"] in holding["sentence"]
            assert 8 <= len(holding["holding"].split()) <= 60


def test_enough_opinion_is_left_when_holdings_are_masked(
    records: dict[str, dict[str, Any]], truths: dict[str, dict[str, Any]]
) -> None:
    for case_id, truth in truths.items():
        masked = sum(item["end"] - item["start"] for item in truth["holdings"] if item["field"] == "opinions/0")
        assert len(field(records[case_id], "opinions/0")) - masked >= 1_000


def test_holdings_are_rarely_the_same(truths: dict[str, dict[str, Any]]) -> None:
    own = Counter(
        holding["holding"]
        for truth in truths.values()
        for holding in truth["holdings"]
        if holding["field"] == "opinions/0" and holding["point"] == truth["point"]
    )
    repeated = sum(count for count in own.values() if count > 1)
    assert repeated <= 0.03 * len(truths)


def test_relations_have_cues_names_and_known_targets(
    records: dict[str, dict[str, Any]], truths: dict[str, dict[str, Any]]
) -> None:
    labels: Counter[str] = Counter()
    for case_id, truth in truths.items():
        for relation in truth["relations"]:
            labels[relation["label"]] += 1
            cited = relation["cited"]
            assert cited["name"] in relation["sentence"]
            assert any(cue in relation["sentence"] for cue in CUES.get(relation["label"], ("",)))
            if relation["label"] != "NONE":
                assert 5 <= len(relation["sentence"].split()) <= 40
            if cited["case_id"]:
                target = records[cited["case_id"]]
                assert target["decision_date"] < records[case_id]["decision_date"]
                assert cited["cites"] == [cite["cite"] for cite in target["citations"]]
                assert (cited["id"], cited["name"]) == (target["id"], target["name_abbreviation"])
    assert set(labels) == LABELS
    assert min(labels.values()) >= 5


def test_courts_overrule_only_their_own_decisions(
    records: dict[str, dict[str, Any]], truths: dict[str, dict[str, Any]]
) -> None:
    for case_id, truth in truths.items():
        for relation in truth["relations"]:
            if relation["label"] == "OVERRULES":
                assert relation["cited"]["court"] == records[case_id]["court"]["name_abbreviation"]


def test_a_case_is_never_cited_before_it_was_decided(
    records: dict[str, dict[str, Any]], truths: dict[str, dict[str, Any]]
) -> None:
    for case_id, truth in truths.items():
        year = int(records[case_id]["decision_date"][:4])
        assert all(relation["cited"]["year"] <= year for relation in truth["relations"])


def test_cites_to_lists_what_is_cited(records: dict[str, dict[str, Any]]) -> None:
    for case_id, case in records.items():
        for entry in case["cites_to"]:
            text = field(case, f"opinions/{entry['opinion_index']}")
            assert entry["cite"].split(" ", 1)[1].rsplit(" ", 1)[0] == entry["reporter"]
            assert entry["cite"] in text
            assert entry["category"].startswith("reporters:")
            if "case_ids" in entry:
                path = entry["case_paths"][0].removeprefix("/")
                assert path != case_id
                assert records[path]["id"] == entry["case_ids"][0]


def test_eyecite_finds_the_citations(records: dict[str, dict[str, Any]]) -> None:
    from eyecite import get_citations

    for case in list(records.values())[::12]:
        for place, opinion in enumerate(case["casebody"]["opinions"]):
            found = {str(citation.corrected_citation()) for citation in get_citations(opinion["text"])}
            assert {entry["cite"] for entry in case["cites_to"] if entry["opinion_index"] == place} <= found


def test_the_disposition_is_the_last_order(truths: dict[str, dict[str, Any]]) -> None:
    stems = {"affirmed": "affirm", "denied": "denied", "dismissed": "dismiss", "granted": "grant", "remanded": "remand"}
    verbs: Counter[str] = Counter()
    for truth in truths.values():
        sentence = truth["disposition"]["sentence"].lower()
        for verb in truth["disposition"]["verbs"]:
            verbs[verb] += 1
            assert stems.get(verb, verb) in sentence
    assert set(verbs) == {*stems, "reversed", "vacated"}


def test_scanning_errors_leave_the_truth_alone(tmp_path: Path) -> None:
    clean, noisy = (
        make_record(make_plan(40, 1), 7, ocr_per_million=rate).case["casebody"]["opinions"][0]["text"]
        for rate in (0, 20_000)
    )
    assert len(clean) == len(noisy)
    assert 5 < sum(one != two for one, two in zip(clean, noisy, strict=True)) < 200
    folder = write_corpus(tmp_path, 10, 1, ocr_per_million=20_000)
    assert (folder / "truth.jsonl").read_text().splitlines()[0]


@pytest.mark.parametrize("doctrine", doctrines(), ids=lambda doctrine: doctrine.name)
def test_every_slot_of_the_law_is_defined(doctrine: Any) -> None:
    from cap_rlvr.corpus.synthetic.chance import keyed

    words = {"P": "Bell", "D": "Cole", "people": "State", "agency": "Board"}
    for side in (doctrine.yes, doctrine.no):
        assert len(side.hold) >= 2
        for seed in range(8):
            tables = (side.slots, doctrine.slots, side_slots(), word_slots())
            values = Values(keyed(seed), 722_000, tables, words)
            for template in (*doctrine.facts, *doctrine.rule, doctrine.question, *side.turn, *side.hold, *side.why):
                text = fill(template, values)
                assert "{" not in text
                assert not re.search(r"\ban? (?:an?|the)\b|\ba [aeio]\w+|\.\.", text), text


def test_every_slot_of_the_second_questions_is_defined() -> None:
    from cap_rlvr.corpus.synthetic.chance import keyed

    for point in side_points():
        values = Values(keyed(point.touches), 722_000, (side_slots(), word_slots()), {})
        for template in (point.question, point.fact, *point.yes.hold, *point.no.hold):
            assert "{" not in fill(template, values)
