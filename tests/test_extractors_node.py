from decimal import Decimal

import pytest

from extractors.node import (
    MAX_LINES,
    Node,
    Position,
    amount,
    charges,
    invoiced,
    line_charges,
    makers_number,
    net_price,
    number,
    serial_numbers,
)
from model.contents import Unreadable
from model.invoice import InvoiceLine


def leaf(name: str, text: str) -> Node:
    return Node(name, text, {}, ())


@pytest.mark.parametrize(
    ("text", "value"),
    [("30.0000000", "30"), ("+7.5", "7.5"), (".5", "0.5"), ("1.", "1"), ("-0.00", "0"), ("1000", "1000"), ("0", "0")],
)
def test_a_number_loses_needless_zeros(text: str, value: str) -> None:
    assert str(number(text)) == value


def test_an_amount_keeps_two_places() -> None:
    assert [str(amount(text)) for text in ("6037.5", "1200", "0.125")] == ["6037.50", "1200.00", "0.125"]


@pytest.mark.parametrize(
    "text", ["1e9999", "NaN", "Infinity", "12,50", "1 000", "", "-", "1_000", "١٢", "1000000000000", "0." + "1" * 40]
)
def test_what_is_no_number_of_an_invoice_is_none(text: str) -> None:
    assert number(text) is None


def test_a_price_that_does_not_come_out_even_is_rounded() -> None:
    assert net_price("28.00", "3") == Decimal("9.3333333333")


def test_a_price_per_next_to_nothing_is_none() -> None:
    assert net_price("1000", "0.00000000001") is None


def test_charges_are_unknown_where_one_is_no_number() -> None:
    summation = Node("Summation", "", {}, (leaf("ChargeTotalAmount", "5.90"), leaf("AllowanceTotalAmount", "viel")))
    assert charges(summation, Decimal(100)) is None


def test_charges_are_nil_where_only_the_sum_of_lines_is_stated() -> None:
    assert charges(Node("Summation", "", {}, ()), Decimal(100)) == 0
    assert charges(Node("Summation", "", {}, ()), None) is None


def test_a_charge_that_does_not_say_whether_it_is_one_makes_them_unknown() -> None:
    unsigned = Node("AllowanceCharge", "", {}, (leaf("Amount", "5"),))
    assert line_charges([unsigned], "Amount", "ChargeIndicator") is None


@pytest.mark.parametrize(
    "name", ["Seriennummer", "Serien-Nr.", "Serial No", "S/N", "SN", "MAC address", "Numéro de série", "Serienummers"]
)
def test_names_that_say_serial_number(name: str) -> None:
    assert serial_numbers((), [(name, "000413A1B2C3 000413A1B2C4")]) == ("000413A1B2C3", "000413A1B2C4")


@pytest.mark.parametrize("name", ["Serie", "Produktserie", "Macintosh", "Snom", "Farbe"])
def test_names_that_do_not(name: str) -> None:
    assert serial_numbers((), [(name, "000413A1B2C3")]) == ()


@pytest.mark.parametrize("name", ["MPN", "Herstellerartikelnummer", "Hersteller-Nr.", "Manufacturer part number"])
def test_names_that_say_manufacturers_number(name: str) -> None:
    assert makers_number(None, [("Hersteller", "Snom"), (name, "00004349")]) == "00004349"


def test_lines_that_are_parts_of_each_other_are_still_lines() -> None:
    ring = [Position(InvoiceLine(net_amount=Decimal(5)), 1), Position(InvoiceLine(net_amount=Decimal(5)), 0)]
    assert len(invoiced(ring, Decimal(10))) == 2


def test_without_the_sum_of_lines_the_innermost_count() -> None:
    whole, part = InvoiceLine(identifier="1"), InvoiceLine(identifier="1.1")
    assert invoiced([Position(whole), Position(part, 0)], None) == (part,)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(Unreadable) as refused:
        invoiced([Position(InvoiceLine())] * (MAX_LINES + 1), None)
    assert refused.value.code == "too_large"
