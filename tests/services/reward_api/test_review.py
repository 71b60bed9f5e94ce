"""Reviewing over HTTP: who may, what is told before an answer, and that the files are those of the command line."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cap_rlvr.cli.label import app as label_command
from cap_rlvr.cli.rows import app as rows_command
from cap_rlvr.wire.rejects import read_rejects

sys.path.insert(0, str(Path(__file__).parents[2] / "rows_toys"))
from row_toys import SENTENCE
from workspaces import make_workspace

HOST = "http://127.0.0.1:8100"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "workspace")


@pytest.fixture
def client(workspace: Path) -> TestClient:
    """The routes without scoring processes: the rows are read, nothing is scored."""
    return made(workspace, ("127.0.0.1", 50_000))


def made(workspace: Path, address: tuple[str, int], base_url: str = HOST) -> TestClient:
    import asyncio

    from services.reward_api.app import create_app
    from services.reward_api.settings import Settings

    app = create_app(Settings(workspace=workspace, workers=1))
    asyncio.run(app.state.scoring._examples.refresh())
    return TestClient(app, base_url=base_url, client=address, raise_server_exceptions=False)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def question(client: TestClient, task: str = "holding") -> dict[str, Any]:
    return client.get(f"/review/labels/{task}").json()["question"]


def answer(client: TestClient, key: str | None, task: str = "holding", **more: Any) -> dict[str, Any]:
    body = {"item": question(client, task)["item"], "key": key, **more}
    found = client.post(f"/review/labels/{task}", json=body)
    assert found.status_code == 200, found.text
    return found.json()


def test_a_row_is_shown_with_its_gold_and_passage(client: TestClient) -> None:
    row = client.get("/review/rows/entail/entail-0").json()
    assert "DISTINGUISHES" in row["gold"]
    assert row["cases"][0]["url"] == "https://static.case.law/tex-crim/31/html/0035-01.html"
    assert row["cases"][0]["name"] == "Stone v. Weller"
    marked = "".join(piece["text"] for piece in row["passages"][0]["pieces"] if "gold" in piece["names"])
    assert marked == SENTENCE
    assert row["points"] == []
    [point] = client.get("/review/rows/holding/h0").json()["points"]
    assert point.startswith("B. ")
    hidden = client.get("/tasks/entail/examples", params={"split": "test"}).json()["examples"][0]["id"]
    for name in (hidden, "entail-hidden"):  # a reviewer may know it by its own id
        assert client.get(f"/review/rows/entail/{name}").json()["id"] == "entail-hidden"
    assert client.get("/tasks/entail/examples/entail-hidden").status_code == 404
    assert client.get("/review/rows/entail/none").status_code == 404
    assert client.get("/review/rows/poetry/none").status_code == 404
    assert client.get("/review/rows/summarise/none").status_code == 503


def test_a_rejected_row_is_that_of_the_command_line(client: TestClient, workspace: Path) -> None:
    body = {"task": "entail", "example_id": "entail-3", "why": "a dissent\nsays so"}
    assert client.post("/review/rejects", json=body).json() == {"example_id": "entail-3", "rejected": 1}
    assert read_rejects(workspace / "rejects.jsonl")["entail-3"].why == "a dissent\nsays so"
    assert "DISTINGUISHES" in read_rejects(workspace / "rejects.jsonl")["entail-3"].gold
    shown = CliRunner().invoke(rows_command, ["show", "entail-3", "--workspace", str(workspace)]).output
    assert "rejected, out at the next build" in shown
    assert client.get("/review/rows/entail/entail-3").json()["rejected"] == body["why"]
    assert client.post("/review/rejects", json=body).status_code == 409
    CliRunner().invoke(rows_command, ["reject", "entail-4", "--why", "cut", "--workspace", str(workspace)])
    assert client.post("/review/rejects", json={**body, "example_id": "entail-4"}).status_code == 409
    assert client.get("/review").json()["tasks"]["entail"] == {"labelled": 0, "rejected": 2}


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"why": "  "}, 422, "why"),
        ({"why": "x" * 3000}, 422, "why"),
        ({"example_id": "none"}, 404, "example_id"),
        ({"surprise": 1}, 422, "surprise"),
        ({"task": "poetry"}, 404, "task"),
        ({"task": "summarise"}, 503, None),
    ],
)
def test_a_wrong_rejection_names_its_field(
    client: TestClient, workspace: Path, changes: dict[str, Any], status: int, field: str | None
) -> None:
    found = client.post("/review/rejects", json={"task": "entail", "example_id": "entail-3", "why": "cut", **changes})
    assert (found.status_code, found.json().get("field")) == (status, field)
    assert found.headers["content-type"] == "application/problem+json"
    assert not (workspace / "rejects.jsonl").exists()


def test_nothing_is_told_before_the_answer(client: TestClient) -> None:
    for task in ("holding", "entail"):
        told = client.get(f"/review/labels/{task}").text
        asked = json.loads(told)["question"]
        assert set(asked) == {"item", "shown", "question", "keys"}
        assert "static.case.law" not in told
        assert "Stone v. Weller" not in told.replace("Citing case: Stone v. Weller", "")
        assert not any(name in asked["item"] for name in ("entail", "h0", "#", "decoy"))
    skipped = answer(client, None)
    assert skipped["kept"]
    assert [skipped[name] for name in ("gold", "row_id", "cases", "passages")] == ["", "", [], []]


def test_an_answer_like_the_gold_s_is_kept_at_once(client: TestClient, workspace: Path) -> None:
    shown = answer(client, "b")
    assert (shown["kept"], shown["agrees"], shown["answer"]) == (True, True, "option B")
    assert shown["cases"][0]["url"]
    [label] = lines(workspace / "labels" / "holding-1.jsonl")
    assert (label["labels"], label["agrees"], label["verdict"]) == ("developer", True, "")
    assert label["rows"]


def test_another_answer_is_kept_only_after_a_second_look(client: TestClient, workspace: Path) -> None:
    path = workspace / "labels" / "holding-1.jsonl"
    shown = answer(client, "a")
    assert (shown["kept"], shown["agrees"]) == (False, False)
    assert shown["gold"].startswith("B. ")
    assert not path.exists()
    item = question(client)["item"]
    wrong = client.post("/review/labels/holding", json={"item": item, "key": "a", "verdict": "gold_wrong", "why": " "})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "why")
    assert answer(client, "a", verdict="gold_wrong", why="cut short")["kept"]
    assert [(one["agrees"], one["verdict"], one["why"]) for one in lines(path)] == [(False, "gold_wrong", "cut short")]
    sheet = client.get("/review/labels/holding").json()
    assert sheet["found_wrong"] == [{"row_id": lines(path)[0]["row_id"], "why": "cut short", "rejected": False}]
    assert client.post("/review/labels/holding", json={"item": item, "key": "a"}).status_code == 409


def test_an_answer_is_amended_and_taken_back(client: TestClient, workspace: Path) -> None:
    path = workspace / "labels" / "holding-1.jsonl"
    item = question(client)["item"]
    assert client.put("/review/labels/holding", json={"item": item}).status_code == 409
    answer(client, "b")
    change = {"item": item, "verdict": "unclear", "badly_put": True}
    assert client.put("/review/labels/holding", json=change).json()["badly_put"]
    assert [(one["agrees"], one["verdict"], one["badly_put"]) for one in lines(path)] == [(True, "unclear", True)]
    assert client.delete("/review/labels/holding").json() == {"row_id": lines_row(client, item)}
    assert question(client)["item"] == item
    assert client.delete("/review/labels/holding").json() == {"row_id": None}


def lines_row(client: TestClient, item: str) -> str:
    shown = client.post("/review/labels/holding", json={"item": item, "key": "a"}).json()
    return str(shown["row_id"])


def test_the_terminal_and_the_page_go_on_with_one_another_s_sheet(client: TestClient, workspace: Path) -> None:
    words = ["holding", "--workspace", str(workspace)]
    answer(client, "b")
    CliRunner().invoke(label_command, words, input="b b q", env={"COLUMNS": "200"})
    assert len(lines(workspace / "labels" / "holding-1.jsonl")) == 3
    for _ in range(3):
        answer(client, "b")
    sheet = client.get("/review/labels/holding").json()
    assert (sheet["question"], sheet["done"], sheet["total"]) == (None, 6, 6)
    assert sheet["agreement"][0]["blind"]["hits"] == 6
    told = CliRunner().invoke(label_command, [*words, "--summary"], env={"COLUMNS": "200"}).output
    assert "6 of 6 = 1.000 (0.610 to 1.000, unproven)" in told


def test_other_seeds_have_other_sheets(client: TestClient, workspace: Path) -> None:
    one, two = (client.get("/review/labels/entail", params={"seed": seed, "rows": 5}).json() for seed in ("1", "2"))
    assert one["question"]["item"] != two["question"]["item"]
    assert (one["file"], two["file"]) == ("labels/entail-1.jsonl", "labels/entail-2.jsonl")
    for seed in ("../x", "a/b", "", ".x", "x\x00"):
        found = client.get("/review/labels/entail", params={"seed": seed})
        assert (found.status_code, found.json()["field"]) == (422, "seed")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"item": "0" * 16, "key": "b"}, 404, "item"),
        ({"key": "z"}, 422, "key"),
        ({"key": "b", "verdict": "perhaps"}, 422, "verdict"),
        ({"key": 7}, 422, "key"),
    ],
)
def test_a_wrong_answer_s_body_names_its_field(
    client: TestClient, workspace: Path, body: dict[str, Any], status: int, field: str
) -> None:
    found = client.post("/review/labels/holding", json={"item": question(client)["item"], **body})
    assert (found.status_code, found.json()["field"]) == (status, field)
    assert not (workspace / "labels").exists()


def test_a_broken_sheet_and_missing_rows_are_said(client: TestClient, workspace: Path) -> None:
    (workspace / "labels").mkdir()
    (workspace / "labels" / "holding-1.jsonl").write_text("{}\n")
    found = client.get("/review/labels/holding")
    assert found.status_code == 503
    assert "this line is no label" in found.json()["detail"]
    assert client.get("/review/labels/summarise").status_code == 422
    assert client.get("/review/labels/poetry").status_code == 422


ELSEWHERE = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "evil.example:8100"},  # a name that was made to point here
    {"Host": "[::1"},
    {"X-Forwarded-For": "203.0.113.9"},
    {"Forwarded": "for=203.0.113.9"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=lambda headers: next(iter(headers.items())))
def test_other_pages_names_and_proxies_may_not_review(
    client: TestClient, workspace: Path, headers: dict[str, str]
) -> None:
    body = {"task": "entail", "example_id": "entail-3", "why": "x"}
    for found in (
        client.post("/review/rejects", json=body, headers=headers),
        client.get("/review/rows/entail/entail-0", headers=headers),
        client.get("/review/labels/holding", headers=headers),
        client.delete("/review/labels/holding", headers=headers),
    ):
        assert found.status_code == 403, found.text
        assert found.json()["type"] == "urn:cap-rlvr:problem:not_a_reviewer"
    assert client.get("/review", headers=headers).json()["allowed"] is False
    assert not (workspace / "rejects.jsonl").exists()


def test_the_service_s_own_page_may_review(client: TestClient) -> None:
    headers = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
    assert client.get("/review", headers=headers).json()["allowed"]
    assert client.get("/review/rows/entail/entail-0", headers=headers).status_code == 200


def test_a_form_of_another_page_can_t_send_what_is_read(client: TestClient) -> None:
    body = json.dumps({"task": "entail", "example_id": "entail-3", "why": "x"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        found = client.post("/review/rejects", content=body, headers={"Content-Type": kind})
        assert found.status_code == 415


def test_another_machine_may_not_review(workspace: Path) -> None:
    for address in (("203.0.113.9", 1), ("testclient", 1)):
        there = made(workspace, address)
        assert there.get("/review/rows/entail/entail-0").status_code == 403
        assert there.get("/review").json()["allowed"] is False
        assert there.get("/tasks/entail/examples").status_code == 200


@pytest.mark.parametrize(("scopes", "status"), [(("admin",), 200), (("score", "read-examples"), 403), ((), 403)])
def test_with_keys_only_admin_may_review(scopes: tuple[str, ...], status: int) -> None:
    from services.reward_api.reviewers import why_not

    caller = SimpleNamespace(key="0123456789", scopes=scopes)
    request: Any = SimpleNamespace(state=SimpleNamespace(caller=caller), client=None, headers={}, method="GET")
    assert (why_not(request) == "") == (status == 200)
    request.state.caller.key = ""  # the service has no keys: the connection decides
    assert why_not(request)


def test_one_example_by_its_id(client: TestClient) -> None:
    shown = client.get("/tasks/entail/examples/entail-0").json()
    assert shown["case_url"] == "https://static.case.law/tex-crim/31/html/0035-01.html"
    assert shown["prompt"] == client.get("/tasks/entail/examples").json()["examples"][0]["prompt"]
    assert "evidence_span" not in shown
    (listed,) = client.get("/tasks/entail/examples", params={"split": "test"}).json()["examples"]
    hidden = client.get(f"/tasks/entail/examples/{listed['id']}").json()
    assert (hidden["split"], hidden["case_id"], hidden["case_url"]) == ("test", None, None)
    assert client.get("/tasks/entail/examples/none").json()["field"] == "example_id"
    assert client.get("/tasks/poetry/examples/none").json()["field"] == "task"
    assert client.get("/tasks/summarise/examples/none").status_code == 503
