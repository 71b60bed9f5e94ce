"""The Prometheus rules: what they read is what the service tells, and they ring when they should and not else."""

import shutil
import subprocess
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from toys import ROOT, item

from services.reward_api.drift import version_of

ALARMS = ROOT / "services" / "reward_api" / "alarms"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((ALARMS / "reward.rules.yml").read_text())["groups"] for rule in group["rules"]
]
PROMTOOL = shutil.which("promtool")
# Prometheus adds these to what it reads.
ADDED = {"job", "instance"}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian has it in the package prometheus)")
@pytest.mark.parametrize("words", [("check", "rules", "reward.rules.yml"), ("test", "rules", "reward.rules.test.yml")])
def test_promtool_agrees(words: tuple[str, ...]) -> None:
    assert PROMTOOL
    *command, file = words
    ran = subprocess.run([PROMTOOL, *command, str(ALARMS / file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def told(client: TestClient) -> dict[str, set[str]]:
    """The labels of each series at `/metrics`."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def selectors(expression: str) -> list[Any]:
    found: list[Any] = []

    def look(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(expression), pre_visit=look)
    return found


def test_every_series_of_the_rules_is_there_with_its_labels(client: TestClient) -> None:
    client.post("/reward", json={**item("yes"), "policy": "policy-v3-12345678"})
    client.post("/reward", json={"items": []})
    series = told(client) | {"up": set()}
    records = {rule["record"]: {"task", "policy"} for rule in RULES if "record" in rule}
    for rule in RULES:
        for selector in selectors(rule["expr"]):
            assert selector.name in series | records, rule
            labels = {matcher.name for matcher in selector.matchers.matchers}
            assert labels <= ADDED | (series | records)[selector.name], rule


def test_every_alarm_is_explained_and_tried() -> None:
    explained = (ROOT / "docs" / "reward_alarms.md").read_text()
    tried = (ALARMS / "reward.rules.test.yml").read_text()
    for rule in RULES:
        if "alert" in rule:
            assert f"## {rule['alert']}\n" in explained
            assert rule["annotations"]["runbook"] == f"docs/reward_alarms.md#{rule['alert'].lower()}"
            assert f"alertname: {rule['alert']}\n        exp_alerts" in tried


@pytest.fixture
def before(client: TestClient) -> dict[tuple[str, ...], float]:
    return values(client)


def values(client: TestClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_is_counted(client: TestClient, before: dict[tuple[str, ...], float]) -> None:
    named = {"policy": "policy-v41-deadbeef"}
    items = [
        {**item("<answer>yes</answer>"), **named},
        {**item("no"), **named},
        {**item(""), **named},
        {"task": "toy", "completion": "yes", "ground_truth": {}, **named},
        {**item([{"role": "user", "content": "?????"}, {"role": "assistant", "content": "yes"}])},
        {"task": "nowhere", "completion": "yes", "ground_truth": {}, **named},
    ]
    client.post("/reward", json={"items": items})
    client.post("/reward", json={"items": items})
    client.post("/rescore", json={"items": [{"item": items[0], "former": {"status": "error"}}]})
    client.post("/compat/slime", json={"prompt": "", "response": "yes", "label": {"task": "toy", "word": "yes"}})
    gained = {name: value - before.get(name, 0) for name, value in values(client).items()}

    def of(name: str, policy: str, *more: str) -> float:
        return gained[(name, *more, f"policy={policy}", "task=toy")]

    assert of("reward_scored_items_total", "named") == 6
    assert of("reward_null_items_total", "named") == 2
    assert of("reward_points_total", "named") == 2
    assert of("reward_strict_items_total", "named") == 2
    assert of("reward_completion_characters_total", "named") == 2 * (len("<answer>yes</answer>") + 2)
    assert of("reward_parsed_items_total", "named", "mode=tag") == 2
    assert of("reward_parsed_items_total", "named", "mode=none") == 2
    assert of("reward_scored_items_total", "none") == 3
    assert of("reward_completion_characters_total", "none") == 9, "of a chat the assistant's words count"
    assert values(client)[("reward_policy_version", "task=toy")] == 41


def test_nobody_can_add_series(client: TestClient) -> None:
    client.post("/reward", json=item("a first answer"))
    count = len(values(client))
    for number in range(30):
        strange = {"task": f"task-{number}", "policy": f"policy-{number}-v{number}x", "group_id": str(number)}
        client.post("/reward", json={**item(f"no {number}"), **strange})
        client.post("/reward", json={**item(f"no {number}"), "policy": f"step-{number}"})
        client.get(f"/nowhere/{number}")
    assert len(values(client)) <= count + 6


@pytest.mark.parametrize(
    ("policy", "version"),
    [
        ("policy-v12-1a2b3c4d", 12),
        ("policy-v7-12345678", 7),
        ("step-1200", 1200),
        ("qwen3-4b-step100", 100),
        ("run/Step_9", 9),
        ("300", 300),
        ("v0", 0),
        ("qwen3-4b", None),
        ("", None),
        ("v123456789012345", None),
    ],
)
def test_the_version_in_a_policy_s_name(policy: str, version: int | None) -> None:
    assert version_of(policy) == version
