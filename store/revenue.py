"""Revenue with the maker's products: what is noted with each approved document, summed up by the year of its issue."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, update

from model.money import ZERO
from model.state import State
from store.cases import Keys
from store.documents import Document
from store.tables import documents

_NOTE = update(documents).where(documents.c.id == bindparam("document_id")).values(revenue=bindparam("amount"))
_COUNTS = (documents.c.state == State.APPROVED.value, documents.c.revenue.is_not(None))


def note(conn: Connection, document: Document, amount: Decimal | None) -> None:
    """Write down the revenue of a document if it differs from what was noted; None: none, or not known."""
    if amount != document.revenue:
        conn.execute(_NOTE, {"document_id": document.id, "amount": amount})


def before(conn: Connection, document: Document, keys: Keys) -> Decimal:
    """Return the revenue of the invoice that a document refers to, with all that was accepted earlier about it."""
    if keys.seller is None or keys.preceding is None:
        return ZERO
    of = documents.c
    query = select(func.sum(of.revenue)).where(
        *_COUNTS,
        of.partner_id == document.partner_id,
        of.seller_key == keys.seller,
        or_(of.number == keys.preceding, of.preceding_number == keys.preceding),
        or_(of.place < document.place, (of.place == document.place) & (of.acceptance < document.acceptance)),
    )
    return conn.execute(query).scalar_one() or ZERO


def of_year(conn: Connection, year: int, partner_id: str) -> Decimal:
    """Return the revenue of a partner by invoices issued in a calendar year, in EUR."""
    query = select(func.sum(documents.c.revenue)).where(*_issued(year), documents.c.partner_id == partner_id)
    return conn.execute(query).scalar_one() or ZERO


def by_partner(conn: Connection, year: int) -> dict[str, Decimal]:
    """Return the revenue of every partner that has any by invoices issued in a calendar year, in EUR."""
    of = documents.c
    query = select(of.partner_id, func.sum(of.revenue).label("amount")).where(*_issued(year)).group_by(of.partner_id)
    return {row.partner_id: row.amount for row in conn.execute(query)}


def _issued(year: int) -> tuple[ColumnElement[bool], ...]:
    return (*_COUNTS, documents.c.issue_date.between(dt.date(year, 1, 1), dt.date(year, 12, 31)))
