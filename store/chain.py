"""Whether the ledger is what was booked: every entry sealed with the hash of the one before, every balance the sum.

All entries are read once, in their order, and nothing is kept of them but the balances of the accounts.
"""

import gc
import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    text,
    type_coerce,
)

from programme.ledger import hashed, seal
from store import counters
from store.engine import open_engine, reading
from store.tables import accruals, entries, postings

_AT_ONCE = 1000
"""Entries that are read at once: so few stay near the processor, and more take half as long again."""
_LONG = 100_000
"""Entries from which on several processes are worth their start, of half a second."""
_Row = Sequence[Any]
_Rows = Sequence[_Row]
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
    """What was found up to an entry: faults, each account's first posting (entry, cents, balance), what is held."""

    last: Head
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
    """Check the entries behind one, up to another one.

    The database writes the lines that are sealed as they stand, which is faster than giving out each value.
    """
    found = _Stretch(after)
    told = _query((*_HEAD, _lines(*_told(conn))), entries.c.position)
    side, unit = _query(_SIDE, postings.c.sequence), _query((accruals.c.entry, _lines(*_UNIT)), accruals.c.sequence)
    for begin in range(after.position, until, _AT_ONCE):
        part = (begin, min(begin + _AT_ONCE, until))
        heads, posted, accrued = (_rows(conn, one, part) for one in (told, side, unit))
        _check(conn, found, heads, [*posted, _END], [*accrued, _END])
    return found


def _check(conn: Connection, found: _Stretch, heads: _Rows, posted: _Rows, accrued: _Rows) -> None:
    """Check entries, with their postings and accruals in the same order: rows that begin with an entry's position.

    A row of no entry counts for the next one, whose hash is wrong then. All is in one loop, as calls would take half
    as long again.
    """
    before, last, held = found.last.hash, found.last.position, found.held
    start, begin = 0, 0
    for position, hash_, told in heads:
        if position != last + 1:
            found.faults.append(Fault(position, f"it follows on entry {last}"))
        end, sides, left = start, "", 0
        while posted[end][0] <= position:
            _, account, cents, balance = posted[end]
            sides += f"\n{account}\n{cents}\n{balance}"
            left += cents
            if account not in held:
                found.first[account] = (position, cents, balance)
            elif held[account] + cents != balance:
                found.faults += _wrong(position, account, held[account] + cents, balance)
            held[account] = balance
            end += 1
        if left:
            found.faults.append(Fault(position, "its postings do not sum to zero"))
        until, units = begin, ""
        while accrued[until][0] <= position:
            units += f"\n{accrued[until][1]}"
            until += 1
        lines = f"{before}\n{told}\n{end - start}{sides}\n{until - begin}{units}"
        is_plain = "\\" not in lines and lines.count("\n") == 8 + 3 * (end - start) + 6 * (until - begin)
        if hash_ != (hashed(lines) if is_plain else _spelt_out(conn, before, position)):
            found.faults.append(Fault(position, "its hash is not that of what stands there"))
        before, last, start, begin = hash_, position, end, until
    found.last = Head(last, before)


def _wrong(position: int, account: str, cents: int, balance: int) -> Iterator[Fault]:
    if cents != balance:
        yield Fault(position, f"{account} holds {cents} cents after it, not {balance}")


def _spelt_out(conn: Connection, before: str, position: int) -> str:
    """Return what an entry's hash must be, by each value of it: one of them holds a backslash or a line's end."""
    told = _query((entries.c.position, *_told(conn)), entries.c.position)
    side, unit = _query(_SIDE, postings.c.sequence), _query((accruals.c.entry, *_UNIT), accruals.c.sequence)
    heads, posted, accrued = (
        [row[1:] for row in _rows(conn, one, (position - 1, position))] for one in (told, side, unit)
    )
    return seal(before, heads[0], posted, accrued)


def _query(columns: Sequence[_Column], order: _Column) -> Select[Any]:
    """Return a query for what entries are made of, those behind one, up to another one; first their positions."""
    position = columns[0]
    wanted = (position > bindparam("behind"), position <= bindparam("until"))
    return select(*columns).where(*wanted).order_by(position, order)


def _rows(conn: Connection, query: Select[Any], part: tuple[int, int]) -> _Rows:
    """Return the rows of a query for a part of the entries.

    All values are integers and text, so that they may be taken as the database's driver gives them, which is faster.
    """
    cursor = conn.execute(query, {"behind": part[0], "until": part[1]}).cursor
    assert cursor is not None  # noqa: S101 (a query has one)
    return cursor.fetchall()


def _told(conn: Connection) -> tuple[_Column, ...]:
    """Return what is sealed of an entry itself: see `programme.ledger.seal`."""
    of = entries.c
    moment = (
        func.to_char(func.timezone("UTC", of.booked_at), "YYYY-MM-DD HH24:MI:SS.US")
        if conn.dialect.name == "postgresql"
        else type_coerce(of.booked_at, Text)
    )
    return of.position, of.key, of.partner_id, func.coalesce(of.document_id, ""), of.memo, moment


def _lines(*columns: _Column) -> _Column:
    """Return the values of these columns, one a line."""
    lines, *rest = [column if isinstance(column.type, Text) else cast(column, Text) for column in columns]
    for one in rest:
        lines = lines.concat(literal("\n")).concat(one)
    return lines


def _cents(amount: _Column) -> ColumnElement[int]:
    return type_coerce(amount, BigInteger)


_UNIT = (
    accruals.c.distributor_id,
    accruals.c.number,
    accruals.c.line,
    accruals.c.model,
    accruals.c.quantity,
    _cents(accruals.c.bonus_each),
)
_END = (2**63,)
"""A row behind all others."""
_HEAD = (entries.c.position, entries.c.hash)
_SIDE = (postings.c.entry, postings.c.account, _cents(postings.c.amount), _cents(postings.c.balance))
