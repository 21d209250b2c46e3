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
INVISIBLE = 3
"""The text rendering mode that shows nothing (ISO 32000-1, table 106)."""
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

INVOICE: tuple[Text, ...] = (
    (60, 60, "Nordlicht Distribution GmbH, Hafenweg 3, 20457 Hamburg"),
    (60, 120, "Rechnung Nr. RG-2026-77 vom 14.08.2026"),
    (60, 200, "Pos"),
    (120, 200, "Bezeichnung"),
    (330, 200, "Menge"),
    (400, 200, "Preis"),
    (480, 200, "Betrag"),
    (60, 220, "1"),
    (120, 220, "snom D735"),
    (330, 220, "5"),
    (400, 220, "158,99"),
    (480, 220, "794,95"),
    (60, 240, "2"),
    (120, 240, "snom D785"),
    (330, 240, "2"),
    (400, 240, "10,00"),
    (480, 240, "20,00"),
    (330, 280, "Nettobetrag"),
    (480, 280, "814,95"),
    (330, 300, "MwSt. 19 %"),
    (480, 300, "154,84"),
    (330, 320, "Gesamtbetrag"),
    (480, 320, "969,79"),
    (60, 760, "USt-IdNr. DE136695976"),
    (300, 760, "IBAN DE02120300000000202051"),
)
"""An invoice that adds up."""


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


def scanned(
    *pages: Gray, size: tuple[float, float] = A4, stamp: Sequence[Text] = (), layer: Sequence[Text] = ()
) -> bytes:
    """Return a PDF whose pages are pictures, as scanners make it.

    The stamp is digital text on the first page; the layer is text that nobody sees, as OCR programs write it.
    """
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=size, invariant=1)
    for number, pixels in enumerate(pages):
        canvas.drawInlineImage(Image.fromarray(pixels), 0, 0, *size)
        for x, baseline, text in () if number else stamp:
            canvas.drawString(x, size[1] - baseline, text)
        for x, baseline, text in () if number else layer:
            canvas.drawString(x, size[1] - baseline, text, mode=INVISIBLE)
        canvas.showPage()
    canvas.save()
    return target.getvalue()
