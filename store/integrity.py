"""What must never break, checked in what is stored: the database against itself, and against the blobs.

The database does the work (store.invariants), and rows and blobs pass through one after the other: any number of them
takes little memory. Blobs are compared by walking both sides in the order of their digests.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, cast, func, null, select, text, union_all

from store import blobs, chain, sealing
from store.blobs import Blob, Place
from store.invariants import AT_REST, RULES
from store.orphans import AGE
from store.tables import (
    audit,
    bonus_units,
    deliveries,
    documents,
    entries,
    history,
    page_images,
    results,
)
from store.tables_drafts import APPEND_ONLY
from store.tables_erasures import erasures
from store.tables_words import page_words

_AT_ONCE = 1000
"""Rows that are fetched at once."""
_PART = 2**20
"""Bytes of a blob that are held at once while it is hashed."""

INVARIANTS = {
    "I1": "every document accepted is here, with its bytes",
    "I2": "every history is a chain of allowed moves that ends where the document stands",
    "I3": "a bonus unit is accrued once, and for an approved document",
    "I4": "the ledger balances, is in unbroken order, and cannot be changed",
    "I5": "no row without what it refers to, no blob without a row",
    "I8": "whatever is unfinished stands in the queue",
    "I11": "every change of state stands in the audit, and no act in it was changed",
}
"""What is checked, by the number of the invariant."""

_NAMED = union_all(
    select(documents.c.digest, documents.c.id, documents.c.size).where(
        documents.c.id.not_in(select(erasures.c.document_id))
    ),
    select(results.c.body, results.c.document_id, cast(null(), BigInteger)).where(results.c.stage == "read"),
    select(page_images.c.image, documents.c.id, cast(null(), BigInteger)).join(
        documents, documents.c.digest == page_images.c.digest
    ),
    select(page_words.c.words, documents.c.id, cast(null(), BigInteger)).join(
        documents, documents.c.digest == page_words.c.digest
    ),
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


def check(conn: Connection, place: Place, *, quick: bool = False, quiet: bool = False) -> Iterator[Violation]:
    """Yield whatever breaks an invariant, on a connection that sees one state of the database (store.engine.reading).

    `quick` leaves out reading the blobs, whose sizes are compared still; `quiet` asks also that nothing is under way.
    Others may work beside it. Errors: OSError, sqlalchemy.exc.SQLAlchemyError.
    """
    for rule in (*RULES, *(AT_REST if quiet else ())):
        for row in conn.execute(rule.query, execution_options={"yield_per": _AT_ONCE}).mappings():
            yield Violation(rule.invariant, rule.what.format_map(row), str(next(iter(row.values()))))
    for fault in chain.verify(conn):
        yield Violation("I4", fault.what, f"entry {fault.position}")
    for fault in sealing.verify(conn):
        yield Violation("I11", fault.what, f"act {fault.position}")
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


def _compared(conn: Connection, place: Place, *, quick: bool) -> Iterator[Violation]:
    """Compare the blobs that the database names with those that are there."""
    before = blobs.clock(place) - AGE
    sides: tuple[Iterator[_Named | Blob], ...] = (_named(conn), blobs.listed(place))
    for digest, same in groupby(merge(*sides, key=_digest), key=_digest):
        found = tuple(same)
        named = next((one for one in found if isinstance(one, _Named)), None)
        blob = next((one for one in found if isinstance(one, Blob)), None)
        if named is not None:
            invariant = "I1" if named.size is not None else "I5"
            what = _fault(place, named, blob, quick=quick)
            if what is not None:
                yield Violation(invariant, f"blob {digest} {what}", named.document_id)
        elif blob is not None and blob.modified < before:
            yield Violation("I5", "no row refers to this blob", digest)


def _digest(one: _Named | Blob) -> str:
    return one.digest


def _fault(place: Place, named: _Named, blob: Blob | None, *, quick: bool) -> str | None:
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


def _hash(place: Place, digest: str) -> str:
    seen = hashlib.sha256()
    with blobs.open(place, digest) as file:
        while part := file.read(_PART):
            seen.update(part)
    return seen.hexdigest()


def _left_behind(place: Place) -> Iterator[Violation]:
    """Yield the temporary files that writers who died have left."""
    for name in blobs.left_behind(place, blobs.clock(place) - AGE):
        yield Violation("I5", "this temporary file was left behind", name)
