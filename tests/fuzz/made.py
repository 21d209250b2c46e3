"""What the targets are given: numbers, words, pages, files and requests, half of them as they should be."""

import re
from decimal import Decimal
from itertools import pairwise

from hostile.case import FIXTURES, fixture
from hypothesis import strategies as st

from model.invoice import Invoice, InvoiceLine, Totals
from model.page import Box, Page, Word

XML = tuple(fixture(f"{name}/invoice.xml") for name in ("xml-cii-approved", "xml-ubl-credit-note-approved"))
_VALUES = re.compile(rb">([^<>\s][^<>]*)<")
ODD = st.sampled_from(
    ["", " ", "-", "0", "-0", "1e9999", "NaN", "9" * 400, "1.234,56", "1,5", "\u0661\u0662", "\u202e12", "\u200b", "e" + "\u0301" * 50, "x" * 500, "Infinity", "0x1F", "1_0", "2026-02-30", "99991231", "=1+1", "<b>", "&#0;"]
)  # fmt: skip
NUMBERISH = st.text(alphabet="0123456789.,'-\u2013\u2212+ %\u20ac$EURCHF\u0661\u00b2\u2460", max_size=30)
DATEISH = st.text(alphabet="0123456789./- aeiJMarzmbDthnd,\u0661", max_size=30)
TEXTS = st.one_of(NUMBERISH, DATEISH, ODD, st.text(max_size=40))


@st.composite
def xml(draw: st.DrawFn) -> bytes:
    """A structured invoice with other values, other bytes, or cut off."""
    whole = draw(st.sampled_from(XML))
    places = [found.span(1) for found in _VALUES.finditer(whole)]
    for start, end in sorted(draw(st.lists(st.sampled_from(places), max_size=6, unique=True)), reverse=True):
        text = draw(st.one_of(ODD, NUMBERISH, DATEISH)).encode("utf-8", "replace")
        whole = whole[:start] + text.replace(b"<", b"&lt;") + whole[end:]
    data = bytearray(whole)
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return (
        bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) and draw(st.booleans()) else bytes(data)
    )


LABELS = sorted(set(re.findall(r"[^\W_]{3,}", (FIXTURES.parent / "extractors" / "vocabulary.json").read_text())))
WORDS = st.one_of(
    st.sampled_from(LABELS),
    st.sampled_from(["Rechnung", "Nr.", "RG-2026-1", "14.08.2026", "5", "2", "158,99", "794,95", "19 %", "EUR", "Stck", "snom", "D785", "Nettobetrag", "Gesamtbetrag", "814,95", "154,84", "969,79", "USt-IdNr.", "DE136695976", "DE02120300000000202051", "GmbH", "20457", "Hamburg"]),
    NUMBERISH,
    ODD,
).filter(lambda text: bool(text.strip()) and not any(letter.isspace() for letter in text))  # fmt: skip
PLACES = st.one_of(st.sampled_from([60.0, 120.0, 330.0, 400.0, 480.0]), st.floats(-100, 1000, allow_nan=False))
LEVELS = st.one_of(st.integers(1, 40).map(lambda row: 20.0 * row), st.floats(-100, 1000, allow_nan=False))


@st.composite
def words(draw: st.DrawFn) -> Word:
    """A word somewhere, mostly in a row and a column, of a readable size or of none."""
    text, left, top = draw(WORDS), draw(PLACES), draw(LEVELS)
    high = draw(st.one_of(st.just(11.0), st.floats(0, 300)))
    wide = draw(st.one_of(st.just(5.5 * len(text)), st.floats(0, 700)))
    return Word(text, Box(left, top, left + wide, top + high), draw(st.sampled_from([1.0, 1.0, 0.95, 0.5, 0.0])))


@st.composite
def pages(draw: st.DrawFn) -> tuple[Page, ...]:
    """One or two pages of such words."""
    origin = draw(st.sampled_from(["text", "ocr"]))
    size = draw(st.sampled_from([(595.0, 842.0), (842.0, 595.0), (20.0, 2000.0)]))
    rung = {"text": "pdfium", "ocr": "rapid"}[origin]
    return tuple(
        Page(number, *size, tuple(draw(st.lists(words(), max_size=60))), origin, rung)  # type: ignore[arg-type]
        for number in range(1, draw(st.integers(1, 2)) + 1)
    )


AMOUNTS = st.one_of(st.none(), st.decimals(-(10**9), 10**9, places=2), st.decimals(-(10**11), 10**11, places=4))
RATES = st.one_of(st.none(), st.sampled_from([Decimal(19), Decimal(7), Decimal(0)]), st.decimals(0, 100, places=2))


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """An invoice with any figures."""
    lines = [
        InvoiceLine(quantity=draw(AMOUNTS), net_price=draw(AMOUNTS), net_amount=draw(AMOUNTS), charges=draw(AMOUNTS), vat_rate=draw(RATES))
        for _ in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    return Invoice(
        lines=tuple(lines),
        totals=Totals(net=draw(AMOUNTS), vat=draw(AMOUNTS), gross=draw(AMOUNTS), charges=draw(AMOUNTS)),
    )


@st.composite
def forms(draw: st.DrawFn) -> tuple[bytes, bytes, str, bytes]:
    """A form with one file: its boundary, its bytes, and the name and the bytes that were put in."""
    boundary = draw(st.text(alphabet="abcXYZ0189-_", min_size=1, max_size=40)).encode()
    name = draw(
        st.text(
            alphabet=st.characters(exclude_categories=["Cs"], exclude_characters='"\r\n\\\x00%'),
            min_size=1,
            max_size=60,
        )
    )
    content = b"%PDF-1.7" + draw(st.binary(max_size=3000))
    if b"--" + boundary in content:
        content = b"%PDF-1.7"
    head = (
        b'Content-Disposition: form-data; name="file"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: application/pdf\r\n\r\n'
    )
    body = b"--" + boundary + b"\r\n" + head + content + b"\r\n--" + boundary + b"--\r\n"
    return boundary, body, name, content


def chunked(data: bytes, cuts: list[int]) -> list[bytes]:
    """Return bytes cut at these places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]
