"""CAP's reporter slugs: `tex-crim` is `Tex. Crim.`, by an index over reporters-db."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, cast

# Slugs that reporters-db's own spelling does not give.
_OWN = {"charlton": "Charlton", "us-ct-cl": "Ct. Cl.", "wv-ct-cl": "Ct. Cl.", "jefferson": "Jeff.", "pr": "P.R.R."}


def slug_of(reporter: str) -> str:
    """CAP's slug of a reporter's short name: lower case, full stops gone, other marks to hyphens."""
    spelled = re.sub(r"[.'’]", "", reporter.lower())
    return re.sub(r"[^a-z0-9]+", "-", spelled).strip("-")


def short_name(slug: str) -> str:
    """The reporter's short name for a slug, or nothing where reporters-db has none."""
    return _index().get(slug, ("", ""))[0]


def reporter_title(slug: str) -> str:
    """The reporter's full title for a slug, or nothing where reporters-db has none."""
    return _index().get(slug, ("", ""))[1]


@cache
def _index() -> dict[str, tuple[str, str]]:
    """Slug -> (short name, title); editions before variations, so that a canonical spelling wins."""
    from reporters_db import REPORTERS

    reporters = [entry for entries in cast("dict[str, list[dict[str, Any]]]", REPORTERS).values() for entry in entries]
    index: dict[str, tuple[str, str]] = {}
    for entry in sorted(reporters, key=lambda entry: entry["cite_type"] == "neutral"):
        for edition in entry["editions"]:
            index.setdefault(slug_of(edition), (edition, entry["name"]))
    for entry in reporters:
        for spelling, edition in entry["variations"].items():
            index.setdefault(slug_of(spelling), (edition, entry["name"]))
    for slug, edition in _OWN.items():
        titles = [entry["name"] for entry in reporters if edition in entry["editions"]]
        index[slug] = (edition, titles[0] if titles else "")
    return index
