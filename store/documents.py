"""Documents: accepted in an order, moved from state to state with their history, never deleted here."""

import datetime as dt
import secrets
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update

from model.state import State
from model.state import move as checked_move
from store import audit, counters, partners, search
from store.sequences import following
from store.tables import documents, history, idempotency

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 20
"""100 bits: nobody guesses the id of another one's document."""

UNFINISHED = (State.RECEIVED, State.READ, State.EXTRACTED)
"""States that wait for work."""

_FIND = select(documents).where(documents.c.id == bindparam("document_id"))
_HOLD = _FIND.with_for_update(key_share=True)
"""This lock lets others add rows that refer to the document, so that two that did so can both wait for it."""
_MOVE = (
    update(documents)
    .where(documents.c.id == bindparam("document_id"))
    .values({name: bindparam(name) for name in ("state", "error_code", "error_message")})
)
_NOTE = following(history, history.c.document_id)


@dataclass(frozen=True, slots=True)
class Document:
    """A row of `documents`.

    `acceptance` is its place in the order of acceptance, `place` that of the first document in its line: one that
    replaces another, or was split off it, takes over the claims of this `predecessor`, if it has any. `accepted_on` is
    the day of acceptance in Europe/Berlin; `file_name` is as given and never used as a path. Media type and page count
    are None until the file was inspected. `seller_key` (the id of a distributor, or a VAT identifier), `number` and
    `preceding_number` (normalised) and `content` (the fingerprint of date, lines and total) are what other uploads are
    compared by, None until it was judged. `revenue` is the net amount in EUR of its lines of the maker's products, None
    unless it is approved and all of them are told in EUR. The error is that of a failed document.
    """

    id: str
    acceptance: int
    place: int
    partner_id: str
    file_name: str
    digest: str
    size: int
    accepted_on: dt.date
    accepted_at: dt.datetime
    state: State
    media_type: str | None = None
    page_count: int | None = None
    error_code: str | None = None
    error_message: str | None = None
    seller_key: str | None = None
    number: str | None = None
    preceding_number: str | None = None
    issue_date: dt.date | None = None
    content: str | None = None
    predecessor: str | None = None
    revenue: Decimal | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Its place among the claims; of several in one place the one accepted first comes first."""
        return self.place, self.acceptance


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a document; `from_state` is None for its acceptance."""

    sequence: int
    at: dt.datetime
    from_state: State | None
    to_state: State
    who: str
    why: str


def accept(
    conn: Connection,
    *,
    partner_id: str,
    file_name: str,
    digest: str,
    size: int,
    accepted_on: dt.date,
    at: dt.datetime,
    who: str,
    predecessor: Document | None = None,
    takes_place: bool = True,
) -> Document:
    """Add a document in the state received, with the next number in the order of acceptance.

    One that replaces a predecessor stands in its place among the claims, unless it takes none.
    Errors: sqlalchemy.exc.IntegrityError if there is no such partner.
    """
    acceptance = counters.following(conn, "acceptance")
    document = Document(
        id="".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH)),
        acceptance=acceptance,
        place=predecessor.place if predecessor and takes_place else acceptance,
        predecessor=predecessor.id if predecessor else None,
        partner_id=partner_id,
        file_name=_storable(file_name),
        digest=digest,
        size=size,
        accepted_on=accepted_on,
        accepted_at=at.astimezone(dt.UTC),
        state=State.RECEIVED,
    )
    conn.execute(insert(documents), asdict(document) | {"state": document.state.value, "accepted_at": at})
    _note(conn, document.id, None, State.RECEIVED, at=at, who=who, why="uploaded")
    names = (document.file_name, partner_id, partners.name(conn, partner_id))
    search.note(conn, acceptance, "upload", frozenset().union(*map(search.of_name, names)))
    return document


def sent_before(conn: Connection, partner_id: str, key: str) -> Document | None:
    """Return the document that this partner sent with this key, or None; nobody else sends one before this ends."""
    counters.hold(conn, "acceptance")
    same = (idempotency.c.partner_id == partner_id, idempotency.c.key == key)
    found = conn.execute(select(idempotency.c.document_id).where(*same)).scalar_one_or_none()
    return None if found is None else get(conn, found)


def remember(conn: Connection, sent: Document, key: str) -> None:
    """Write down that a partner sent this document with this key."""
    row = {"partner_id": sent.partner_id, "key": key, "document_id": sent.id}
    conn.execute(insert(idempotency), row)


def move(
    conn: Connection,
    document_id: str,
    to: State,
    *,
    at: dt.datetime,
    who: str,
    why: str,
    error: tuple[str, str] | None = None,
) -> Document:
    """Move a document on, with a row in its history and in the audit.

    `error` is the code and the sentence of a failure; any other move takes an old error away. Errors:
    model.state.ForbiddenMove, LookupError.
    """
    old = hold(conn, document_id)
    code, message = error or (None, None)
    new = replace(old, state=checked_move(old.state, to), error_code=code, error_message=message)
    conn.execute(
        _MOVE, {"document_id": document_id, "state": new.state.value, "error_code": code, "error_message": message}
    )
    _note(conn, document_id, old.state, new.state, at=at, who=who, why=why)
    return new


def describe(conn: Connection, document_id: str, media_type: str, page_count: int) -> None:
    """Write down what the inspection of the file found."""
    conn.execute(
        update(documents).where(documents.c.id == document_id).values(media_type=media_type, page_count=page_count)
    )


def find(conn: Connection, document_id: str) -> Document | None:
    """Return the document, or None."""
    row = conn.execute(_FIND, {"document_id": document_id}).mappings().one_or_none()
    return None if row is None else document(dict(row))


def get(conn: Connection, document_id: str) -> Document:
    """Return a document that must be there. Errors: LookupError."""
    found = find(conn, document_id)
    if found is None:
        raise LookupError(f"there is no document {document_id}")
    return found


def hold(conn: Connection, document_id: str) -> Document:
    """Return a document that must be there, and keep others from changing it until this transaction ends."""
    row = conn.execute(_HOLD, {"document_id": document_id}).mappings().one_or_none()
    if row is None:
        raise LookupError(f"there is no document {document_id}")
    return document(dict(row))


def successors(conn: Connection, document_id: str) -> tuple[Document, ...]:
    """Return the documents that replace this one, or were split off it."""
    return _select(conn, documents.c.predecessor == document_id)


def with_digest(conn: Connection, digest: str) -> tuple[Document, ...]:
    """Return the documents with these bytes, in the order of acceptance."""
    return _select(conn, documents.c.digest == digest)


def unfinished(conn: Connection) -> tuple[Document, ...]:
    """Return the documents that wait to be read or judged, in the order of acceptance."""
    return _select(conn, documents.c.state.in_([state.value for state in UNFINISHED]))


def listing(
    conn: Connection, *, partner_id: str | None = None, state: State | None = None, after: int = 0, limit: int = 100
) -> tuple[Document, ...]:
    """Return up to `limit` documents accepted after that number, in the order of acceptance."""
    conditions = [documents.c.acceptance > after]
    if partner_id is not None:
        conditions.append(documents.c.partner_id == partner_id)
    if state is not None:
        conditions.append(documents.c.state == state.value)
    return _select(conn, *conditions, limit=limit)


def latest(conn: Connection, partner_id: str, *, before: Document | None = None, limit: int) -> tuple[Document, ...]:
    """Return up to `limit` documents of a partner that were accepted before one of them, the last ones first."""
    conditions = [documents.c.partner_id == partner_id]
    if before is not None:
        conditions.append(documents.c.acceptance < before.acceptance)
    query = select(documents).where(*conditions).order_by(documents.c.acceptance.desc()).limit(limit)
    return tuple(document(dict(row)) for row in conn.execute(query).mappings())


def look_up(
    conn: Connection,
    what: str = "",
    *,
    state: State | None = None,
    partner_id: str | None = None,
    seller: str | None = None,
    days: tuple[dt.date | None, dt.date | None] = (None, None),
    before: int | None = None,
    limit: int,
) -> tuple[Document, ...]:
    """Return up to `limit` documents that have all these words (`store.search`), the last ones first.

    `days` are the first and the last day of acceptance; `before` leaves out what was accepted then or later.
    """
    of = documents.c
    conditions: list[ColumnElement[bool]] = [of.acceptance.in_(found) for found in search.matching(what)]
    for column, value in ((of.state, state), (of.partner_id, partner_id), (of.seller_key, seller)):
        if value is not None:
            conditions.append(column == value)
    if days[0] is not None:
        conditions.append(of.accepted_on >= days[0])
    if days[1] is not None:
        conditions.append(of.accepted_on <= days[1])
    if before is not None:
        conditions.append(of.acceptance < before)
    query = select(documents).where(*conditions).order_by(of.acceptance.desc()).limit(limit)
    return tuple(document(dict(row)) for row in conn.execute(query).mappings())


def accepted_on(conn: Connection, partner_id: str, on: dt.date, most: int) -> int:
    """Return how many uploads of a partner were accepted on a day, counted up to so many."""
    day = select(documents.c.accepted_on).where(documents.c.partner_id == partner_id)
    last = day.order_by(documents.c.acceptance.desc()).limit(most).subquery()
    return conn.execute(select(func.count()).where(last.c.accepted_on == on)).scalar_one()


def steps(conn: Connection, document_id: str) -> tuple[Step, ...]:
    """Return the history of a document in order."""
    query = select(history).where(history.c.document_id == document_id).order_by(history.c.sequence)
    return tuple(
        Step(
            sequence=row.sequence,
            at=row.at,
            from_state=None if row.from_state is None else State(row.from_state),
            to_state=State(row.to_state),
            who=row.who,
            why=row.why,
        )
        for row in conn.execute(query)
    )


def last_step(conn: Connection, document_id: str) -> int:
    """Return the number of the last step in the history of a document."""
    last = select(func.max(history.c.sequence)).where(history.c.document_id == document_id)
    return int(conn.execute(last).scalar_one())


def document(row: dict[str, Any]) -> Document:
    """Return the document that a row of the table holds."""
    return Document(**(row | {"state": State(row["state"])}))


def _select(conn: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> tuple[Document, ...]:
    query = select(documents).where(*conditions).order_by(documents.c.acceptance).limit(limit)
    return tuple(document(dict(row)) for row in conn.execute(query).mappings())


def _note(
    conn: Connection, document_id: str, old: State | None, new: State, *, at: dt.datetime, who: str, why: str
) -> None:
    """Write a move into the document's history and into the audit."""
    states = {"from_state": None if old is None else old.value, "to_state": new.value}
    conn.execute(_NOTE, {"document_id": document_id, "at": at, **states, "who": who, "why": why})
    audit.record(conn, at=at, who=who, what=f"document {new.value}", about=document_id, why=why)


def _storable(name: str) -> str:
    """Return a file name that every database takes: no NUL, and a mark for what is no character."""
    return name.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
