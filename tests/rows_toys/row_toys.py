"""Rows made of the tasks' examples, and the case that they say they come from, for the commands that show rows."""

import json
from pathlib import Path
from typing import Any

from cap_rlvr import registry
from cap_rlvr.wire.rows import Row

CASE = "tex-crim/31/0035-01"
_ENTAIL = registry.get("entail").example
SENTENCE = _ENTAIL["context"][slice(*_ENTAIL["evidence_span"])]
_BEFORE = "The bill was filed in May.\n"


def entail_row(row_id: str, label: str = "DISTINGUISHES", **fields: Any) -> Row:
    """A row whose passage is the whole opinion but its first line; another label than the example's is for counting only."""
    start = len(_BEFORE) + _ENTAIL["evidence_span"][0]
    spans = [
        {"case_id": CASE, "field": "opinions/0", "start": start, "end": start + len(SENTENCE), "role": "gold"},
        {"case_id": CASE, "field": "opinions/0", "start": len(_BEFORE), "end": 10_000, "role": "passage"},
    ]
    inputs = f"Citing case: Stone v. Weller\n\nPassage:\n{_ENTAIL['context']}"
    return row(row_id, "entail", {"inputs": inputs, "spans": spans, **fields}, {**_ENTAIL, "label": label})


def holding_row(row_id: str, **fields: Any) -> Row:
    spans = [{"case_id": CASE, "field": "opinions/0", "start": 0, "end": len(_BEFORE) - 1, "role": "gold"}]
    return row(row_id, "holding", {"kind": "we_hold", "spans": spans, **fields}, registry.get("holding").example)


def row(row_id: str, task: str, fields: dict[str, Any], truth: dict[str, Any]) -> Row:
    common = {
        "id": row_id,
        "case_id": CASE,
        "task": task,
        "inputs": f"The question of {row_id}.",
        "source_kind": "static",
    }
    return Row.model_validate({**common, **fields, "truth": truth})


def write_rows(workspace: Path, task: str, rows: list[Row], split: str = "train") -> None:
    """Write a split's file; the others are there and empty."""
    folder = workspace / "tasks" / task
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{split}.jsonl").write_text("".join(f"{one.model_dump_json()}\n" for one in rows))


def write_case(source: Path) -> None:
    """The case as a volume of static.case.law."""
    folder = source / "tex-crim" / "31" / "cases"
    folder.mkdir(parents=True)
    case = {
        "id": 1,
        "name": "Stone v. Weller",
        "name_abbreviation": "Stone v. Weller",
        "decision_date": "1892-01-05",
        "first_page": "35",
        "last_page": "37",
        "citations": [{"type": "official", "cite": "31 Tex. Crim. 35"}],
        "file_name": "0035-01",
        "casebody": {
            "head_matter": "",
            "opinions": [{"type": "majority", "author": "", "text": _BEFORE + _ENTAIL["context"]}],
        },
        "provenance": {"source": "Harvard"},
    }
    (folder / "0035-01.json").write_text(json.dumps(case))
    about = {"volume_number": "31", "reporter_slug": "tex-crim"}
    (folder.parent / "VolumeMetadata.json").write_text(json.dumps(about))
