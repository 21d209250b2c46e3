"""Statements out of the ledger: what a partner was owed, what moved that in a period, and what it is owed after it.

What an account holds at a moment is told by its last posting before it, so nothing is added up that lies outside the
period; readings are fetched of the documents on the statement alone.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, ScalarSelect, Select, and_, func, select

from model.case import Partner
from model.money import ZERO
from model.statement import Movement, Statement, Unit
from programme.ledger import PROGRAMME, held, payable
from store.parts import in_parts
from store.tables import accruals, documents, entries, postings, results

BERLIN = ZoneInfo("Europe/Berlin")
_AT_ONCE = 500
"""Documents or entries that one query asks for."""


class _Read(NamedTuple):
    """The invoice number as printed, and what identifies each line and its page, by the line's index from 0."""

    number: str | None
    lines: dict[int, tuple[str, int | None]]


def statement(conn: Connection, partner: Partner, first: dt.date, last: dt.date) -> Statement:
    """Return the statement of a partner over the days from `first` to `last` in Europe/Berlin, both included."""
    begin, end = _midnight(first), _midnight(last + dt.timedelta(days=1))
    of = entries.c
    query = select(entries).where(of.partner_id == partner.id, of.booked_at >= begin, of.booked_at < end)
    rows = conn.execute(query.order_by(of.position)).all()
    before, after = (_position_before(conn, partner.id, moment) for moment in (begin, end))
    accounts = payable(partner.id), held(partner.id)
    opened = (_balance(account, before) for account in accounts)
    closed = (_balance(account, after) for account in accounts)
    balances = tuple(found or ZERO for found in conn.execute(select(*opened, *closed)).one())
    opening, (pays, holds) = sum(balances[:2], ZERO), balances[2:]
    return Statement(
        partner=partner,
        first=first,
        last=last,
        opening=opening,
        movements=tuple(_movements(conn, rows)),
        closing=pays + holds,
        held=holds,
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), BERLIN)


def _position_before(conn: Connection, partner_id: str, moment: dt.datetime) -> int:
    """Return the position of a partner's last entry before a moment, 0 if there is none."""
    of = entries.c
    query = select(of.position).where(of.partner_id == partner_id, of.booked_at < moment)
    last = conn.execute(query.order_by(of.booked_at.desc(), of.position.desc()).limit(1)).scalar_one_or_none()
    return last or 0


def _balance(account: str, position: int) -> ScalarSelect[Decimal]:
    """Return the query for what an account holds after the entry at this position."""
    of = postings.c
    last = select(of.balance).where(of.account == account, of.entry <= position)
    return last.order_by(of.entry.desc(), of.sequence.desc()).limit(1).scalar_subquery()


def _movements(conn: Connection, rows: Iterable[Row[Any]]) -> Iterator[Movement]:
    """Yield the movements of these entries."""
    listed = list(rows)
    positions = [row.position for row in listed]
    ids = list(dict.fromkeys(row.document_id for row in listed if row.document_id is not None))
    posted, accrued = _by_entry(conn, select(postings), postings.c.entry, positions), defaultdict[int, list[Any]](list)
    accrued |= _by_entry(conn, select(accruals), accruals.c.entry, positions)
    known = {row.id: row for row in _in_parts(conn, select(documents), documents.c.id, ids)}
    read = _read(conn, ids)
    for row in listed:
        document = known.get(row.document_id)
        sides = {posting.account: posting.amount for posting in posted[row.position]}
        yield Movement(
            position=row.position,
            key=row.key,
            day=row.booked_at.astimezone(BERLIN).date(),
            memo=row.memo,
            amount=sides.get(payable(row.partner_id), ZERO) + sides.get(held(row.partner_id), ZERO),
            moved=ZERO if PROGRAMME in sides else sides.get(held(row.partner_id), ZERO),
            document_id=row.document_id,
            file_name=None if document is None else document.file_name,
            number=read[row.document_id].number if row.document_id in read else None,
            units=tuple(_unit(one, read.get(row.document_id)) for one in accrued[row.position]),
        )


def _unit(accrual: Row[Any], read: _Read | None) -> Unit:
    line, page = ("", None) if read is None else read.lines.get(accrual.line, ("", None))
    return Unit(model=accrual.model, quantity=accrual.quantity, bonus_each=accrual.bonus_each, line=line, page=page)


def _by_entry(conn: Connection, query: Select[Any], column: Any, positions: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in _in_parts(conn, query, column, positions):
        found[row.entry].append(row)
    for parts in found.values():
        parts.sort(key=lambda row: row.sequence)
    return found


def _read(conn: Connection, ids: list[str]) -> dict[str, _Read]:
    """Return what was read of these documents: in the last correction, else in the last reading that was extracted."""
    of = results.c
    last = (
        select(of.document_id, of.stage, func.max(of.sequence).label("sequence"))
        .where(of.stage.in_(["correct", "extract"]))
        .group_by(of.document_id, of.stage)
    )
    bodies: dict[str, tuple[str, str]] = {}
    for part in in_parts(ids, _AT_ONCE):
        newest = last.where(of.document_id.in_(part)).subquery()
        same = and_(
            newest.c.document_id == of.document_id, newest.c.stage == of.stage, newest.c.sequence == of.sequence
        )
        for row in conn.execute(select(of.document_id, of.stage, of.body).join(newest, same)):
            bodies[row.document_id] = min(bodies.get(row.document_id, (row.stage, row.body)), (row.stage, row.body))
    return {document_id: _of_reading(json.loads(body)) for document_id, (_, body) in bodies.items()}


def _of_reading(reading: dict[str, Any]) -> _Read:
    """Take what a statement shows out of a reading as it is stored: to parse it in full would take far longer."""
    evidence, invoice = reading.get("evidence") or {}, reading.get("invoice") or {}
    lines: dict[int, tuple[str, int | None]] = {}
    for index, line in enumerate(invoice.get("lines") or ()):
        places = (evidence.get(f"lines.{index}.{name}") for name in ("net_amount", "item_name", "quantity"))
        page = next((place.get("page", 1) for place in places if place), None)
        lines[index] = line.get("identifier") or str(index + 1), page
    return _Read(invoice.get("number"), lines)


def _in_parts(conn: Connection, query: Select[Any], column: Any, values: list[Any]) -> Iterator[Row[Any]]:
    for part in in_parts(values, _AT_ONCE):
        yield from conn.execute(query.where(column.in_(part)))
