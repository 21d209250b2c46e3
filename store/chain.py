"""Whether the ledger is what was booked: every entry sealed with the hash of the one before, every balance the sum.

All entries are read once, in their order, and nothing is kept of them but the balances of the accounts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Table, Text, func, select, type_coerce

from programme.ledger import seal
from store import counters
from store.tables import accruals, entries, postings

_AT_ONCE = 5000
"""Rows that are fetched at once."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's position (0: none) and hash. Noted elsewhere, it proves later that none was changed."""

    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the entry at a position: a sentence."""

    position: int
    what: str


def head(conn: Connection) -> Head:
    """Return the last entry's position and hash."""
    last = conn.execute(select(entries.c.position, entries.c.hash).order_by(entries.c.position.desc()).limit(1))
    row = last.one_or_none()
    return Head(0, "") if row is None else Head(row.position, row.hash)


def verify(conn: Connection, noted: Head | None = None) -> Iterator[Fault]:
    """Yield what is wrong with the ledger, on a connection that sees one state of it; `noted` is an earlier head.

    A changed, missing, added or swapped entry breaks the chain where it stands. What follows is judged by the hashes
    that stand there, so that one change is told once.
    """
    before, last, balances = "", 0, dict[str, int]()
    for told, sealed, posted, accrued in _entries(conn):
        position = told[0]
        if position != last + 1:
            yield Fault(position, f"it follows on entry {last}")
        if seal(before, told, posted, accrued) != sealed:
            yield Fault(position, "its hash is not that of what stands there")
        left = 0
        for account, cents, balance in posted:
            left += cents
            balances[account] = now = balances.get(account, 0) + cents
            if now != balance:
                yield Fault(position, f"{account} holds {now} cents after it, not {balance}")
                balances[account] = balance
        if left:
            yield Fault(position, "its postings do not sum to zero")
        if noted is not None and position == noted.position and sealed != noted.hash:
            yield Fault(position, "its hash is not the one that was noted")
        before, last = sealed, position
    given = counters.value(conn, "ledger")
    if given != last:
        yield Fault(given, f"the ledger ends at entry {last}")
    if noted is not None and noted.position > last:
        yield Fault(noted.position, "it was noted and is gone")


def _entries(conn: Connection) -> Iterator[tuple[Sequence[Any], str, list[Any], list[Any]]]:
    """Yield each entry as it is sealed, its hash, its postings and its accruals."""
    of = entries.c
    moment = (
        func.to_char(func.timezone("UTC", of.booked_at), "YYYY-MM-DD HH24:MI:SS.US")
        if conn.dialect.name == "postgresql"
        else type_coerce(of.booked_at, Text)
    )
    document = func.coalesce(of.document_id, "")
    told = select(of.position, of.key, of.partner_id, document, of.memo, moment, of.hash).order_by(of.position)
    posted = _parts(conn, postings, "account", "amount", "balance")
    accrued = _parts(conn, accruals, "distributor_id", "number", "line", "model", "quantity", "bonus_each")
    for row in _rows(conn, told):
        yield row[:-1], row[-1], posted(row[0]), accrued(row[0])


def _parts(conn: Connection, table: Table, *names: str) -> Callable[[int], list[Any]]:
    """Return what gives the rows of this table that belong to an entry; entries are asked for in their order."""
    columns = (type_coerce(table.c[name], BigInteger) if name in _MONEY else table.c[name] for name in names)
    rows = _rows(conn, select(table.c.entry, *columns).order_by(table.c.entry, table.c.sequence))
    following = next(rows, _END)

    def of(position: int) -> list[Any]:
        nonlocal following
        found = []
        while following[0] <= position:
            if following[0] == position:
                found.append(following[1:])
            following = next(rows, _END)
        return found

    return of


_MONEY = frozenset({"amount", "balance", "bonus_each"})
_END = (float("inf"),)


def _rows(conn: Connection, query: Select[Any]) -> Iterator[Any]:
    for part in conn.execute(query, execution_options={"yield_per": _AT_ONCE}).partitions():
        yield from part
