"""The sums of an invoice have to hold, to the rounding of cents."""

from decimal import Decimal
from typing import Any

import pytest
from sample_dossiers import CABLE, dossier, found, invoice, line, only, reading

from model.invoice import Totals, VatBreakdown
from validators import totals
from validators.sentences import sentence

check = totals.check


def totals_of(net: str, vat: str | None = None, gross: str | None = None, **more: Any) -> Totals:
    return Totals(net=Decimal(net), vat=Decimal(vat) if vat else None, gross=Decimal(gross) if gross else None, **more)


def row(rate: str, base: str, amount: str) -> VatBreakdown:
    return VatBreakdown(rate=Decimal(rate), base=Decimal(base), amount=Decimal(amount))


PHONES = line("Snom D785", "5", "100.00")  # 500.00

RIGHT = {
    "with VAT": totals_of("500.00", "95.00", "595.00"),
    "reverse charge": totals_of("500.00", "0.00", "500.00"),
    "without any VAT": totals_of("500.00", None, "500.00"),
    "VAT not read": totals_of("500.00", None, "595.00"),
    "net alone": totals_of("500.00"),
    "freight": totals_of("510.00", "96.90", "606.90", charges=Decimal("10.00")),
    "allowance": totals_of("490.00", "93.10", "583.10", charges=Decimal("-10.00")),
    "a cent of rounding": totals_of("500.01", "95.00", "595.01"),
    "two rates": totals_of(
        "500.00", "59.00", "559.00", breakdown=(row("19", "200", "38.00"), row("7", "300", "21.00"))
    ),
}
WRONG = {
    "no VAT that explains the gross": (totals_of("500.00", None, "577.15"), "gross"),
    "a row is missing": (totals_of("600.00", "114.00", "714.00"), "lines"),
    "gross": (totals_of("500.00", "95.00", "590.00"), "gross"),
    "VAT of a rate": (totals_of("500.00", "90.00", "590.00", breakdown=(row("19", "500", "90.00"),)), "vat_rate"),
    "VAT of the rates": (
        totals_of("500.00", "95.00", "595.00", breakdown=(row("19", "200", "38.00"), row("7", "300", "21.00"))),
        "vat_sum",
    ),
}


@pytest.mark.parametrize("right", RIGHT.values(), ids=RIGHT)
def test_sums_that_hold_pass(right: Totals) -> None:
    assert found(check, dossier(invoice(PHONES, totals=right))) == []


def test_without_a_vat_total_the_breakdown_counts() -> None:
    broken = totals_of("500.00", None, "590.00", breakdown=(row("19", "500", "95.00"),))
    assert [variant for _, variant, _ in found(check, dossier(invoice(PHONES, totals=broken)))] == ["gross"]


@pytest.mark.parametrize(("wrong", "variant"), WRONG.values(), ids=WRONG)
def test_a_sum_that_does_not_hold_is_named(wrong: Totals, variant: str) -> None:
    assert found(check, dossier(invoice(PHONES, totals=wrong))) == [("totals_mismatch", variant, True)]


def test_the_sentence_names_both_sums() -> None:
    finding = only(check, dossier(invoice(PHONES, totals=totals_of("1600.00", "304.00", "1904.00"))))
    assert sentence(finding, "de") == "Die Positionen ergeben 500,00, als Nettosumme steht 1.600,00."


def test_rounding_per_line_is_no_contradiction_and_a_return_of_cents_is() -> None:
    screws = [line("Schraube", "1", "0.333", "0.33") for _ in range(30)]
    assert found(check, dossier(invoice(*screws, totals=totals_of("9.99")))) == []
    assert found(check, dossier(invoice(*screws, totals=totals_of("9.70"))))


def test_a_credit_note_may_print_its_signs_as_it_likes() -> None:
    for printed in ("500.00", "-500.00"):
        credit = invoice(PHONES, type_code="381", totals=totals_of(printed))
        assert found(check, dossier(credit)) == []
    assert found(check, dossier(invoice(PHONES, totals=totals_of("-500.00"))))


def test_a_sum_that_holds_by_figures_that_nothing_confirms_is_held() -> None:
    read = reading(invoice(PHONES), unproven=("totals.net",))
    assert found(check, dossier(read)) == [("low_confidence", "totals", True)]


def test_where_neither_net_nor_vat_is_printed_the_lines_make_the_only_total() -> None:
    alone = Totals(gross=Decimal("500.00"))
    assert found(check, dossier(invoice(PHONES, totals=alone))) == []
    assert found(check, dossier(invoice(CABLE, totals=alone))) == [("totals_mismatch", "lines", True)]
    assert found(check, dossier(reading(invoice(PHONES, totals=alone), unproven=("totals.gross",))))


def test_a_line_without_amount_is_left_to_the_check_of_lines() -> None:
    unread = PHONES.model_copy(update={"net_amount": None})
    assert found(check, dossier(invoice(unread, totals=totals_of("500.00")))) == []
