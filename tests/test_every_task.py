"""The contract that every task folder keeps; runs over the folders, so a new task is held to it at once."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr import registry, tasks
from cap_rlvr.corpus import read_cases
from cap_rlvr.corpus.lookup import field_text
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.quality.junk import junk
from cap_rlvr.quality.lines import bar_of
from cap_rlvr.task import Task
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.rows import Candidate, Row
from cap_rlvr.wire.splits import split_of

pytestmark = pytest.mark.timeout(600)  # on the clock, beside much else; of CPU all five take under half a minute
FILES = {"README.md", "__init__.py", "extract.py", "prompt.md", "reward.py", "probes.py"}
CASES = 160  # fewer give no retrieval rows: a list needs forty cases that share no authority
SEED = "7"
LEAST = 8  # rows of fiction, without which `cap-rlvr quality --form short` measures nothing
SOME = 6  # rows on which texts are tried
CONSTANTS = 8  # golds that are tried on all rows, the most frequent first
HOSTILE = ["", " ", ".", "\x00" * 50, "<answer>" * 5000, "a" * 100_000, "\ud800", "<think>", "((((" * 8000, "﷽" * 3000]


@pytest.fixture(params=registry.names(), scope="module")
def task(request: pytest.FixtureRequest) -> Task[Any]:
    return registry.get(request.param)


def test_folder_has_the_files(task: Task[Any]) -> None:
    assert {path.name for path in (Path(tasks.__path__[0]) / task.name).iterdir()} >= FILES


def test_name_is_the_folder(task: Task[Any]) -> None:
    assert registry.get(task.name) is task
    assert task.name in registry.names()


def test_gold_scores_the_ceiling(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    score = task.score(truth, task.gold(truth))
    assert score.reward >= task.ceiling
    assert score.strict


def test_steps_sum_to_the_reward(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    for completion in (task.gold(truth), "", *HOSTILE):
        score = task.score(truth, completion)
        assert sum(step.earned for step in score.steps) == pytest.approx(score.reward, abs=1e-4)


@pytest.mark.parametrize("completion", HOSTILE)
def test_hostile_text_is_scored_low_with_a_reason(task: Task[Any], completion: str) -> None:
    score = task.judge(task.example, completion)
    assert score.reward == 0
    assert score.reason.code
    assert score.reason.text


def test_malformed_truth_names_the_field(task: Task[Any]) -> None:
    with pytest.raises(BadInput, match="ground_truth"):
        task.judge({"nonsense": 1}, "x")


def test_prompt_takes_the_inputs(task: Task[Any]) -> None:
    assert "{inputs}" in task.template
    assert "some inputs" in task.prompt("some inputs")


def test_surface_forms_of_gold_are_accepted(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    forms = list(task.probes.surface_forms(truth))
    assert len({form.family for form in forms}) >= 12
    low = [(form.family, task.score(truth, form.completion).reward) for form in forms]
    assert [(family, reward) for (family, reward), form in zip(low, forms, strict=True) if reward < form.limit] == []


def test_attacks_stay_below_their_limits(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    attacks = list(task.probes.attacks(truth, truth, "contract"))
    assert len({attack.family for attack in attacks}) >= 20
    paid = {(attack.family, task.score(truth, attack.completion).reward, attack.limit) for attack in attacks}
    assert {(family, reward, limit) for family, reward, limit in paid if reward > limit} == set()


def test_one_more_error_never_pays(task: Task[Any]) -> None:
    truth = task.read_truth(task.example)
    for chain in task.probes.chains(truth, "contract"):
        rewards = [task.score(truth, completion).reward for completion in chain]
        assert rewards == sorted(rewards, reverse=True), chain


def test_a_constants_bar_is_near_chance_and_chance_is_no_more_than_an_even_share(task: Task[Any]) -> None:
    assert task.most_constant <= max(0.05, 1.6 * task.chance)
    answers = len(task.labels or task.example.get("choices", ()))
    assert task.chance <= (1 / answers if answers else 0)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """A few invented decisions; any task finds something in them."""
    broken: list[BadData] = []
    found = list(read_cases(write_corpus(tmp_path_factory.mktemp("contract"), CASES, int(SEED)), broken.append))
    assert not broken
    return found


@pytest.fixture(scope="module")
def rows(task: Task[Any], cases: list[Case]) -> list[Row]:
    """The task's rows of these, by way of candidates that were written down, as prep does it."""
    blocks: defaultdict[str, list[Candidate]] = defaultdict(list)
    for case in cases:
        for offer in task.find(case):
            assert (offer.task, offer.case_id) == (task.name, case.id)
            if isinstance(offer, Candidate):
                blocks[offer.block].append(Candidate.model_validate_json(offer.model_dump_json()))
    ordered = [sorted(blocks[name], key=lambda one: (one.case_id, one.kind, one.order)) for name in sorted(blocks)]
    return [one for one in task.assemble(ordered, SEED) if isinstance(one, Row)]


def some(rows: Sequence[Row]) -> list[Row]:
    """A few rows, at least one of each label."""
    ordered = keyed_order(sorted(rows, key=lambda row: row.id), SEED)
    first = {str(row.truth.get("label")): row for row in reversed(ordered)}
    return [*first.values(), *ordered[:SOME]]


def test_fiction_gives_rows_whose_gold_earns_the_ceiling(task: Task[Any], rows: list[Row]) -> None:
    assert len(rows) >= LEAST
    assert [fault for row in rows if (fault := task.fault(row))] == []


def test_rows_are_whole(task: Task[Any], rows: list[Row], cases: list[Case]) -> None:
    known = {case.id: case for case in cases}
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        assert (row.task, row.case_id in known, bool(row.inputs.strip()), bool(row.spans)) == (
            task.name,
            True,
            True,
            True,
        )
        assert Row.model_validate_json(row.model_dump_json()) == row
        assert 0 <= row.difficulty <= 1
        for span in row.spans:
            assert span.role
            assert 0 <= span.start < span.end <= len(field_text(known[span.case_id], span.field)), span


def test_an_echo_of_the_prompt_earns_nothing(task: Task[Any], rows: list[Row]) -> None:
    for row in some(rows):
        said = {task.prompt(row.inputs), row.inputs, task.template, task.prompt("")}
        for truth in (row.truth, *({**row.truth, "label": label} for label in task.labels)):
            assert dict.fromkeys(said, 0) == {text: task.judge(truth, text).reward for text in said}


def test_junk_earns_at_most_its_bar(task: Task[Any], rows: list[Row]) -> None:
    paid = {
        (row.id, family): task.judge(row.truth, text).reward
        for row in some(rows)
        for family, text in junk(task.prompt(row.inputs), SEED)
    }
    assert {place: reward for place, reward in paid.items() if reward > bar_of(task.name, "junk_p99").bar} == {}
    assert sum(paid.values()) <= bar_of(task.name, "junk_mean").bar * len(paid)


def test_no_constant_answer_earns_more_than_the_task_declares(task: Task[Any], rows: list[Row]) -> None:
    """Of each split, with one row to spare, since few rows can't be dealt evenly. A gold that is one row's is not tried there."""
    gold = {row.id: task.gold(task.read_truth(row.truth)) for row in rows}
    golds = Counter(gold.values())
    texts = [
        *(f"<answer>{label}</answer>" for label in task.labels),
        *(text for text, _ in golds.most_common(CONSTANTS)),
    ]
    splits: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        splits[row.split or split_of(row.case_id, SEED)].append(row)
    for split, own in splits.items():
        for text in texts:
            others = [row for row in own if golds[text] != 1 or gold[row.id] != text]
            earned = sum(task.judge(row.truth, text).reward for row in others)
            assert earned <= task.most_constant * len(own) + 1, (split, text)
