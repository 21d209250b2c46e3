import io
from contextlib import suppress

import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sample_pages import LETTER, encoded, gray, pdf, scanned

from model.contents import Contents, Unreadable
from model.page import Page
from pipeline.intake import inspect
from pipeline.read import RUNGS, picture, read

DIGITAL = pdf(LETTER)
SCAN = scanned(gray(dpi=120))
XML = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>'


def texts(page: Page) -> set[str]:
    return {word.text for word in page.words}


def place(contents: Contents, text: str) -> tuple[float, float]:
    (word,) = (word for page in contents.pages for word in page.words if word.text == text)
    return word.box.x0, word.box.middle


def test_the_ladder() -> None:
    assert RUNGS == ("pdfium", "pdfplumber", "rapid", "tesseract")


@pytest.mark.parametrize("rung", RUNGS)
def test_a_digital_page_keeps_its_own_words_on_every_rung(rung: str) -> None:
    (page,) = read(DIGITAL, "application/pdf", rung).pages
    assert (page.origin, page.rung) == ("text", "pdfplumber" if rung == "pdfplumber" else "pdfium")
    assert {"Müller", "1.158,99", "RG-2026-10482"} <= texts(page)
    assert {word.confidence for word in page.words} == {1.0}


@pytest.mark.parametrize("rung", ["pdfium", "pdfplumber"])
def test_a_text_rung_sees_nothing_on_a_scan(rung: str) -> None:
    seen = read(scanned(gray(dpi=60), stamp=[(400, 20, "Eingang 17.08.2026")]), "application/pdf", rung)
    assert [(page.number, page.words, page.origin) for page in seen.pages] == [(1, (), "text")]


@pytest.mark.parametrize("rung", ["rapid", "tesseract"])
def test_a_scan_is_read_in_points_of_its_page(rung: str) -> None:
    seen = read(SCAN, "application/pdf", rung)
    assert [(page.origin, page.rung, page.width, page.height) for page in seen.pages] == [("ocr", rung, 595, 842)]
    assert place(seen, "1.158,99") == pytest.approx(
        place(read(DIGITAL, "application/pdf", "pdfium"), "1.158,99"), abs=3
    )


def test_a_scan_with_a_good_layer_counts_as_text_until_its_picture_is_read() -> None:
    layered = scanned(gray(dpi=120), layer=LETTER)
    (page,) = read(layered, "application/pdf", "pdfium").pages
    assert (page.origin, page.pictured, "1.158,99" in texts(page)) == ("text", True, True)
    (page,) = read(layered, "application/pdf", "rapid").pages
    assert (page.origin, "1.158,99" in texts(page)) == ("ocr", True)


def test_pages_of_both_kinds_are_decided_one_by_one() -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(DIGITAL)) as both, pikepdf.open(io.BytesIO(SCAN)) as second:
        both.pages.extend(second.pages)
        both.save(target)
    seen = read(target.getvalue(), "application/pdf", "rapid")
    assert [(page.number, page.origin) for page in seen.pages] == [(1, "text"), (2, "ocr")]
    assert all("RG-2026-10482" in texts(page) for page in seen.pages)


def test_the_attached_invoice_comes_along() -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(DIGITAL)) as document:
        document.attachments["invoice.xml"] = XML
        document.save(target)
    seen = read(target.getvalue(), "application/pdf", "pdfium")
    assert (seen.xml, seen.page_count) == (XML, 1)


def test_an_xml_is_handed_on() -> None:
    assert read(XML, "application/xml", "pdfium") == Contents(XML, (), 0)


def test_pictures_are_read_page_by_page_however_they_lie() -> None:
    upright = gray(dpi=110)
    data = encoded(upright, "TIFF", save_all=True, append_images=[Image.fromarray(np.rot90(upright, 1))])
    seen = read(data, "image/tiff", "rapid")
    assert [(page.number, round(page.width), round(page.height)) for page in seen.pages] == [
        (1, 595, 842),
        (2, 595, 842),
    ]
    assert all("1.158,99" in texts(page) for page in seen.pages)
    assert picture(data, "image/tiff", 2).gray.shape == upright.shape


def test_a_text_rung_has_no_pages_for_a_picture() -> None:
    assert read(encoded(gray(dpi=40)), "image/png", "pdfium") == Contents(None, (), 1)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_blank_page_has_no_words(rung: str) -> None:
    (page,) = read(pdf([]), "application/pdf", rung).pages
    assert page.words == ()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(DIGITAL) - 1), st.integers(0, 255)), max_size=12))
def test_a_broken_pdf_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(DIGITAL)
    for at, value in changes:
        data[at] = value
    with suppress(Unreadable):
        media_type = inspect(bytes(data), "any.pdf").media_type
        for rung in ("pdfium", "pdfplumber"):
            assert read(bytes(data), media_type, rung).page_count >= 1
