"""The steps of one document: accepted, read, judged, accrued. No transaction is open while anything is computed."""

import datetime as dt
import os
from collections.abc import Container, Sequence
from typing import BinaryIO, NamedTuple

from sqlalchemy import Connection

from model.judgement import Outcome
from model.reading import Reading
from model.state import OUTCOMES, State
from runtime import metrics
from runtime.app import App
from store import blobs, cases, counters, documents, messages, queue, results, rulings, waiting
from store.documents import UNFINISHED, Document
from store.engine import reading
from store.queue import Lease
from workers import listing
from workers.judging import WHO, book, judge, reopened, spelt
from workers.reader import CRASHED, Read, read, version

UNREAD = frozenset({State.RECEIVED, State.READ})
REPLACEABLE = frozenset({State.REVIEW, State.REJECTED, State.FAILED})
"""States of a document that its partner may replace."""


class Stale(Exception):
    """Raised where a document has moved on since whoever decides on it looked at it."""


class KeyReused(Exception):
    """Raised when a partner sends other bytes with a key that it used before."""


class NotReplaceable(Exception):
    """Raised where a partner cannot replace a document: it is on its way, approved, or was replaced before."""


def accept(
    app: App, data: bytes | BinaryIO, name: str, partner_id: str, on: dt.date, *, key: str | None = None
) -> Document:
    """Store the bytes, then accept them as a document of this partner on this day (Europe/Berlin).

    When it returns, both have reached the disk, and the document stands in the queue. What this partner sent with the
    same `key` before is returned in its place. Errors: KeyReused; sqlalchemy.exc.IntegrityError if there is no such
    partner.
    """
    digest = blobs.put(app.blobs, data)
    with app.engine.begin() as conn:
        return _sent_before(conn, partner_id, key, digest) or _accepted(
            conn, _File(name, digest, _size(data)), partner_id, on, who=f"partner {partner_id}", key=key
        )


def replace(
    app: App, document_id: str, data: bytes | BinaryIO, name: str, on: dt.date, *, who: str, key: str | None = None
) -> Document:
    """Let a partner replace its document, which waits for a person, was rejected, or failed, by another file.

    The new one takes over what the old one claims; one that was rejected or failed claims nothing, so its place goes to
    nobody. `key` as for `accept`. Errors: LookupError, NotReplaceable, KeyReused.
    """
    digest = blobs.put(app.blobs, data)
    with app.engine.begin() as conn:
        counters.hold(conn, "ledger")
        partner_id = documents.get(conn, document_id).partner_id
        known = _sent_before(conn, partner_id, key, digest)
        if known is not None:
            return known
        old = documents.hold(conn, document_id)
        if old.state not in REPLACEABLE:
            raise NotReplaceable
        file = _File(name, digest, _size(data))
        claims = old.state is State.REVIEW
        made = _accepted(conn, file, partner_id, on, who=who, key=key, predecessor=old, takes_place=claims)
        _superseded(conn, old, (made,), who)
        return made


def supersede(
    app: App, document_id: str, files: Sequence[tuple[bytes, str]], on: dt.date, who: str
) -> tuple[Document, ...]:
    """Accept files with their names in the place of a document: one that replaces it, or several it was split into.

    They take over its claims; it earns nothing any more. Errors: LookupError, model.state.ForbiddenMove where it was
    superseded before.
    """
    stored = [_File(name, blobs.put(app.blobs, data), len(data)) for data, name in files]
    with app.engine.begin() as conn:
        counters.hold(conn, "ledger")
        old = documents.hold(conn, document_id)
        made = tuple(_accepted(conn, one, old.partner_id, on, who=who, predecessor=old) for one in stored)
        _superseded(conn, old, made, who)
        return made


def run(app: App, document_id: str) -> Document:
    """Bring a document to its outcome from wherever it stands, reading it in this process."""
    with reading(app.engine) as conn:
        document = documents.get(conn, document_id)
    if document.state in UNREAD:
        came = stored(app, document) or read(blobs.read(app.blobs, document.digest), document.file_name)
        document = take(app, document, came)
    return judge(app, document) if document.state is State.EXTRACTED else document


def stored(app: App, document: Document) -> Read | None:
    """Return what this version of the extractor read of the same bytes before, whoever they came from, or None."""
    with reading(app.engine) as conn:
        made = results.of_bytes(conn, document.digest, version())
    if made is None:
        return None
    return Read(media_type=made.media_type, page_count=made.page_count, version=made.version, reading=made.body)


def tape(app: App, document: Document) -> bytes | None:
    """Return what the OCR engines said of these bytes before, or None."""
    with reading(app.engine) as conn:
        digest = results.tape(conn, document.digest)
    return None if digest is None else blobs.read(app.blobs, digest)


def take(app: App, document: Document, came: Read, lease: Lease | None = None) -> Document:
    """Write down what reading a document came to: it is extracted, or failed.

    One that has its outcome keeps it until it is judged again, and one that cannot be read any more keeps it for good.
    With a lease the document then waits for its judgement under the same one. Errors: Fenced.
    """
    if came.reading is None:
        return _fail(app, document, came, UNREAD, lease)
    engines = None if came.tape is None else blobs.put(app.blobs, came.tape)
    with app.engine.begin() as conn:
        document = documents.hold(conn, document.id)
        if lease is not None:
            queue.advance(conn, lease, "judge")
        if document.state is State.SUPERSEDED or (lease is None and document.state not in UNREAD):
            return document
        _describe(conn, document, came)
        at, why = _now(), f"extractor {came.version}"
        if came.reading != results.latest(conn, document.id):
            results.save(conn, document.id, "extract", version=came.version, body=came.reading, at=at)
        if engines is not None and engines != results.tape(conn, document.digest):
            results.save(conn, document.id, "read", version=came.version, body=engines, at=at)
        if document.state is State.FAILED:
            documents.move(conn, document.id, State.RECEIVED, at=at, who=WHO, why="processed again")
        elif document.state not in UNREAD:
            return document
        documents.move(conn, document.id, State.READ, at=at, who=WHO, why=why)
        if lease is None:
            queue.forget(conn, document.id, State.EXTRACTED)
            queue.enqueue(conn, document, "judge")
        return documents.move(conn, document.id, State.EXTRACTED, at=at, who=WHO, why=why)


def give_up(app: App, document: Document, lease: Lease | None = None) -> Document:
    """Let a document fail on which this program came to grief, unless it has its outcome. Errors: Fenced."""
    return _fail(app, document, CRASHED, UNFINISHED, lease)


def ruled(
    conn: Connection,
    document: Document,
    outcome: Outcome | None,
    *,
    who: str,
    why: str,
    at: dt.datetime,
    wait: dt.timedelta = dt.timedelta(),
) -> Document:
    """Write down what a person ruled on a document that is held, to be booked once so much time is over.

    It stands whatever is judged, until None takes it back; a judgement other than the one it was made upon brings the
    document to review. An appeal is closed with it. Errors: LookupError if the document was not judged.
    """
    judgement = results.judgement(conn, document.id)
    if judgement is None or document.state not in OUTCOMES:
        raise LookupError(f"document {document.id} was not judged")
    rulings.rule(conn, document.id, outcome, judged=spelt(judgement), who=who, why=why, at=at)
    if outcome is not None:
        messages.close_appeal(conn, document.id, at)
    return judged_anew(conn, document, who, why, wait=wait)


def correct(app: App, document_id: str, corrected: Reading, *, who: str, why: str, seen: int | None = None) -> Document:
    """Let a person's reading of a judged document stand in place of what was extracted, which is kept.

    `seen` is the last step of its history that the person saw. Errors: Stale; LookupError if there is no such
    document, or none that was judged.
    """
    with app.engine.begin() as conn:
        document = as_seen(conn, document_id, seen)
        if document.state not in OUTCOMES:
            raise LookupError(f"document {document_id} was not judged")
        results.save(conn, document_id, "correct", version=who, body=corrected.model_dump_json(), at=_now())
        return judged_anew(conn, document, who, why)


class _File(NamedTuple):
    """A file that was sent, and stored."""

    name: str
    digest: str
    size: int


def _size(data: bytes | BinaryIO) -> int:
    return len(data) if isinstance(data, bytes) else data.seek(0, os.SEEK_END)


def _sent_before(conn: Connection, partner_id: str, key: str | None, digest: str) -> Document | None:
    """Return what a partner sent with this key before, or None. Errors: KeyReused."""
    known = None if key is None else documents.sent_before(conn, partner_id, key)
    if known is not None and known.digest != digest:
        raise KeyReused
    return known


def _accepted(
    conn: Connection,
    file: _File,
    partner_id: str,
    on: dt.date,
    *,
    who: str,
    key: str | None = None,
    predecessor: Document | None = None,
    takes_place: bool = True,
) -> Document:
    document = documents.accept(
        conn,
        partner_id=partner_id,
        file_name=file.name,
        digest=file.digest,
        size=file.size,
        accepted_on=on,
        at=_now(),
        who=who,
        predecessor=predecessor,
        takes_place=takes_place,
    )
    queue.enqueue(conn, document, "read")
    if key is not None:
        documents.remember(conn, document, key)
    return document


def _superseded(conn: Connection, old: Document, made: Sequence[Document], who: str) -> None:
    """Let a document, which is held like the ledger, be replaced by others. What was booked for it is reversed."""
    queue.forget(conn, old.id, State.SUPERSEDED)
    waiting.drop(conn, old.id)
    why, at = f"replaced by {', '.join(one.id for one in made)}", _now()
    moved = documents.move(conn, old.id, State.SUPERSEDED, at=at, who=who, why=why)
    messages.close_appeal(conn, old.id, at)
    concerned = cases.later(conn, moved, (cases.keys_of(conn, moved),))
    book(conn, moved, ())
    reopened(conn, concerned)


def as_seen(conn: Connection, document_id: str, seen: int | None) -> Document:
    """Return a document that a person decides on, and hold it. Errors: Stale where it is not as that person saw it."""
    document = documents.hold(conn, document_id)
    if seen is not None and documents.last_step(conn, document_id) != seen:
        raise Stale
    return document


def judged_anew(
    conn: Connection, document: Document, who: str, why: str, *, wait: dt.timedelta = dt.timedelta()
) -> Document:
    """Have a document judged again because of a person, once so much time is over. Whoever calls holds it."""
    queue.enqueue(conn, document, "judge", wait=wait)
    waiting.hide(conn, document.id)
    return documents.move(conn, document.id, State.EXTRACTED, at=_now(), who=who, why=why)


def _fail(app: App, document: Document, came: Read, states: Container[State], lease: Lease | None) -> Document:
    """Let a document fail if it still is in one of these states. What was booked for it is reversed."""
    error = came.error or ("crashed", "")
    with app.engine.begin() as conn:
        counters.hold(conn, "ledger")
        document = documents.hold(conn, document.id)
        if lease is not None:
            queue.finish(conn, lease, error[0])
        if document.state not in states:
            return document
        queue.forget(conn, document.id, error[0])
        _describe(conn, document, came)
        failed = documents.move(conn, document.id, State.FAILED, at=_now(), who=WHO, why=error[0], error=error)
        concerned = cases.later(conn, failed, (cases.keys_of(conn, failed),))
        book(conn, failed, ())
        listing.failed(conn, failed, _now())
        reopened(conn, concerned)
    metrics.ended(State.FAILED, [error[0]])
    return failed


def _describe(conn: Connection, document: Document, came: Read) -> None:
    if came.media_type is not None and came.page_count is not None:
        documents.describe(conn, document.id, came.media_type, came.page_count)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
