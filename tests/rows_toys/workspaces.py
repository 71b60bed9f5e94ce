"""A workspace of a few rows of real tasks that the reward service can read, and the case behind them."""

import json
from pathlib import Path

from row_toys import entail_row, holding_row, write_case, write_rows

from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest
from cap_rlvr.wire.rows import SPLITS, Row

HOSTILE = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
LONG = "x" * 40_000


def make_workspace(folder: Path) -> Path:
    """Rows of entail and holding in all splits; one with markup, one of 40 kB in one word; the case where prep would look."""
    rows = {
        "entail": {
            "train": [entail_row(f"entail-{number}") for number in range(30)],
            "eval": [
                entail_row("entail-hostile", inputs=f"Passage:\n{HOSTILE}"),
                entail_row("entail-long", inputs=LONG),
            ],
            "test": [entail_row("entail-hidden")],
        },
        "holding": {"train": [_five_options(f"h{number}") for number in range(6)], "eval": [], "test": []},
    }
    for task, by_split in rows.items():
        for split, some in by_split.items():
            placed = [row.model_copy(update={"split": split}) for row in some]
            write_rows(folder, task, placed, split=split)
        place = folder / "tasks" / task
        write_manifest(
            place, Manifest(kind="rows", version="1", files=digest_files(place, [f"{name}.jsonl" for name in SPLITS]))
        )
    write_case(folder / "source")
    (folder / "cases").mkdir()
    (folder / "cases" / "sources.json").write_text(json.dumps([str(folder / "source")]))
    return folder


def _five_options(row_id: str) -> Row:
    row = holding_row(row_id)
    options = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCDE", row.truth["choices"], strict=True))
    return row.model_copy(update={"inputs": f"The court said [HOLDING] in {row_id}.\n\n{options}"})
