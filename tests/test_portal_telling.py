import datetime as dt
from decimal import Decimal

import pytest

from model.finding import Finding
from model.invoice import Invoice, InvoiceLine, Party
from portal.telling import compared, value_at

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


@pytest.mark.parametrize(
    ("said", "shown", "told"),
    [
        ("50", "5", " The file says at lines.0.quantity “50”, the page “5”."),
        ("50", "50", " What stands at lines.0.quantity, “50”, is printed otherwise than the figures around it."),
    ],
)
def test_people_are_told_what_the_file_says_and_what_the_page_shows(said: str, shown: str, told: str) -> None:
    finding = Finding(code="suspected_tampering", values={"said": said, "shown": shown}, about=("lines.0.quantity",))
    assert compared(finding) == told
    assert not compared(Finding(code="low_confidence"))
