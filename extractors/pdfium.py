"""The door to PDFium: words of a text layer with their boxes, and pages rendered to gray pictures."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import pi

import numpy as np
import pypdfium2 as pdfium
from pypdfium2 import raw

from model.contents import Unreadable
from model.page import LONGEST_WORD, Box, Page, Word

RUNG = "pdfium"
WORD_GAP = 0.17
"""A gap wider than this share of the letter height starts a new word, blank or not."""
LINE_SHIFT = 0.5
"""A letter whose middle lies further from its word's than this share of the height stands on another line."""
SLANT = pi / 18
"""Letters turned further than this from the page's own direction are no running text (stamps, side notes)."""
PICTURED = 0.5
"""Pictures that cover this share of a page are what it shows ..."""
MAX_OBJECTS = 20_000
"""... looked for among so many objects of a page; one that consists of a picture has few."""
LONGEST_NAME = 128
"""Bytes of a font's name."""
MAX_LETTERS = 60_000
"""More letters on one page than this are a flood, `too_large` (terms in small print have 15,000) ..."""
MAX_TEXT = 1_500_000
"""... and so many on all pages together."""


@dataclass(slots=True)
class _Letter:
    """A glyph as PDFium gives it: the character and its loose box in page space, top left origin."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Glyph:
    """A letter as it is printed: its box and base line on the upright page in points, and its font's name."""

    text: str
    box: Box
    base: float
    font: str


@lru_cache(maxsize=1)
def _document(data: bytes) -> pdfium.PdfDocument:
    """Open a PDF, which stays open until another is: of one file text and pictures are asked for, page by page.

    Raises Unreadable `encrypted` or `damaged`.
    """
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise Unreadable("encrypted", "The PDF is protected by a password.") from error
        raise Unreadable("damaged", "The file is no PDF that can be opened.") from error


def page_count(data: bytes) -> int:
    """Return the number of pages of a PDF."""
    return len(_document(data))


def sizes(data: bytes) -> tuple[tuple[float, float], ...]:
    """Return width and height of each page, as it is shown, in points."""
    document = _document(data)
    return tuple(_size(document, index) for index in range(len(document)))


def _size(document: pdfium.PdfDocument, index: int) -> tuple[float, float]:
    try:
        width, height = document.get_page_size(index)
    except pdfium.PdfiumError as error:
        raise Unreadable("damaged", f"Page {index + 1} of the PDF cannot be opened.") from error
    return width, height


def text_pages(data: bytes, numbers: Sequence[int] | None = None) -> tuple[Page, ...]:
    """Read the text layer of the pages with these numbers (from 1; all by default) as words with boxes.

    Raises Unreadable `too_large` where a page, or all of them, hold more letters than an invoice.
    """
    pages, letters = [], 0
    for number in range(1, page_count(data) + 1) if numbers is None else numbers:
        pages.append(_text_page(data, number))
        letters += sum(len(word.text) for word in pages[-1].words)
        if letters > MAX_TEXT:
            raise _flood(number)
    return tuple(pages)


def metadata(data: bytes) -> dict[str, str]:
    """Return what a PDF's information dictionary holds: Creator, Producer, CreationDate, ModDate and so on."""
    document, found = _document(data), {}
    for name in pdfium.PdfDocument.METADATA_KEYS:
        with suppress(UnicodeDecodeError):
            found[name] = document.get_metadata_value(name)
    return {name: value for name, value in found.items() if value}


def signed(data: bytes) -> tuple[int, ...]:
    """Return for each signature of a PDF up to which byte it covers the file."""
    document, ends = _document(data).raw, []
    for index in range(max(raw.FPDF_GetSignatureCount(document), 0)):
        signature = raw.FPDF_GetSignatureObject(document, index)
        numbers = raw.FPDFSignatureObj_GetByteRange(signature, None, 0)
        held = (ctypes.c_int * numbers)()
        raw.FPDFSignatureObj_GetByteRange(signature, held, numbers)
        ends.append(sum(held[-2:]))
    return tuple(ends)


def render(data: bytes, number: int, dpi: int) -> np.ndarray:
    """Render page `number` (from 1) upright as a gray picture: uint8, rows by columns."""
    bitmap = _page(data, number).render(scale=dpi / 72, grayscale=True, no_smoothtext=False)
    picture = bitmap.to_numpy()
    return np.array(picture if picture.ndim == 2 else picture[:, :, 0])


@lru_cache(maxsize=1)
def _page(data: bytes, number: int) -> pdfium.PdfPage:
    try:
        return _document(data)[number - 1]
    except pdfium.PdfiumError as error:
        raise Unreadable("damaged", f"Page {number} of the PDF cannot be opened.") from error


def _text_page(data: bytes, number: int) -> Page:
    page = _page(data, number)
    width, height = page.get_size()
    text = page.get_textpage()
    if text.count_chars() > MAX_LETTERS:
        raise _flood(number)
    words = tuple(_words(_letters(page, text)))
    text.close()
    return Page(number, width, height, words, "text", RUNG, _pictured(page))


def _flood(number: int) -> Unreadable:
    return Unreadable("too_large", f"The text of the PDF is longer than an invoice's, on or before page {number}.")


def glyphs(data: bytes, number: int) -> tuple[Glyph, ...]:
    """Return the letters and digits of a page (from 1) with the fonts in which they are printed."""
    page = _page(data, number)
    text = page.get_textpage()
    found = tuple(_glyphs(page, text))
    text.close()
    return found


def _glyphs(page: pdfium.PdfPage, text: pdfium.PdfTextPage) -> Iterator[Glyph]:
    edges, rotation = page.get_bbox(), page.get_rotation()
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    name, flags = ctypes.create_string_buffer(LONGEST_NAME), ctypes.c_int()
    for index in range(text.count_chars()):
        char = chr(raw.FPDFText_GetUnicode(text.raw, index))
        if not char.isalnum() or not raw.FPDFText_GetLooseCharBox(text.raw, index, ctypes.byref(box)):
            continue
        raw.FPDFText_GetFontInfo(text.raw, index, name, LONGEST_NAME, ctypes.byref(flags))
        raw.FPDFText_GetCharOrigin(text.raw, index, ctypes.byref(x), ctypes.byref(y))
        upright = _upright(char, box, rotation, edges)
        origin = _upright(char, raw.FS_RECTF(x.value, y.value, x.value, y.value), rotation, edges)
        place = Box(upright.x0, upright.top, upright.x1, upright.bottom)
        yield Glyph(char, place, origin.top, name.value.decode("utf-8", "replace"))


def _pictured(page: pdfium.PdfPage) -> bool:
    """Whether pictures cover most of a page."""
    left, bottom, right, top = page.get_bbox()
    covered = 0.0
    for image in islice(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)), MAX_OBJECTS):
        x0, y0, x1, y1 = image.get_bounds()
        covered += max(min(x1, right) - max(x0, left), 0) * max(min(y1, top) - max(y0, bottom), 0)
    return bool(covered > PICTURED * (right - left) * (top - bottom))


def _letters(page: pdfium.PdfPage, text: pdfium.PdfTextPage) -> Iterator[_Letter]:
    """Yield the upright letters in reading order of the file, blanks as letters without extent of their own."""
    left, bottom, right, top = page.get_bbox()
    rotation = page.get_rotation()
    turned = rotation * pi / 180
    box = raw.FS_RECTF()
    reference = ctypes.byref(box)
    code_at, box_at, angle_at = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox, raw.FPDFText_GetCharAngle
    handle = text.raw
    for index in range(text.count_chars()):
        code = code_at(handle, index)
        if code == 0 or not box_at(handle, index, reference):
            continue
        if code > 32:
            turn = (angle_at(handle, index) + turned) % (2 * pi)
            if SLANT < turn < 2 * pi - SLANT:
                continue
        yield _upright(chr(code), box, rotation, (left, bottom, right, top))


def _upright(char: str, box: raw.FS_RECTF, rotation: int, page: tuple[float, float, float, float]) -> _Letter:
    """Bring a box from PDF space (origin bottom left, unturned) to the shown page (origin top left)."""
    left, bottom, right, top = page
    if rotation == 90:
        return _Letter(char, box.bottom - bottom, box.left - left, box.top - bottom, box.right - left)
    if rotation == 180:
        return _Letter(char, right - box.right, box.bottom - bottom, right - box.left, box.top - bottom)
    if rotation == 270:
        return _Letter(char, top - box.top, right - box.right, top - box.bottom, right - box.left)
    return _Letter(char, box.left - left, top - box.top, box.right - left, top - box.bottom)


def _words(letters: Iterable[_Letter]) -> Iterator[Word]:
    """Group letters to words: a blank, a gap or another base line ends one."""
    current: list[_Letter] = []
    for letter in letters:
        if letter.text.isspace() or not letter.text.isprintable():
            yield from _word(current)
            current = []
        elif current and (len(current) == LONGEST_WORD or _apart(current[-1], letter)):
            yield from _word(current)
            current = [letter]
        else:
            current.append(letter)
    yield from _word(current)


def _apart(before: _Letter, after: _Letter) -> bool:
    height = max(after.bottom - after.top, before.bottom - before.top, 1.0)
    gap = after.x0 - before.x1
    shift = abs((after.top + after.bottom) - (before.top + before.bottom)) / 2
    return gap > WORD_GAP * height or gap < -height or shift > LINE_SHIFT * height


def _word(letters: Sequence[_Letter]) -> Iterator[Word]:
    if letters:
        box = Box(
            min(x.x0 for x in letters),
            min(x.top for x in letters),
            max(x.x1 for x in letters),
            max(x.bottom for x in letters),
        )
        yield Word("".join(x.text for x in letters), box)
