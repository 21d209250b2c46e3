"""Cells cut out for the second reader: what it sees is the word that was meant, not the rows around it."""

from sample_pages import A4, gray

from extractors import rapid, tesseract
from extractors.cells import cut_out
from model.page import Box, Page, Word

DPI = 200
CLOSE = tuple((60, 100 + 11.5 * row, f"snom D{row}85 SIP phone 7.{row}59,00 0004139F10{row}0") for row in range(1, 7))
"""Rows that nearly touch, as on a list of positions set tight."""


def test_cut_outs_show_one_word_and_nothing_of_the_rows_around_it() -> None:
    picture = gray(CLOSE, DPI)
    scale = 72 / DPI
    words = [
        Word(x.text, Box(x.x0 * scale, x.top * scale, x.x1 * scale, x.bottom * scale), x.confidence)
        for x in rapid.words(picture, rapid.lines(picture))
        if any(map(str.isdigit, x.text))
    ]
    page = Page(1, *A4, tuple(words), "ocr", rapid.RUNG)
    read = [tesseract.cell(cut_out(page, (word,), picture)) for word in words]
    assert len(words) == 18
    assert sum(text == word.text for text, word in zip(read, words, strict=True)) >= 16
