"""What the code writes into docs/ is held equal to the code; run `make docs` where these fail."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from cap_rlvr import registry
from cap_rlvr.rewards.in_process import InProcess
from cap_rlvr.wire.scoring import RewardItem
from services.reward_api.documents import DOCUMENTS

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_those_of_the_code(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == DOCUMENTS[name](), "run: make docs"


def calls(name: str) -> list[str]:
    return re.findall(r"```bash\n(curl .*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)


def test_every_task_s_call_scores_its_ceiling() -> None:
    found = [json.loads(re.sub(r"\A.*<<'JSON'\n|\nJSON\n\Z", "", call)) for call in calls("ground_truth.md")]
    items = [RewardItem.model_validate(item) for item in found]
    assert [item.task for item in items] == list(registry.names())
    for item, result in zip(items, InProcess().score(items), strict=True):
        assert result.reward is not None
        assert result.reward >= registry.get(item.task).ceiling


@pytest.mark.parametrize("path", [DOCS.parent / "README.md", DOCS / "reward_api.md"], ids=lambda path: path.name)
def test_the_first_call_shown_gets_the_reply_shown(path: Path) -> None:
    call = re.search(r"/reward -H 'content-type: application/json' -d '(.*?)'\n```", path.read_text(), re.DOTALL)
    assert call
    (result,) = InProcess().score([RewardItem.model_validate_json(call[1])])
    told = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    said = result.model_dump(mode="json")
    said["parts"]["volume"].pop("note")
    for field in ("status", "reward", "strict", "answer", "reason"):
        assert json.dumps({field: said[field]})[1:-1] in told
    assert json.dumps({"volume": said["parts"]["volume"]})[1:-1] in told


@pytest.mark.parametrize("name", ["ground_truth.md", "reward_api.md"])
def test_calls_are_good_shell(name: str) -> None:
    assert calls(name)
    for call in calls(name):
        subprocess.run(["bash", "-n", "-c", call], check=True)


def test_every_call_of_the_document_is_described() -> None:
    document = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    told = (DOCS / "reward_api.md").read_text(encoding="utf-8")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), path
            assert f"{method.upper()} {path}" in told, path


def test_every_code_of_a_refusal_or_a_null_is_explained() -> None:
    service = DOCS.parent / "services" / "reward_api"
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(service.glob("*.py")))
    refused = re.findall(r'(?:Refused\(\s*\d{3}, |unauthorized\()"(\w+)"', code)
    null = re.findall(r'(?:our_error|unscorable)\([\w.]+, "(\w+)"', code)
    told = (DOCS / "reward_api.md").read_text(encoding="utf-8")
    assert len(set(refused)) > 20
    assert len(set(null)) > 8
    assert [one for one in (*refused, *null) if f"`{one}`" not in told] == []
