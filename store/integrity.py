"""What must never break, checked in what is stored: the database against itself, and against the blobs.

The database does the work (store.invariants), and rows and blobs pass through one after the other: any number of them
takes little memory. Blobs are compared by walking both sides in the order of their digests.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, cast, func, null, select, text, union_all

from store.invariants import AT_REST, RULES
from store.tables import (
    APPEND_ONLY,
    audit,
    bonus_units,
    deliveries,
    documents,
    entries,
    history,
    results,
)

AGE = dt.timedelta(hours=1)
"""How old a blob without a row, or a temporary file, must be to count as left behind: an upload may be under way."""
_AT_ONCE = 1000
"""Rows that are fetched at once."""
_HEX = frozenset("0123456789abcdef")

INVARIANTS = {
    "I1": "every document accepted is here, with its bytes",
    "I2": "every history is a chain of allowed moves that ends where the document stands",
    "I3": "a bonus unit is accrued once, and for an approved document",
    "I4": "the ledger balances, is in unbroken order, and cannot be changed",
    "I5": "no row without what it refers to, no blob without a row",
    "I8": "whatever is unfinished stands in the queue",
    "I11": "every change of state stands in the audit",
}
"""What is checked, by the number of the invariant."""

_NAMED = union_all(
    select(documents.c.digest, documents.c.id, documents.c.size),
    select(results.c.body, results.c.document_id, cast(null(), BigInteger)).where(results.c.stage == "read"),
).subquery()
"""Everything that refers to blobs; only a document says how large its own is."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What broke an invariant ("I1", ...): a sentence, and the id, key or digest of what it is about."""

    invariant: str
    what: str
    about: str


class _Named(NamedTuple):
    """A blob as the database names it, with a document that it belongs to, and its size if it is that document's."""

    digest: str
    document_id: str
    size: int | None


class _Blob(NamedTuple):
    """A blob as it lies in its place, with the moment it was put there and its size in bytes."""

    digest: str
    modified: dt.datetime
    size: int


def check(conn: Connection, place: Path, *, quick: bool = False, quiet: bool = False) -> Iterator[Violation]:
    """Yield whatever breaks an invariant, on a connection that sees one state of the database (store.engine.reading).

    `quick` leaves out reading the blobs, whose sizes are compared still; `quiet` asks also that nothing is under way.
    Others may work beside it. Errors: OSError, sqlalchemy.exc.SQLAlchemyError.
    """
    for rule in (*RULES, *(AT_REST if quiet else ())):
        for row in conn.execute(rule.query, execution_options={"yield_per": _AT_ONCE}).mappings():
            yield Violation(rule.invariant, rule.what.format_map(row), str(next(iter(row.values()))))
    yield from _changeable(conn)
    yield from _compared(conn, place, quick=quick)
    yield from _left_behind(place)


def counts(conn: Connection) -> dict[str, int]:
    """Return how many rows there are to check each invariant on; blobs for I5."""
    rows = {
        "I1": documents,
        "I2": history,
        "I3": bonus_units,
        "I4": entries,
        "I5": select(_NAMED.c.digest).distinct().subquery(),
        "I8": deliveries,
        "I11": audit,
    }
    return {name: conn.execute(select(func.count()).select_from(of)).scalar_one() for name, of in rows.items()}


def _changeable(conn: Connection) -> Iterator[Violation]:
    for table in APPEND_ONLY:
        for verb in sorted({"UPDATE", "DELETE"} - set(_refused(conn, table.name))):
            yield Violation("I4", f"nothing keeps its rows from {verb}", f"table {table.name}")


def _refused(conn: Connection, table: str) -> Iterator[str]:
    """Yield the statements that a trigger of this table refuses."""
    if conn.dialect.name == "postgresql":
        # 2: before, 8: delete, 16: update (pg_trigger.h)
        query = text("SELECT tgtype FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass) AND tgenabled <> 'D'")
        for kind in conn.execute(query, {"name": table}).scalars():
            yield from (verb for verb, bit in (("DELETE", 8), ("UPDATE", 16)) if kind & 2 and kind & bit)
        return
    query = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    for source in conn.execute(query, {"name": table}).scalars():
        yield from (verb for verb in ("DELETE", "UPDATE") if f"BEFORE {verb} ON" in source and "RAISE(ABORT" in source)


def _compared(conn: Connection, place: Path, *, quick: bool) -> Iterator[Violation]:
    """Compare the blobs that the database names with those that are there."""
    before = dt.datetime.now(dt.UTC) - AGE
    sides: tuple[Iterator[_Named | _Blob], ...] = (_named(conn), _listed(place))
    for digest, same in groupby(merge(*sides, key=_digest), key=_digest):
        found = tuple(same)
        named = next((one for one in found if isinstance(one, _Named)), None)
        blob = next((one for one in found if isinstance(one, _Blob)), None)
        if named is not None:
            invariant = "I1" if named.size is not None else "I5"
            what = _fault(place, named, blob, quick=quick)
            if what is not None:
                yield Violation(invariant, f"blob {digest} {what}", named.document_id)
        elif blob is not None and blob.modified < before:
            yield Violation("I5", "no row refers to this blob", digest)


def _digest(one: _Named | _Blob) -> str:
    return one.digest


def _fault(place: Path, named: _Named, blob: _Blob | None, *, quick: bool) -> str | None:
    """Tell what is wrong with a blob that the database names."""
    if blob is None:
        return "is not there"
    if named.size is not None and named.size != blob.size:
        return f"has {blob.size} bytes in place of {named.size}"
    if not quick and _hash(place, blob.digest) != blob.digest:
        return "was changed"
    return None


def _named(conn: Connection) -> Iterator[_Named]:
    """Yield the blobs that the database names, in the order of their digests."""
    size = func.max(_NAMED.c.size).label("size")
    query = select(_NAMED.c.digest, func.min(_NAMED.c.id).label("document_id"), size).group_by(_NAMED.c.digest)
    for row in conn.execute(query.order_by(_NAMED.c.digest), execution_options={"yield_per": _AT_ONCE}):
        yield _Named(row.digest, row.document_id, row.size)


def _listed(place: Path) -> Iterator[_Blob]:
    """Yield the blobs that are there, in the order of their digests. What is not named like one is passed over."""
    for first in _within(place, 2):
        for second in _within(first, 2):
            for path in _within(second, 64):
                if path.name.startswith(first.name + second.name):
                    status = path.stat()
                    yield _Blob(path.name, dt.datetime.fromtimestamp(status.st_mtime, dt.UTC), status.st_size)


def _within(folder: Path, length: int) -> list[Path]:
    return sorted(path for path in folder.iterdir() if len(path.name) == length and set(path.name) <= _HEX)


def _hash(place: Path, digest: str) -> str:
    with (place / digest[:2] / digest[2:4] / digest).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _left_behind(place: Path) -> Iterator[Violation]:
    """Yield the temporary files that writers who died have left."""
    before = (dt.datetime.now(dt.UTC) - AGE).timestamp()
    for path in sorted((place / "tmp").glob("*")):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                yield Violation("I5", "this temporary file was left behind", path.name)
