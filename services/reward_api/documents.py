"""``python -m services.reward_api.documents [FOLDER]``: the parts of `docs/` that the code itself writes.

`openapi.json` is the service's document; `ground_truth.md` shows each task's ground truth, with a call that scores.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cap_rlvr import registry
from cap_rlvr.task import Task
from cap_rlvr.wire.files import write_whole
from services.reward_api import tasks

_ROOT = Path(__file__).parents[2]
_URL = "http://localhost:8100"
_INTRODUCTION = """# Ground truth by task

What the reward service must know to judge a completion. A row of a prepared workspace holds these fields beside its own;
over HTTP they are an item's `ground_truth`, unless it names a prepared row by `example_id`. A required field that is
missing makes the item `unscorable`, naming it; an optional one that is missing drops its part of the reward, and the
others' weights grow to fill its place.

Each call below works as it stands against `make serve`, and scores what is said. The service tells the same, and the prompt's
template: `curl -s {url}/tasks/holding`. `make docs` writes this page from the tasks, and a test holds it equal to
them.
"""


def openapi() -> str:
    """The service's OpenAPI document."""
    from services.reward_api.app import create_app
    from services.reward_api.settings import Settings

    document = create_app(Settings(workspace=Path("workspace"), workers=1)).openapi()
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def ground_truth() -> str:
    """The page of all tasks' ground truths."""
    pages = [_page(registry.get(name)) for name in registry.names()]
    return "\n".join([_INTRODUCTION.format(url=_URL), *pages])


def _page(task: Task[Any]) -> str:
    item = tasks.sample(task).model_dump(mode="json", exclude_none=True)
    verdict = task.judge(item["ground_truth"], item["completion"])
    schema = task.truth.model_json_schema()
    return "\n".join(
        (
            f"## {task.name}: {task.title}",
            "",
            schema["description"],
            "",
            *_table(schema),
            *(line for name, inner in schema.get("$defs", {}).items() for line in _inner(name, inner)),
            f"The canonical answer to the task's example, with reward {verdict.reward:g}:",
            "",
            "```bash",
            f"curl -s {_URL}/reward -H 'content-type: application/json' -d @- <<'JSON'",
            _laid_out(item),
            "JSON",
            "```",
            "",
            "<details><summary>JSON schema</summary>",
            "",
            "```json",
            json.dumps(schema, indent=1, ensure_ascii=False),
            "```",
            "",
            "</details>",
            "",
        )
    )


def _inner(name: str, schema: dict[str, Any]) -> list[str]:
    return [f"`{name}`: {schema['description']}", "", *_table(schema)]


def _table(schema: dict[str, Any]) -> list[str]:
    rows = [_row(name, field, schema) for name, field in schema["properties"].items()]
    return ["| field | | type |", "|---|---|---|", *rows, ""]


def _row(name: str, field: dict[str, Any], schema: dict[str, Any]) -> str:
    return f"| `{name}` | {'required' if name in schema.get('required', ()) else ''} | {_type(field)} |"


def _type(field: dict[str, Any]) -> str:
    """A field's type in a few words."""
    if "$ref" in field:
        return f"object (`{field['$ref'].rpartition('/')[2]}`)"
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if "enum" in field:
        return ", ".join(f"`{value}`" if value else "empty" for value in field["enum"])
    if "prefixItems" in field:
        kinds = list(dict.fromkeys(_type(one) for one in field["prefixItems"]))
        return f"list of {field['maxItems']}: {', '.join(kinds)}"
    made = {
        "array": lambda: f"list{_bounds(field, 'minItems', 'maxItems')} of {_type(field['items'])}",
        "string": lambda: f"text{_bounds(field, 'minLength', 'maxLength', ' characters')}",
    }
    return made.get(field["type"], lambda: f"{field['type']}{_bounds(field, 'minimum', 'maximum')}")()


def _bounds(field: dict[str, Any], least: str, most: str, unit: str = "") -> str:
    low, high = field.get(least), field.get(most)
    if high is None:
        return "" if low is None else f" ({low} or more{unit})"
    return f" (up to {high}{unit})" if low is None else f" ({low} to {high}{unit})"


def _laid_out(item: dict[str, Any]) -> str:
    """The item with a line for each of its fields and of its truth's."""
    truth = ",\n    ".join(f"{json.dumps(name)}: {_compact(value)}" for name, value in item["ground_truth"].items())
    first = (f"{json.dumps(name)}: {_compact(item[name])}" for name in ("task", "completion"))
    return "{\n  " + ",\n  ".join((*first, '"ground_truth": {\n    ' + truth + "\n  }")) + "\n}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


DOCUMENTS = {"openapi.json": openapi, "ground_truth.md": ground_truth}


def main(folder: Path) -> None:
    """Write them all."""
    for name, make in DOCUMENTS.items():
        write_whole(folder / name, make())
        sys.stdout.write(f"Wrote {folder / name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else _ROOT / "docs")
