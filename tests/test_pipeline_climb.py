"""How far a document climbs: only as far as its proof needs, and past a text layer that proves nothing."""

from sample_pages import INVOICE, LETTER, Text, gray, pdf, scanned

from pipeline.climb import climb

MISREAD: tuple[Text, ...] = tuple((x, y, text.replace("158,99", "l58,9g").replace("5", "S")) for x, y, text in INVOICE)
"""The same as a bad OCR program made of it."""


def test_a_digital_invoice_that_proves_itself_needs_no_second_rung() -> None:
    assert climb(pdf(INVOICE), "application/pdf", look=False).rung == "pdfium"


def test_somebodys_ocr_behind_a_scan_is_used_where_it_proves_itself() -> None:
    reading = climb(scanned(gray(INVOICE, 200), layer=INVOICE), "application/pdf", look=False)
    assert (reading.source, reading.rung, reading.proven("lines.0.quantity")) == ("text", "pdfium", True)


def test_somebodys_ocr_that_proves_nothing_is_climbed_past() -> None:
    reading = climb(scanned(gray(INVOICE, 200), layer=MISREAD), "application/pdf", look=False)
    assert (reading.source, reading.rung, reading.proven("lines.0.quantity")) == ("ocr", "rapid", True)
    assert reading.invoice is not None
    assert (reading.invoice.number, reading.invoice.seller.vat_identifier) == ("RG-2026-77", "DE136695976")


def test_a_layer_that_is_no_invoice_does_not_stand_for_the_picture_in_front_of_it() -> None:
    reading = climb(scanned(gray(INVOICE, 200), layer=LETTER[-1:] * 40), "application/pdf", look=False)
    assert reading.invoice is not None
    assert reading.proven("lines.0.quantity")
