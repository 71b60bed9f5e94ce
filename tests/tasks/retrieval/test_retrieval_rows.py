"""Rows: what a case offers, who is coupled with whom, and what a list may hold."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from cap_rlvr.corpus import read_cases
from cap_rlvr.law.authorities import Mention, mentions
from cap_rlvr.tasks.retrieval import TASK, excerpt
from cap_rlvr.tasks.retrieval.coupling import MOST_CITED, Citings, Coupling
from cap_rlvr.tasks.retrieval.orient import orient
from cap_rlvr.tasks.retrieval.passing import only_in_passing
from cap_rlvr.wire.case import Case, Opinion, Origin, SourceKind
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.rows import Candidate, Refusal, Row

DATA = Path(__file__).parents[3].parent / "shared" / "data"
TOPICS = {
    "search": "search warrant officer trunk car magistrate suspect drugs seized probable cause traffic stop driver affidavit",
    "will": "will testator heir farm nephew capacity witness signed estate undue influence daughter codicil land probate",
    "tax": "tax receipts wages company clients gross assessment exempt deduct penalty return audit refund income collector",
}
NOUNS = [
    "river",
    "bridge",
    "horse",
    "clock",
    "garden",
    "letter",
    "ship",
    "lamp",
    "mill",
    "tower",
    "chair",
    "stone",
    "coat",
    "apple",
    "drum",
    "rope",
    "bell",
    "cart",
    "saw",
    "kettle",
]


def decision(number: int, topic: str, cites: Iterable[str], name: str = "") -> Case:
    cited = " ".join(f"See Old v. Older, {cite} (1950)." for cite in cites)
    words = keyed_order(TOPICS[topic].split(), number)
    question = f"The question is whether the {words[0]} of a {words[1]} was {words[2]} when the {words[3]} {words[4]}"
    facts = " ".join(f"There was a {one} by the {other}." for one, other in pairwise(keyed_order(NOUNS, number)[:12]))
    text = f"The appeal is from a judgment of the trial court here. {question}. {facts} {facts[:200]}. {cited}"
    return Case(
        id=f"text/1/{number:04}-01",
        source=SourceKind.TEXT,
        origin=Origin(file="shard", line=number),
        name=name or f"Party{number} v. Rival{number}",
        decision_date="1960",
        opinions=(Opinion(type="majority", text=text),),
    )


def corpus() -> list[Case]:
    """Three topics; cases of one topic, three by three, share two authorities; the rest cite alone."""
    cases: list[Case] = []
    for number in range(90):
        topic = list(TOPICS)[number % 3]
        group = number // 9
        shared = [f"{100 + number % 3} F.2d {group + 1}", f"{200 + number % 3} F.2d {group + 1}"] if number < 54 else []
        cases.append(decision(number, topic, [*shared, f"{300 + number} F.2d 7", f"{400 + number} F.2d 7"]))
    return cases


def found(cases: Iterable[Case]) -> tuple[list[list[Candidate]], list[Refusal]]:
    blocks: dict[str, list[Candidate]] = defaultdict(list)
    refused: list[Refusal] = []
    for case in cases:
        for one in TASK.find(case):
            if isinstance(one, Refusal):
                refused.append(one)
            else:
                blocks[one.block].append(one)
    return [sorted(block, key=lambda one: one.case_id) for _, block in sorted(blocks.items())], refused


def rows_of(cases: Iterable[Case], seed: str = "s") -> tuple[list[Row], Counter[str]]:
    blocks, refused = found(cases)
    results = list(TASK.assemble(blocks, seed))
    reasons = Counter(one.reason for one in (*refused, *results) if isinstance(one, Refusal))
    return [one for one in results if isinstance(one, Row)], reasons


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See Roe v. Wade, 410 U.S. 113 (1973), on this.", "[CASE], on this."),
        ("In State v. Jones, 31 Tex. Crim. 35, 36, the court so held.", "[CASE], the court so held."),
        ("It was so said in Ex parte Crow Dog and since.", "It was so said in [CASE] and since."),
        ("State v. Munoz, 1998-NMCA-140, 8, 125 N.M. 765, 965 P.2d 349. A stop", "[CASE]. A stop"),
        ("The court spoke. Nothing is cited.", "The court spoke. Nothing is cited."),
        ("{12} The Court said so. Tom Reed and Reed's car.", "The Court said so. Tom [NAME] and [NAME] car."),
    ],
)
def test_mask(text: str, shown: str) -> None:
    assert excerpt.mask(text, (0, len(text)), mentions(text), frozenset({"Reed"})) == shown


def test_mask_leaves_no_cited_name() -> None:
    text = "Under Miranda v. Arizona, 384 U.S. 436, warnings are due. The Miranda rule is old. Smith spoke."
    hidden = excerpt.names_to_hide(text, mentions(text), ["Smith v. State"])
    shown = excerpt.mask(text, (0, len(text)), mentions(text), hidden)
    assert not {"Miranda", "Arizona", "Smith", "384"} & set(shown.replace(".", " ").split())


def test_find_refuses_what_cites_too_little() -> None:
    _, refused = found([decision(1, "tax", ["5 F.2d 5"])])
    assert [one.reason for one in refused] == ["few_authorities"]


def test_rows_hold_coupled_cases_as_gold() -> None:
    rows, reasons = rows_of(corpus())
    assert rows
    assert reasons["no_coupled_cases"] >= 36
    for row in rows:
        truth = TASK.read_truth(row.truth)
        assert TASK.score(truth, TASK.gold(truth)).strict
        number = int(row.case_id[7:11])
        gold = {one.case_id for one in truth.candidates if one.id in truth.positives}
        assert all((int(case[7:11]) - number) % 3 == 0 and int(case[7:11]) // 9 == number // 9 for case in gold)
        assert 40 <= len(truth.candidates) <= 50
        assert row.case_id not in {one.case_id for one in truth.candidates}
        assert f"Name the {['', '', 'two', 'three'][truth.asked]} that are analogous, each by its id." in row.inputs
        assert all(f"[{one.id}] " in row.inputs for one in truth.candidates)
        assert {span.case_id for span in row.spans if span.role == "gold"} == gold


def test_rows_tell_where_both_cases_cite_what_they_share() -> None:
    cases = corpus()
    text = {case.id: case.opinions[0].text for case in cases}
    rows, _ = rows_of(cases)
    for row in rows:
        told: dict[str, set[str]] = defaultdict(set)
        for span in row.spans:
            if span.role.startswith("shared "):
                assert text[span.case_id][span.start : span.end] == span.role.removeprefix("shared ")
                told[span.case_id].add(span.role)
        gold = {span.case_id for span in row.spans if span.role == "gold"}
        assert told.keys() == {row.case_id, *gold}
        assert all(len(told[case] & told[row.case_id]) == 2 for case in gold)


def test_places_of_an_authority_hold_its_parallels() -> None:
    case = decision(1, "tax", ["5 F.2d 5", "410 U.S. 113, 93 S.Ct. 705", "93 S.Ct. 705"])
    (block,), _ = found([case])
    offer = block[0].payload
    shown = [[case.opinions[0].text[start:end] for start, end in places] for places in offer["places"]]
    assert shown == [["5 F.2d 5"], ["410 U.S. 113, 93 S.Ct. 705", "93 S.Ct. 705"]]


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("The plain meaning of a statute governs. See Draper, 116 N.M. 775, 867 P.2d 1157 (1994).", True),
        ("See Draper, 116 N.M. 775, 867 P.2d 1157 (1994) (stating the plain meaning rule). A car is none.", True),
        ("It was reviewed de novo. Self, 5 F.2d 5; Draper, 116 N.M. 775, 867 P.2d 1157 (1994).", True),
        ("A directed verdict is proper only so. Draper, 116 N.M. 775, 867 P.2d 1157 (1994).", True),
        ("We view facts as to summary judgment. Draper, 116 N.M. 775 (no genuine issues of fact). A car.", True),
        ("Statutes in pari materia go together. Draper, 116 N.M. 775, 867 P.2d 1157 (1994).", True),
        ("It is raised for the first time on appeal. Draper, 116 N.M. 775, 867 P.2d 1157 (1994).", True),
        ("A clause is ambiguous if fairly susceptible of different constructions. Draper, 116 N.M. 775.", True),
        ("The policy's terms are given their usual and ordinary meaning. Draper, 116 N.M. 775.", True),
        ("A contract will be construed as a whole. Draper, 116 N.M. 775.", True),
        ("We take stipulated facts as they are. Draper, 116 N.M. 775.", True),
        ("He did not preserve this claim. Draper, 116 N.M. 775, 867 P.2d 1157 (1994).", True),
        ("The court entered summary judgment: a car is no home. Draper, 116 N.M. 775 (1994).", False),
        (
            "Review is de novo. "
            + "".join(f"Self v. The Bank of the Whole Town, {one} F.2d 5; " for one in range(9))
            + "Draper, 116 N.M. 775.",
            True,
        ),
        ("A car is no home. Draper, 116 N.M. 775, 867 P.2d 1157 (1994). Review is de novo.", False),
        ("Review is de novo. Draper, 116 N.M. 775. " + "A car is no home. " * 20 + "Draper, 116 N.M. 775.", False),
    ],
)
def test_only_in_passing(text: str, passing: bool) -> None:
    assert only_in_passing([["116|N.M.|775", "867|P.2d|1157"]], mentions(text), text) == (passing,)


def test_canons_alone_make_no_pair() -> None:
    def decided(why: str) -> tuple[list[Row], Counter[str]]:
        cases = [
            case.model_copy(
                update={"opinions": (Opinion(type="majority", text=case.opinions[0].text.replace("See", why)),)}
            )
            for case in corpus()
        ]
        return rows_of(cases)

    assert decided("The car was searched, as in")[0]
    rows, reasons = decided("The statute has a plain meaning. See")
    assert not rows
    assert reasons["no_coupled_cases"] == 90


def test_no_pair_is_used_in_both_directions() -> None:
    rows, _ = rows_of(corpus())
    pairs = [(row.case_id, span.case_id) for row in rows for span in row.spans if span.role == "gold"]
    assert not {(other, one) for one, other in pairs} & set(pairs)


def test_rows_depend_on_the_seed_alone() -> None:
    once, again, other = rows_of(corpus()), rows_of(corpus()), rows_of(corpus(), "t")
    assert once == again
    assert once[0] != other[0]


def test_blocks_must_be_walked_twice() -> None:
    blocks, _ = found(corpus())
    with pytest.raises(TypeError, match="walked again"):
        list(TASK.assemble(iter(blocks), "s"))


def coupled(*cases: list[list[str]], citings: Citings | None = None) -> Coupling:
    counts = citings or Citings()
    for case in cases:
        counts.add(locator for group in case for locator in group)
    return Coupling(cases, counts)


def test_parallels_count_once_over_the_pool() -> None:
    one = [["1|U.S.|1", "1|S. Ct.|1"], ["2|Tex.|2"]]
    other = [["1|U.S.|1"], ["1|S. Ct.|1"], ["3|Tex.|3"]]
    (pair,) = coupled(one, other).pairs()
    assert pair.shared == 1


def test_two_places_in_one_reporter_are_never_one_authority() -> None:
    one = [["1|U.S.|1", "1|S. Ct.|1"], ["2|U.S.|2", "1|S. Ct.|1"]]
    other = [["1|U.S.|1"], ["2|U.S.|2"]]
    (pair,) = coupled(one, other).pairs()
    assert pair.shared == 2


def test_a_citation_counts_once_where_a_misprint_parts_its_parallels() -> None:
    misprinted = [["158|U.S.|447", "15|S. Ct.|863", "39|L. Ed.|1046"]]
    right = [["158|U.S.|441", "15|S. Ct.|863", "39|L. Ed.|1046"]]
    assert [pair.shared for pair in coupled(misprinted, right, right).pairs()] == [1, 1, 1]


def test_what_everyone_cites_couples_nobody() -> None:
    everyone = [[["1|U.S.|1"], ["2|U.S.|2"]] for _ in range(MOST_CITED + 1)]
    assert not list(coupled(*everyone).pairs())
    assert len(list(coupled(*everyone[:3]).pairs())) == 3


def test_citings_outside_the_pool_count() -> None:
    citings = Citings()
    for _ in range(MOST_CITED):
        citings.add(["1|U.S.|1"])
    assert not list(coupled([["1|U.S.|1"]], [["1|U.S.|1"]], citings=citings).pairs())


def test_orient_serves_the_poor_first() -> None:
    pairs = [(0, 1), (0, 2), (1, 3), (1, 4), (1, 5), (2, 3)]
    given = orient(pairs, "s", 5)
    assert len(given) == 2
    assert all(len(others) >= 2 for others in given.values())
    used = [frozenset((case, other)) for case, others in given.items() for other in others]
    assert len(used) == len(set(used))
    assert set(used) <= {frozenset(pair) for pair in pairs}


def test_mention_names_its_reporter() -> None:
    assert Mention("1|U.S.|1", 0, 8).reporter == "U.S."


@pytest.fixture(scope="module")
def real() -> tuple[list[Row], Counter[str]]:
    if not DATA.is_dir():
        pytest.skip("the real sample volumes (../shared/data) are absent")
    cases = [
        *read_cases(DATA / "static.case.law", lambda _: None),
        *read_cases(DATA / "text_only_sample.jsonl.gz", lambda _: None),
    ]
    return rows_of(cases, "7")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_yield_on_real_cases(real: tuple[list[Row], Counter[str]]) -> None:
    rows, _ = real
    kinds = Counter(row.source_kind for row in rows)
    assert kinds[SourceKind.STATIC] >= 30
    assert kinds[SourceKind.TEXT] >= 110


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_real_rows_hold_the_bars(real: tuple[list[Row], Counter[str]]) -> None:
    truths = [TASK.read_truth(row.truth) for row in real[0]]
    for index, truth in enumerate(truths[::9]):
        assert TASK.score(truth, TASK.gold(truth)).strict
        for form in TASK.probes.surface_forms(truth):
            assert TASK.score(truth, form.completion).reward >= form.limit, form
        for attack in TASK.probes.attacks(truth, truths[index - 1], str(index)):
            assert TASK.score(truth, attack.completion).reward <= attack.limit, attack
        for chain in TASK.probes.chains(truth, str(index)):
            rewards = [TASK.score(truth, step).reward for step in chain]
            assert rewards == sorted(rewards, reverse=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_of_the_query_is_cited_in_the_open(real: tuple[list[Row], Counter[str]]) -> None:
    for row in real[0]:
        shown = row.inputs.split("\n\nCandidates:")[0]
        assert not mentions(shown), shown


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_word_overlap_and_place_tell_nothing_on_real_rows(real: tuple[list[Row], Counter[str]]) -> None:
    rewards: dict[str, list[float]] = defaultdict(list)
    for row in real[0]:
        if row.kind != "listed":
            continue
        truth = TASK.read_truth(row.truth)
        query, listed = row.inputs.split("\n\nCandidates:\n")
        words = set(query.lower().split())
        blurbs = {line[1:4]: set(line[6:].lower().split()) for line in listed.split("\n\n")[0].split("\n")}
        for name, order in (
            ("overlap", sorted(blurbs, key=lambda one: (-len(words & blurbs[one]), one))),
            ("first", list(blurbs)),
            ("longest", sorted(blurbs, key=lambda one: (-len(blurbs[one]), one))),
        ):
            lines = "\n".join(order[: truth.asked])
            rewards[name].append(TASK.score(truth, f"<answer>{lines}</answer>").reward)
    assert {name: sum(found) / len(found) < 0.05 for name, found in rewards.items()} == dict.fromkeys(rewards, True)
