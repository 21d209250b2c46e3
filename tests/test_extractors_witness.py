"""The second look: text layers that say what the page shows, and such that lie."""

import io
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from extractors import pdfium
from extractors.witness import Doubt, _agree, look
from model.reading import Reading
from pipeline.extract import extract
from pipeline.read import PDF, read

ROWS = (
    (60, 80, "Rechnung Nr. 9143 vom 12.06.2026"),
    (60, 140, "Pos   Bezeichnung"),
    (300, 140, "Menge"),
    (380, 140, "Einzelpreis"),
    (470, 140, "Gesamtpreis"),
    (60, 160, "1   snom D735"),
    (300, 160, "12"),
    (380, 160, "146,30"),
    (470, 160, "1.755,60"),
    (380, 200, "Nettobetrag"),
    (470, 200, "1.755,60"),
    (380, 220, "MwSt. 19 %"),
    (470, 220, "333,56"),
    (380, 240, "Rechnungsbetrag"),
    (470, 240, "2.089,16"),
)
Draw = Callable[[Canvas], None]


def pdf(draw: Draw) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(595, 842), invariant=1)
    canvas.setFont("Helvetica", 11)
    draw(canvas)
    canvas.save()
    return target.getvalue()


def written(canvas: Canvas, changes: dict[str, str] | None = None) -> None:
    for x, down, text in ROWS:
        canvas.drawString(x, 842 - down, (changes or {}).get(text, text))


def scanned(layer: dict[str, str]) -> bytes:
    """A scan of the page with an invisible text layer in which some texts are changed."""
    gray = pdfium.render(pdf(written), 1, 200)
    picture = ImageReader(Image.fromarray(np.asarray(gray)))

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(picture, 0, 0, 595, 842)
        text = canvas.beginText()
        text.setTextRenderMode(3)
        text.setFont("Helvetica", 11)
        for x, down, said in ROWS:
            text.setTextOrigin(x, 842 - down)
            text.textOut(layer.get(said, said))
        canvas.drawText(text)

    return pdf(draw)


def doubts(data: bytes) -> tuple[Reading, tuple[Doubt, ...]]:
    contents = read(data, PDF, "pdfium")
    reading = extract([contents])
    return reading, look(reading, contents.pages, partial(pdfium.render, data))


@pytest.mark.parametrize("data", [pdf(written), scanned({})], ids=["digital", "scan with a text layer"])
def test_an_honest_page_raises_no_doubt(data: bytes) -> None:
    reading, found = doubts(data)
    assert reading.proven("lines.0.quantity")
    assert found == ()


def test_a_text_layer_that_lies_consistently_is_found_though_everything_adds_up() -> None:
    lies = {"12": "20", "1.755,60": "2.926,00", "333,56": "555,94", "2.089,16": "3.481,94"}
    reading, found = doubts(scanned(lies))
    assert reading.proven("lines.0.quantity")
    assert ("lines.0.quantity", "20", "12") in {(doubt.path, doubt.said, doubt.shown) for doubt in found}
    assert {doubt.path for doubt in found} >= {"lines.0.net_amount", "totals.gross"}


def test_a_model_that_only_the_text_layer_names_is_found() -> None:
    _, found = doubts(scanned({"1   snom D735": "1   snom D865"}))
    assert {(doubt.path, doubt.said, doubt.shown) for doubt in found} == {("lines.0.item_name", "D865", "D735")}


@pytest.mark.parametrize(
    ("said", "shown", "agree"),
    [
        ("1.755,60", "1.755,60", True),
        ("1.755,60", "1755.60", True),
        ("0,5l", "0,51", True),
        ("COMP-XYZ-123", "000MP-XYZ-123", True),
        ("COMP-XYZ-123", "COMP-XYZ-128", False),
        ("12", "20", False),
        ("12", "", False),
        ("D735", "D785", False),
    ],
)
def test_the_digits_have_to_agree_and_the_letters_need_not(said: str, shown: str, *, agree: bool) -> None:
    assert _agree(said, shown) is agree


def test_white_figures_are_shown_by_nobody() -> None:
    def draw(canvas: Canvas) -> None:
        for x, down, text in ROWS:
            canvas.setFillGray(1 if text == "12" else 0)
            canvas.drawString(x, 842 - down, text)

    _, found = doubts(pdf(draw))
    assert found == (Doubt("lines.0.quantity", "12", found[0].shown),)
