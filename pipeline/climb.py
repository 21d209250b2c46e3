"""Climb: read a document rung by rung, only as far as its proof needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from model.contents import Contents
from model.reading import Reading
from pipeline.extract import extract, rungs_of
from pipeline.look import looked_at, pictures_beside
from pipeline.read import FIRST_OCR, OCR, PDF, RUNGS, TEXT, XML, picture, read, readable
from pipeline.reread import confirmed, reread


class OcrNeeded(Exception):
    """Raised where only OCR can read on, and it was not to be used."""


def climb(data: bytes, media_type: str, *, look: bool = True, ocr: bool = True) -> Reading:
    """Read a document; raises Unreadable where it cannot be processed.

    What the file says is compared with what its pages show (`pipeline.look`), unless `look` is False. Without `ocr` no
    page is read by OCR: OcrNeeded tells that one has to be.
    """
    first, *higher = RUNGS if media_type in {PDF, XML} else tuple(OCR)
    contents, reading = _read_on([], data, media_type, _allowed(first, ocr=ocr))
    for rung in higher:
        if settled(reading, contents[-1]):
            break
        if sees_more(rung, contents[-1]):
            contents, reading = _read_on(contents, data, media_type, _allowed(rung, ocr=ocr))
    if look and pictures_beside(reading, contents, media_type):
        _allowed(FIRST_OCR, ocr=ocr)
    pages = next((found.pages for found in reversed(contents) if rungs_of(found.pages) == reading.rung), ())
    reading = confirmed(reading, pages, contents, partial(picture, data, media_type))
    return looked_at(reading, contents, pages, data, media_type) if look else reading


def _allowed(rung: str, *, ocr: bool) -> str:
    """Return the rung, or raise OcrNeeded if it is one of OCR and that is not to be used."""
    if rung in OCR and not ocr:
        raise OcrNeeded
    return rung


def _read_on(contents: Sequence[Contents], data: bytes, media_type: str, rung: str) -> tuple[list[Contents], Reading]:
    """Read a document on one more rung; after the first OCR rung its doubtful cells are read again."""
    read_on = [*contents, read(data, media_type, rung)]
    reading = extract(read_on)
    return reread(read_on, reading, partial(picture, data, media_type)) if rung == FIRST_OCR else (read_on, reading)


def sees_more(rung: str, last: Contents) -> bool:
    """Whether a rung can see more than the last one: a text rung where there is text, OCR where a page is a picture."""
    if rung in TEXT:
        return any(page.words for page in last.pages)
    return not all(map(readable, last.pages))


def settled(reading: Reading, last: Contents) -> bool:
    """Whether climbing on would be in vain: structured, or every page seen, and no invoice or one that is proven."""
    if reading.source == "einvoice":
        return True
    if any(page.origin == "text" and not page.words for page in last.pages):
        return False
    invoice = reading.invoice
    if invoice is None:
        behind_pictures = any(page.origin == "text" and page.pictured for page in last.pages)
        return reading.document_class is not None and not behind_pictures
    return reading.proves_itself
