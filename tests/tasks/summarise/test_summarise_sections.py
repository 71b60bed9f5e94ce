"""The parts of a brief in its text."""

import pytest

from cap_rlvr.tasks.summarise.disposed import agreement, contrary_of
from cap_rlvr.tasks.summarise.sections import NAMES, outline

BODY = {
    "issue": "Is the note void?",
    "rule": "A note given for whisky is void by statute.",
    "application": "The note was given for whisky.",
    "conclusion": "The judgment is reversed.",
}


def brief(pattern: str, join: str = "\n", **names: str) -> str:
    return join.join(pattern.format(names.get(name, name.capitalize()), text) for name, text in BODY.items())


@pytest.mark.parametrize(
    "text",
    [
        brief("{}: {}"),
        brief("**{}:** {}"),
        brief("**{}**: {}"),
        brief("## {}\n{}"),
        brief("**{}**\n{}"),
        brief("- {}: {}"),
        brief("{} - {}"),
        brief("> {}: {}"),
        brief("{}: {}", " "),
        brief("{}:\n{}", "\n\n"),
        brief("{}: {}", issue="1. Issue", rule="2) Rule", application="iii. Application", conclusion="4. Conclusion"),
        brief("{}: {}", issue="Question Presented", rule="Rule of Law", application="Analysis"),
        "Brief of Smith v. Jones\n" + brief("{}: {}"),
    ],
)
def test_headings(text: str) -> None:
    found = outline(text)
    assert not found.fault
    assert tuple(one.name for one in found.sections) == NAMES
    assert [one.text for one in found.sections] == list(BODY.values())


def test_phrases_in_the_place_of_headings() -> None:
    text = (
        "The question is whether the note is void. Under the statute, a note given for whisky is void. "
        "Here the note was given for whisky. Therefore the judgment is reversed."
    )
    assert [one.name for one in outline(text).sections] == list(NAMES)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Issue: a?\nRule: b.\nConclusion: c.", "missing_section"),
        ("Rule: b.\nIssue: a?\nApplication: c.\nConclusion: d.", "sections_out_of_order"),
        (brief("{}: {}") + "\nIssue: again?", "sections_out_of_order"),
        ("Issue:\nRule: b.\nApplication: c.\nConclusion: d.", "missing_section"),
        ("word " * 30 + "\n" + brief("{}: {}"), "text_outside_sections"),
        ("The note is void and that is all.", "missing_section"),
        ("", "missing_section"),
    ],
)
def test_faults(text: str, fault: str) -> None:
    assert outline(text).fault == fault


@pytest.mark.parametrize(
    ("said", "true", "value", "contrary"),
    [
        ("The judgment is affirmed.", {"affirmed"}, 1.0, False),
        ("The court upheld the conviction.", {"affirmed"}, 1.0, False),
        ("We reverse and remand.", {"reversed", "remanded"}, 1.0, False),
        ("The judgment is reversed.", {"reversed", "remanded"}, 0.5, False),
        ("The judgment is reversed.", {"affirmed"}, 0.0, True),
        ("The judgment is not affirmed.", {"affirmed"}, 0.0, True),
        ("The court declined to affirm it.", {"affirmed"}, 0.0, True),
        ("It is affirmed or reversed.", {"affirmed"}, 0.0, True),
        ("It is affirmed in part and reversed in part.", {"affirmed", "reversed"}, 1.0, False),
        ("A new trial should have been granted; the judgment is reversed.", {"reversed"}, 1.0, False),
        ("The motion is denied.", {"granted"}, 0.0, True),
        ("The appeal is dismissed.", {"remanded"}, 0.0, True),
        ("The order is affirmed and the cause discharged.", {"affirmed"}, 0.75, False),
        ("The matter is at an end.", {"affirmed"}, 0.0, False),
    ],
)
def test_what_a_conclusion_says(said: str, true: set[str], value: float, contrary: bool) -> None:
    assert agreement(said, frozenset(true)) == (value, contrary)


@pytest.mark.parametrize("true", [("affirmed",), ("denied",), ("remanded", "reversed"), ("remanded",), ("discharged",)])
def test_the_contrary_is_contrary(true: tuple[str, ...]) -> None:
    verb, _ = contrary_of(true)
    assert agreement(f"The judgment is {verb}.", frozenset(true))[1]
