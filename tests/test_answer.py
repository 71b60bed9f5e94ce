"""The answer convention: what is read from a reply, and what it costs."""

import time

import pytest

from cap_rlvr.answer import MAX_HITS, read_reply


@pytest.mark.parametrize(
    ("completion", "answer", "mode", "fault"),
    [
        ("<answer>x</answer>", "x", "tag", None),
        ("<ANSWER> x\n</ANSWER> and <answer>x</answer>", "x", "tag", None),
        ("<answer></answer><answer>x</answer>", "x", "tag", None),
        ("\uff1canswer\uff1ex\uff1c/answer\uff1e", "x", "tag", None),
        ("<think><answer>y</answer></think><answer>x</answer>", "x", "tag", None),
        ("<answer>y</answer></think><answer>x</answer>", "x", "tag", None),
        ("\\boxed{x}", "x", "boxed", None),
        ("So.\n**Final answer:** x", "x", "line", None),
        ("x", "x", "bare", None),
        ("<answer>x</answer><answer>y</answer>", None, "none", "conflicting_answers"),
        ("Answer: x\nAnswer: y", None, "none", "conflicting_answers"),
        ("<answer><answer>x</answer></answer>", None, "none", "unbalanced_tags"),
        ("<answer>x", None, "none", "unbalanced_tags"),
        ("<think>x", None, "none", "unclosed_think"),
        ("<think><answer>x</answer></think>", None, "none", "no_answer"),
        ("x\ny", None, "none", "no_answer"),
        ("x" * 32_001, None, "none", "oversize"),
        ("\ufdfa" * 10_000, None, "none", "oversize"),
        ("<answer>x</answer>" * MAX_HITS, None, "none", "unbalanced_tags"),
        ("Answer: x\n" * (MAX_HITS + 1), None, "none", "conflicting_answers"),
        ("<think></think>" * MAX_HITS + "x", None, "none", "unclosed_think"),
    ],
)
def test_what_is_read(completion: str, answer: str | None, mode: str, fault: str | None) -> None:
    reply = read_reply(completion)
    assert (reply.answer, reply.mode, reply.fault) == (answer, mode, fault)


def test_tags_required() -> None:
    assert read_reply("Answer: x", tags_required=True).fault == "no_answer"


def test_evidence_points_into_what_was_sent() -> None:
    completion = "\u200b\ufb01<think>\u200be\u0301</think>\u200b<answer>\u200b\u00bd x</answer>"
    reply = read_reply(completion)
    assert reply.answer == "1\u20442 x"
    at = reply.answer_start + reply.answer.index("x")
    place = reply.evidence(at, at + 1)
    assert completion[place.start : place.end] == "x"


@pytest.mark.parametrize(
    "completion",
    [
        "a" + "\u0300" * 7_900 + "\u0316" * 7_900,  # sorted into canonical order: quadratic in one run
        "a" + "\u0300\u0316" * 7_900,
        "\u200b<think></think>" * 1_700,
        "a\u200b" * 2_000 + "<think></think>a" * 240 + "\u00e9" * 6_000,
        "".join(map(chr, range(0xAC00, 0xAC00 + 10_600))),
        "\u00e9<answer></answer>" * 1_600,
        "Answer:\u00e9\n" * 3_200,
        "\\boxed{\u00e9}" * 3_000,
    ],
)
def test_no_text_is_dear_to_read(completion: str) -> None:
    def seconds(text: str) -> float:
        start = time.process_time()
        read_reply(text)
        return time.process_time() - start

    plain = min(seconds("caf\u00e9 au lait " * 2_100) for _ in range(5))  # as long, and honest
    # A text of ten thousand different characters is looked up one by one: eight times the time.
    assert min(seconds(completion) for _ in range(5)) < 15 * plain


def test_what_a_box_holds_in_tex_is_read_and_a_box_is_never_passed_over() -> None:
    assert read_reply(r"So it is $\boxed{\text{B}}$.").answer == "B"
    assert read_reply(r"\boxed{{B}}").answer == "B"
    assert read_reply(r"\boxed{\frac{1}{2}}").answer == r"\frac{1}{2}"
    assert read_reply(r"\boxed{B} \boxed{\text{A}}").fault == "conflicting_answers"
    assert read_reply("Answer: B\nAnswer: \\boxed A").fault == "conflicting_answers"
    reply = read_reply(r"It is \boxed{\text{ B }}.")
    assert reply.text[reply.answer_start : reply.answer_start + 1] == reply.answer == "B"
