import datetime as dt
from decimal import Decimal

import pytest

from model.invoice import Invoice, InvoiceLine, Party, Totals
from model.reading import PERSON, Evidence, Reading
from portal.correcting import Given, NoValue, corrected, fields, value

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
    assert corrected(READ, Given(same)) is None
    assert corrected(READ, Given()) is None
    assert corrected(READ, Given({"lines.0.quantity": "3", "currency_code": "USD", "lines.7.quantity": "1"})) is None


def test_a_correction_keeps_its_place_and_says_whose_it_is() -> None:
    made = corrected(
        READ, Given({"lines.0.quantity": "8", "seller.name": "", "totals.net": "10,50", "issue_date": "2026-03-02"})
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
        corrected(READ, Given({path: text}))
    assert wrong.value.path == path


def test_what_is_right_as_it_stands_is_confirmed_and_keeps_its_place() -> None:
    made = corrected(READ, Given(confirmed={"lines.0.quantity", "number", "seller.vat_identifier"}))
    assert made is not None
    assert made.invoice == INVOICE
    found = made.evidence["lines.0.quantity"]
    assert (found.box, found.text, found.rung, found.proof) == ((0, 0, 1, 1), "3", PERSON, (PERSON,))
    assert made.proven("number")
    assert not made.proven("seller.vat_identifier"), "nothing stands there"
    assert corrected(made, Given(confirmed={"lines.0.quantity"})) is None


def test_a_value_comes_with_the_place_it_was_taken_from() -> None:
    place = Evidence(page=2, box=(0.1, 0.2, 0.3, 0.4), text="1.158,99", rung=PERSON)
    made = corrected(READ, Given({"totals.gross": "1.158,99"}, places={"totals.gross": place}))
    assert made is not None
    assert made.invoice is not None
    assert made.invoice.totals.gross == Decimal("1158.99")
    found = made.evidence["totals.gross"]
    assert (found.page, found.box, found.text) == (2, (0.1, 0.2, 0.3, 0.4), "1.158,99")


def test_an_answer_is_kept_where_no_field_is() -> None:
    made = corrected(READ, Given(answers={"lines.0.model": "D785", "seller": "acme", "lines.1.model": "", "net": "1"}))
    assert made is not None
    answers = [made.said(path) for path in ("lines.0.model", "lines.1.model", "seller", "buyer", "net")]
    assert answers == ["D785", "", "acme", None, None]


def test_one_right_figure_confirms_all_that_adds_up_with_it() -> None:
    lines = tuple(InvoiceLine(quantity=Decimal(n), net_price=Decimal(10), net_amount=Decimal(10 * n)) for n in (1, 2))
    wrong = lines[1].model_copy(update={"net_amount": Decimal(50)})
    totals = Totals(net=Decimal(30), vat=Decimal("5.70"), gross=Decimal("35.70"))
    places = {f"lines.{n}.{name}": Evidence(rung="rapid") for n in (0, 1) for name in ("quantity", "net_amount")}
    read = READ.model_copy(
        update={
            "invoice": INVOICE.model_copy(update={"lines": (lines[0], wrong), "totals": totals}),
            "evidence": places,
        }
    )
    half = corrected(read, Given({"lines.1.net_amount": "40"}))
    assert half is not None
    assert not half.proven("lines.0.quantity")
    made = corrected(read, Given({"lines.1.net_amount": "20"}))
    assert made is not None
    assert all(map(made.proven, places))
    assert made.evidence["lines.0.quantity"].rung == "rapid"
