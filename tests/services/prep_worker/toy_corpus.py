"""Small volumes in CAP's format, and a task simple enough that every row can be foretold."""

import json
import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cap_rlvr.answer import read_reply
from cap_rlvr.corpus import list_units
from cap_rlvr.task import GroundTruth, Probes, Task, nothing
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span
from cap_rlvr.wire.scoring import Reason, Score
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.clusters import gather
from services.prep_worker.find import Found, find_unit

WORDS = [
    "court",
    "appeal",
    "land",
    "grant",
    "deed",
    "heir",
    "trust",
    "writ",
    "jury",
    "verdict",
    "error",
    "trial",
    "order",
    "motion",
    "record",
    "party",
    "sale",
]


def text(seed: object, words: int = 300) -> str:
    """Prose of its own for every seed."""
    chance = random.Random(str(seed))
    return (
        " ".join(f"{chance.choice(WORDS)}{chance.randrange(1000)}x{chance.choice(WORDS)}" for _ in range(words)) + "."
    )


def style(page: int, reporter: str = "tex-crim") -> str:
    """A case's name, the page spelled in letters, since they alone tell parties apart."""
    return f"Case {reporter} {''.join('abcdefghij'[int(digit)] for digit in str(page))} v. State"


def case(page: int, volume: str = "1", reporter: str = "tex-crim", **fields: Any) -> dict[str, Any]:
    """One case's JSON; its text is its own unless given."""
    opinion = fields.pop("opinion", text((reporter, volume, page)))
    return {
        "id": fields.pop("id", hash_id(reporter, volume, page)),
        "name": style(page, reporter),
        "name_abbreviation": style(page, reporter),
        "decision_date": "1905-05-05",
        "docket_number": f"No. {reporter} {volume} {page}",
        "first_page": str(page),
        "last_page": str(page),
        "citations": [{"type": "official", "cite": f"{volume} {reporter} {page}"}],
        "court": {"id": 1, "name": "Court", "name_abbreviation": "Ct."},
        "jurisdiction": {"id": 1, "name": "Tex.", "name_long": "Texas"},
        "cites_to": [],
        "file_name": f"{page:04d}-01",
        "casebody": {"head_matter": "", "opinions": [{"type": "majority", "author": "", "text": opinion}]},
        "provenance": {"source": "Harvard"},
        **fields,
    }


def hash_id(reporter: str, volume: str, page: int) -> int:
    return sum(ord(letter) * 7919**place for place, letter in enumerate(f"{reporter}{volume}")) % 10**9 * 10_000 + page


def write_volume(root: Path, cases: Iterable[dict[str, Any]], volume: str = "1", reporter: str = "tex-crim") -> Path:
    path = root / reporter / f"{volume}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for fields in cases:
            archive.writestr(zipfile.ZipInfo(f"json/{fields['file_name']}.json"), json.dumps(fields))
        about = {"volume_number": volume, "reporter_slug": reporter}
        archive.writestr(zipfile.ZipInfo("metadata/VolumeMetadata.json"), json.dumps(about))
    return path


class Truth(GroundTruth):
    word: str


def find(case: Case) -> Iterator[Candidate | Refusal]:
    """One candidate a case; a docket with "refuse" gives none, one with "crash" is a bug of ours, one with "rare" a rarity."""
    if "crash" in case.docket_number:
        raise RuntimeError("a bug")
    if "refuse" in case.docket_number:
        yield Refusal(case_id=case.id, task="toy", reason="asked_to")
        return
    yield Candidate(
        task="toy",
        case_id=case.id,
        source_kind=case.source,
        kind="plain",
        block=case.id[-1],
        order=1,
        rare_as="odd" if "rare" in case.docket_number else "",
        payload={"word": case.first_page, "docket": case.docket_number},
    )


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """A row a candidate. The docket may ask for: bad (gold below the ceiling), eval (evaluation only), same (one
    query and gold for all), pair:<case> (the gold stands in another case)."""
    for block in blocks:
        for one in block:
            docket = one.payload["docket"]
            other = docket.partition("pair:")[2]
            spans = (Span(case_id=other, field="name", start=0, end=1, role="gold"),) if other else ()
            word = "bad" if "bad" in docket else "same" if "same" in docket else one.payload["word"]
            yield Row(
                id=f"toy:{one.case_id}",
                case_id=one.case_id,
                task="toy",
                inputs="same" if "same" in docket else f"{seed} {one.case_id}",
                spans=spans,
                source_kind=one.source_kind,
                kind="plain",
                evaluation_only="eval" in docket,
                truth={"word": word},
            )


def score(truth: Truth, completion: str) -> Score:
    reply = read_reply(completion)
    right = reply.answer == truth.word != "bad"
    if not right:
        return nothing(reply, "wrong", "It is wrong.")
    reason = Reason(code="right", text="It is right.")
    return Score(reward=1.0, strict=True, answer=reply.answer, reason=reason, parse_mode=reply.mode)


TOY: Task[Truth] = Task(
    name="toy",
    title="Toy",
    version="1",
    truth=Truth,
    example={"word": "yes"},
    template="Say it.\n{inputs}",
    ceiling=1.0,
    tags_required=False,
    find=find,
    assemble=assemble,
    gold=lambda truth: f"<answer>{truth.word}</answer>",
    score=score,
    probes=Probes(surface_forms=lambda truth: [], attacks=lambda truth, other, key: [], chains=lambda truth, key: []),
)


def searched(workspace: Workspace, *sources: Path) -> list[Found]:
    """Every unit of the sources, searched and gathered."""
    found = [find_unit(unit, [TOY], workspace) for source in sources for unit in list_units(source)]
    gather([unit.unit for unit in found], workspace)
    return found


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file's content by its path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def times(root: Path) -> dict[str, int]:
    """Every file's time of change by its path."""
    return {str(path): path.stat().st_mtime_ns for path in sorted(root.rglob("*")) if path.is_file()}
