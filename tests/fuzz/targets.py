"""The targets: each takes what comes, and must not raise."""

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from starlette.requests import Request

from extractors import einvoice, node
from extractors.numbers import dates_in, decimal_mark, find_date, parse_number
from extractors.proof import Layout, prove
from extractors.rows import figures, joined
from extractors.structured import structured_evidence
from extractors.vocabulary import labels, page_rows
from fuzz import made
from model.contents import Contents, Unreadable
from model.invoice import Invoice
from model.page import Page
from model.reading import Reading
from pipeline.extract import extract
from portal.problems import Problem
from portal.receiving import received


def structured(data: bytes) -> None:
    """An e-invoice of any bytes is an invoice, whose figures are finite, or refused."""
    with suppress(Unreadable):
        invoice = einvoice.read(data)
        structured_evidence(invoice)
        _sound(invoice)


def _sound(invoice: Invoice) -> None:
    again = Invoice.model_validate_json(invoice.model_dump_json())
    assert again == invoice
    for line in invoice.lines:
        for figure in (line.quantity, line.net_price, line.net_amount, line.charges, line.vat_rate):
            assert figure is None or (figure.is_finite() and abs(figure) < Decimal(10) ** 16)


def numbers(text: str) -> None:
    """A number of any text is finite, or none; so are dates."""
    for mark in (",", "."):
        number = parse_number(text, mark)
        assert number is None or (number.value.is_finite() and abs(number.value) < Decimal(10) ** 16)
    for read in (node.number(text), node.amount(text), node.net_price(text, text)):
        assert read is None or read.is_finite()
    decimal_mark([text])
    node.date(text)
    find_date(text)
    list(dates_in(text))


def geometry(pages: tuple[Page, ...]) -> None:
    """Words anywhere become rows, figures and labels."""
    for page in pages:
        rows = page_rows(page)
        for row in rows:
            for mark in (",", "."):
                every = figures(row, mark)
                list(joined(row, mark, every))
            labels(row)


def printed(pages: tuple[Page, ...]) -> None:
    """Pages of any words are a reading."""
    reading = extract([Contents(None, pages, len(pages))])
    assert Reading.model_validate_json(reading.model_dump_json()) == reading
    if reading.invoice is not None:
        _sound(reading.invoice)


def proofs(invoice: Invoice) -> None:
    """Any figures are proven, or not."""
    prove(invoice, Layout(settled=(True,) * len(invoice.lines)))


def taken(kind: str, chunks: list[bytes], headers: dict[str, str]) -> tuple[str, bytes] | str:
    """Return the name and the bytes that were received in these chunks, or the code of the problem."""
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    told = [
        (name.encode(), value.encode("latin-1", "replace")) for name, value in {"content-type": kind, **headers}.items()
    ]
    request = Request({"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": told}, receive)

    async def take() -> tuple[str, bytes]:
        async with received(request) as sent:
            sent.file.seek(0)
            return sent.name, sent.file.read()

    try:
        return asyncio.run(take())
    except Problem as problem:
        return problem.code


def upload(form: tuple[bytes, bytes, str, bytes], cuts: list[int]) -> None:
    """A file comes out of its form as it was put in, however the form was cut."""
    boundary, body, name, content = form
    found = taken(f"multipart/form-data; boundary={boundary.decode()}", made.chunked(body, cuts), {})
    assert found == (name, content)


def broken_upload(
    form: tuple[bytes, bytes, str, bytes], changes: list[tuple[int, int]], cuts: list[int], end: int
) -> None:
    """A form of other bytes is received or refused by a code."""
    boundary, body, _, _ = form
    data = bytearray(body)
    for at, value in changes:
        data[at % len(data)] = value
    taken(
        f"multipart/form-data; boundary={boundary.decode()}",
        made.chunked(bytes(data[: end % (len(data) + 1)]), cuts),
        {},
    )


def headers(kind: str, name: str, disposition: str, data: bytes, cuts: list[int]) -> None:
    """A body under any headers is received or refused by a code."""
    taken(kind, made.chunked(data, cuts), {"x-filename": name, "content-disposition": disposition})


CUTS = st.lists(st.integers(0, 5000), max_size=12)
KINDS = st.one_of(st.sampled_from(["application/pdf", "", "multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary="a b"', "multipart/form-data; boundary=" + "x" * 9000]), st.text(max_size=60))  # fmt: skip
TARGETS = (
    (structured, (made.xml(),)),
    (numbers, (made.TEXTS,)),
    (geometry, (made.pages(),)),
    (printed, (made.pages(),)),
    (proofs, (made.invoices(),)),
    (upload, (made.forms(), CUTS)),
    (broken_upload, (made.forms(), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8), CUTS, st.integers(0, 10_000))),
    (headers, (KINDS, st.text(max_size=60), st.text(max_size=60), st.binary(max_size=300).map(lambda data: b"%PDF-" + data), CUTS)),
)  # fmt: skip
"""Each target, and what it is given."""
