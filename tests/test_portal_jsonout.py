import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from model.finding import Finding
from model.invoice import Invoice, InvoiceLine, Party, Totals
from model.judgement import BonusUnit, Reason
from model.reading import Evidence, Reading
from portal import jsonout
from portal.decided import Decided, total
from portal.extracting import Extracted

Breaches = Callable[[str, Any], list[str]]

LINE = InvoiceLine(
    identifier="10",
    item_name="Snom D785",
    quantity=Decimal(5),
    net_price=Decimal("100.50"),
    net_amount=Decimal("502.50"),
)
INVOICE = Invoice(
    type_code="380",
    number="RE-1",
    issue_date=dt.date(2026, 9, 1),
    currency_code="EUR",
    seller=Party(name="Muster GmbH", vat_identifier="DE123456788"),
    lines=(LINE, LINE.model_copy(update={"identifier": None})),
    totals=Totals(net=Decimal("1005.00")),
)
READING = Reading(
    source="text",
    page_count=1,
    rung="pdfium",
    invoice=INVOICE,
    evidence={
        "number": Evidence(box=(0.1, 0.2, 0.3, 0.4), text="RE-1", rung="pdfium", confidence=1.0),
        "totals.net": Evidence(rung="xml", proof=("sum of lines = net",)),
    },
    findings=(Finding(code="low_confidence", about=("number", "totals.net", "issue_date")),),
)
EXTRACTED = Extracted(Path("in/a.pdf"), "0" * 64, "application/pdf", READING)


def test_a_reading_is_told_as_the_contract_says(breaches: Breaches) -> None:
    line = jsonout.extracted(EXTRACTED, "en")
    assert breaches("invoice", json.loads(json.dumps(line))) == []
    assert line["file"] == "in/a.pdf"
    assert line["document"] == {"sha256": "0" * 64, "page_count": 1, "source": "text"}
    assert line["invoice"]["lines"][0]["net_amount"] == "502.50"
    assert line["invoice"]["issue_date"] == "2026-09-01"
    assert line["evidence"]["totals.net"]["proof"] == ["sum of lines = net"]


def test_a_finding_shows_the_places_that_are_known() -> None:
    finding = jsonout.extracted(EXTRACTED, "en")["findings"][0]
    assert finding["code"] == "low_confidence"
    assert finding["message"]
    assert finding["evidence"] == [{"page": 1, "box": [0.1, 0.2, 0.3, 0.4], "text": "RE-1"}, {"page": 1}]


def test_a_document_without_an_invoice_is_told_with_null(breaches: Breaches) -> None:
    line = jsonout.extracted(replace(EXTRACTED, reading=READING.model_copy(update={"invoice": None})), "en")
    assert line["invoice"] is None
    assert breaches("invoice", line) == []


@pytest.mark.parametrize(("read", "told"), [("381", "381"), ("261", None), (None, None)])
def test_a_type_code_beyond_the_contract_is_told_as_unknown(
    breaches: Breaches, read: str | None, told: str | None
) -> None:
    reading = READING.model_copy(update={"invoice": INVOICE.model_copy(update={"type_code": read})})
    line = jsonout.extracted(replace(EXTRACTED, reading=reading), "en")
    assert line["invoice"]["type_code"] == told
    assert breaches("invoice", line) == []


def test_what_could_not_be_read_is_told_with_its_error() -> None:
    line = jsonout.extracted(Extracted(Path("a.pdf"), error=("empty", "The file is empty.")), "en")
    assert line == {"file": "a.pdf", "error": {"code": "empty", "message": "The file is empty."}}


def test_a_reason_has_the_severity_that_the_policy_gave_it() -> None:
    told = jsonout.reason(Reason(finding=Finding(code="buyer_mismatch"), severity="reject"), READING, "de")
    assert (told["code"], told["severity"], told["evidence"]) == ("buyer_mismatch", "reject", [])


def test_bonus_units_name_their_lines_as_printed_or_by_their_place() -> None:
    units = (
        BonusUnit(model="D785", quantity=10, bonus_each=Decimal(11), lines=(0, 1)),
        BonusUnit(model="D715", quantity=-1, bonus_each=Decimal("4.5"), lines=(1,)),
    )
    assert jsonout.unit(units[0], READING) == {
        "model": "D785",
        "quantity": 10,
        "bonus_each": "11.00",
        "line_identifiers": ["10", "2"],
    }
    assert total(units) == Decimal("105.50")


def test_a_document_that_could_not_be_opened_is_told_as_failed(breaches: Breaches) -> None:
    line = jsonout.decided(Decided("a.pdf", None, None, "failed", error=("damaged", "It cannot be opened.")), "en")
    assert breaches("decision", line) == []
    assert (line["outcome"], line["document_id"], line["bonus_total"]) == ("failed", None, "0.00")
    assert line["error"] == {"code": "damaged", "message": "It cannot be opened."}
