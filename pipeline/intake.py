"""Intake: what a file is, by its content and never by its name, and whether it can be processed at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from extractors import bundle, einvoice, images, pdfium, weight
from model.contents import Unreadable

MAX_BYTES = 30_000_000
"""Larger files are refused: `too_large`."""
MAX_PAGES = 200
"""Files with more pages are refused: `too_many_pages`."""
HEAD = 1024
"""A PDF's signature stands within so many bytes (ISO 32000-1, annex H) ..."""
TAIL = 4096
"""... and the end of its cross-reference within so many of its last ones, or the file was cut off."""

DPI = 200
"""Pages of a PDF have to be drawn at this resolution with no more pixels than a picture may have."""
MIN_POINTS = 8.0
"""A page narrower or lower than this holds no line of text."""
BLANK = b"\x00\t\n\r "
"""What may stand behind the end of a file, and is all that there is in an empty one."""

PICTURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_WEBP = (b"RIFF", b"WEBP")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_HTML = (b"<!doctype html", b"<html")
_HEIF = frozenset({b"heic", b"heix", b"hevc", b"heif", b"mif1", b"msf1"})
"""Brands of ISO/IEC 23008-12, annex B."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What was learnt of a file: media type, SHA-256 in hex, size in bytes, number of pages (1 for an XML)."""

    media_type: str
    digest: str
    size: int
    page_count: int


def inspect(data: bytes, name: str) -> Intake:
    """Sniff, measure and hash a file; `name` is only quoted.

    Raises Unreadable `empty`, `too_large`, `unsupported_type`, `encrypted`, `damaged` (also a picture of a few pixels,
    which is not what somebody meant to send), `too_many_pages`, `too_many_pixels` or `bad_xml`.
    """
    if not data.strip(BLANK):
        raise Unreadable("empty", "The file is empty.")
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", f"The file is larger than {MAX_BYTES // 10**6} MB.")
    media_type = sniff(data)
    if media_type is None:
        raise Unreadable("unsupported_type", _unsupported(name))
    pages = _pages(data, media_type)
    if pages > MAX_PAGES:
        raise Unreadable("too_many_pages", f"The file has {pages} pages; {MAX_PAGES} can be read.")
    return Intake(media_type, hashlib.sha256(data).hexdigest(), len(data), pages)


def sniff(data: bytes) -> str | None:
    """Return the media type of a file by its first bytes, or None for what is not read."""
    for signature, media_type in PICTURES:
        if data.startswith(signature):
            return media_type
    if (data[:4], data[8:12]) == _WEBP:
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        return "image/heic"
    if bundle.is_bundle(data):
        return bundle.MEDIA_TYPE
    if b"%PDF-" in data[:HEAD]:
        return "application/pdf"
    return "application/xml" if _is_xml(data) else None


def _is_xml(data: bytes) -> bool:
    head = data[:HEAD]
    for bom in _BOMS:
        head = head.removeprefix(bom)
    head = head.replace(b"\x00", b"").lstrip().lower()
    return head.startswith(b"<") and not head.startswith(_HTML)


def _unsupported(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    claim = (
        f" although its name ends in {suffix}" if suffix in {".pdf", ".xml", ".jpg", ".jpeg", ".png", ".tif"} else ""
    )
    return f"The file is no PDF, e-invoice (XML), JPEG, PNG, TIFF, WebP or HEIC{claim}."


def _pages(data: bytes, media_type: str) -> int:
    if media_type == "application/pdf":
        return _pdf_pages(data)
    if media_type == "application/xml":
        einvoice.read(data)
        return 1
    return bundle.count(data) if media_type == bundle.MEDIA_TYPE else images.count(data)


def _pdf_pages(data: bytes) -> int:
    weight.check(data)
    pages = pdfium.page_count(data)
    if pages == 0:
        raise Unreadable("damaged", "The PDF has no page.")
    end = data.rstrip(BLANK)[-TAIL:]
    if b"startxref" not in end and b"%%EOF" not in end:
        raise Unreadable("damaged", "The PDF is cut off: its end is missing.")
    if pages <= MAX_PAGES:
        _check_sizes(data)
    return pages


def _check_sizes(data: bytes) -> None:
    """Raise Unreadable for a page that is too large to be drawn, or is of no size that paper can have."""
    for number, (width, height) in enumerate(pdfium.sizes(data), start=1):
        if not min(width, height) >= MIN_POINTS:
            raise Unreadable("damaged", f"Page {number} of the PDF is too small to hold anything.")
        if width * height * (DPI / 72) ** 2 > images.MAX_PIXELS:
            raise Unreadable("too_many_pixels", f"Page {number} of the PDF is too large to be drawn.")
