"""Whole judgements: from a reading, a case and a rulebook to outcome, reasons and units."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_dossiers import (
    BUYER,
    CABLE,
    DOUBTFUL,
    PHONES,
    PROVEN,
    READ,
    RULEBOOK,
    SELLER,
    case,
    invoice,
    line,
    paths,
    reading,
    same_bytes,
    same_number,
)

from model.case import Booked, Case
from model.finding import Finding
from model.invoice import Invoice, InvoiceLine, Party
from model.judgement import BonusUnit, Judgement
from model.reading import PERSON, Evidence, Reading
from pipeline.judge import judge
from validators.checks import CHECKS
from validators.policy import policy


def judged(of: Reading | Invoice, **of_case: object) -> Judgement:
    return judge(of if isinstance(of, Reading) else reading(of), case(**of_case), RULEBOOK)


def codes(judgement: Judgement) -> list[str]:
    return [reason.finding.code for reason in judgement.reasons]


def test_an_approved_invoice_says_what_is_due_and_by_which_versions() -> None:
    got = judged(invoice(PHONES, CABLE, line("Snom D713", "2", "60.00"), line("snom D 785", "1", "98.00")))
    assert (got.outcome, got.reasons, got.distributor_id) == ("approved", (), "nordtel")
    assert got.units == (
        BonusUnit(model="D785", quantity=6, bonus_each=Decimal(14), lines=(0, 3)),
        BonusUnit(model="D713", quantity=2, bonus_each=Decimal(8), lines=(2,)),
    )
    versions = {"extractor": "e1", "catalogue": "c1", "distributors": "d1", "programme": "p1"}
    assert got.versions == {**versions, "policy": policy().version}


def test_a_returned_line_and_a_credit_note_count_negative() -> None:
    returned = judged(invoice(PHONES, line("Snom D713", "-2", "60.00")))
    assert {unit.model: unit.quantity for unit in returned.units} == {"D785": 5, "D713": -2}
    credit = judged(invoice(PHONES, type_code="381", preceding_invoice_number="RE-4000"))
    assert (credit.outcome, [unit.quantity for unit in credit.units]) == ("approved", [-5])


def test_a_correction_is_due_less_what_was_booked() -> None:
    correction = invoice(PHONES, type_code="384", preceding_invoice_number="RE-4000")
    got = judged(correction, preceding=(Booked(model="D785", quantity=8, bonus_each="14.00"),))
    assert (got.outcome, sum(unit.quantity for unit in got.units)) == ("approved", -3)
    assert (judged(correction).outcome, codes(judged(correction))) == ("review", ["low_confidence"])


def test_nothing_is_due_unless_approved() -> None:
    held = judged(reading(invoice(), unproven=("totals.net",)))
    rejected = judged(invoice(), look_alikes=(same_bytes(same_partner=True),))
    assert (held.outcome, held.units) == ("review", ())
    assert (rejected.outcome, rejected.units) == ("rejected", ())


def test_every_true_reason_is_reported_in_reading_order() -> None:
    stranger = Party(name="Bürowelt Franken GmbH", vat_identifier="DE509903545")
    other = Party(name="IT-Service Kramer e.K.", postal_code="35390")
    got = judged(invoice(CABLE, seller=stranger, buyer=other), look_alikes=(same_number(same_partner=True),))
    assert got.outcome == "rejected"
    assert codes(got) == ["duplicate_invoice", "seller_not_authorised", "buyer_mismatch", "no_eligible_products"]
    assert got.distributor_id is None


def test_one_rejecting_reason_read_with_doubt_holds() -> None:
    got = judged(reading(invoice(), doubtful=("number",)), look_alikes=(same_number(same_partner=True),))
    assert (got.outcome, codes(got)) == ("review", ["duplicate_invoice", "low_confidence"])
    assert {reason.severity for reason in got.reasons} == {"review"}


def test_an_invoice_that_was_read_in_part_is_never_approved() -> None:
    whole = invoice(PHONES, CABLE)
    needed = [
        *("number", "issue_date", "type_code", "totals.net"),
        *("lines.0.quantity", "lines.0.net_amount", "lines.0.item_name"),
    ]
    for path in needed:
        assert judged(reading(whole, doubtful=(path,))).outcome == "review", path


def test_evidence_that_is_missing_approves_nothing() -> None:
    bare = Reading(source="text", page_count=1, rung="sample", invoice=invoice())
    assert judged(bare).outcome == "review"


LINES = st.lists(
    st.sampled_from(
        [
            PHONES,
            CABLE,
            line("Snom D713 weiß", "2", "60.00"),
            line("Snom D785", "-1", "100.00"),
            line("Snom D862", "1", "200.00"),
            line("Snom A190", "1", "50.00"),
            line("Snom M65", "3", "80.00"),
            line("Snom D785 / D713", "1", "90.00"),
            line("Snom D785", "2", "100.00", "150.00"),
            line("Netzteil für Snom D785", "4", "9.00"),
            line("Snom D785", "1", "0.00"),
        ]
    ),
    min_size=1,
    max_size=5,
)
PARTIES = [
    SELLER, BUYER, Party(name="Nordtel Distributions GmbH"), Party(name=SELLER.name), Party(name=BUYER.name), Party(),
    SELLER.model_copy(update={"vat_identifier": "DE136695976"}),
]  # fmt: skip
"""The two that are right, and some that lack or contradict what tells them."""
TYPES = st.sampled_from(["380", "381", "384"])
FINDINGS = st.builds(Finding, code=st.sampled_from([*policy().effects, "something_new"]), certain=st.booleans())
EVIDENCE = st.sampled_from([PROVEN, PROVEN, PROVEN, READ, DOUBTFUL])


def marked(of: Invoice, evidence: dict[str, Evidence]) -> Reading:
    plain = reading(of)
    return plain.model_copy(update={"evidence": plain.evidence | evidence})


def units_of(judgement: Judgement) -> dict[tuple[str, Decimal], int]:
    return {(unit.model, unit.bonus_each): unit.quantity for unit in judgement.units}


@settings(max_examples=60, deadline=None)
@given(LINES, TYPES, st.data())
def test_the_order_of_lines_changes_neither_outcome_nor_units(
    lines: list[InvoiceLine], type_code: str, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(lines))))
    first = invoice(*lines, type_code=type_code)
    second = invoice(*(lines[index] for index in order), type_code=type_code)
    marks = {path: data.draw(EVIDENCE) for path in paths(first) if path.startswith("lines.")}
    moved = {
        f"lines.{place}.{path}": marks[f"lines.{index}.{path}"]
        for place, index in enumerate(order)
        for path in paths(lines[index])
    }
    one = judged(marked(first, marks))
    other = judged(marked(second, moved))
    assert (one.outcome, sorted(codes(one)), units_of(one)) == (other.outcome, sorted(codes(other)), units_of(other))


@settings(max_examples=60, deadline=None)
@given(LINES, TYPES, st.permutations(range(len(CHECKS))), st.data())
def test_the_order_of_checks_changes_the_order_of_reasons_alone(
    lines: list[InvoiceLine], type_code: str, order: list[int], data: st.DataObject
) -> None:
    of = invoice(*lines, type_code=type_code)
    read = marked(of, {path: data.draw(EVIDENCE) for path in paths(of)})
    upload = case(look_alikes=(same_number(same_partner=False),))
    plain = judge(read, upload, RULEBOOK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.judge.CHECKS", tuple(CHECKS[index] for index in order))
        other = judge(read, upload, RULEBOOK)
    assert other.model_copy(update={"reasons": ()}) == plain.model_copy(update={"reasons": ()})
    assert sorted(map(repr, other.reasons)) == sorted(map(repr, plain.reasons))


@settings(max_examples=60, deadline=None)
@given(LINES, TYPES, st.data())
def test_more_white_space_approves_nothing(lines: list[InvoiceLine], type_code: str, data: st.DataObject) -> None:
    blanks = st.sampled_from([" ", "  ", "\t", "\u00a0", "\u2009"])

    def spaced(text: str | None) -> str | None:
        if text is None:
            return None
        inside = data.draw(blanks).join(text.split(" "))
        return data.draw(st.sampled_from(["", " "])) + inside + data.draw(st.sampled_from(["", "  "]))

    seller, buyer = data.draw(st.sampled_from(PARTIES)), data.draw(st.sampled_from(PARTIES))
    plain = invoice(*lines, type_code=type_code, seller=seller, buyer=buyer)
    wide = invoice(
        *(one.model_copy(update={"item_name": spaced(one.item_name)}) for one in lines),
        type_code=type_code,
        number=spaced(plain.number),
        seller=seller.model_copy(update={"name": spaced(seller.name)}),
        buyer=buyer.model_copy(update={"name": spaced(buyer.name), "city": spaced(buyer.city)}),
    )
    first, second = judged(plain), judged(wide)
    assert first.outcome == second.outcome == "approved" or second.outcome != "approved"


@settings(max_examples=60, deadline=None)
@given(LINES, TYPES, FINDINGS)
def test_one_finding_more_of_the_reading_never_approves(
    lines: list[InvoiceLine], type_code: str, finding: Finding
) -> None:
    plain = reading(invoice(*lines, type_code=type_code))
    noticed = plain.model_copy(update={"findings": (finding,)})
    assert judged(noticed).outcome != "approved"
    if finding.code not in {"not_an_invoice", "multiple_invoices"} and judged(plain).outcome == "rejected":
        assert judged(noticed).outcome == "rejected"


@settings(max_examples=60, deadline=None)
@given(LINES, TYPES)
def test_the_same_inputs_give_the_same_bytes(lines: list[InvoiceLine], type_code: str) -> None:
    read, upload = reading(invoice(*lines, type_code=type_code)), case(look_alikes=(same_number(same_partner=False),))
    again = Reading.model_validate_json(read.model_dump_json()), Case.model_validate_json(upload.model_dump_json())
    assert judge(read, upload, RULEBOOK).model_dump_json() == judge(*again, RULEBOOK).model_dump_json()


def test_another_partners_upload_shows_in_nothing_but_a_reason() -> None:
    theirs = judged(invoice(), look_alikes=(same_number(same_partner=False, document_id="secret"),))
    assert theirs.outcome == "review"
    assert "secret" not in theirs.model_dump_json()


def test_what_a_person_answers_is_honoured_as_long_as_the_catalogue_knows_it() -> None:
    def answered(**answers: str) -> Judgement:
        said = {
            path.replace("_", "."): Evidence(rung=PERSON, text=text, proof=(PERSON,)) for path, text in answers.items()
        }
        read = reading(invoice(PHONES, line("Snom Tischtelefon", "1", "60.00")))
        return judged(read.model_copy(update={"evidence": {**read.evidence, **said}}))

    assert codes(answered()) == ["model_ambiguous"]
    assert [unit.model for unit in answered(lines_1_model="D713").units] == ["D785", "D713"]
    assert [unit.model for unit in answered(lines_1_model="").units] == ["D785"]
    assert codes(answered(lines_1_model="D9999")) == ["model_ambiguous"]
