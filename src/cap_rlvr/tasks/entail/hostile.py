"""Texts that are meant to cost time, to crash a parser, or to carry a label past it; none names a relation honestly."""

from __future__ import annotations

from collections.abc import Iterator


def hostile(label: str) -> Iterator[tuple[str, str]]:
    """Long, malformed and slow texts."""
    yield "oversize", "a" * 100_000
    yield "oversize_with_answer", "a " * 50_000 + f"<answer>{label}</answer>"
    yield "nul_bytes", "\x00" * 1000
    yield "five_thousand_tags", "<answer>" * 5_000
    yield "five_thousand_pairs", f"<answer>{label}</answer><answer>x</answer>" * 700
    yield "spaces", f"<answer>{' ' * 30_000}</answer>"
    yield "brackets", "(" * 30_000
    yield "quotation_marks", '"' * 30_000
    yield "long_evidence", f"<answer>x</answer><evidence>{'the court ' * 3_000}</evidence>"
    yield "combining_marks", f"<answer>{label}{chr(0x301) * 10_000}</answer>"
    yield "surrogate", "\ud800"
    yield "label_two_thousand_times", f"<answer>{f'{label} ' * 2_000}</answer>"


def smuggled(label: str, context: str) -> Iterator[tuple[str, str]]:
    """The label where it is not an answer."""
    yield "echo_passage", context
    yield "echo_passage_in_answer", f"<answer>{context[:2_000]}</answer>"
    yield "echo_definitions", "OVERRULES: it declares … DISTINGUISHES: it declines … AFFIRMS: … NONE: …"
    yield "comment_in_answer", f"<answer><!-- {label} --></answer>"
    yield "key_value", f"<answer>label={label}</answer>"
    yield "json_in_answer", f'<answer>{{"label": "{label}"}}</answer>'
    yield "spaced_letters", f"<answer>{' '.join(label)}</answer>"
    yield "reversed", f"<answer>{label[::-1]}</answer>"
    yield "stem", f"<answer>{label[:-1]}</answer>"
    yield "attribute", f'<answer value="{label}"></answer>'
