"""One document, one story: the pages of a file told apart where another invoice begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.header import find_numbers
from extractors.parties import find_addresses
from extractors.rows import Row
from extractors.vocabulary import page_rows
from model.page import Page

_PAGE_ONE = re.compile(r"\b(?:Seite|Page|Pagina|Blad)\s*:?\s*1\s*(?:/|von|of|sur|van|de)\s*\d", re.IGNORECASE)
WINDOW = 0.5
"""The address window lies in this upper share of a page."""


def split(pages: Sequence[Page]) -> tuple[tuple[Page, ...], ...]:
    """Group the pages of a file by invoice, in page order.

    A page begins another invoice if it bears another invoice number, and with it an address window or "page 1 of".
    """
    if len(pages) < 2:
        return (tuple(pages),)
    groups: list[list[Page]] = []
    current: str | None = None
    for page in pages:
        rows = page_rows(page)
        number = _number(rows)
        if groups and current and number and number != current and _begins(rows):
            groups.append([page])
            current = number
            continue
        if not groups:
            groups.append([])
        groups[-1].append(page)
        current = current or number
    return tuple(tuple(group) for group in groups)


def _number(rows: Sequence[Row]) -> str | None:
    found = find_numbers([rows])["invoice_number"]
    return found[0].text if found else None


def _begins(rows: Sequence[Row]) -> bool:
    if any(_PAGE_ONE.search(row.text) for row in rows):
        return True
    return any(address.box.bottom < WINDOW * address.name.page.height for address in find_addresses(rows))
