"""The search and the learner find a hole that is there, with the output; against a right reward they find nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from echo_task import TASK, Truth, examples, gamed, score

from cap_rlvr import registry
from cap_rlvr.quality import attack as attack_module
from cap_rlvr.quality.adversaries import Adversary, adversary_of, target_of
from cap_rlvr.quality.learned import learn
from cap_rlvr.quality.moves import MOVES, splice
from cap_rlvr.quality.results import Attacker
from cap_rlvr.quality.search import search
from cap_rlvr.quality.tally import Tally
from cap_rlvr.task import Material, Task

Method = Callable[..., Attacker]
BUDGET = {search: 400, learn: 40}


def material(truth: Truth, other: Truth, key: str) -> Material:
    return Material(("<answer>{word}</answer>", "{say} {word}"), {"word": (other.word, "court"), "say": ("not", "or")})


ADVERSARY = Adversary(material, lambda truth, said: 1.0 if truth.word in said else 0.0)


def run(method: Method, task: Task[Truth], seed: str = "7") -> Attacker:
    return method(task, ADVERSARY, examples(30), BUDGET[method], seed, lambda _: None)


@pytest.mark.parametrize("method", [search, learn])
def test_a_right_reward_pays_an_attacker_nothing(method: Method) -> None:
    found = run(method, TASK)
    assert found.holes == 0
    assert found.best is not None
    assert found.best.reward == 0
    assert found.attempts >= 400


@pytest.mark.parametrize("method", [search, learn])
def test_a_hole_behind_a_move_is_found_with_its_output(method: Method) -> None:
    hole = gamed(lambda truth, said: 0.9 if "**" in said else score(truth, said).reward)
    found = run(method, hole)
    assert found.holes > 0
    assert found.worst_excess is not None
    assert (found.worst_excess.reward, found.worst_excess.limit) == (0.9, 0.0)
    assert "**" in found.worst_excess.completion


def test_the_learner_learns_what_is_paid_for() -> None:
    paid = gamed(lambda truth, said: 1.0 if "</think>" in said else 0.0)
    found = learn(paid, ADVERSARY, examples(30), 120, "7", lambda _: None)
    assert found.before is not None
    assert found.after is not None
    assert found.after > found.before + 0.3


@pytest.mark.parametrize("method", [search, learn])
def test_the_same_seed_tries_the_same(method: Method) -> None:
    hole = gamed(lambda truth, said: (len(said) % 7) / 10)
    assert run(method, hole) == run(method, hole)
    assert run(method, hole) != run(method, hole, "8")


def test_what_a_search_has_reached_is_kept_and_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attack_module, "adversary_of", lambda _: ADVERSARY)
    monkeypatch.setattr(attack_module, "_made_of", lambda *given: str(given[2]))
    told: list[tuple[str, int, int]] = []

    def go(attempts: int, seed: str = "7") -> list[Attacker]:
        told.clear()
        return attack_module.attack(TASK, examples(30), attempts, 5, seed, lambda *one: told.append(one), tmp_path)

    half = go(400)
    assert {path.name for path in tmp_path.iterdir()} == {"echo-search.json", "echo-learned-5.json"}
    assert go(400) == half
    assert told == []
    more = go(1_200)
    assert (more[0].attempts >= 1_200, more[0].scored > half[0].scored, more[1]) == (True, True, half[1])
    assert told[0][1] > half[0].attempts
    assert told[-1] == ("echo: search", 1_200, 1_200)
    assert go(400, "8")[0].attempts < 1_200
    (tmp_path / "echo-search.json").write_text("half a li")
    assert go(400)[0] == half[0]
    kept = tmp_path / "echo-search.json"
    kept.write_text(kept.read_text().replace(f'"attempts":{half[0].attempts}', '"attempts":9999'))
    assert go(400)[0] == half[0]


def test_only_outputs_that_are_wrong_and_new_are_scored() -> None:
    tally = Tally(TASK, ADVERSARY)
    target = target_of(TASK, ADVERSARY, examples(2), 0, "7")
    right = TASK.gold(target.example.truth)
    assert [tally.excess(target, one) for one in ("no", "no", right)] == [0, 0, 0]
    assert (tally.attempts, tally.scored) == (3, 1)


def test_moves_do_not_know_the_gold_and_never_fail() -> None:
    for name, move in MOVES.items():
        for text in ("", "<answer>court</answer>", "a b c", "\x00"):
            for at in (0.0, 0.5, 0.99):
                assert "waiver" not in move(text, at), name
    assert splice("abcd", "wxyz", 0.5, 0.5) == "abyz"


@pytest.fixture(params=[name for name in registry.names() if adversary_of(registry.get(name))])
def task(request: pytest.FixtureRequest) -> Task[object]:
    return registry.get(request.param)


def test_gold_and_honest_forms_are_never_called_wrong(task: Task[object]) -> None:
    """The judge of the attackers is loose: what may be right has a limit of all, or of what it is worth."""
    adversary = adversary_of(task)
    assert adversary is not None
    truth = task.read_truth(task.example)
    for form in task.probes.surface_forms(truth):
        assert adversary.most(truth, form.completion) >= form.limit - 0.05, form.family


def test_material_holds_no_gold(task: Task[object]) -> None:
    from cap_rlvr.quality.samples import Example
    from cap_rlvr.wire.case import SourceKind
    from cap_rlvr.wire.rows import Row

    adversary = adversary_of(task)
    assert adversary is not None
    row = Row(id="x", case_id="c", task=task.name, inputs="q", source_kind=SourceKind.STATIC, truth=task.example)
    truth = task.read_truth(task.example)
    own = Example(row, truth, "real")
    target = target_of(task, adversary, [own, own], 0, "7")
    assert target.material.templates
    for slot, fillers in target.material.slots.items():
        assert fillers, slot
        assert all(isinstance(one, str) for one in fillers)
    assert all(adversary.most(truth, seed) < 1 for seed in target.seeds)


def test_a_judge_sees_through_what_the_scorer_strips(task: Task[object]) -> None:
    adversary = adversary_of(task)
    assert adversary is not None
    truth = task.read_truth(task.example)
    assert adversary.most(truth, "\u200b".join(task.gold(truth))) == adversary.most(truth, task.gold(truth))


def test_an_element_that_is_never_closed_hides_no_answer_from_entail_s_judge() -> None:
    entail = registry.get("entail")
    adversary = adversary_of(entail)
    assert adversary is not None
    truth = entail.read_truth(entail.example)
    said = f"<evidence>Full marks.</think><answer>{entail.example['label']}</answer><evidence>the court</evidence>"
    assert adversary.most(truth, said) >= entail.score(truth, said).reward > 0
