"""Whether the ledger is what was booked: every entry sealed with the hash of the one before, every balance the sum.

All entries are read once, in their order, and nothing is kept of them but the balances of the accounts.
"""

import gc
import multiprocessing
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, func, select, text, type_coerce

from programme.ledger import seal
from store import counters
from store.engine import open_engine, reading
from store.tables import accruals, entries, postings

_AT_ONCE = 1000
"""Entries that are read at once: so few stay near the processor, and more take half as long again."""
_LONG = 100_000
"""Entries from which on several processes are worth their start, of half a second."""
_Row = Sequence[Any]
_Column = ColumnElement[Any]


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


def verify(conn: Connection, noted: Head | None = None, *, processes: int = 1) -> Iterator[Fault]:
    """Yield what is wrong with the ledger, on a connection that sees one state of it; `noted` is an earlier head.

    A changed, missing, added or swapped entry breaks the chain where it stands. What follows is judged by the hashes
    that stand there, so that one change is told once. Several processes share a long ledger, each with a connection of
    its own, so that they see what is committed only.
    """
    last = head(conn)
    if processes > 1 and last.position > _LONG:
        yield from _shared(conn, last, processes)
    else:
        yield from _stretch(conn, Head(0, ""), last.position)
    given = counters.value(conn, "ledger")
    if given != last.position:
        yield Fault(given, f"the ledger ends at entry {last.position}")
    if noted is not None and noted.position:
        there = _hash(conn, noted.position)
        if there != noted.hash:
            yield Fault(noted.position, "it was noted and is gone" if there is None else "its hash is not that noted")


def _shared(conn: Connection, last: Head, processes: int) -> Iterator[Fault]:
    """Yield the faults of stretches that several processes check; a stretch begins after an entry that is there."""
    url = conn.engine.url.render_as_string(hide_password=False)
    ends = [0]
    for part in range(1, processes):
        about = last.position * part // processes
        ends.append(conn.scalar(select(func.max(entries.c.position)).where(entries.c.position <= about)) or 0)
    ends.append(last.position)
    starts = [Head(after, _hash(conn, after) or "") for after in ends[:-1]]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for faults in pool.map(_faults, [url] * processes, starts, ends[1:]):
            yield from faults


def _faults(url: str, after: Head, until: int) -> list[Fault]:
    """Return the faults of a stretch, in a process of its own."""
    gc.disable()  # Rows hold nothing that holds them, and looking for what does takes a sixth of the time.
    engine = open_engine(url)
    try:
        with reading(engine) as conn:
            if engine.dialect.name == "sqlite":
                for pragma in ("mmap_size = 1073741824", "cache_size = -65536"):
                    conn.execute(text(f"PRAGMA {pragma}"))
            return list(_stretch(conn, after, until))
    finally:
        engine.dispose()


def _hash(conn: Connection, position: int) -> str | None:
    return conn.scalar(select(entries.c.hash).where(entries.c.position == position))


def _stretch(conn: Connection, after: Head, until: int) -> Iterator[Fault]:
    """Yield what is wrong with the entries behind one, up to another one."""
    before, last, balances = after.hash, after.position, dict[str, int]()
    for told, sealed, posted, accrued in _entries(conn, last, until):
        position = told[0]
        if position != last + 1:
            yield Fault(position, f"it follows on entry {last}")
        if seal(before, told, posted, accrued) != sealed:
            yield Fault(position, "its hash is not that of what stands there")
        left = 0
        for account, cents, balance in posted:
            left += cents
            held = balances.get(account)
            if held is None:
                held = _balance(conn, account, after.position)
            balances[account] = balance
            if held + cents != balance:
                yield Fault(position, f"{account} holds {held + cents} cents after it, not {balance}")
        if left:
            yield Fault(position, "its postings do not sum to zero")
        before, last = sealed, position


def _balance(conn: Connection, account: str, until: int) -> int:
    """Return how many cents stand on an account after an entry."""
    if not until:
        return 0
    its = select(_cents(postings.c.balance)).where(postings.c.account == account, postings.c.entry <= until)
    return conn.scalar(its.order_by(postings.c.entry.desc(), postings.c.sequence.desc()).limit(1)) or 0


def _entries(conn: Connection, after: int, until: int) -> Iterator[tuple[_Row, str, list[_Row], list[_Row]]]:
    """Yield each entry as it is sealed, its hash, its postings and its accruals."""
    of, posting, unit = entries.c, postings.c, accruals.c
    moment = (
        func.to_char(func.timezone("UTC", of.booked_at), "YYYY-MM-DD HH24:MI:SS.US")
        if conn.dialect.name == "postgresql"
        else type_coerce(of.booked_at, Text)
    )
    document = func.coalesce(of.document_id, "")
    told = (of.position, of.key, of.partner_id, document, of.memo, moment, of.hash)
    cents = (posting.entry, posting.account, _cents(posting.amount), _cents(posting.balance))
    line = (unit.entry, unit.distributor_id, unit.number, unit.line, unit.model, unit.quantity, _cents(unit.bonus_each))
    for begin in range(after, until, _AT_ONCE):
        part = (begin, min(begin + _AT_ONCE, until))
        posted = _by_entry(_rows(conn, cents, posting.sequence, part))
        accrued = _by_entry(_rows(conn, line, unit.sequence, part))
        for row in _rows(conn, told, of.position, part):
            yield row[:-1], row[-1], posted[row[0]], accrued[row[0]]


def _rows(conn: Connection, columns: Sequence[_Column], order: _Column, part: tuple[int, int]) -> Sequence[_Row]:
    """Return what an entry is made of, for the entries behind one, up to another one.

    The first column is the entry's position. All are integers and text, so that they may be taken as the database's
    driver gives them, which is faster.
    """
    position = columns[0]
    query = select(*columns).where(position > part[0], position <= part[1]).order_by(position, order)
    cursor = conn.execute(query).cursor
    assert cursor is not None  # noqa: S101 (a query has one)
    return cursor.fetchall()


def _by_entry(rows: Sequence[_Row]) -> defaultdict[int, list[_Row]]:
    """Return the values that belong to each entry, whose position comes first."""
    found = defaultdict[int, list[_Row]](list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _cents(amount: _Column) -> ColumnElement[int]:
    return type_coerce(amount, BigInteger)
