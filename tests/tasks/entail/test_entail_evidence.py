"""The treatment's sentence -> the words that prove it: neighbours that fit, no headings, no other case's sentence."""

import pytest

from cap_rlvr.law.passages import Passages, Region
from cap_rlvr.law.treatment import CUE, sentences
from cap_rlvr.tasks.entail.evidence import evidence_for

KNOWN = "Cole v. Ames, 81 Mich. 4 (1890). Burr v. Stout, 82 Mich. 9 (1891). "
NO_SUPPORT = "The opinion recited no evidence that supported the claim in any way."


@pytest.mark.parametrize(
    ("told", "evidence"),
    [
        (
            f"{NO_SUPPORT} Cole is distinguishable. In Burr, the issue was whether rent was due at all.",
            f"{NO_SUPPORT} Cole is distinguishable.",
        ),
        (
            f"{NO_SUPPORT} Id. As such, Cole is distinguishable. In Gilliam, the issue was whether rent was due at all.",
            "Id. As such, Cole is distinguishable.",
        ),
        (
            "Cole is distinguishable. There the tenant knew of the breach.",
            "Cole is distinguishable. There the tenant knew of the breach.",
        ),
        (
            "This Court clearly rejected that in Cole. We reaffirm that holding.F.Whether the Rent Is DueClark argues that it is.",
            "This Court clearly rejected that in Cole. We reaffirm that holding.",
        ),
        (
            "To the extent that Cole conflicts with this analysis, it is hereby overruled.III.32. In this case, the tenant paid.",
            "To the extent that Cole conflicts with this analysis, it is hereby overruled.",
        ),
        (
            (
                "This Court, which sat in March, has clearly rejected this assertion of the tenant in Cole v. Ames, 81 Mich. 4, 6 "
                '(1890) ("We are not persuaded that the wording of the lease is so vague that it can bind no one."). We reaffirm '
                "that holding.F.Whether the Rent Is Due{69} Clark argues that it is."
            ),
            'We are not persuaded that the wording of the lease is so vague that it can bind no one."). We reaffirm that holding.',
        ),
        (
            "The rent was due.Ill{39} For these reasons, we reaffirm our decision in Cole. The barn was let.",
            "For these reasons, we reaffirm our decision in Cole.",
        ),
        (
            "The rent was due. IllFor these reasons, we reaffirm our decision in Cole. The barn was let.",
            "For these reasons, we reaffirm our decision in Cole.",
        ),
        (
            "{12} We therefore overrule our decision in Cole.12. The barn was let.",
            "We therefore overrule our decision in Cole.",
        ),
        ("We overrule Cole, decided at 5 p.m. The barn was let.", "We overrule Cole, decided at 5 p.m."),
    ],
)
def test_the_words_that_prove_a_treatment(told: str, evidence: str) -> None:
    text = KNOWN + told
    passages = Passages(text)
    region = Region(tuple(one for one in sentences(passages.cases, 0, len(text)) if one.start >= len(KNOWN)))
    place = next(i for i, one in enumerate(region.sentences) if CUE.search(one.text))
    cole = passages.cases.full[0].key
    mentions = [one for sentence in region.sentences for one in sentence.mentions if one.cited.key == cole]
    found = evidence_for(text, region, place, mentions[-1])
    assert found
    assert text[found.start : found.end] == evidence
    assert region.sentences[found.first].start <= found.start
    assert found.end <= region.sentences[found.last - 1].end
