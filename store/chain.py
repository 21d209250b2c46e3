"""Whether the ledger is what was booked: every entry sealed with the hash of the one before, every balance the sum.

All entries are read once, in their order, and nothing is kept of them but the balances of the accounts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, func, select, type_coerce

from programme.ledger import seal
from store import counters, journal
from store.tables import accruals, entries, postings


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
    posting, unit = postings.c, accruals.c
    posted = journal.parts(conn, postings, posting.account, _cents(posting.amount), _cents(posting.balance))
    line = (unit.distributor_id, unit.number, unit.line, unit.model, unit.quantity, _cents(unit.bonus_each))
    accrued = journal.parts(conn, accruals, *line)
    for row in journal.rows(conn, told):
        yield row[:-1], row[-1], posted(row[0]), accrued(row[0])
    for rest in (posted, accrued):
        rest(journal.LAST)  # what belongs to no entry is told by the foreign keys


def _cents(amount: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(amount, BigInteger)
