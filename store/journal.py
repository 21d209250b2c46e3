"""The ledger read from end to end in little memory: rows of several tables side by side, in the order of entries."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from model.ledger import Accrual, Entry, Posting
from model.money import money
from store.tables import accruals, entries, postings

VERSION = 1
"""Of the form of an entry (docs/contract/entry.schema.json)."""
_AT_ONCE = 5000
"""Rows that are fetched at once."""
_END = (float("inf"),)
LAST = 2**62
"""A position beyond all."""


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry as it stands in the ledger."""

    position: int
    booked_at: dt.datetime
    hash: str
    entry: Entry


def booked(conn: Connection, since: int = 0, until: int = LAST) -> Iterator[Booked]:
    """Yield the entries after one position, up to another one, in the order they were booked. All are to be taken."""
    posted = parts(conn, postings, postings.c.account, postings.c.amount, since=since, until=until)
    of = accruals.c
    unit = (of.distributor_id, of.number, of.line, of.model, of.quantity, of.bonus_each)
    accrued = parts(conn, accruals, *unit, since=since, until=until)
    wanted = select(entries).where(entries.c.position > since, entries.c.position <= until)
    for row in rows(conn, wanted.order_by(entries.c.position)):
        entry = Entry(
            key=row.key,
            partner_id=row.partner_id,
            document_id=row.document_id,
            memo=row.memo,
            accruals=tuple(
                Accrual(distributor_id=who, number=number, line=line, model=model, quantity=count, bonus_each=each)
                for who, number, line, model, count, each in accrued(row.position)
            ),
            postings=tuple(Posting(account=account, amount=amount) for account, amount in posted(row.position)),
        )
        yield Booked(row.position, row.booked_at, row.hash, entry)


def as_json(one: Booked) -> dict[str, Any]:
    """Return an entry as in docs/contract/entry.schema.json."""
    entry = one.entry
    return {
        "version": VERSION,
        "position": one.position,
        "key": entry.key,
        "booked_at": one.booked_at.isoformat(),
        "partner_id": entry.partner_id,
        "document_id": entry.document_id,
        "memo": entry.memo,
        "postings": [{"account": posting.account, "amount": money(posting.amount)} for posting in entry.postings],
        "accruals": [
            {
                "distributor_id": accrual.distributor_id,
                "number": accrual.number,
                "line": accrual.line,
                "model": accrual.model,
                "quantity": accrual.quantity,
                "bonus_each": money(accrual.bonus_each),
            }
            for accrual in entry.accruals
        ],
        "hash": one.hash,
    }


def parts(
    conn: Connection, table: Table, *columns: ColumnElement[Any], since: int = 0, until: int = LAST
) -> Callable[[int], list[tuple[Any, ...]]]:
    """Return what gives these columns of the rows that belong to an entry; entries are asked for in their order."""
    query = select(table.c.entry, *columns).where(table.c.entry > since, table.c.entry <= until)
    found = rows(conn, query.order_by(table.c.entry, table.c.sequence))
    following = next(found, _END)

    def of(position: int) -> list[tuple[Any, ...]]:
        nonlocal following
        belonging = []
        while following[0] <= position:
            if following[0] == position:
                belonging.append(following[1:])
            following = next(found, _END)
        return belonging

    return of


def rows(conn: Connection, query: Select[Any]) -> Iterator[Any]:
    """Yield the rows of a query, of which few are held at once."""
    for part in conn.execute(query, execution_options={"yield_per": _AT_ONCE}).partitions():
        yield from part
