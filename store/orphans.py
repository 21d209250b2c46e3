"""Blobs that no row refers to, and how they are removed beside uploads.

Blobs are put before the row that refers to them is committed, so a blob without a row is either an upload under way or
an orphan: of an upload that died in between, or of a row that was taken away. Age tells them apart, for whoever commits
a row has put the blob shortly before. Three things make this hold:

- A put of bytes that are there already counts as a put: it renews their age (store.blobs.put; in a bucket only where
  they are older than store.bucket.FRESH). So an old orphan that is uploaded again is as young as any other upload.
- The age is compared right before deleting, in one step that no put can get between (store.blobs.delete). A put that
  comes first is seen; one that comes later finds the bytes gone and stores them again.
- The age is that of the place's own clock, so a wrong clock here makes nothing old.

Hence the one condition: from the put to the commit it takes less than AGE (less FRESH, in a bucket). Even a slower one
is spared if it has committed before its digest is looked up for the last time, right before deleting.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from store import blobs
from store.blobs import Place
from store.engine import reading
from store.tables import documents, page_images, results
from store.tables_erasures import erasures
from store.tables_words import page_words

AGE = dt.timedelta(hours=1)
"""How old a blob without a row must be to count as an orphan, and a temporary file to count as left behind."""
_AT_ONCE = 500
"""Digests that are looked up in one query."""

_SOURCES = (
    select(documents.c.digest).where(documents.c.id.not_in(select(erasures.c.document_id))),
    select(results.c.body).where(results.c.stage == "read"),
    select(page_images.c.image),
    select(page_words.c.words),
)
"""Everything that refers to blobs: queries with one column, the digest. What is not listed here gets swept."""


class Swept(NamedTuple):
    """What a sweep removed: digests of blobs, and names of temporary files."""

    blobs: tuple[str, ...]
    temporary: tuple[str, ...]


def referenced(conn: Connection) -> set[str]:
    """Return the digests of all blobs that the database refers to."""
    return {digest for source in _SOURCES for digest in conn.scalars(source)}


def orphans(place: Place, known: set[str], before: dt.datetime) -> tuple[str, ...]:
    """Return the digests, in order, of blobs that are not among the known and that nobody has put since that moment.

    What is known (`referenced`) must have been looked up at least AGE after that moment.
    """
    return tuple(sorted(b.digest for b in blobs.listed(place) if b.modified < before and b.digest not in known))


def sweep(engine: Engine, place: Place, age: dt.timedelta = AGE) -> Swept:
    """Remove orphans and temporary files of at least that age, and say which.

    Uploads may go on beside it, and other sweeps. An age below AGE is for a place that nobody puts to. No transaction
    is open while the place is listed or changed. Errors: OSError, sqlalchemy.exc.SQLAlchemyError.
    """
    before = blobs.clock(place) - age
    with reading(engine) as conn:
        known = referenced(conn)
    removed: list[str] = []
    old = orphans(place, known, before)
    for start in range(0, len(old), _AT_ONCE):
        digests = old[start : start + _AT_ONCE]
        with reading(engine) as conn:
            known = among(conn, digests)
        removed += [digest for digest in digests if digest not in known and blobs.delete(place, digest, before)]
    return Swept(tuple(removed), blobs.stale(place, before))


def among(conn: Connection, digests: Sequence[str]) -> set[str]:
    """Return those of the digests that the database refers to."""
    queries = (source.where(source.selected_columns[0].in_(digests)) for source in _SOURCES)
    return {digest for query in queries for digest in conn.scalars(query)}
