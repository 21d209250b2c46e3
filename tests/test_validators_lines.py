"""Lines that earn have to be proven; no other line may hide a return."""

from decimal import Decimal

import pytest
from sample_dossiers import CABLE, PHONES, dossier, found, invoice, line, only, reading

from validators import lines

check = lines.check


def test_proven_lines_pass() -> None:
    assert found(check, dossier()) == []


@pytest.mark.parametrize(
    ("path", "variant"),
    [("lines.0.quantity", "quantity"), ("lines.0.net_amount", "amount")],
)
def test_a_figure_of_a_device_that_nothing_confirms_is_held(path: str, variant: str) -> None:
    finding = only(check, dossier(reading(invoice(), unproven=(path,))))
    assert (finding.code, finding.variant, finding.about) == ("low_confidence", variant, (path,))


@pytest.mark.parametrize(("field", "variant"), [("quantity", "quantity"), ("net_amount", "amount")])
def test_a_figure_of_a_device_that_was_not_read_is_held(field: str, variant: str) -> None:
    unread = PHONES.model_copy(update={field: None})
    finding = only(check, dossier(invoice(unread)))
    assert (finding.variant, finding.values) == (variant, {"line": "1", "read": "-"})


def test_half_a_device_is_held() -> None:
    assert found(check, dossier(invoice(line("Snom D785", "2.5", "100.00")))) == [
        ("low_confidence", "quantity_not_whole", True)
    ]


def test_more_devices_than_anybody_buys_are_held() -> None:
    assert found(check, dossier(invoice(line("Snom D785", "5000", "100.00")))) == []
    assert found(check, dossier(invoice(line("Snom D785", "5001", "100.00")))) == [("low_confidence", "quantity", True)]


def test_a_model_read_with_doubt_is_held_unless_a_second_witness_names_it() -> None:
    doubtful = reading(invoice(PHONES), doubtful=("lines.0.item_name",))
    assert found(check, dossier(doubtful)) == [("low_confidence", "item", True)]
    numbered = PHONES.model_copy(update={"manufacturers_item_identifier": "00004349"})
    assert found(check, dossier(reading(invoice(numbered), doubtful=("lines.0.item_name",)))) == []


@pytest.mark.parametrize("quantity", ["10", "5.01", "-5"])
def test_quantity_times_price_has_to_be_the_amount(quantity: str) -> None:
    finding = only(check, dossier(invoice(line("Snom D785", quantity, "100.00", "500.00"))))
    assert (finding.code, finding.variant) == ("totals_mismatch", "line")
    assert finding.values == {"line": "1", "quantity": quantity, "price": "100.00", "amount": "500.00"}


def test_a_discounted_price_is_rounded_before_it_is_printed() -> None:
    assert found(check, dossier(invoice(line("Snom D785", "50", "107.35", "5367.44")))) == []
    assert found(check, dossier(invoice(line("Snom D785", "50", "107.35", "5368.44"))))


def test_a_price_in_fine_steps_leaves_little_room() -> None:
    assert found(check, dossier(invoice(line("Snom D785", "50", "107.3488", "5367.44")))) == []
    assert found(check, dossier(invoice(line("Snom D785", "50", "107.3488", "5367.60"))))


def test_a_lines_own_charges_are_part_of_its_amount() -> None:
    assert found(check, dossier(invoice(line("Snom D785", "5", "100.00", "480.00", charges=Decimal(-20))))) == []
    assert found(check, dossier(invoice(line("Snom D785", "5", "100.00", "500.00", charges=Decimal(-20)))))


def test_a_credit_note_may_print_its_signs_as_it_likes() -> None:
    mixed = line("Snom D785", "5", "100.00", "-500.00")
    assert found(check, dossier(invoice(mixed, type_code="381"))) == []
    assert found(check, dossier(invoice(mixed))) == [("totals_mismatch", "line", True)]


def test_another_product_may_stay_unproven() -> None:
    unproven = ("lines.1.quantity", "lines.1.net_price", "lines.1.net_amount")
    assert found(check, dossier(reading(invoice(), unproven=unproven))) == []
    misread = CABLE.model_copy(update={"quantity": None, "net_price": None})
    assert found(check, dossier(reading(invoice(PHONES, misread), doubtful=("lines.1.item_name",)))) == []


def test_another_products_arithmetic_counts_where_it_was_read_without_doubt() -> None:
    wrong = line("Patchkabel", "10", "3.00", "300.00")
    assert found(check, dossier(invoice(PHONES, wrong))) == [("totals_mismatch", "line", True)]
    assert found(check, dossier(reading(invoice(PHONES, wrong), doubtful=("lines.1.quantity",)))) == []


def test_an_amount_that_the_sum_lacks_is_held() -> None:
    assert found(check, dossier(invoice(PHONES, CABLE.model_copy(update={"net_amount": None})))) == [
        ("low_confidence", "amount", True)
    ]


@pytest.mark.parametrize(
    ("quantity", "type_code"), [("-2", "380"), ("2", "381"), ("-2", "384")], ids=["return", "credit", "correction"]
)
def test_a_line_that_may_take_back_an_unrecognised_device_is_held(quantity: str, type_code: str) -> None:
    smudge = line("Sn0m D?85 T1schtelef0n", quantity, "100.00")
    read = reading(invoice(PHONES, smudge, type_code=type_code), doubtful=("lines.1.item_name",))
    assert ("low_confidence", "item", True) in found(check, dossier(read))
    clear = line("Patchkabel Cat.6", quantity, "3.00")
    assert found(check, dossier(invoice(PHONES, clear, type_code=type_code))) == []


def test_a_line_without_words_is_held() -> None:
    wordless = CABLE.model_copy(update={"item_name": None})
    assert found(check, dossier(invoice(PHONES, wordless))) == [("low_confidence", "item", True)]


def test_a_free_device_that_earns_nothing_needs_no_proven_quantity() -> None:
    free = line("Snom D785", "1", "0.00")
    assert found(check, dossier(reading(invoice(PHONES, free), unproven=("lines.1.quantity",)))) == []
