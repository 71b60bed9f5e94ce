"""Rows: what a case can be asked about, and that every row's gold is right, in words and in score."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from cap_rlvr.corpus import read_cases
from cap_rlvr.tasks.bluebook import TASK
from cap_rlvr.wire.case import Case, Citation, Court, Jurisdiction, Origin, SourceKind
from cap_rlvr.wire.rows import Candidate, Refusal, Row

DATA = Path(__file__).parents[3].parent / "shared" / "data"
PEOPLE = ("Abbott", "Baker", "Carver", "Dunn", "Ellis", "Fry", "Gray", "Hale", "Ives", "Jay", "Kerr", "Lane", "Mott")


def texas(
    page: int, date: str = "1892-06-01", name: str = "Reed v. State", source: SourceKind = SourceKind.STATIC
) -> Case:
    return Case(
        id=f"tex-crim/31/{page:04}-01",
        source=source,
        origin=Origin(file="31.zip"),
        name=f"Willie {name}",
        name_abbreviation=name,
        decision_date=date,
        docket_number="No. 7534.",
        first_page=str(page),
        last_page=str(page + 2),
        reporter_slug="tex-crim",
        volume="31",
        citations=(Citation(type="official", cite=f"31 Tex. Crim. {page}"),),
        court=Court(name="Texas Court of Criminal Appeals", name_abbreviation="Tex. Crim. App."),
        jurisdiction=Jurisdiction(name="Tex.", name_long="Texas"),
    )


def volume(source: SourceKind = SourceKind.STATIC) -> list[Case]:
    return [texas(10 * index + 5, "1892-06-01", f"{who} v. State", source) for index, who in enumerate(PEOPLE * 2, 1)]


def found(cases: Iterable[Case]) -> tuple[list[list[Candidate]], list[Refusal]]:
    blocks: dict[str, list[Candidate]] = defaultdict(list)
    refused: list[Refusal] = []
    for case in cases:
        for one in TASK.find(case):
            if isinstance(one, Refusal):
                refused.append(one)
            else:
                blocks[one.block].append(one)
    return [sorted(block, key=lambda one: (one.order, one.case_id)) for _, block in sorted(blocks.items())], refused


def rows_of(cases: Iterable[Case], seed: str = "s") -> tuple[list[Row], list[Refusal]]:
    blocks, refused = found(cases)
    rows: list[Row] = []
    for one in TASK.assemble(blocks, seed):
        rows.append(one) if isinstance(one, Row) else refused.append(one)
    return rows, refused


def test_conversion_row() -> None:
    (row,), refused = rows_of([texas(35)])
    assert not refused
    assert row.kind == "conversion"
    assert row.truth["ground_truth"] == "31 Tex. Crim. 35 (Crim. App. 1892)"
    assert row.truth["metadata"]["last_page"] == 37
    for fact in (
        "Willie Reed v. State",
        "Texas Court of Criminal Appeals",
        "Texas Criminal Reports",
        "31",
        "35",
        "7534",
    ):
        assert fact in row.inputs
    assert "Tex. Crim." not in row.inputs
    assert row.spans


def test_rows_do_not_depend_on_anything_but_seed() -> None:
    once, again = rows_of(volume()), rows_of(volume())
    assert once == again
    assert [row.inputs for row in rows_of(volume(), "other")[0]] != [row.inputs for row in once[0]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"citations": (), "reporter_slug": "nowhere"}, "no_own_citation"),
        ({"citations": (Citation(type="official", cite="31 Mich. 35"),)}, "no_own_citation"),
        ({"citations": (Citation(type="official", cite="31 Tex. Crim. xii"),)}, "no_own_citation"),
        ({"decision_date": ""}, "no_date"),
        ({"decision_date": "1892-13-01"}, "no_date"),
        ({"decision_date": "1892-00"}, "no_date"),
        ({"decision_date": "1892-06-01T00:00:00"}, "no_date"),
        ({"name": "", "name_abbreviation": ""}, "no_short_name"),
        ({"name": "A" * 200, "name_abbreviation": ""}, "no_short_name"),
        ({"reporter_slug": "fla-supp-2d", "citations": (), "volume": "49", "court": Court()}, "court_unknown"),
    ],
)
def test_refusals(change: dict[str, object], reason: str) -> None:
    _, refused = found([texas(35).model_copy(update=change)])
    assert [one.reason for one in refused] == [reason]


@pytest.mark.parametrize(
    ("name", "court"),
    [
        ("Reed {} v. State", "Odd (Sp.) Ct."),
        ("Reed {} " + "and Reed " * 45 + "v. State", "Tex. Crim. App."),
        ("Reed {} v. State, 1 Mich. 2", "Tex. Crim. App."),
    ],
)
def test_odd_records_are_refused_and_the_rest_made(name: str, court: str) -> None:
    odd = [
        texas(9_000 + page).model_copy(
            update={"name_abbreviation": name.format(page), "court": Court(name="A Court", name_abbreviation=court)}
        )
        for page in range(0, 400, 10)
    ]
    rows, refused = rows_of([*volume(), *odd])
    assert {row.case_id for row in rows} >= {case.id for case in volume()}
    assert {one.reason for one in refused} == {"row_failed"}


def test_fiction_and_real_cases_share_no_block() -> None:
    real, fiction = (texas(35, source=kind) for kind in (SourceKind.STATIC, SourceKind.SYNTHETIC))
    assert len(found([real, fiction])[0]) == 2


def test_a_missing_citation_is_composed_from_volume_and_page() -> None:
    (row,), _ = rows_of([texas(35).model_copy(update={"citations": ()})])
    assert row.truth["ground_truth"] == "31 Tex. Crim. 35 (Crim. App. 1892)"


def test_a_court_that_the_source_omits_is_read_from_the_reporter() -> None:
    (row,), _ = rows_of([texas(35, source=SourceKind.TEXT).model_copy(update={"court": Court()})])
    assert row.truth["ground_truth"] == "31 Tex. Crim. 35 (1892)"
    assert "Court" not in row.inputs


def test_text_rows_of_reprinted_volumes_are_refused() -> None:
    case = texas(35, source=SourceKind.TEXT).model_copy(
        update={"reporter_slug": "jefferson", "citations": (Citation(type="official", cite="1 Jefferson 31"),)}
    )
    assert [one.reason for one in found([case])[1]] == ["page_not_citable"]


def test_misprinted_year_is_refused() -> None:
    _, refused = rows_of([*volume(), texas(999, "1885-01-01")])
    assert [one.reason for one in refused] == ["year_outside_volume"]


def test_state_is_named_where_nothing_else_says_it() -> None:
    case = texas(551).model_copy(
        update={
            "reporter_slug": "charlton",
            "citations": (Citation(type="official", cite="1 Charlton 551"),),
            "court": Court(name="Chatham Superior Court", name_abbreviation="Chatham Super. Ct."),
            "jurisdiction": Jurisdiction(name="Ga.", name_long="Georgia"),
            "decision_date": "1837-07",
        }
    )
    (row,), _ = rows_of([case])
    assert row.truth["ground_truth"] == "1 Charlton 551 (Ga. Super. Ct. 1837)"
    assert "Chatham Superior Court, Georgia" in row.inputs
    assert "July 1837" in row.inputs


def test_closed_book_rows_are_for_evaluation_and_few() -> None:
    rows, _ = rows_of([case for seed in range(8) for case in _other_volume(seed)])
    closed = [row for row in rows if row.kind == "closed_book"]
    assert 0 < len(closed) <= 0.1 * len(rows)
    assert all(row.evaluation_only == (row.kind == "closed_book") for row in rows)
    assert all(row.truth["masked"] == ["volume", "page"] for row in closed)


def test_fiction_is_never_asked_from_memory() -> None:
    rows, _ = rows_of(volume(SourceKind.SYNTHETIC))
    assert "closed_book" not in {row.kind for row in rows}


def _other_volume(number: int) -> list[Case]:
    names = [f"{first}-{second}" for first in PEOPLE for second in PEOPLE[:2]]
    return [
        texas(10 * index + 5, "1892-06-01", f"{who} v. State").model_copy(
            update={
                "id": f"tex-crim/{60 + number}/{index:04}-01",
                "volume": str(60 + number),
                "citations": (Citation(type="official", cite=f"{60 + number} Tex. Crim. {10 * index + 5}"),),
            }
        )
        for index, who in enumerate(names, 1)
    ]


def test_open_book_blanks_can_be_filled_from_the_list() -> None:
    rows, _ = rows_of([case for seed in range(4) for case in _other_volume(seed)])
    opened = [row for row in rows if row.kind == "open_book"]
    assert opened
    for row in opened:
        *_, form = row.inputs.splitlines()
        assert "____" in form
        assert row.truth["metadata"]["page"] in row.inputs
        assert row.truth["ground_truth"].split(",")[0] in form
        assert "page" in row.truth["masked"]


@pytest.fixture(scope="module")
def real() -> tuple[list[Row], list[Refusal]]:
    if not DATA.is_dir():
        pytest.skip("the real sample volumes (../shared/data) are absent")
    return rows_of(read_cases(DATA / "static.case.law", lambda _: None))


def test_yield_on_real_volumes(real: tuple[list[Row], list[Refusal]]) -> None:
    rows, refused = real
    assert len(rows) >= 1130
    assert Counter(one.reason for one in refused) == {"year_outside_volume": 3}


def test_every_real_gold_is_strict_and_every_prompt_short(real: tuple[list[Row], list[Refusal]]) -> None:
    for row in real[0]:
        truth = TASK.read_truth(row.truth)
        assert TASK.score(truth, TASK.gold(truth)).strict
        if row.kind == "conversion":
            assert len(TASK.prompt(row.inputs)) <= 450


def test_real_probes_hold(real: tuple[list[Row], list[Refusal]]) -> None:
    truths = [TASK.read_truth(row.truth) for row in real[0][::37]]
    for index, truth in enumerate(truths):
        for form in TASK.probes.surface_forms(truth):
            assert TASK.score(truth, form.completion).reward >= form.limit, form
        for attack in TASK.probes.attacks(truth, truths[index - 1], str(index)):
            assert TASK.score(truth, attack.completion).reward <= attack.limit, attack
        for chain in TASK.probes.chains(truth, str(index)):
            rewards = [TASK.score(truth, step).reward for step in chain]
            assert rewards == sorted(rewards, reverse=True)


def test_no_constant_answer_pays_on_real_rows(real: tuple[list[Row], list[Refusal]]) -> None:
    truths = [TASK.read_truth(row.truth) for row in real[0]]
    pages = Counter((truth.metadata.reporter, truth.metadata.page) for truth in truths)
    (reporter, page), _ = pages.most_common(1)[0]
    best = next(one for one in truths if (one.metadata.reporter, one.metadata.page) == (reporter, page))
    mean = sum(TASK.score(truth, f"<answer>{best.ground_truth}</answer>").reward for truth in truths) / len(truths)
    assert mean <= 0.05


def test_real_citations_by_reporter(real: tuple[list[Row], list[Refusal]]) -> None:
    courts: dict[str, set[str]] = defaultdict(set)
    for row in real[0]:
        inside = row.truth["ground_truth"].rpartition("(")[2].rstrip(")")
        courts[row.truth["metadata"]["reporter"]].add(inside[:-4].strip())
    assert courts == {
        "Alaska": {"D. Alaska"},
        "Cal. App. 2d": {""},
        "Charlton": {"Ga. Super. Ct."},
        "Fla. Supp. 2d": {"Cir. Ct.", "Cnty. Ct."},
        "Howison": {"Va. Cir. Ct.", "C.C.E.D. Va."},
        "Jeff.": {"Va. Gen. Ct."},
        "Mich.": {""},
        "N.Y. Crim.": {"", "App. Div.", "Sup. Ct.", "Ct. Gen. Sess.", "Ct. Spec. Sess.", "Cnty. Ct."},
        "Tex. Crim.": {"Crim. App."},
        "Va. App.": {""},
    }
