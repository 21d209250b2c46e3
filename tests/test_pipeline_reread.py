"""Doubtful cells by the second reader: real pictures, the real Tesseract; what was misread first is put in by hand."""

from decimal import Decimal
from functools import partial

import pytest
from sample_pages import A4, INVOICE, gray

from extractors import rapid
from extractors.cells import identifiers_again
from extractors.images import Picture
from extractors.numbers import parse_number
from model.contents import Contents
from model.page import Box, Page, Word
from model.reading import Reading
from pipeline.extract import extract
from pipeline.reread import reread

DPI = 200


def picture(_: int) -> Picture:
    return Picture(gray(INVOICE, DPI), *A4)


@pytest.fixture(scope="module")
def seen() -> Page:
    """The invoice as the first reader sees it: every figure right and sure."""
    flat = picture(1)
    scale = 72 / DPI
    words = tuple(
        Word(x.text, Box(x.x0 * scale, x.top * scale, x.x1 * scale, x.bottom * scale), x.confidence)
        for x in rapid.words(flat.gray, rapid.lines(flat.gray))
    )
    return Page(1, *A4, words, "ocr", rapid.RUNG)


def misread(page: Page, right: str, wrong: str, confidence: float) -> Contents:
    words = [Word(wrong, w.box, confidence) if w.text == right else w for w in page.words]
    assert words != list(page.words), f"{right} is not among {[w.text for w in page.words]}"
    return Contents(None, (Page(1, *A4, tuple(words), "ocr", rapid.RUNG),), 1)


def reread_after(contents: Contents) -> tuple[Reading, Reading]:
    before = extract([contents])
    return before, reread([contents], before, picture)[1]


def test_a_figure_read_weakly_is_repaired_where_everything_then_agrees(seen: Page) -> None:
    before, after = reread_after(misread(seen, "794,95", "794,35", 0.6))
    assert not before.proven("lines.0.quantity")
    assert after.invoice is not None
    assert after.invoice.lines[0].net_amount == Decimal("794.95")
    found = after.evidence["lines.0.net_amount"]
    assert (found.text, found.repaired, bool(found.proof)) == ("794,35", True, True)
    assert after.proven("lines.0.quantity")


def test_a_figure_read_without_doubt_stays_as_it_was_read(seen: Page) -> None:
    """Altered figures are read without doubt: arithmetic alone would undo a forgery."""
    before, after = reread_after(misread(seen, "794,95", "794,35", 0.98))
    assert after == before
    assert after.invoice is not None
    assert after.invoice.lines[0].net_amount == Decimal("794.35")


def test_what_the_second_reader_confirms_is_no_repair(seen: Page) -> None:
    """An invoice that does not add up, read weakly but rightly, keeps its contradiction."""
    weak = [Word(w.text, w.box, 0.6) if parse_number(w.text) else w for w in seen.words]
    wrong = tuple(Word("3", w.box, 0.98) if w.text == "2" and w.box.x0 > 300 else w for w in weak)
    contents = Contents(None, (Page(1, *A4, wrong, "ocr", rapid.RUNG),), 1)
    before, after = reread_after(contents)
    assert before.invoice is not None
    assert not any(found.repaired for found in after.evidence.values())
    assert after.invoice is not None
    assert after.invoice.lines == before.invoice.lines


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        ("DE136695976", "DE13669S97b", "seller.vat_identifier"),
        ("DE136695976", "DE136695978", "seller.vat_identifier"),
        ("DE02120300000000202051", "DE02120300000000202061", "seller.iban"),
    ],
)
def test_an_identifier_whose_check_digits_are_wrong_is_read_again(
    seen: Page, right: str, wrong: str, path: str
) -> None:
    before, after = reread_after(misread(seen, right, wrong, 0.95))
    assert not before.proven(path)
    assert after.proven(path)
    assert (after.evidence[path].text, after.evidence[path].repaired) == (wrong, True)
    assert after.invoice is not None
    assert getattr(after.invoice.seller, path.partition(".")[2]) == right


def test_what_is_right_is_not_read_again(seen: Page) -> None:
    unread = partial(pytest.fail, "nothing is doubtful here")
    assert identifiers_again([seen], unread) == ()


def test_an_identifier_glued_to_its_label_is_left_to_the_next_rung() -> None:
    glued = Word("IBAN:DE24", Box(529.1, 805.3, 564.7, 817.9), 0.9)
    assert identifiers_again([Page(1, *A4, (glued,), "ocr", rapid.RUNG)], picture) == ()
