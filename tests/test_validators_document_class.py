"""A file has to be one invoice."""

import pytest
from sample_dossiers import dossier, found, invoice, line, only, reading, same_bytes

from model.finding import Finding
from validators import document_class
from validators.checks import CHECKS
from validators.classes import NO_INVOICE

check = document_class.check


@pytest.mark.parametrize("name", ["invoice", "invoice_copy", "credit_note", "correction", None])
def test_an_invoice_passes(name: str | None) -> None:
    assert found(check, dossier(reading(invoice(), document_class=name))) == []


@pytest.mark.parametrize("name", sorted(NO_INVOICE))
def test_anything_else_is_named(name: str) -> None:
    assert found(check, dossier(reading(document_class=name))) == [("not_an_invoice", name, True)]


def test_what_the_reading_noticed_is_passed_on_and_named_once() -> None:
    noticed = (Finding(code="not_an_invoice"), Finding(code="suspected_tampering", about=("lines.0.quantity",)))
    got = list(check(dossier(reading(document_class="offer", findings=noticed))))
    assert got == [Finding(code="not_an_invoice", variant="offer"), noticed[1]]


def test_a_letter_has_no_class_and_needs_none() -> None:
    assert found(check, dossier(reading(findings=(Finding(code="not_an_invoice"),)))) == [("not_an_invoice", "", True)]


def test_a_title_beside_a_whole_invoice_may_be_misread_and_holds_only() -> None:
    assert found(check, dossier(reading(invoice(), document_class="order"))) == [("not_an_invoice", "order", False)]


def test_what_is_titled_an_invoice_is_never_rejected_for_being_none() -> None:
    noticed = (Finding(code="not_an_invoice", variant="invoice"),)
    read = reading(document_class="invoice", findings=noticed)
    assert found(check, dossier(read)) == [("not_an_invoice", "", False)]


def test_an_xml_may_say_that_it_is_a_proforma() -> None:
    assert found(check, dossier(invoice(type_code="325"))) == [("not_an_invoice", "proforma", False)]


def test_several_invoices_are_counted() -> None:
    finding = only(check, dossier(reading(invoice(), others=(invoice(number="RE-4712"), invoice(number="RE-4713")))))
    assert (finding.code, finding.values) == ("multiple_invoices", {"count": "3"})


def test_a_reading_without_anything_is_unreadable() -> None:
    assert found(check, dossier(reading())) == [("unreadable", "", True)]


def test_no_other_rule_speaks_of_what_is_no_single_invoice_but_the_same_bytes_stay_the_same() -> None:
    broken = invoice(line("Kabel", "3", "9.00", "1.00"), number=None)
    for read in (
        reading(document_class="delivery_note"),
        reading(broken, document_class="order"),
        reading(broken, others=(invoice(),)),
        reading(broken, findings=(Finding(code="multiple_invoices"),)),
    ):
        codes = {
            finding.code
            for each in CHECKS
            for finding in each(dossier(read, look_alikes=(same_bytes(same_partner=True),)))
        }
        assert codes - {"not_an_invoice", "multiple_invoices"} == {"duplicate_document"}
