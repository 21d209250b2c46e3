"""How far a document climbs: only as far as its proof needs, and past a text layer that proves nothing."""

import io
from dataclasses import replace
from functools import partial

import numpy as np
import pikepdf
import pytest
from sample_pages import INVOICE, LETTER, Text, gray, pdf, scanned

from extractors.cells import TWO_READERS
from model.contents import Contents
from pipeline.climb import OcrNeeded, climb
from pipeline.extract import extract
from pipeline.read import picture, read
from pipeline.reread import confirmed

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


def test_another_invoice_that_only_ocr_sees_is_not_overlooked_behind_one_that_proves_itself() -> None:
    other = (*((x, y, text.replace("RG-2026-77", "RG-2026-91")) for x, y, text in INVOICE), (450, 40, "Seite 1 von 1"))
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(INVOICE))) as file, pikepdf.open(io.BytesIO(scanned(gray(other, 200)))) as more:
        file.pages.extend(more.pages)
        file.save(target)
    reading = climb(target.getvalue(), "application/pdf", look=False)
    assert [finding.code for finding in reading.findings] == ["multiple_invoices"]
    assert [invoice.number for invoice in reading.others] == ["RG-2026-91"]


def test_one_changed_figure_in_a_good_layer_is_reported_and_a_bad_layer_is_not() -> None:
    changed = tuple((x, y, "50" if (x, text) == (330, "5") else text) for x, y, text in INVOICE)
    forged = climb(scanned(gray(INVOICE, 200), layer=changed), "application/pdf")
    assert [(found.code, found.about, found.values) for found in forged.findings] == [
        ("suspected_tampering", ("lines.0.quantity",), {"said": "50", "shown": "5"})
    ]
    assert climb(scanned(gray(INVOICE, 200), layer=MISREAD), "application/pdf").findings == ()


def test_what_the_first_reader_doubts_and_the_second_sees_alike_is_confirmed() -> None:
    faint = scanned(np.asarray(255 - (255 - gray(INVOICE, 200).astype(int)) * 0.35, dtype=np.uint8))
    reading = climb(faint, "application/pdf")
    pages = read(faint, "application/pdf", "rapid").pages
    doubted = tuple(replace(w, confidence=0.6) if w.text in {"D735", "14.08.2026"} else w for w in pages[0].words)
    page = replace(pages[0], words=doubted)
    again = confirmed(extract([Contents(None, (page,), 1)]), (page,), (), partial(picture, faint, "application/pdf"))
    for path in ("issue_date", "lines.0.item_name"):
        assert reading.sure(path)
        assert again.evidence[path].confidence == 0.6
        assert again.evidence[path].proof == (TWO_READERS,)


def test_what_the_second_reader_sees_otherwise_stays_in_doubt() -> None:
    scan = scanned(gray(INVOICE, 200))
    (seen,) = read(scan, "application/pdf", "rapid").pages
    words = (replace(w, text="D785", confidence=0.6) if w.text == "D735" else w for w in seen.words)
    page = replace(seen, words=tuple(words))
    again = confirmed(extract([Contents(None, (page,), 1)]), (page,), (), partial(picture, scan, "application/pdf"))
    assert not again.sure("lines.0.item_name")


def test_what_tesseract_doubts_and_the_first_reader_saw_alike_is_confirmed() -> None:
    scan = scanned(gray(INVOICE, 200))
    lower, second = (read(scan, "application/pdf", rung) for rung in ("rapid", "tesseract"))
    words = tuple(replace(w, confidence=0.6) if w.text == "D735" else w for w in second.pages[0].words)
    page = replace(second.pages[0], words=words)
    reading = extract([Contents(None, (page,), 1)])
    assert not reading.sure("lines.0.item_name")
    look = partial(picture, scan, "application/pdf")
    assert confirmed(reading, (page,), [lower], look).sure("lines.0.item_name")
    other = replace(
        lower.pages[0], words=tuple(replace(w, text=w.text.replace("D735", "D785")) for w in lower.pages[0].words)
    )
    assert not confirmed(reading, (page,), [replace(lower, pages=(other,))], look).sure("lines.0.item_name")


def test_without_ocr_a_document_that_needs_it_is_told_apart_from_one_that_does_not() -> None:
    scan = scanned(gray(INVOICE, 200))
    assert climb(pdf(INVOICE), "application/pdf", ocr=False) == climb(pdf(INVOICE), "application/pdf")
    with pytest.raises(OcrNeeded):
        climb(scan, "application/pdf", ocr=False)
    with pytest.raises(OcrNeeded):
        climb(b"not even looked at", "image/png", ocr=False)
