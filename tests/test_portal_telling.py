import datetime as dt
from decimal import Decimal

import pytest

from model.invoice import Invoice, InvoiceLine, Party
from portal.telling import value_at

INVOICE = Invoice(
    number="RE-1",
    issue_date=dt.date(2026, 9, 1),
    seller=Party(name="Muster GmbH"),
    lines=(InvoiceLine(net_amount=Decimal("1.50"), serial_numbers=("S1", "S2")),),
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("number", "RE-1"),
        ("issue_date", "2026-09-01"),
        ("seller.name", "Muster GmbH"),
        ("buyer.name", ""),
        ("lines.0.net_amount", "1.50"),
        ("lines.0.serial_numbers", "S1, S2"),
        ("lines.7.net_amount", ""),
        ("nothing.of.this", ""),
    ],
)
def test_a_value_is_found_by_its_path(path: str, value: str) -> None:
    assert value_at(INVOICE, path) == value
