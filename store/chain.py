"""Whether the ledger is what was booked: every entry sealed with the hash of the one before, every balance the sum.

All entries are read once, in their order, and nothing is kept of them but the balances of the accounts.
"""

import gc
import multiprocessing
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, cast, func, literal, select, text, type_coerce

from programme.ledger import sealed, spelt
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


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with the entry at a position: a sentence."""

    position: int
    what: str


@dataclass(slots=True)
class _Stretch:
    """What was found in a stretch: faults, each account's first posting (entry, cents, balance), and what is held."""

    faults: list[Fault] = field(default_factory=list)
    first: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)


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
        stretches: Iterable[_Stretch] = _shared(conn, last, processes)
    else:
        stretches = (_stretch(conn, Head(0, ""), last.position),)
    held = dict[str, int]()
    for stretch in stretches:
        for account, (position, cents, balance) in stretch.first.items():
            stretch.faults += _wrong(position, account, held.get(account, 0) + cents, balance)
        held |= stretch.held
        yield from sorted(stretch.faults)
    given = counters.value(conn, "ledger")
    if given != last.position:
        yield Fault(given, f"the ledger ends at entry {last.position}")
    if noted is not None and noted.position:
        there = _hash(conn, noted.position)
        if there != noted.hash:
            yield Fault(noted.position, "it was noted and is gone" if there is None else "its hash is not that noted")


def _shared(conn: Connection, last: Head, processes: int) -> Iterator[_Stretch]:
    """Yield stretches that several processes check; one begins after an entry that is there."""
    url = conn.engine.url.render_as_string(hide_password=False)
    if conn.dialect.name == "postgresql":
        # This connection waits for the others, and may take longer over it than one that was forgotten.
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    ends = [0]
    for part in range(1, processes):
        about = last.position * part // processes
        ends.append(conn.scalar(select(func.max(entries.c.position)).where(entries.c.position <= about)) or 0)
    ends.append(last.position)
    starts = [Head(after, _hash(conn, after) or "") for after in ends[:-1]]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_alone, [url] * processes, starts, ends[1:])


def _alone(url: str, after: Head, until: int) -> _Stretch:
    """Check a stretch in a process of its own."""
    gc.disable()  # Rows hold nothing that holds them, and looking for what does takes a sixth of the time.
    engine = open_engine(url)
    try:
        with reading(engine) as conn:
            if engine.dialect.name == "sqlite":
                for pragma in ("mmap_size = 1073741824", "cache_size = -65536"):
                    conn.execute(text(f"PRAGMA {pragma}"))
            return _stretch(conn, after, until)
    finally:
        engine.dispose()


def _hash(conn: Connection, position: int) -> str | None:
    return conn.scalar(select(entries.c.hash).where(entries.c.position == position))


def _stretch(conn: Connection, after: Head, until: int) -> _Stretch:
    """Check the entries behind one, up to another one."""
    found = _Stretch()
    before, last = after.hash, after.position
    for position, hashed, told, posted, accrued in _entries(conn, last, until):
        if position != last + 1:
            found.faults.append(Fault(position, f"it follows on entry {last}"))
        lines, left = [before, told, str(len(posted))], 0
        for _, account, cents, balance in posted:
            lines.append(f"{spelt(account)}\n{cents}\n{balance}")
            left += cents
            held = found.held.get(account)
            if held is None:
                found.first[account] = (position, cents, balance)
            elif held + cents != balance:
                found.faults += _wrong(position, account, held + cents, balance)
            found.held[account] = balance
        if left:
            found.faults.append(Fault(position, "its postings do not sum to zero"))
        if sealed((*lines, str(len(accrued)), *accrued)) != hashed:
            found.faults.append(Fault(position, "its hash is not that of what stands there"))
        before, last = hashed, position
    return found


def _wrong(position: int, account: str, cents: int, balance: int) -> Iterator[Fault]:
    if cents != balance:
        yield Fault(position, f"{account} holds {cents} cents after it, not {balance}")


def _entries(conn: Connection, after: int, until: int) -> Iterator[tuple[int, str, str, list[_Row], list[str]]]:
    """Yield the position of each entry, its hash, its lines as they are sealed, its postings, its accruals' lines.

    The database writes the lines, which is faster than giving out each value.
    """
    of, posting, unit = entries.c, postings.c, accruals.c
    moment = (
        func.to_char(func.timezone("UTC", of.booked_at), "YYYY-MM-DD HH24:MI:SS.US")
        if conn.dialect.name == "postgresql"
        else type_coerce(of.booked_at, Text)
    )
    document = func.coalesce(of.document_id, "")
    told = (of.position, of.hash, _lines(of.position, of.key, of.partner_id, document, of.memo, moment))
    side = (posting.entry, posting.account, _cents(posting.amount), _cents(posting.balance))
    each = _cents(unit.bonus_each)
    line = (unit.entry, _lines(unit.distributor_id, unit.number, unit.line, unit.model, unit.quantity, each))
    for begin in range(after, until, _AT_ONCE):
        part = (begin, min(begin + _AT_ONCE, until))
        posted, accrued = defaultdict[int, list[_Row]](list), defaultdict[int, list[str]](list)
        for row in _rows(conn, side, posting.sequence, part):
            posted[row[0]].append(row)
        for entry, lines in _rows(conn, line, unit.sequence, part):
            accrued[entry].append(lines)
        for position, hashed, lines in _rows(conn, told, of.position, part):
            yield position, hashed, lines, posted[position], accrued[position]


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


def _lines(*columns: _Column) -> _Column:
    """Return the values of these columns as they are sealed, one a line: see `programme.ledger.seal`."""
    written: list[_Column] = [
        func.replace(func.replace(column, "\\", "\\\\"), "\n", "\\n")
        if isinstance(column.type, Text)
        else cast(column, Text)
        for column in columns
    ]
    lines = written[0]
    for one in written[1:]:
        lines = lines.concat(literal("\n")).concat(one)
    return lines


def _cents(amount: _Column) -> ColumnElement[int]:
    return type_coerce(amount, BigInteger)
