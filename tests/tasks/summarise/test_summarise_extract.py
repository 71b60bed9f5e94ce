"""From a decision to a row: headnotes, facts, drafts, and the real sample."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from cap_rlvr.corpus import read_cases
from cap_rlvr.law.dispositions import read_disposition
from cap_rlvr.tasks.summarise import TASK
from cap_rlvr.tasks.summarise.compose import disposed
from cap_rlvr.tasks.summarise.headnotes import Names, as_clause, read_headnotes
from cap_rlvr.tasks.summarise.passages import MAX_CHARS, authorities, facts, rules, shown_ranges
from cap_rlvr.wire.case import Case, Citation, Court, Opinion, Origin, SourceKind
from cap_rlvr.wire.rows import Candidate, Refusal, Row

BRIEFS = tomllib.loads(Path(__file__).with_name("honest_briefs.toml").read_text(encoding="utf-8"))
HONEST = BRIEFS["honest"]
BLIND: dict[str, str] = {**BRIEFS["blind_tune"], **BRIEFS["blind_check"], **BRIEFS["blind_later"]}
DATA = Path(__file__).parents[4] / "shared" / "data"

TEXAS = """Will Marsh v. The State.
No. 3761.
Decided October 30, 1907.
1. —Theft From Person—Charge of Court.
Upon trial for theft from the person, a charge of the court which fails to submit the want of consent of the owner is reversible error.
2. —Same—Evidence.
Where upon trial for theft the State offers a part of a conversation, held, that the defendant may prove the rest of it. See opinion for facts.
Appeal from the District Court of Potter. Tried below before the Hon. J. H. Browning.
Appeal from a conviction of theft from the person; penalty, two years imprisonment in the penitentiary.
F. J. McCord, Assistant Attorney-General, for the State."""
GEORGIA = """Charles Seton vs. James R. Hanham.
Debt.
The term "State" when used in the Constitution of the United States, is confined to a member of the Confederacy.
It seems that the Sheriff is entitled to a fee.
The States possess the right of legislating on the subject of their own judgments."""


def test_headnotes_with_catchwords() -> None:
    notes = read_headnotes(TEXAS)
    assert notes is not None
    assert notes.topics == ("theft from person", "charge of court", "evidence")
    assert [one.text for one in notes.statements] == [
        (
            "Upon trial for theft from the person, a charge of the court which fails to submit the want of consent of the "
            "owner is reversible error"
        ),
        "Where upon trial for theft the State offers a part of a conversation, the defendant may prove the rest of it",
    ]
    assert notes.posture is not None
    assert notes.posture.text == "the case came up on an appeal from a conviction of theft from the person"
    assert "McCord" not in notes.text
    for one in notes.statements:
        assert TEXAS[one.start : one.end].split(maxsplit=1)[0] == one.text.split()[0]


def test_headnotes_without_catchwords() -> None:
    notes = read_headnotes(GEORGIA)
    assert notes is not None
    assert [one.text for one in notes.statements] == [
        "The term State when used in the Constitution of the United States, is confined to a member of the Confederacy",
        "The States possess the right of legislating on the subject of their own judgments",
    ]


@pytest.mark.parametrize(
    "head",
    ["", "Will Marsh v. The State.\nNo. 12.", "A v. B\nF. J. McCord, for the State.\nJ. Doe, for appellant."],
)
def test_no_headnotes(head: str) -> None:
    assert read_headnotes(head) is None


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("Evidence of a sale is admissible.", "evidence of a sale is admissible"),
        ("Marsh was convicted.", "Marsh was convicted"),
        ("The court erred", "the court erred"),
        ("Eli Marsh was convicted", "Eli Marsh was convicted"),
    ],
)
def test_clauses_keep_names(text: str, clause: str) -> None:
    assert as_clause(text, Names("He saw Marsh there, and evidence was heard.")) == clause


@pytest.mark.parametrize(
    ("verbs", "what", "said"),
    [
        (("affirmed",), "judgment", "the judgment is affirmed"),
        (("remanded", "reversed"), "judgment", "the judgment is reversed and the cause is remanded"),
        (("denied",), "motion", "the motion is denied"),
        (("dismissed",), "appeal", "the appeal is dismissed"),
        (("dismissed", "granted"), "motion", "the motion is granted and the case is dismissed"),
        (
            ("affirmed", "remanded", "reversed"),
            "decree",
            "the decree is affirmed and reversed and the cause is remanded",
        ),
    ],
)
def test_orders_in_words(verbs: tuple[str, ...], what: str, said: str) -> None:
    assert disposed(verbs, what) == said


OPINION = (
    "DAVIDSON, Judge. Appellant was convicted of theft from the person. He was seen by many. The witness, who was there, "
    "saw it. The prosecutor was asleep on a bench in the depot. We think the court erred in its charge. An owner must be "
    "shown to have given no consent. Long v. The State, 10 Texas Ct. App., 186. But see Short v. State, 11 Texas Crim., 4. "
    "That is so under article 878 of the Penal Code. The judgment is reversed and the cause is remanded."
)


def test_passages_are_short_whole_and_unsaid_by_parties() -> None:
    ranges = shown_ranges(OPINION)
    names = Names(OPINION)
    assert [one.text for one in facts(OPINION, ranges, names)] == [
        "appellant was convicted of theft from the person",
        "the prosecutor was asleep on a bench in the depot",
    ]
    assert [one.text for one in rules(OPINION, ranges, names)] == ["an owner must be shown to have given no consent"]
    assert [one.text for one in authorities(OPINION, ranges)] == [
        "Long v. The State, 10 Texas Ct. App., 186",
        "article 878 of the Penal Code",
    ]
    for one in (*facts(OPINION, ranges, names), *authorities(OPINION, ranges)):
        assert OPINION[one.start : one.end].lower() == one.text.lower()


def test_a_long_opinion_is_shown_in_part_and_to_its_end() -> None:
    text = "The horse was sold on credit. " * 1000
    (zero, one), (two, three) = shown_ranges(text)
    assert zero == 0
    assert three == len(text)
    assert one - zero + three - two <= MAX_CHARS
    assert text[:one].endswith(".")


def case(**changed: object) -> Case:
    told = (
        "Appellant was convicted of theft from the person. The prosecutor was asleep on a bench in the depot at night. "
        "A companion told the jury about a talk with the accused in the jail. Counsel wanted to bring out all of that talk, "
        "but was stopped. In its instruction to the jury the court below left out that the taking had to be without "
        "consent of the man who owned the purse. The offense is not made out where he was willing. An owner must be shown "
        "to have given no consent. Long v. The State, 10 Texas Ct. App., 186. As to the talk in the jail, the whole of a "
        "conversation may be proved by the other side where the State has offered a part of it, since a part alone may "
        "deceive. This theft was charged as one from the person, and the charge as given let the jury convict without "
        "that element. Other matters will not arise upon another trial. "
    )
    fields: dict[str, object] = {
        "id": "tex-crim/52/0001-01",
        "source": SourceKind.STATIC,
        "origin": Origin(file="52.zip"),
        "name": "Will Marsh v. The State",
        "name_abbreviation": "Marsh v. State",
        "decision_date": "1907-10-30",
        "reporter_slug": "tex-crim",
        "volume": "52",
        "citations": (Citation(type="official", cite="52 Tex. Crim. 1"),),
        "court": Court(name="Texas Court of Criminal Appeals"),
        "head_matter": TEXAS,
        "opinions": (
            Opinion(
                type="majority", text=f"DAVIDSON, Judge.\n{told}\nThe judgment is reversed and the cause is remanded."
            ),
        ),
    }
    return Case.model_validate(fields | changed)


def rows_of(cases: list[Case]) -> tuple[list[Row], Counter[str]]:
    candidates: list[Candidate] = []
    refused: Counter[str] = Counter()
    for one in cases:
        for found in TASK.find(one):
            if isinstance(found, Refusal):
                refused[found.reason] += 1
            else:
                candidates.append(found)
    rows = [row for row in TASK.assemble([candidates], "seed") if isinstance(row, Row)]
    return rows, refused


def test_a_decision_becomes_a_row() -> None:
    (row,), refused = rows_of([case()])
    assert not refused
    assert row.truth["ground_truth"]["disposition"] == ["remanded", "reversed"]
    assert row.truth["source"] == row.inputs
    assert [party["name"] for party in row.truth["ground_truth"]["key_parties"]] == ["Marsh", "State"]
    assert "reversible error" not in row.inputs  # the headnotes are not shown
    truth = TASK.read_truth(row.truth)
    assert TASK.score(truth, TASK.gold(truth)).strict
    roles = {span.role for span in row.spans}
    assert roles >= {"law", "shown", "syllabus"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"head_matter": ""}, "no_reference"),
        ({"opinions": ()}, "no_majority_opinion"),
        ({"opinions": (Opinion(type="majority", text="We think not. " * 200),)}, "no_disposition"),
        ({"opinions": (Opinion(type="majority", text="The judgment is affirmed."),)}, "short_opinion"),
    ],
)
def test_refusals(changed: dict[str, object], reason: str) -> None:
    rows, refused = rows_of([case(**changed)])
    assert not rows
    assert refused == {reason: 1}


@pytest.fixture(scope="module")
def real() -> dict[str, Case]:
    if not DATA.is_dir():
        pytest.skip("the real sample volumes (../shared/data) are absent")
    units = ("alaska/1.zip", "charlton/1.zip", "mich/2.zip", "ny-crim/20.zip", "tex-crim/31.zip", "tex-crim/52.zip")
    found = (one for unit in units for one in read_cases(DATA / "static.case.law" / unit, lambda _: None))
    return {one.id: one for one in found if one.id in {*HONEST, *BLIND}}


def judged(one: Case, text: str, with_headnotes: bool) -> float:
    notes, disposition = read_headnotes(one.head_matter), read_disposition(one.opinions)
    assert notes is not None
    verbs = disposition.verbs if disposition else ("overruled",)  # one only overrules an objection, which is no order
    shown = "\n".join(one.opinions[0].text[low:high] for low, high in shown_ranges(one.opinions[0].text))
    truth: dict[str, object] = {"source": f"{one.name_abbreviation}\n\n{shown}", "disposition": verbs}
    if with_headnotes:
        truth["syllabus"] = notes.text
    return TASK.judge(truth, f"<answer>{text}</answer>").reward


@pytest.mark.parametrize("with_headnotes", [True, False])
def test_honest_briefs_earn_nearly_all(real: dict[str, Case], with_headnotes: bool) -> None:
    earned = {name: judged(real[name], text, with_headnotes) for name, text in HONEST.items()}
    assert min(earned.values()) >= 0.9, earned


def test_most_briefs_by_someone_who_does_not_know_the_rules_are_paid(real: dict[str, Case]) -> None:
    earned = {name: judged(real[name], text, True) for name, text in BLIND.items()}
    assert sum(reward >= 0.6 for reward in earned.values()) >= 0.8 * len(earned), earned


def test_a_brief_of_another_decision_earns_nothing(real: dict[str, Case]) -> None:
    earned = {
        (name, other): judged(real[name], HONEST[other], True) for name in HONEST for other in HONEST if name != other
    }
    assert max(earned.values()) <= 0.05, earned


@pytest.fixture(scope="module")
def texas() -> list[Row]:
    if not DATA.is_dir():
        pytest.skip("the real sample volumes (../shared/data) are absent")
    cases = list(read_cases(DATA / "static.case.law" / "tex-crim" / "31.zip", lambda _: None))
    return rows_of(cases)[0]


def test_yield_of_a_real_volume(texas: list[Row]) -> None:
    assert len(texas) >= 14


def test_real_golds_are_strict_and_said_of_their_own_case_only(texas: list[Row]) -> None:
    truths = [TASK.read_truth(row.truth) for row in texas]
    assert all(TASK.score(truth, TASK.gold(truth)).strict for truth in truths)
    for constant in truths[:3]:
        earned = [TASK.score(truth, TASK.gold(constant)).reward for truth in truths if truth is not constant]
        assert sum(earned) / len(earned) <= 0.05


def test_real_probes_hold(texas: list[Row]) -> None:
    truths = [TASK.read_truth(row.truth) for row in texas[::6]]
    for index, truth in enumerate(truths):
        for form in TASK.probes.surface_forms(truth):
            assert TASK.score(truth, form.completion).reward >= form.limit, form
        for attack in TASK.probes.attacks(truth, truths[index - 1], str(index)):
            assert TASK.score(truth, attack.completion).reward <= attack.limit, attack


def test_spans_lie_in_their_fields(texas: list[Row]) -> None:
    cases = read_cases(DATA / "static.case.law" / "tex-crim" / "31.zip", lambda _: None)
    fields = {one.id: {"head_matter": one.head_matter, **_opinions(one)} for one in cases}
    for row in texas:
        for span in row.spans:
            assert 0 <= span.start < span.end <= len(fields[span.case_id][span.field])


def _opinions(one: Case) -> dict[str, str]:
    return {f"opinions/{place}": opinion.text for place, opinion in enumerate(one.opinions)}
