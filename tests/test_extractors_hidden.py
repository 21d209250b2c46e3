"""Text that a file holds and its pages do not show."""

import io

import pikepdf
import pytest
from sample_pages import INVOICE, Text, pdf

from pipeline.climb import climb

OFFER: tuple[Text, ...] = tuple((x, y, text.replace("Rechnung Nr.", "Angebot Nr.")) for x, y, text in INVOICE)


def with_more(texts: tuple[Text, ...], operators: str, x: float, y: float, said: str) -> bytes:
    """Draw texts, and one more with some operators before it."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(texts))) as file:
        page = file.pages[0]
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.add_resource(font, pikepdf.Name.Font, pikepdf.Name.More)
        page.contents_add(f"q {operators} BT /More 18 Tf {x} {842 - y} Td ({said}) Tj ET Q".encode())
        file.save(target)
    return target.getvalue()


def suspected(data: bytes) -> list[str]:
    return [found.values["said"] for found in climb(data, "application/pdf").findings if "tampering" in found.code]


@pytest.mark.parametrize("operators", ["1 g", "3 Tr"])
def test_an_offer_is_no_invoice_by_a_title_that_nobody_sees(operators: str) -> None:
    assert suspected(with_more(OFFER, operators, 60, 95, "Rechnung")) == ["Rechnung"]


def test_a_title_that_is_seen_is_none() -> None:
    assert suspected(with_more(INVOICE, "0 g", 60, 95, "Rechnung")) == []


def test_words_without_digits_that_name_nothing_may_be_hidden() -> None:
    assert suspected(with_more(INVOICE, "1 g", 60, 700, "Anfang des Druckauftrags")) == []


@pytest.mark.parametrize(("x", "y"), [(700, 400), (60, -40), (60, 900), (-300, 400)])
def test_figures_beside_the_page_are_not_read_and_are_told(x: float, y: float) -> None:
    data = with_more(INVOICE, "0 g", x, y, "99,00")
    reading = climb(data, "application/pdf")
    assert suspected(data) == ["99,00"]
    assert reading.invoice is not None
    assert len(reading.invoice.lines) == 2
