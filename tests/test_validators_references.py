"""A correction with positive figures replaces an invoice that has to be here."""

from sample_dossiers import dossier, found, invoice, line, only

from model.case import Booked
from validators import references

check = references.check
BOOKED = (Booked(model="D785", quantity=5, bonus_each="14.00"),)


def test_an_invoice_and_a_credit_note_need_no_other() -> None:
    assert found(check, dossier()) == []
    assert found(check, dossier(invoice(type_code="381", preceding_invoice_number="RE-4000"))) == []


def test_a_replacement_of_an_invoice_that_is_not_here_is_held() -> None:
    finding = only(check, dossier(invoice(type_code="384", preceding_invoice_number="RE-4000")))
    assert (finding.code, finding.variant, finding.values) == ("low_confidence", "preceding", {"number": "RE-4000"})
    nameless = only(check, dossier(invoice(type_code="384")))
    assert nameless.values == {"number": "-"}


def test_a_replacement_of_an_invoice_that_is_here_passes_whatever_was_booked() -> None:
    replacement = invoice(type_code="384", preceding_invoice_number="RE-4000")
    for booked in (BOOKED, ()):
        assert found(check, dossier(replacement, preceding=booked)) == []


def test_negative_figures_take_back_wherever_the_invoice_is() -> None:
    returned = invoice(line("Snom D785", "-5", "100.00"), type_code="384", preceding_invoice_number="RE-4000")
    assert found(check, dossier(returned)) == []


def test_devices_that_go_both_ways_on_a_credit_note_are_held() -> None:
    price = (line("Snom D785", "5", "100.00"), line("Snom D785", "-5", "90.00"))
    finding = only(check, dossier(invoice(*price, type_code="381")))
    assert (finding.variant, finding.about) == ("both_ways", ("lines.0.quantity", "lines.1.quantity"))
