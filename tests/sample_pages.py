"""Pages drawn for tests: texts at given places, as a PDF and as the picture a scanner makes of it."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from extractors import pdfium
from extractors.images import Picture

Gray = NDArray[np.uint8]
Text = tuple[float, float, str]
"""x and baseline in points from the top left, and what stands there."""

A4 = (595.0, 842.0)
LETTER: tuple[Text, ...] = (
    (60, 60, "Müller & Söhne Großhandel GmbH"),
    (60, 120, "Testsystemhaus Nord GmbH, Hafenstraße 12, 20359 Hamburg"),
    (60, 200, "Rechnung Nr. RG-2026-10482 vom 14.08.2026"),
    (60, 260, "Pos"),
    (120, 260, "Bezeichnung"),
    (330, 260, "Menge"),
    (480, 260, "Gesamt EUR"),
    (60, 280, "1"),
    (120, 280, "Snom D785 Tischtelefon schwarz"),
    (330, 280, "5 Stck"),
    (480, 280, "1.158,99"),
    (60, 300, "2"),
    (120, 300, "Rückgabe Netzteil für D7xx"),
    (330, 300, "10 Stck"),
    (480, 300, "23,40"),
    (120, 340, "Zahlbar innerhalb von 14 Tagen ohne Abzug auf das unten genannte Konto."),
)


def pdf(*pages: Sequence[Text], size: tuple[float, float] = A4, font: str = "Helvetica") -> bytes:
    """Draw a PDF with these texts on its pages, in 11 points."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=size, invariant=1)
    for texts in pages:
        canvas.setFont(font, 11)
        for x, baseline, text in texts:
            canvas.drawString(x, size[1] - baseline, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def gray(
    texts: Sequence[Text] = LETTER, dpi: int = 150, size: tuple[float, float] = A4, font: str = "Helvetica"
) -> Gray:
    """Return the picture of a page with these texts."""
    return np.asarray(pdfium.render(pdf(texts, size=size, font=font), 1, dpi), dtype=np.uint8)


def picture(texts: Sequence[Text] = LETTER, dpi: int = 150) -> Picture:
    """Return the same as a page picture with its size in points."""
    return Picture(gray(texts, dpi), *A4)


def encoded(pixels: Gray, kind: str = "PNG", **options: object) -> bytes:
    """Return pixels as an image file."""
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def scanned(*pages: Gray, size: tuple[float, float] = A4, stamp: Sequence[Text] = ()) -> bytes:
    """Return a PDF whose pages are pictures, as scanners make it; the stamp is digital text on the first one."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=size, invariant=1)
    for number, pixels in enumerate(pages):
        canvas.drawInlineImage(Image.fromarray(pixels), 0, 0, *size)
        for x, baseline, text in () if number else stamp:
            canvas.drawString(x, size[1] - baseline, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()
