"""`cap-rlvr score` and `cap-rlvr rescore`: a file in, a file out, and going on where it stopped."""

import fcntl
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cap_rlvr import registry
from cap_rlvr.cli import rescore, score
from cap_rlvr.cli.scored_file import FormerlyScored, ScoredFile, read_scored
from cap_rlvr.rewards.in_process import InProcess
from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.rescoring import Former
from cap_rlvr.wire.scoring import RewardItem

sys.path.insert(0, str(Path(__file__).parents[1] / "reward_toys"))


def run(app: Any, *words: object) -> Any:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def gold(task: str, **more: Any) -> dict[str, Any]:
    known = registry.get(task)
    return {
        "task": task,
        "completion": known.gold(known.read_truth(known.example)),
        "ground_truth": known.example,
        **more,
    }


def write(path: Path, *items: Any) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in items))
    return path


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    chat = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "<answer>B</answer>"}]
    items = [
        *(gold(name, id=name) for name in registry.names()),
        gold("holding", completion="<answer>A</answer>"),
        "",
        gold("holding", completion=chat),
        gold("holding", completion="\ud800 \x00"),
        {"task": "poetry", "completion": "x", "ground_truth": {}},
        gold("holding", ground_truth={"choices": []}),
    ]
    return write(tmp_path / "answers.jsonl", *items)


def test_a_file_is_scored_here(answers: Path) -> None:
    told = run(score.app, answers, "--workspace", answers.parent).stdout
    made = list(read_scored(answers.with_name("answers.scored.jsonl")))
    assert [line.line for line in made] == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    assert [line.result.id for line in made][4:7] == ["summarise", "6", "8"]
    assert [line.result.reward for line in made[5:]] == [0.0, 1.0, 0.0, None, None]
    for line in made[:5]:
        task = registry.get(line.item.task)
        verdict = task.judge(task.example, line.item.text())
        assert line.result.reward == verdict.reward >= task.ceiling
        assert line.result.parts == verdict.parts
        assert line.scorer == registry.scorer_id(task.name)
    assert "No reward: 1 x malformed_ground_truth, first in line 11" in told
    assert "No reward: 1 x unknown_task, first in line 10" in told


def test_the_same_command_again_only_tells(answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(score.app, answers, "--workspace", answers.parent)
    made = answers.with_name("answers.scored.jsonl").read_bytes()
    monkeypatch.setattr(InProcess, "score", None)
    again = run(score.app, answers, "--workspace", answers.parent)
    assert again.stdout == first.stdout
    assert answers.with_name("answers.scored.jsonl").read_bytes() == made


class Away(InProcess):
    """A scorer that goes away after so many calls."""

    left = 1

    def score(self, items: Any) -> Any:
        if not Away.left:
            raise Unavailable("nobody is there", "the scorer")
        Away.left -= 1
        return super().score(items)


@pytest.mark.parametrize("torn", [b"", b'{"line": 4, "ite'])
def test_what_stopped_goes_on(answers: Path, monkeypatch: pytest.MonkeyPatch, torn: bytes) -> None:
    whole = answers.with_name("whole.jsonl")
    run(score.app, answers, "--workspace", answers.parent, "--out", whole)
    Away.left = 1
    monkeypatch.setattr(score, "_scorer", lambda *_: Away(answers.parent))
    monkeypatch.setattr(score, "_AT_ONCE_HERE", 3)
    with pytest.raises(Unavailable):
        run(score.app, answers)
    partial = answers.with_name(".answers.scored.jsonl.partial")
    assert len(partial.read_bytes().splitlines()) == 3
    assert not answers.with_name("answers.scored.jsonl").exists()
    with partial.open("ab") as file:
        file.write(torn)
    Away.left = 3
    told = run(score.app, answers)
    assert "Going on after 3 of 10 items" in told.stderr
    assert Away.left == 0
    assert answers.with_name("answers.scored.jsonl").read_bytes() == whole.read_bytes()
    assert not partial.exists()


def test_other_items_are_not_gone_on_with(answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Away.left = 1
    monkeypatch.setattr(score, "_scorer", lambda *_: Away(answers.parent))
    monkeypatch.setattr(score, "_AT_ONCE_HERE", 3)
    with pytest.raises(Unavailable):
        run(score.app, answers)
    lines = answers.read_text().splitlines()
    write(answers, gold("holding", completion="other"), *lines[1:])
    with pytest.raises(BadInput, match=r"partial:1: it is not of .*answers.jsonl"):
        run(score.app, answers)


def test_two_at_once_are_told(answers: Path) -> None:
    file = ScoredFile(answers.with_name("answers.scored.jsonl"), answers)
    with file.partial.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="another process is writing it"):
            run(score.app, answers, "--workspace", answers.parent)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"task": ', r"answers.jsonl:2: this line is not JSON \(Expecting value at character 9\)"),
        ("[1]", r"answers.jsonl:2: it is no object"),
        ('{"task": "holding", "completion": NaN, "ground_truth": {}}', r"answers.jsonl:2: this line is not JSON"),
        (
            '{"task": "holding", "completion": "", "ground_truth": {"x": 1e999}}',
            r"answers.jsonl:2: .*1e999 is too large",
        ),
        ('{"task": "holding", "completion": 5, "ground_truth": {}}', r"answers.jsonl:2: completion: "),
        ('{"task": "holding", "ground_truth": {}}', r"answers.jsonl:2: completion: it is missing"),
        (
            '{"task": "holding", "completion": "x", "grund_truth": {}}',
            r"answers.jsonl:2: grund_truth: there is no field of this name",
        ),
        ('{"task": "holding", "completion": "x"}', r"answers.jsonl:2: give exactly one of example_id and ground_truth"),
        (
            '{"task": "holding", "completion": [{"role": "assistant"}], "example_id": "x"}',
            r"answers.jsonl:2: completion.0.content: it is missing",
        ),
        ("[" * 100_000, r"answers.jsonl:2: this line is not JSON"),
    ],
    ids=lambda value: value[:40],
)
def test_a_wrong_line_is_told_before_anything_is_scored(answers: Path, line: str, says: str) -> None:
    write(answers, gold("holding"), line)
    with pytest.raises(BadInput, match=says):
        run(score.app, answers, "--workspace", answers.parent)
    assert [path.name for path in answers.parent.iterdir()] == [answers.name]


def test_bytes_that_are_no_text(answers: Path) -> None:
    answers.write_bytes(b'{"task": "\xff"}\n')
    with pytest.raises(BadInput, match=r"answers.jsonl:1: this line is not JSON"):
        run(score.app, answers)
    with pytest.raises(BadInput, match="can't be read"):
        run(score.app, answers.with_name("missing.jsonl"))


def test_example_ids_are_looked_up_in_the_workspace(tmp_path: Path) -> None:
    folder = tmp_path / "workspace" / "tasks" / "holding"
    folder.mkdir(parents=True)
    common = {"case_id": "c", "task": "holding", "inputs": "?", "source_kind": "synthetic"}
    rows = [{"id": f"row-{number}", **common, **registry.get("holding").example} for number in range(3)]
    rows[1]["answer_idx"] = 0
    write(folder / "test.jsonl", *rows)
    items = [
        {"task": "holding", "completion": "<answer>B</answer>", "example_id": f"row-{number}"} for number in range(4)
    ]
    file = write(tmp_path / "answers.jsonl", *items)
    run(score.app, file, "--workspace", tmp_path / "workspace")
    made = read_scored(tmp_path / "answers.scored.jsonl")
    assert [(line.result.reward, line.result.failure_reason) for line in made] == [
        (1.0, None),
        (0.0, None),
        (1.0, None),
        (None, "unknown_example"),
    ]
    with pytest.raises(BadInput, match="no rows of holding are at hand"):
        run(score.app, file, "--out", tmp_path / "other.jsonl", "--workspace", tmp_path)
    assert not (tmp_path / ".other.jsonl.partial").exists()


def test_an_empty_file_has_an_empty_result(tmp_path: Path) -> None:
    file = write(tmp_path / "none.jsonl")
    run(score.app, file)
    assert (tmp_path / "none.scored.jsonl").read_bytes() == b""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from toys import serving, write_rows

    folder = tmp_path_factory.mktemp("service")
    write_rows(folder, {"train": ["yes", "no"]})
    with serving(folder) as running:
        yield running.url


def test_by_url_and_again_by_another(service: str, tmp_path: Path) -> None:
    toys = [
        {"task": "toy", "completion": "yes" if number % 3 else f"no {number}", "ground_truth": {"word": "yes"}}
        for number in range(700)
    ]
    stored = {"task": "toy", "completion": "no", "example_id": "train-1"}
    file = write(tmp_path / "answers.jsonl", *toys, stored, {**stored, "example_id": "nowhere"})
    run(score.app, file, "--url", service)
    scored = tmp_path / "answers.scored.jsonl"
    made = list(read_scored(scored))
    assert [line.result.reward for line in made[:4]] == [0.0, 1.0, 1.0, 0.0]
    assert made[-1].result.status == "unscorable"
    assert made[0].scorer is not None

    same = run(rescore.app, scored, "--against", service)
    assert same.exit_code == 0
    lines = [json.loads(line) for line in scored.read_text().splitlines()]
    lines[4]["result"] |= {"reward": 0.25, "colour": "of another version"}
    lines[-1]["result"] |= {"status": "scored", "reward": 1.0}
    write(scored, *lines)
    told = run(rescore.app, scored, "--against", service, "--out", tmp_path / "differences.jsonl")
    assert told.exit_code == 1
    assert "line 5 (5, toy): 0.25 -> 1" in told.stdout
    assert "line 702 (702, toy): 1 -> unscorable" in told.stdout
    differences = [json.loads(line) for line in (tmp_path / "differences.jsonl").read_text().splitlines()]
    assert [(one["line"], one["former"]["reward"], one["now"]["reward"]) for one in differences] == [
        (5, 0.25, 1.0),
        (702, 1.0, None),
    ]


def test_what_stays_undecided_is_no_success(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescore.time, "sleep", lambda _: None)
    items = [{"task": "toy", "completion": text, "ground_truth": {"word": "yes"}} for text in ("yes", "fail: x")]
    scored = tmp_path / "answers.scored.jsonl"
    run(score.app, write(tmp_path / "answers.jsonl", *items), "--url", service)
    told = run(rescore.app, scored, "--against", service)
    assert told.exit_code == 1
    assert re.search(r"toy\W+2\W+1\W+0\W+1\W+1\.0000\W+1\.0000", told.stdout)


def test_requests_to_rescore_are_of_so_many_lines_and_bytes() -> None:
    def lines(count: int, text: str) -> list[FormerlyScored]:
        item = RewardItem(task="toy", completion=text, ground_truth={})
        return [FormerlyScored(line=line, item=item, result=Former(status="scored")) for line in range(count)]

    assert [len(batch) for batch in rescore.batches(lines(300, "x"))] == [128, 128, 44]
    assert [len(batch) for batch in rescore.batches(lines(13, "😀" * 90_000))] == [6, 6, 1]
    assert [len(batch) for batch in rescore.batches(lines(2, "x" * 9_000_000))] == [1, 1]
