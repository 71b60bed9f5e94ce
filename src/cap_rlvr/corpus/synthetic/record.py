"""A written case as CAP's JSON record, and what is true of it by construction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cap_rlvr.corpus.synthetic.analysis import analysis
from cap_rlvr.corpus.synthetic.decisions import CAP_ID_BASE, Cite, Decision, decision
from cap_rlvr.corpus.synthetic.headmatter import write_head_matter
from cap_rlvr.corpus.synthetic.opinion import author_line, write_majority, write_memorandum
from cap_rlvr.corpus.synthetic.plan import Plan
from cap_rlvr.corpus.synthetic.posture import Scene, make_scene
from cap_rlvr.corpus.synthetic.prose import Mark, Prose, misread
from cap_rlvr.corpus.synthetic.separate import Written, separate_opinions


@dataclass(frozen=True)
class Record:
    """``case`` is the JSON object of the volume zip, ``truth`` the line of truth.jsonl."""

    case: dict[str, Any]
    truth: dict[str, Any]


def make_record(plan: Plan, index: int, ocr_per_million: int) -> Record:
    """Write the case at a place of the corpus."""
    case = decision(plan, index)
    scene = make_scene(plan, case)
    if plan.volume_of(index).memoranda:
        scene = replace(scene, rehearing="")
        head = write_head_matter(scene, syllabus=False)
        written = [Written("majority", "PER CURIAM.", write_memorandum(scene))]
    else:
        head = write_head_matter(scene)
        written = [Written("majority", author_line(scene), write_majority(scene)), *separate_opinions(scene)]
    head_text = _printed(scene, head.prose, "head", ocr_per_million)
    texts = [_printed(scene, item.prose, str(place), ocr_per_million) for place, item in enumerate(written)]
    body = {
        "judges": head.judges,
        "parties": [case.caption if case.caption.endswith(".") else f"{case.caption}."],
        "opinions": [
            {"text": text, "type": item.type, "author": item.author} for item, text in zip(written, texts, strict=True)
        ],
        "attorneys": head.attorneys,
        "corrections": "",
        "head_matter": head_text,
    }
    full_text = "\n".join([head_text, *texts])
    fields = {
        **_fields(case),
        "cites_to": [entry for place, item in enumerate(written) for entry in _cites_to(item.prose, place)],
        "analysis": analysis(full_text),
        "last_updated": "2026-01-01T00:00:00+00:00",
        "casebody": body,
        "file_name": case.file_name,
        "first_page_order": case.page + 18,
        "last_page_order": case.last_page + 18,
        "provenance": {"date_added": "2026-01-01", "source": "synthetic", "batch": f"seed-{plan.seed}"},
    }
    return Record(fields, _truth(scene, [("head_matter", head.prose), *_named(written)], head_text, texts))


def _printed(scene: Scene, prose: Prose, part: str, ocr_per_million: int) -> str:
    text = prose.text()
    return misread(text, prose.marks, ocr_per_million, scene.chance(f"scan {part}")) if ocr_per_million else text


def _named(written: list[Written]) -> list[tuple[str, Prose]]:
    return [(f"opinions/{place}", item.prose) for place, item in enumerate(written)]


def _fields(case: Decision) -> dict[str, Any]:
    number, name, name_long = case.system.jurisdiction
    return {
        "id": case.cap_id,
        "name": case.caption,
        "name_abbreviation": case.name,
        "decision_date": date.fromordinal(case.day).isoformat(),
        "docket_number": case.docket,
        "first_page": str(case.page),
        "last_page": str(case.last_page),
        "citations": [
            {"type": "parallel" if place else "official", "cite": str(cite)} for place, cite in enumerate(case.cites)
        ],
        "court": {"name_abbreviation": case.court.abbreviation, "id": case.court.id, "name": case.court.name},
        "jurisdiction": {"id": number, "name_long": name_long, "name": name},
    }


def _cites_to(prose: Prose, opinion: int) -> list[dict[str, Any]]:
    """CAP's list of what an opinion cites: one entry a printed place, repeated citations as its weight."""
    entries: dict[str, dict[str, Any]] = {}
    for cited, pin in prose.cites:
        for place, cite in enumerate(cited.cites):
            entry = entries.setdefault(str(cite), _entry(cited, cite, opinion))
            entry["weight"] += 1
            if pin and place == 0:
                entry["pin_cites"].append({"page": str(pin)})
    return [_trimmed(entry) for entry in entries.values()]


def _entry(cited: Decision, cite: Cite, opinion: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"cite": str(cite), "category": cite.series.category, "reporter": cite.series.short}
    if cited.index is not None:
        entry["case_ids"] = [CAP_ID_BASE + cited.index]
    entry |= {"weight": 0, "year": cited.year, "pin_cites": [], "opinion_index": opinion}
    if cited.index is not None:
        entry["case_paths"] = [f"/{cited.case_id}"]
    return entry


def _trimmed(entry: dict[str, Any]) -> dict[str, Any]:
    """CAP leaves out a weight of one and an empty list of pin pages."""
    if entry["weight"] == 1:
        del entry["weight"]
    if not entry["pin_cites"]:
        del entry["pin_cites"]
    return entry


def _truth(scene: Scene, parts: list[tuple[str, Prose]], head_text: str, texts: list[str]) -> dict[str, Any]:
    case = scene.case
    printed = dict(zip((name for name, _ in parts), (head_text, *texts), strict=True))
    marks = [(name, mark, printed[name][mark.start : mark.end]) for name, prose in parts for mark in prose.marks]
    orders = [(name, mark, text) for name, mark, text in marks if mark.role == "disposition"]
    granted = [(name, mark, text) for name, mark, text in marks if mark.role == "rehearing"]
    order = granted[-1] if scene.rehearing == "granted" else orders[-1]
    return {
        "case_id": case.case_id,
        "id": case.cap_id,
        "name": case.name,
        "area": case.doctrine.area,
        "point": case.doctrine.name,
        "claimant_prevails": case.yes,
        "parties": {"claimant": case.claimant.full, "respondent": case.respondent.full},
        "roles": list(case.doctrine.roles),
        "holdings": [
            {**_place(name, mark, text), "holding": mark.facts["holding"], "point": mark.facts["point"]}
            for name, mark, text in marks
            if mark.role == "hold"
        ],
        "disposition": {**_place(*order), "verbs": list(scene.verbs), "rehearing": scene.rehearing},
        "relations": [_relation(name, mark, text) for name, mark, text in marks if mark.role == "relation"],
        "authorities": list(dict.fromkeys(cited.key for _, prose in parts for cited, _ in prose.cites)),
    }


def _place(name: str, mark: Mark, text: str) -> dict[str, Any]:
    return {"field": name, "start": mark.start, "end": mark.end, "sentence": text}


def _relation(name: str, mark: Mark, text: str) -> dict[str, Any]:
    cited: Decision = mark.facts["cited"]
    relation = {
        **_place(name, mark, text),
        "label": mark.facts["label"],
        "cited": {
            "name": cited.name,
            "cites": [str(cite) for cite in cited.cites],
            "year": cited.year,
            "court": cited.court.abbreviation,
            "case_id": cited.case_id,
            "id": cited.cap_id,
        },
    }
    if "holding" in mark.facts:
        relation["holding"] = mark.facts["holding"]
    return relation
