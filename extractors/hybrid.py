"""Hybrid files: what the structured XML says against the page that it comes with.

A buyer sees the page, a program reads the XML, and a forger changes one of them. Number, issue date, the amounts of the
lines and the gross total are what money rests on; each has to stand on the page somewhere. What invoices need not print
(the buyer's VAT identifier, the type, a VAT of nothing) is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from extractors.numbers import Mark, dates_in, parse_number
from extractors.rows import Row, figures, joined
from extractors.vocabulary import compact, page_rows
from extractors.witness import Doubt
from model.invoice import Invoice
from model.page import Page

MARKS: tuple[Mark, ...] = (",", ".")


def unprinted(invoice: Invoice, pages: Sequence[Page]) -> Iterator[Doubt]:
    """Yield what the XML says and the pages do not show; nothing where no page says anything, as beside XML alone."""
    rows = [row for page in pages for row in page_rows(page)]
    if not rows:
        return
    if invoice.number and not _printed(invoice.number, rows):
        yield Doubt("number", invoice.number, "")
    if invoice.issue_date and invoice.issue_date not in {date for row in rows for date in dates_in(row.text)}:
        yield Doubt("issue_date", invoice.issue_date.isoformat(), "")
    amounts = _amounts(rows)
    told = [(f"lines.{index}.net_amount", line.net_amount) for index, line in enumerate(invoice.lines)]
    for path, value in (*told, ("totals.gross", invoice.totals.gross)):
        if value and abs(value) not in amounts:
            yield Doubt(path, f"{value:f}", "")


def _printed(number: str, rows: Sequence[Row]) -> bool:
    """Whether a number stands on one row, or on one and the next, blanks and marks in it left out."""
    wanted = compact(number)
    texts = [compact(row.text) for row in rows]
    return any(wanted in text for text in texts) or any(wanted in one + other for one, other in pairwise(texts))


def _amounts(rows: Sequence[Row]) -> frozenset[Decimal]:
    """All amounts on the rows without their signs, whichever mark is the decimal one."""
    found: set[Decimal] = set()
    for row in rows:
        for mark in MARKS:
            every = figures(row, mark)
            found |= {abs(figure.number.value) for figure in (*every, *joined(row, mark, every))}
            read = (parse_number(word.text.strip("()*:;=") or " ", mark) for word in row.words)
            found |= {abs(number.value) for number in read if number is not None}
    return frozenset(found)
