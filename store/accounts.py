"""The ledger in the database: entries are appended and never changed; what is booked is the fold of them."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from model.ledger import Accrual, Entry, Posting
from model.money import ZERO
from programme.ledger import payable
from store import counters
from store.tables import accruals, bonus_units, entries, postings

Line = tuple[str, str, int]
"""What bonus units are counted by: distributor's id, normalised invoice number, index of the line."""

_LINE = (accruals.c.distributor_id, accruals.c.number, accruals.c.line, accruals.c.model, accruals.c.bonus_each)
_BOOKED = (
    select(*_LINE, func.sum(accruals.c.quantity).label("quantity"))
    .join(entries, entries.c.position == accruals.c.entry)
    .where(entries.c.document_id == bindparam("document_id"))
    .group_by(*_LINE)
    .having(func.sum(accruals.c.quantity) != 0)
)
_COUNT = select(func.count()).select_from(entries).where(entries.c.document_id == bindparam("document_id"))
_UNITS_OF = (bonus_units.c.distributor_id, bonus_units.c.number, bonus_units.c.line)
_HELD = (
    select(*_UNITS_OF, func.max(bonus_units.c.unit).label("units"))
    .where(bonus_units.c.document_id == bindparam("document_id"))
    .group_by(*_UNITS_OF)
)
_HOLDERS = (
    select(bonus_units.c.document_id, bonus_units.c.line)
    .where(
        bonus_units.c.distributor_id == bindparam("distributor_id"),
        bonus_units.c.number == bindparam("number"),
        bonus_units.c.document_id != bindparam("document_id"),
    )
    .distinct()
)


class Unbalanced(Exception):
    """Raised when the postings of an entry do not sum to zero: the entry is not booked."""


def append(conn: Connection, entry: Entry, at: dt.datetime) -> int:
    """Book an entry and return its position in the ledger.

    Errors: Unbalanced; sqlalchemy.exc.IntegrityError if the entry's key is there already, or if another document has
    booked one of its bonus units.
    """
    if sum((posting.amount for posting in entry.postings), ZERO) != ZERO:
        raise Unbalanced(f"the postings of entry {entry.key} do not sum to zero")
    position = counters.following(conn, "ledger")
    values = {"position": position, "key": entry.key, "document_id": entry.document_id, "memo": entry.memo}
    conn.execute(insert(entries), values | {"booked_at": at})
    _insert_parts(conn, position, entry)
    _occupy(conn, entry.document_id)
    return position


def booked(conn: Connection, document_id: str) -> tuple[Accrual, ...]:
    """Return what is booked for a document, sorted: its entries added up, what sums to no units left out."""
    # sorted here, for databases differ in how they sort texts
    rows = sorted(conn.execute(_BOOKED, {"document_id": document_id}), key=lambda row: row[: len(_LINE)])
    return tuple(_accrual(row) for row in rows)


def holders(conn: Connection, document_id: str, owed: Iterable[Accrual]) -> dict[Line, str]:
    """Return the lines of what is owed for a document whose bonus units another one holds, and the id of that one."""
    lines = {(accrual.distributor_id, accrual.number, accrual.line) for accrual in owed}
    found: dict[Line, str] = {}
    for distributor, number in sorted({(distributor, number) for distributor, number, _ in lines}):
        values = {"distributor_id": distributor, "number": number, "document_id": document_id}
        held = {(distributor, number, row.line): row.document_id for row in conn.execute(_HOLDERS, values)}
        found |= {line: held[line] for line in sorted(lines & held.keys())}
    return found


def entry_count(conn: Connection, document_id: str) -> int:
    """Return how many entries a document has."""
    return int(conn.execute(_COUNT, {"document_id": document_id}).scalar_one())


def balances(conn: Connection) -> dict[str, Decimal]:
    """Return the balance of every account that has postings, in EUR, by the account's name, sorted."""
    rows = conn.execute(
        select(postings.c.account, func.sum(postings.c.amount).label("balance")).group_by(postings.c.account)
    )
    return {row.account: row.balance for row in sorted(rows, key=lambda row: str(row.account))}


def balance(conn: Connection, partner_id: str) -> Decimal:
    """Return what a partner is owed, in EUR."""
    account = postings.c.account == payable(partner_id)
    found = conn.execute(select(func.sum(postings.c.amount)).where(account)).scalar_one()
    return ZERO if found is None else found


def ledger(conn: Connection, since: int = 0) -> tuple[tuple[int, Entry], ...]:
    """Return the entries after a position, in the order they were booked, each with its position."""
    accrued: dict[int, list[Accrual]] = defaultdict(list)
    for row in conn.execute(select(accruals).where(accruals.c.entry > since).order_by(*accruals.primary_key)):
        accrued[row.entry].append(_accrual(row))
    posted: dict[int, list[Posting]] = defaultdict(list)
    for row in conn.execute(select(postings).where(postings.c.entry > since).order_by(*postings.primary_key)):
        posted[row.entry].append(Posting(account=row.account, amount=row.amount))
    return tuple(
        (
            row.position,
            Entry(
                document_id=row.document_id,
                key=row.key,
                memo=row.memo,
                accruals=tuple(accrued[row.position]),
                postings=tuple(posted[row.position]),
            ),
        )
        for row in conn.execute(select(entries).where(entries.c.position > since).order_by(entries.c.position))
    )


def _accrual(row: Row[*tuple[Any, ...]]) -> Accrual:
    return Accrual(
        distributor_id=row.distributor_id,
        number=row.number,
        line=row.line,
        model=row.model,
        quantity=int(row.quantity),
        bonus_each=row.bonus_each,
    )


def _insert_parts(conn: Connection, position: int, entry: Entry) -> None:
    """Write the accruals and postings of an entry, each in its order."""
    for table, parts in ((accruals, entry.accruals), (postings, entry.postings)):
        rows = [{"entry": position, "sequence": at} | part.model_dump() for at, part in enumerate(parts, 1)]
        if rows:
            conn.execute(insert(table), rows)


def _occupy(conn: Connection, document_id: str) -> None:
    """Make the document's bonus units those that are booked for it: one row per unit, numbered from 1 on each line."""
    due: Counter[Line] = Counter()
    for accrual in booked(conn, document_id):
        due[accrual.distributor_id, accrual.number, accrual.line] += abs(accrual.quantity)
    rows = conn.execute(_HELD, {"document_id": document_id})
    held = {(row.distributor_id, row.number, row.line): row.units for row in rows}
    for line in sorted(due.keys() | held.keys()):
        _resize(conn, document_id, line, held.get(line, 0), due[line])


def _resize(conn: Connection, document_id: str, line: Line, held: int, due: int) -> None:
    """Bring the units that the document holds on one line from `held` to `due`."""
    unit = bonus_units.c
    key = dict(zip(("distributor_id", "number", "line"), line, strict=True))
    if due < held:
        conn.execute(
            delete(bonus_units).where(
                unit.document_id == document_id, *(unit[name] == value for name, value in key.items()), unit.unit > due
            )
        )
    elif due > held:
        rows = [key | {"unit": number, "document_id": document_id} for number in range(held + 1, due + 1)]
        conn.execute(insert(bonus_units), rows)
