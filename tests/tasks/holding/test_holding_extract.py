"""Cases -> candidates: masking, roles and refusals; and the same over real volumes."""

import re
from collections import Counter
from pathlib import Path

import pytest

from cap_rlvr.corpus import read_cases
from cap_rlvr.tasks.holding.excerpt import (
    GAP,
    MASK,
    MAX_CHARS,
    MIN_CHARS,
    OTHER_MASK,
    gapped,
    stems,
    visible_chars,
)
from cap_rlvr.tasks.holding.extract import Offer, find
from cap_rlvr.tasks.holding.roles import Names
from cap_rlvr.wire.case import Case, Citation, Opinion, Origin, SourceKind
from cap_rlvr.wire.rows import Candidate, Refusal

DATA = Path(__file__).parents[4] / "shared" / "data"
RULE = "a landlord who accepts rent after a breach gives up the right to end the lease for that breach"
FILLER = (
    "The tenant paid rent on his lease each month and the agent wrote a receipt. The agent kept no copy of any letter he sent. "
    * 14
)


def _case(text: str, head: str = "", name: str = "Bolton v. Harker", kind: str = "majority") -> Case:
    return Case(
        id="mich/1/0001-01",
        source=SourceKind.STATIC,
        origin=Origin(file="x.zip"),
        name=name,
        decision_date="1901-02-03",
        head_matter=head,
        opinions=(Opinion(type=kind, text=text),),
    )


def _offers(case: Case) -> list[Offer]:
    return [Offer.model_validate(item.payload) for item in find(case) if isinstance(item, Candidate)]


def _reasons(case: Case) -> list[str]:
    return [item.reason for item in find(case) if isinstance(item, Refusal)]


def test_we_hold_is_masked_and_other_holdings_with_it() -> None:
    text = f"{FILLER}We hold that {RULE}. {FILLER}We also hold that the clerk of the agent had no power to sell the barn. The judgment is affirmed."
    offers = _offers(_case(text))
    assert [offer.holding for offer in offers] == [
        f"A{RULE[1:]}.",
        "The clerk of the agent had no power to sell the barn.",
    ]
    for offer in offers:
        assert text[offer.start : offer.end].rstrip(".").lower() == offer.holding.rstrip(".").lower()
        for shown in offer.excerpts:
            assert shown.count(MASK) == 1
            assert "gives up the right" not in shown
            assert "power to sell" not in shown
            assert visible_chars(shown) >= MIN_CHARS
            assert len(shown) <= MAX_CHARS + 50


def test_sentences_that_say_the_holding_again_are_masked() -> None:
    again = "When a landlord accepts rent after the breach he gives up ending the lease."
    [offer] = _offers(_case(f"{FILLER}{again} We hold that {RULE}. {FILLER}"))
    assert again not in offer.excerpts[0]
    assert OTHER_MASK in offer.excerpts[0]


def test_what_is_left_out_after_the_holding_is_marked_too() -> None:
    again = "When a landlord accepts rent after the breach he gives up ending the lease."
    [offer] = _offers(_case(f"{FILLER}We hold that {RULE}. {again} {FILLER}"))
    assert f"We hold that {MASK}. {OTHER_MASK} The tenant paid" in offer.excerpts[0]
    [offer] = _offers(_case(f"{FILLER}See Doe v. Roe, 1 Tex. 2 (1900) (holding that {RULE}). {again} {FILLER}"))
    assert f"(holding that {MASK}). {OTHER_MASK} The tenant paid" in offer.excerpts[0]


def test_gaps_are_in_the_opinion_alone_and_run_together() -> None:
    shown = f"From the syllabus: Rent of barns. {MASK}.\nThe rent was paid. Paid rents are good."
    assert gapped(shown, stems("rent")).endswith(f"{MASK}.\nThe {GAP} was paid. Paid rents are good.")
    assert gapped(shown, stems("rents rent paid")).endswith(f"{MASK}.\nThe {GAP} was {GAP}. {GAP} are good.")


def test_no_comma_tells_how_the_holding_opens() -> None:
    [offer] = _offers(_case(f"{FILLER}We hold that, {RULE}. {FILLER}"))
    assert f"We hold that {MASK}." in offer.excerpts[0]


def test_an_excerpt_ends_with_a_sentence() -> None:
    text = (
        f"{FILLER}We hold that {RULE}. "
        + "The tenant of the lease cites Smith v. Jones and Doe v. Roe on the point. " * 40
    )
    for shown in _offers(_case(text))[0].excerpts:
        assert shown.endswith("on the point.")


def test_a_parenthetical_names_the_volumes_of_its_case() -> None:
    text = f"{FILLER}Lease v. Rent, 9 Tex. 8, 9 (1899); see Doe v. Roe, 1 Tex. 2, 30 S.W.2d 4 (1900) (holding that {RULE}). {FILLER}"
    [offer] = _offers(_case(text))
    assert offer.cited == ("1tex", "30sw2d")


def test_it_is_kept_what_a_case_is_called_and_what_it_speaks_of() -> None:
    said = "Chambers et al. v. Solner, ante, 271, is followed; see In re Durant, 60 Vt. 181, 12 Atl. 652."
    case = _case(f"{FILLER}{said} We hold that {RULE}. {FILLER}", name="BRACE v. SOLNER, Treasurer of Nome")
    [offer] = _offers(case.model_copy(update={"citations": (Citation(type="official", cite="1 Alaska 361"),)}))
    assert offer.known_as == ("1alaska361", "brace v solner")
    assert offer.speaks_of == ("12atl652", "60vt181", "chambers v solner", "re durant")


def test_a_companion_case_is_known_by_its_parties_and_day() -> None:
    [offer] = _offers(_case(f"{FILLER}We hold that {RULE}. {FILLER}"))
    assert offer.litigation == "bolton v harker|1901-02-03"


def test_syllabus_shows_its_facts_and_the_opinion() -> None:
    head = f"1. Lease. — The landlord took rent for May, though the tenant had let the barn to a stranger. Held, that {RULE}."
    [offer] = _offers(_case(FILLER, head))
    lead, _, opinion = offer.excerpts[0].partition("\n")
    assert lead.endswith(f"to a stranger. Held, that {MASK}.")
    assert len(opinion) >= MIN_CHARS
    assert (offer.field, head[offer.start : offer.end]) == ("head_matter", f"{RULE}.")


def test_parenthetical_is_masked_in_the_citing_text() -> None:
    text = f"{FILLER}See Doe v. Roe, 1 Tex. 2 (1900) (holding that {RULE}). {FILLER}"
    [offer] = _offers(_case(text))
    assert f"(holding that {MASK})" in offer.excerpts[0]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (_case(f"{FILLER}The judgment is affirmed."), "no_holding"),
        (_case(f"{FILLER}We hold that {RULE}.", kind="dissent"), "no_majority_opinion"),
        (_case(f"{FILLER}We hold that {RULE.replace('a landlord', 'Bolton')}. {FILLER}"), "name_without_role"),
        (_case(f"{FILLER}We hold that {RULE.replace('a landlord', 'Zebulon')}. {FILLER}"), "name_without_role"),
        (_case(f"{FILLER}We hold that {RULE}.").model_copy(update={"decision_date": ""}), "no_year"),
    ],
)
def test_refusals(case: Case, reason: str) -> None:
    assert _reasons(case) == [reason]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (_case(f"We hold that {RULE}."), "short_context"),
        (_case(f"We hold that {RULE}. {FILLER}"), "no_lead"),
        (_case("The clerk of the agent had no power to sell. " * 30 + f"We hold that {RULE}."), "off_the_point"),
        (_case(f"{FILLER}It was held that the barn burned down (holding that {RULE}). {FILLER}"), "cue_hidden"),
        (_case(FILLER, f"In this court. Held, that {RULE}."), "thin_lead"),
        (_case(FILLER, f"1. Lease.—A{RULE[1:].replace('gives', 'must give')}."), "off_the_point"),
        (
            _case(
                FILLER,
                "1. Lease.—A landlord who sued objected to the lease as one of the tenants was a stranger to it.",
            ),
            "no_ruling",
        ),
    ],
)
def test_what_cannot_be_asked_may_still_be_a_wrong_option(case: Case, reason: str) -> None:
    [offer] = _offers(case)
    assert (offer.unfit, offer.excerpts, offer.holding[:10]) == (reason, (), "A landlord")


def test_a_note_is_asked_for_by_its_subject() -> None:
    head = (
        f"1. Lease—Waiver.—When a breach has been known to him, {RULE}.\n2.—Same—Barns.\n"
        "A tenant may not let the barn of his landlord to a stranger before the harvest of the season ends.\n"
    )
    bearing = "The landlord took rent in May. A breach came after it. He had the right. The lease was for a season. The barn was full. "
    bearing += "A stranger let himself in. It was before harvest. "
    first, second = _offers(_case(bearing + FILLER, head))
    assert first.excerpts[0].startswith(f"From the syllabus: Lease — Waiver. {MASK}.\n")
    assert second.excerpts[0].startswith(f"From the syllabus: Lease — Barns. {MASK}.\n")


@pytest.mark.parametrize(
    ("name", "head", "said", "role"),
    [
        ("Bolton v. The State", "", "Bolton had no right to the barn", "The defendant had no right to the barn"),
        ("People v. John Bolton", "", "the wife of John Bolton may testify", "The wife of the defendant may testify"),
        ("Bolton, Appellant, v. Harker", "", "Bolton’s lease had ended", "The appellant’s lease had ended"),
        ("Bolton v. Harker", "Ann Bolton, the plaintiff, sued.", "Mrs. Bolton may sue", "The plaintiff may sue"),
        (
            "Bolton v. State",
            "",
            "When Bolton failed to ask, it was lost",
            "When the defendant failed to ask, it was lost",
        ),
        ("Bolton v. State", "", "Each Bolton may sue", "Each the defendant may sue"),
        ("Bolton v. State", "", "Judge Bolton may sit", "The defendant may sit"),
        ("Bolton v. State", "", "Zeb Bolton may sue", "The defendant may sue"),
        ("Bolton v. Harker", "", "Bolton may sue", None),
        ("Bolton v. Harker", "", "the Legislature may tax a barn", "The Legislature may tax a barn"),
    ],
)
def test_party_names_become_roles(name: str, head: str, said: str, role: str | None) -> None:
    assert Names(_case(FILLER, head, name)).as_roles(said) == role


@pytest.mark.skipif(not DATA.is_dir(), reason="the real sample is not at ../shared/data")
@pytest.mark.parametrize("volume", ["tex-crim/31.zip", "mich/2.zip", "va-app/1.zip"])
def test_real_volumes_give_masked_holdings(volume: str) -> None:
    found: Counter[str] = Counter()
    for case in read_cases(DATA / "static.case.law" / volume, on_bad=lambda error: pytest.fail(str(error))):
        for item in find(case):
            if isinstance(item, Refusal):
                continue
            found[item.kind] += 1
            offer = Offer.model_validate(item.payload)
            text = case.head_matter if offer.field == "head_matter" else case.opinions[int(offer.field[-1])].text
            stated = " ".join(re.findall(r"\w+", text[offer.start : offer.end].lower()))
            assert 8 <= len(offer.holding.split()) <= 60
            for shown in offer.excerpts:
                assert shown.count(MASK) == 1
                assert stated not in " ".join(re.findall(r"\w+", shown.lower()))
    assert sum(found.values()) >= 8
