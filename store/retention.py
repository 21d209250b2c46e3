"""Deleting what has been kept for as long as the law asks: files, readings and judgements of a document.

In Germany vouchers are kept for 8 years and books for 10, counted from the end of the year (§ 147 AO, § 257 HGB). What
stays is the document's row without its file's name, its history, what was booked for it, and who deleted it when.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from model.state import State
from store import audit, blobs, orphans
from store.blobs import Place
from store.engine import reading
from store.parts import in_parts
from store.tables import documents, judgements, page_images, results
from store.tables_erasures import erasures
from store.tables_messages import messages
from store.tables_search import terms
from store.tables_waiting import presences, waiting
from store.tables_words import page_words

YEARS = 8
"""How long vouchers are kept, after the end of the year that they came in."""
ERASED = "erased"
"""What a file is called whose name was deleted."""
_ENDED = (State.APPROVED, State.REJECTED, State.SUPERSEDED)
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Due:
    """Documents that were kept long enough: those to delete, and how many are left for they still wait for a person."""

    ids: tuple[str, ...]
    until: dt.date
    waiting: int


def due(conn: Connection, on: dt.date, years: int = YEARS) -> Due:
    """Return what was accepted in a year that ended at least so many years before a day, oldest first."""
    until = dt.date(on.year - years - 1, 12, 31)
    old = (documents.c.accepted_on <= until, documents.c.id.not_in(select(erasures.c.document_id)))
    ended = documents.c.state.in_([state.value for state in _ENDED])
    ids = tuple(conn.scalars(select(documents.c.id).where(*old, ended).order_by(documents.c.acceptance)))
    return Due(ids, until, conn.scalar(select(func.count()).select_from(documents).where(*old, ~ended)) or 0)


def erase(engine: Engine, place: Place, ids: Sequence[str], *, who: str, why: str, at: dt.datetime) -> int:
    """Delete what is kept of these documents, and return how many stored files went.

    Some documents at a time: the rows and the record of it in one transaction, then the files that nothing refers
    to any more and nobody put within an hour, as `store.orphans` says. What it leaves, the next sweep removes.
    """
    gone = 0
    for part in in_parts(ids, _AT_ONCE):
        with reading(engine) as conn:
            before = _files(conn, part)
        with engine.begin() as conn:
            _erase_rows(conn, part, who, why, at)
        old = blobs.clock(place) - orphans.AGE
        with reading(engine) as conn:
            left = orphans.among(conn, sorted(before))
        gone += sum(blobs.delete(place, digest, old) for digest in sorted(before - left))
    return gone


def _files(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Return the digests of what belongs to documents: their bytes, what was read, pictures and words of pages."""
    own = set(conn.scalars(select(documents.c.digest).where(documents.c.id.in_(ids))))
    read = select(results.c.body).where(results.c.document_id.in_(ids), results.c.stage == "read")
    drawn = select(page_images.c.image).where(page_images.c.digest.in_(own))
    words = select(page_words.c.words).where(page_words.c.digest.in_(own))
    return own | {digest for query in (read, drawn, words) for digest in conn.scalars(query)}


def _erase_rows(conn: Connection, ids: Sequence[str], who: str, why: str, at: dt.datetime) -> None:
    for one in ids:
        conn.execute(insert(erasures), {"document_id": one, "at": at, "who": who, "why": why})
        audit.record(conn, at=at, who=who, what="erased", about=one, why=why)
    for table in (results, judgements, messages, waiting, presences):
        conn.execute(delete(table).where(table.c.document_id.in_(ids)))
    accepted = select(documents.c.acceptance).where(documents.c.id.in_(ids))
    conn.execute(delete(terms).where(terms.c.acceptance.in_(accepted)))
    conn.execute(update(documents).where(documents.c.id.in_(ids)).values(file_name=ERASED))
    kept = select(documents.c.digest).where(documents.c.id.not_in(select(erasures.c.document_id)))
    erased = select(documents.c.digest).where(documents.c.id.in_(ids))
    for of_page in (page_images, page_words):
        conn.execute(delete(of_page).where(of_page.c.digest.in_(erased), of_page.c.digest.not_in(kept)))
