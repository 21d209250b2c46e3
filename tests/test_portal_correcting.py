import datetime as dt
from decimal import Decimal

import pytest

from model.invoice import Invoice, InvoiceLine, Party, Totals
from model.reading import Evidence, Reading
from portal.correcting import PERSON, NoValue, corrected, fields, value

LINES = (InvoiceLine(quantity=Decimal(3), net_amount=Decimal("10.50")), InvoiceLine(item_name="D785"))
INVOICE = Invoice(
    number="R1", issue_date=dt.date(2026, 3, 1), seller=Party(name="ACME"), lines=LINES, totals=Totals(net=Decimal(10))
)
READ = Reading(
    source="ocr",
    page_count=1,
    rung="tesseract",
    invoice=INVOICE,
    evidence={"lines.0.quantity": Evidence(box=(0, 0, 1, 1), text="3", rung="tesseract", confidence=0.4)},
)


def test_what_is_the_same_is_no_correction() -> None:
    same = {path: f" {value(INVOICE, path)} " for path in fields(INVOICE)}
    assert corrected(READ, same) is None
    assert corrected(READ, {}) is None
    assert corrected(READ, {"lines.0.quantity": "3", "currency_code": "USD", "lines.7.quantity": "1"}) is None


def test_a_correction_keeps_its_place_and_says_whose_it_is() -> None:
    made = corrected(
        READ, {"lines.0.quantity": "8", "seller.name": "", "totals.net": "10,50", "issue_date": "2026-03-02"}
    )
    assert made is not None
    assert made.invoice is not None
    assert made.invoice.lines == (LINES[0].model_copy(update={"quantity": Decimal(8)}), LINES[1])
    assert (made.invoice.seller.name, made.invoice.totals.net) == (None, Decimal("10.50"))
    assert made.invoice.issue_date == dt.date(2026, 3, 2)
    found = made.evidence["lines.0.quantity"]
    assert (found.box, found.text, found.rung, found.proof) == ((0, 0, 1, 1), "3", PERSON, (PERSON,))
    assert made.proven("totals.net")
    assert READ.invoice == INVOICE


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("lines.0.quantity", "1e9999"),
        ("lines.0.quantity", "three"),
        ("totals.gross", "NaN"),
        ("totals.gross", "1.2.3"),
        ("totals.gross", "1234567890123"),
        ("issue_date", "31.02.2026"),
        ("number", "x" * 301),
    ],
)
def test_what_cannot_be_the_value_of_a_field(path: str, text: str) -> None:
    with pytest.raises(NoValue) as wrong:
        corrected(READ, {path: text})
    assert wrong.value.path == path
