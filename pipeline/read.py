"""Read a file on one rung of the ladder: its e-invoice XML, and its pages as words with boxes.

A text rung gives a PDF's own words, page by page, where they can stand for what the page shows. An OCR rung reads the
pages that are left, those that are pictures with somebody's OCR behind them, and every page of a picture file; other
pages with a good text layer keep their words.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from extractors import bundle, einvoice, images, pdfium, quality, rapid, render, tesseract, textlayer
from extractors.flatten import Lines, flattened, turned_over
from extractors.images import Picture, Seen
from extractors.overprint import overprinted
from model.contents import Contents, Unreadable
from model.page import Box, Page, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PDF = "application/pdf"
XML = "application/xml"
PICTURES = ("image/jpeg", "image/png", "image/tiff", "image/webp", "image/heic", bundle.MEDIA_TYPE)

TEXT = (pdfium.RUNG, textlayer.RUNG)
OCR: dict[str, Callable[[Picture, Lines], tuple[Seen, ...]]] = {
    rapid.RUNG: lambda picture, lines: rapid.words(picture.gray, lines),
    tesseract.RUNG: lambda picture, _: tesseract.words(picture),
}
FIRST_OCR = next(iter(OCR))
"""The OCR rung that reads whole pages first; the second reader then sees its doubtful cells."""
RUNGS = (*TEXT, *OCR)
"""The rungs of the ladder, the cheapest first."""

DPI = 200
"""PDF pages are rendered at this resolution for OCR ..."""
MAX_SIDE = 3000
"""... but with no more pixels than this along their longer side."""


def read(data: bytes, media_type: str, rung: str) -> Contents:
    """Read a file of a media type that `pipeline.intake` names on a rung of `RUNGS`; raises Unreadable."""
    return READERS[media_type](data, media_type, rung)


def one_page(data: bytes, media_type: str, number: int, rung: str) -> Page:
    """Return page `number` (from 1) with its words as a reader of `rung` sees them.

    A text layer is given as it is, whether or not it says what the page shows.
    """
    if rung in OCR:
        return _ocr(data, media_type, number, rung)
    (page,) = pdfium.text_pages(data, [number])
    return replace(page, words=tuple(filter(page.holds, page.words)))


def picture(data: bytes, media_type: str, number: int) -> Picture:
    """Return page `number` (from 1) as OCR sees it, upright, flat, evenly lit: what boxes of origin "ocr" refer to."""
    return _laid_flat(data, media_type, number)[0]


def _xml(data: bytes, _media_type: str, _rung: str) -> Contents:
    return Contents(data, (), 0)


def _pdf(data: bytes, media_type: str, rung: str) -> Contents:
    pages = [_checked(data, page) for page in _text_pages(data, rung)]
    if rung in OCR:
        pages = [page if readable(page) else _ocr(data, media_type, page.number, rung) for page in pages]
    return Contents(_attached(data), tuple(pages), len(pages))


def readable(page: Page) -> bool:
    """Whether OCR has nothing to add to a page: its words are good, and no picture of them."""
    return page.origin == "text" and bool(page.words) and not page.pictured


def _text_pages(data: bytes, rung: str) -> Sequence[Page]:
    """Return all pages that PDFium knows; pdfplumber's words on its own rung, none where it knows no such page."""
    pages = pdfium.text_pages(data)
    if rung != textlayer.RUNG:
        return pages
    try:
        others = {page.number: page.words for page in textlayer.text_pages(data)}
    except Unreadable:
        others = {}
    return [replace(page, words=others.get(page.number, ()), rung=rung) for page in pages]


def _attached(data: bytes) -> bytes | None:
    """Return the e-invoice in a PDF; a PDF that only PDFium can open has none that anybody could find."""
    try:
        return einvoice.find(data)
    except Unreadable as error:
        if error.code != "damaged":
            raise
        return None


def _picture(data: bytes, media_type: str, rung: str) -> Contents:
    count = bundle.count(data) if media_type == bundle.MEDIA_TYPE else images.count(data)
    pages = [_ocr(data, media_type, number, rung) for number in range(1, count + 1)] if rung in OCR else []
    return Contents(None, tuple(pages), count)


READERS: dict[str, Callable[[bytes, str, str], Contents]] = {
    PDF: _pdf,
    XML: _xml,
    **dict.fromkeys(PICTURES, _picture),
}


def _checked(data: bytes, page: Page) -> Page:
    """Return a page with the words of its text layer that lie on it if they can stand for it, else without words."""
    page = replace(page, words=tuple(filter(page.holds, page.words)))
    sound = page.words and quality.telling(page) and not any(overprinted(page))
    if sound and quality.good(page.words, rendered(data, page.number, quality.DPI)):
        return page
    return replace(page, words=())


def rendered(data: bytes, number: int, dpi: int) -> images.Gray:
    """Return page `number` (from 1) of a PDF as it is shown, upright; by poppler where PDFium cannot."""
    try:
        return pdfium.render(data, number, dpi)
    except Unreadable:
        return render.render(data, number, dpi)


def _ocr(data: bytes, media_type: str, number: int, rung: str) -> Page:
    flat, lines = _laid_flat(data, media_type, number)
    across, down = flat.width / flat.gray.shape[1], flat.height / flat.gray.shape[0]
    words = tuple(
        Word(seen.text, Box(seen.x0 * across, seen.top * down, seen.x1 * across, seen.bottom * down), seen.confidence)
        for seen in OCR[rung](flat, lines)
    )
    return Page(number, flat.width, flat.height, words, "ocr", rung, marked=images.marked(flat.gray))


@lru_cache(maxsize=4)
def _laid_flat(data: bytes, media_type: str, number: int) -> tuple[Picture, Lines]:
    """Return a page upright, flat and evenly lit with its lines; the next rung and the second look find it again."""
    taken = _TAKEN[media_type](data, number)
    flat, lines = flattened(taken, rapid.lines(taken.gray))
    if images.shaded(flat.gray):
        flat = replace(flat, gray=images.relit(flat.gray))
        lines = rapid.lines(flat.gray)
    return turned_over(flat, lines) if rapid.upside_down(flat.gray, lines) else (flat, lines)


def _pdf_picture(data: bytes, number: int) -> Picture:
    (page,) = pdfium.text_pages(data, [number])
    dpi = min(DPI, int(72 * MAX_SIDE / max(page.width, page.height)))
    return Picture(rendered(data, number, max(dpi, 1)), page.width, page.height)


_TAKEN: dict[str, Callable[[bytes, int], Picture]] = {
    **dict.fromkeys(PICTURES, images.frame),
    bundle.MEDIA_TYPE: bundle.frame,
    PDF: _pdf_picture,
}
"""How a page is taken out of a file of each kind."""
