"""Page images with the places of the values drawn: what was seen where, and what of it is proven."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from extractors import pdfium
from model.reading import Evidence, Reading, rungs_on
from pipeline.read import FIRST_OCR, OCR, XML, picture

Gray = NDArray[np.uint8]

COLOURS = {
    "head": "#7b3fb5",
    "seller": "#0b63c5",
    "buyer": "#008391",
    "item": "#6b5b1e",
    "quantity": "#c2410c",
    "price": "#b0126f",
    "amount": "#15803d",
    "total": "#b91c1c",
}
"""By role. A proven value has a filled box with a closed edge, an unproven one a dashed edge and no filling."""
_ROLES = {"quantity": "quantity", "net_price": "price", "net_amount": "amount", "vat_rate": "price"}
FILLING = 48
"""Opacity of the filling, of 255."""
LEGEND = 28
"""Height in pixels of the strip below the page that says which colour is which role."""
DASH = 6


DPI = 120
"""Resolution of pages that were not read by OCR; the others are drawn on the very picture that was."""


def write(folder: Path, name: str, data: bytes, media_type: str, reading: Reading) -> None:
    """Write the pages of a file into a folder that is there, as NAME.DIGEST.PAGE.png; a bare XML has none.

    Errors: OSError.
    """
    digest = hashlib.sha256(data).hexdigest()[:8]
    for number, gray in pages(data, media_type, reading):
        draw(gray, number, reading.evidence).save(folder / f"{name}.{digest}.{number}.png")


def pages(data: bytes, media_type: str, reading: Reading) -> Iterator[tuple[int, Gray]]:
    """Yield the number and the picture of each page, as the boxes of its evidence refer to it."""
    for number in range(1, reading.page_count + 1) if media_type != XML else ():
        yield number, one_page(data, media_type, reading, number)


def one_page(data: bytes, media_type: str, reading: Reading, number: int) -> Gray:
    """Return the picture of a page (from 1), as the boxes of its evidence refer to it."""
    ocr = ocr_rung(reading, number) is not None
    return picture(data, media_type, number).gray if ocr else pdfium.render(data, number, DPI)


def ocr_rung(reading: Reading, number: int) -> str | None:
    """Return the rung of OCR that the boxes of a page (from 1) come from, None for those of a text layer."""
    rungs = rungs_on(reading, number)
    if not rungs and reading.source == "ocr":
        return FIRST_OCR
    return next((rung for rung in OCR if rung in rungs), None)


def role(path: str) -> str:
    """Return the role of a field path: a key of COLOURS."""
    first, *rest = path.split(".")
    if first == "lines":
        return _ROLES.get(rest[-1], "item")
    if first in {"seller", "buyer"}:
        return first
    return "total" if first == "totals" else "head"


def draw(gray: Gray, number: int, evidence: Mapping[str, Evidence]) -> Image.Image:
    """Return page `number` (from 1; upright, uint8, rows by columns) with the places of the values drawn on it."""
    page = Image.fromarray(gray).convert("RGBA")
    layer = Image.new("RGBA", page.size)
    brush = ImageDraw.Draw(layer)
    for path, found in evidence.items():
        if found.page == number and found.box is not None:
            _mark(brush, _pixels(found.box, page.size), COLOURS[role(path)], proven=bool(found.proof))
    drawn = Image.alpha_composite(page, layer).convert("RGB")
    whole = Image.new("RGB", (drawn.width, drawn.height + LEGEND), "white")
    whole.paste(drawn)
    _legend(ImageDraw.Draw(whole), drawn.height)
    return whole


def _pixels(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Turn shares of the page to pixels, with a margin of 2 so that the edge does not cover what it frames."""
    width, height = size
    x0, top, x1, bottom = box
    return round(x0 * width) - 2, round(top * height) - 2, round(x1 * width) + 2, round(bottom * height) + 2


def _mark(brush: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: str, *, proven: bool) -> None:
    if proven:
        brush.rectangle(box, fill=f"{colour}{FILLING:02x}", outline=colour, width=2)
        return
    for dash in _dashes(box):
        brush.line(dash, fill=colour, width=2)


def _dashes(box: tuple[int, int, int, int]) -> Iterator[tuple[int, int, int, int]]:
    x0, top, x1, bottom = box
    for x in range(x0, x1, 2 * DASH):
        yield from ((x, y, min(x + DASH, x1), y) for y in (top, bottom))
    for y in range(top, bottom, 2 * DASH):
        yield from ((x, y, x, min(y + DASH, bottom)) for x in (x0, x1))


def _legend(brush: ImageDraw.ImageDraw, top: int) -> None:
    # Pillow types the result as either kind of font; with a size it is the one that can be measured.
    font = cast("ImageFont.FreeTypeFont", ImageFont.load_default(14))
    x = 8
    for name, colour in COLOURS.items():
        brush.text((x, top + 6), name, fill=colour, font=font)
        x += round(font.getlength(name)) + 16
    brush.text((x, top + 6), "filled: proven   dashed: not proven", fill="black", font=font)
