import asyncio
import json
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from toys import Service, held, item, serving, write_rows

from cap_rlvr.clients.reward import Patience, RewardClient
from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.rescoring import Former, RescoreItem
from cap_rlvr.wire.scoring import Problem, RewardItem, RewardReply, RewardResult, ScorerId
from cap_rlvr.wire.submissions import SubmissionItem

HASTY = Patience(attempts=3, first_s=0.01, longest_s=0.02, request_s=5.0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    write_rows(folder, {"train": ["yes", "no"], "test": ["hidden"]})
    with serving(folder) as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[RewardClient]:
    made = RewardClient(service.url, patience=HASTY)
    yield made
    made.close()


def asked(completion: str, **more: Any) -> RewardItem:
    return RewardItem.model_validate(item(completion, **more))


def test_sync(client: RewardClient) -> None:
    results = client.score([asked("yes", id="a"), asked("no")])
    assert [(result.id, result.reward) for result in results] == [("a", 1.0), ("1", 0.0)]
    assert client.score([]) == []


async def test_sync_inside_a_running_loop(client: RewardClient) -> None:
    assert [result.reward for result in client.score([asked("yes")])] == [1.0]


async def test_async_in_many_requests_keeps_order(service: Service) -> None:
    client = RewardClient(service.url, batch=16, parallel=3)
    items = [asked("yes" if number % 7 == 0 else f"no {number}") for number in range(1200)]
    results = await client.ascore(items)
    assert [result.reward for result in results] == [float(number % 7 == 0) for number in range(1200)]
    assert [result.id for result in results] == [str(number) for number in range(1200)]
    await client.aclose()


def test_one_session_a_loop(client: RewardClient) -> None:
    for number in range(3):

        async def call(number: int = number) -> list[RewardResult]:
            results = await client.ascore([asked(f"yes {number}")])
            await client.aclose()
            return results

        assert asyncio.run(call())[0].status == "scored"


def test_survives_pickling(client: RewardClient) -> None:
    client.score([asked("yes")])
    copy = pickle.loads(pickle.dumps(client))
    assert copy.url == client.url
    assert copy.score([asked("yes")])[0].reward == 1.0
    copy.close()


def test_any_text_arrives(client: RewardClient) -> None:
    texts = ["\ud800", "\x00", "😀", "x" * 3_000_000, "<answer>" * 9000]
    results = client.score([asked(text) for text in texts])
    assert [result.status for result in results] == ["scored"] * 5
    assert results[3].reason is not None
    assert results[3].reason.code == "oversize"


def test_a_batch_is_of_so_many_bytes_at_most(client: RewardClient) -> None:
    texts = [f"{number} {'😀' * 20_000}" for number in range(60)]  # in JSON 14 MB
    assert {result.status for result in client.score([asked(text) for text in texts])} == {"scored"}


def test_any_truth_has_an_answer(client: RewardClient) -> None:
    truths: list[Any] = ["\ud800", 10**30]
    results = client.score([RewardItem(task="toy", completion="x", ground_truth={"word": word}) for word in truths])
    assert [result.status for result in results] == ["scored", "unscorable"]


def test_unscorable_is_returned_not_retried(client: RewardClient) -> None:
    results = client.score([RewardItem(task="toy", completion="yes", example_id="train-9"), asked("yes")])
    assert [result.status for result in results] == ["unscorable", "scored"]
    assert results[0].reward is None


def test_hidden_split_is_bad_input_naming_the_field(client: RewardClient) -> None:
    with pytest.raises(BadInput, match=r"items\.0\.example_id.*403"):
        client.score([RewardItem(task="toy", completion="yes", example_id=held(["hidden"])[0])])


async def test_called_as_trl_calls_it(service: Service) -> None:
    client = RewardClient(service.url)
    metrics: dict[str, float] = {}
    columns: dict[str, list[Any]] = {}
    rewards = await client(
        prompts=["?"] * 3,
        completions=["yes", [{"role": "assistant", "content": "no", "tool_calls": None}], "yes"],
        completion_ids=[[1], [2], [3]],
        task=["toy"] * 3,
        example_id=["train-0", "train-1", "train-77"],
        trainer_state=object(),
        log_metric=metrics.__setitem__,
        log_extra=columns.__setitem__,
    )
    assert rewards == [1.0, 1.0, None]
    assert metrics["reward/scored_share"] == pytest.approx(2 / 3)
    assert metrics["toy/strict"] == 1.0
    assert metrics["toy/part/word"] == 1.0
    assert columns["reward_status"] == ["scored", "scored", "unscorable"]
    assert columns["reward_reason"] == ["judged", "judged", "unknown_example"]
    await client.aclose()


async def test_missing_columns_are_named() -> None:
    with pytest.raises(BadInput, match="example_id, ground_truth"):
        await RewardClient("http://127.0.0.1:9")(["?"], ["yes"], ["toy"])


@pytest.mark.parametrize("url", ["localhost:8100", "127.0.0.1:8100", "", "ftp://127.0.0.1"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadInput, match="http://127"):
        RewardClient(url)


def test_nobody_there() -> None:
    with socket.socket() as held:  # bound, never listening: refused at once
        held.bind(("127.0.0.1", 0))
        client = RewardClient(f"http://127.0.0.1:{held.getsockname()[1]}", patience=HASTY)
        with pytest.raises(Unavailable, match="no rewards after 3 attempts"):
            client.score([asked("yes")])
        client.close()


def test_persistent_error_items_are_unavailable(service: Service) -> None:
    client = RewardClient(service.url, patience=replace(HASTY, request_s=30))
    with pytest.raises(Unavailable, match="died again"):
        client.score([asked("yes and no"), asked("die")])
    client.close()


Respond = Callable[[int, list[dict[str, Any]]], tuple[int, dict[str, str], bytes]]


@contextmanager
def pretending(respond: Respond) -> Iterator[tuple[str, list[list[dict[str, Any]]]]]:
    """A service that answers the n-th request as told; yields its URL and the items of every request."""
    calls: list[list[dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            items = json.loads(self.rfile.read(int(self.headers["content-length"])))["items"]
            calls.append(items)
            status, headers, body = respond(len(calls), items)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", calls
        server.shutdown()
        thread.join()


def reply(items: list[dict[str, Any]], scorer: str = "1", broken: tuple[int, ...] = ()) -> bytes:
    results = [
        RewardResult(id=str(index), task="toy", status="error", mask_sample=True, retryable=True)
        if index in broken
        else RewardResult(id=str(index), task="toy", status="scored", reward=0.25, mask_sample=False)
        for index in range(len(items))
    ]
    scorers = {"toy": ScorerId(version=scorer, sha256=scorer)}
    made = RewardReply(request_id="r", results=tuple(results), scorers=scorers, corpus=None, receipt="x")
    return made.model_dump_json().encode()


def test_only_failed_items_are_asked_again() -> None:
    def respond(call: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, reply(items, broken=(1,) if call == 1 else ())

    with pretending(respond) as (url, calls):
        client = RewardClient(url, patience=HASTY)
        results = client.score([asked("a"), asked("b"), asked("c")])
        assert [result.reward for result in results] == [0.25] * 3
        assert [[one["completion"] for one in items] for items in calls] == [["a", "b", "c"], ["b"]]
        client.close()


def test_retry_after_is_kept() -> None:
    def respond(call: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        return (503, {"retry-after": "1"}, b"") if call == 1 else (200, {}, reply(items))

    with pretending(respond) as (url, calls):
        client = RewardClient(url, patience=HASTY)
        started = asyncio.new_event_loop()
        began = started.time()
        assert client.score([asked("a")])[0].reward == 0.25
        assert started.time() - began >= 1
        started.close()
        assert len(calls) == 2
        client.close()


def test_waiting_for_a_quota_is_no_failed_attempt() -> None:
    def respond(call: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        return (429, {"retry-after": "0"}, b"") if call < 5 else (200, {}, reply(items))

    with pretending(respond) as (url, calls):
        client = RewardClient(url, patience=replace(HASTY, attempts=1))
        assert client.score([asked("a")])[0].reward == 0.25
        assert len(calls) == 5
        client.close()


def test_retry_after_as_a_date() -> None:
    def respond(call: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return (503, {"retry-after": date}, b"") if call == 1 else (200, {}, reply(items))

    with pretending(respond) as (url, calls):
        client = RewardClient(url, patience=HASTY)
        began = time.monotonic()
        assert client.score([asked("a")])[0].reward == 0.25
        assert time.monotonic() - began > 0.9
        assert len(calls) == 2
        client.close()


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e9", "Wed, 99 Nov 2026 99:00:00 GMT"])
def test_retry_after_that_says_nothing(value: str) -> None:
    def respond(call: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        return (503, {"retry-after": value}, b"") if call == 1 else (200, {}, reply(items))

    with pretending(respond) as (url, _):
        client = RewardClient(url, patience=HASTY)
        assert client.score([asked("a")])[0].reward == 0.25
        client.close()


def test_who_is_told_to_come_back_tomorrow_hears_it_at_once() -> None:
    told = Problem(type="urn:cap-rlvr:problem:submissions_used_up", title="", status=429, detail="Five are enough.")

    with pretending(lambda _, __: (429, {"retry-after": "7200"}, told.model_dump_json().encode())) as (url, calls):
        client = RewardClient(url, patience=HASTY)
        with pytest.raises(Unavailable, match=r"Five are enough.*after midnight UTC"):
            client.score([asked("a")])
        assert len(calls) == 1
        client.close()


async def test_as_a_context_manager(service: Service) -> None:
    async with RewardClient(service.url) as client:
        assert (await client.ascore([asked("yes")]))[0].reward == 1.0
        assert client.scorers["toy"].version == "1"


def test_rescoring(client: RewardClient) -> None:
    items = [asked("yes", id="a"), asked("no\ud800"), asked("yes")]
    former = [Former(status="scored", reward=value, strict=bool(value)) for value in (1.0, 0.0, 0.0)]
    pairs = [RescoreItem(item=item, former=then) for item, then in zip(items, former, strict=True)]
    made = client.rescore(pairs)
    changed = [(one.index, one.former.reward, one.now.reward) for one in made.differences if one.now.reward]
    assert changed == [(0, 1.0, 1.0), (2, 0.0, 1.0)]  # the first has a part that was not told before
    assert made.tasks["toy"].items == 3


def test_a_submission_that_is_none(client: RewardClient) -> None:
    ids = [*held(["hidden"]), *(f"train-{number}" for number in range(99))]
    answers = [SubmissionItem(task="toy", completion="yes", example_id=example_id) for example_id in ids]
    with pytest.raises(BadInput, match=r"items\.1\.example_id.*not_held_out|No row of split test"):
        client.submit(answers)


@pytest.mark.parametrize("body", [b"<html>", b"{}", reply([{}, {}])])
def test_a_reply_that_is_none_of_ours_is_unavailable(body: bytes) -> None:
    with pretending(lambda _, __: (200, {}, body)) as (url, calls):
        client = RewardClient(url, patience=HASTY)
        with pytest.raises(Unavailable):
            client.score([asked("a")])
        assert len(calls) == 3
        client.close()


def test_repeats_are_not_sent_until_the_scorer_changes() -> None:
    scorer = "1"

    def respond(_: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, reply(items, scorer)

    with pretending(respond) as (url, calls):
        client = RewardClient(url, patience=HASTY)
        results = client.score([asked("a", id="first"), asked("a", id="second"), asked("b")])
        assert [result.id for result in results] == ["first", "second", "2"]
        client.score([asked("a"), asked("b")])
        assert [[one["completion"] for one in items] for items in calls] == [["a", "b"]]
        scorer = "2"
        client.score([asked("c")])
        client.score([asked("a")])
        assert len(calls) == 3
        client.close()


def test_results_are_never_of_two_scorers() -> None:
    def respond(call: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, reply(items, "1" if call == 1 else "2")

    with pretending(respond) as (url, calls):
        client = RewardClient(url, batch=1, parallel=1, patience=HASTY)
        assert len(client.score([asked("a"), asked("b"), asked("c")])) == 3
        assert [[one["completion"] for one in items] for items in calls] == [["a"], ["b"], ["c"], ["a"]]
        assert client.scorers["toy"].version == "2"
        client.close()


def test_scorers_that_go_on_changing_are_unavailable() -> None:
    def respond(call: int, items: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, reply(items, str(call))

    with pretending(respond) as (url, _):
        client = RewardClient(url, batch=1, patience=HASTY)
        with pytest.raises(Unavailable, match="have changed meanwhile"):
            client.score([asked("a"), asked("b")])
        client.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.filterwarnings("ignore")  # what torch, vLLM and TRL say when imported is theirs
def test_trl_calls_it_as_a_reward_function(service: Service, tmp_path: Path) -> None:
    from datasets import Dataset
    from tiny_qwen3 import make_tiny_model
    from transformers import AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    model = make_tiny_model(tmp_path / "model")
    rows = [{"prompt": "say it", "task": "toy", "example_id": f"train-{number}"} for number in (0, 1, 9, 0)]
    settings = GRPOConfig(
        output_dir=str(tmp_path / "out"),
        per_device_train_batch_size=4,
        num_generations=2,
        report_to=[],
        use_cpu=True,
        bf16=False,
    )
    client = RewardClient(service.url)
    trainer = GRPOTrainer(
        model=str(model),
        reward_funcs=[client],
        args=settings,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(model),
    )
    rewards = trainer._calculate_rewards(rows, ["say it"] * 4, ["yes", "no", "any", "no"], [[1]] * 4)
    assert rewards[:, 0].nan_to_num(-1).tolist() == [1.0, 1.0, -1.0, 0.0]
    assert trainer._pending_metrics["toy/strict"] == [pytest.approx(2 / 3)]
    assert trainer._pending_extra_logs["reward_status"] == ["scored", "scored", "unscorable", "scored"]
    asyncio.run_coroutine_threadsafe(client.aclose(), trainer.async_loop).result()
