"""What an attacker may use against a citation: all of it but the first page."""

from __future__ import annotations

import re
from dataclasses import replace

from cap_rlvr.answer import normalise
from cap_rlvr.law import reporters
from cap_rlvr.task import Material
from cap_rlvr.tasks.bluebook.truth import BluebookTruth, Gold

_TEMPLATES = (
    "<answer>{cite}</answer>",
    "<answer>{volume} {reporter} {page} ({court}{year})</answer>",
    "<answer>{name}, {volume} {reporter} {page} ({court}{year})</answer>",
    "<answer>{volume} {reporter} {page}, {pin} ({court}{year})</answer>",
    "<answer>{volume} {reporter} {page}, {volume} {reporter} {pin} ({year})</answer>",
    "<answer>{cite}; {volume} {reporter} {page} ({year})</answer>",
    "<answer>{volume} {reporter} ({year})</answer>",
    "<answer>{volume} {reporter} {page}</answer>",
    "<answer>{volume}, {page}, {year}, {court}</answer>",
    "Citation: {volume} {reporter} {page} ({court}{year})",
    "{volume} {reporter} {page} ({court}{year})",
    "<answer>{volume} {reporter} at {pin} ({court}{year})</answer>",
)


def material(truth: BluebookTruth, other: BluebookTruth, key: str) -> Material:
    """The right volume, reporter, court, year and name, and pages that are near, but wrong."""
    del key
    gold, rival = Gold.of(truth), Gold.of(other)
    first = int(re.sub(r"\D", "", gold.locator.page) or 1)
    shifts = (1, -1, 2, 10, -10, 100, first)
    pages = tuple(str(first + shift) for shift in shifts if first + shift > 0)
    year = gold.year or 1900
    elsewhere = replace(gold.cited, locators=(replace(gold.locator, page=pages[0]),))
    return Material(
        _TEMPLATES,
        {
            "cite": (other.ground_truth, elsewhere.text, "1 U.S. 1 (1789)"),
            "volume": (gold.locator.volume, rival.locator.volume, str(int(gold.locator.volume) + 1), "____"),
            "reporter": (gold.locator.reporter, rival.locator.reporter, *reporters.variants(gold.reporter)[:4]),
            "page": (*pages, "____", "", "*", "xii", gold.locator.volume, "1"),
            "pin": (*pages, "n.1", "passim"),
            "court": (f"{gold.cited.court} " if gold.cited.court else "", "", "9th Cir. ", "Ct. App. "),
            "year": (str(year), str(year + 1), "1066", ""),
            "name": (*gold.names, "Co. v. Inc.", "State"),
        },
    )


def most(truth: BluebookTruth, completion: str) -> float:
    """0 where the number of the first page stands nowhere: the gate of the locator can't open; else 1."""
    page = re.sub(r"\D", "", Gold.of(truth).locator.page)
    text = re.sub(r"(?<=\d)[,.\s](?=\d{3}(?!\d))", "", normalise(completion)[0])
    return 1.0 if not page or re.search(rf"(?<!\d)0*{page}(?!\d)", text) else 0.0
