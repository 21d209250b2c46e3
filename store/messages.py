"""What partners and operators say to each other about a document, and rejections that partners do not accept."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    BindParameter,
    Connection,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from model.state import State
from store.sequences import following
from store.tables import documents
from store.tables_messages import appeals, messages

Kind = Literal["appeal", "question", "answer", "word"]
"""What a partner says against a rejection; what an operator asks it; its answer; what an operator lets it know."""
Waiting = Literal["question", "appeal"]
"""What is open about a document: a question that its partner has not answered, an appeal nobody has decided."""

_IDS: BindParameter[str] = bindparam("ids", type_=Text, expanding=True)
_SAY = following(messages, messages.c.document_id)


class AlreadyAppealed(Exception):
    """Raised where a partner appeals a second time."""


@dataclass(frozen=True, slots=True)
class Message:
    """What `who` said about a document."""

    at: dt.datetime
    who: str
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """A rejection that a partner does not accept; open until `closed_at`. `rejected_by` does not decide on it."""

    at: dt.datetime
    rejected_by: str
    closed_at: dt.datetime | None


def say(conn: Connection, document_id: str, *, at: dt.datetime, who: str, kind: Kind, text: str) -> None:
    """Append what somebody says about a document. Whoever calls holds the document."""
    conn.execute(_SAY, {"document_id": document_id, "at": at, "who": who, "kind": kind, "text": text})


def of(conn: Connection, document_id: str) -> tuple[Message, ...]:
    """Return what was said about a document, in order."""
    query = select(messages).where(messages.c.document_id == document_id).order_by(messages.c.sequence)
    return tuple(Message(row.at, row.who, row.kind, row.text) for row in conn.execute(query))


def appeal(conn: Connection, document_id: str, *, at: dt.datetime, who: str, text: str, rejected_by: str) -> None:
    """Open the appeal of a partner, with its words. Whoever calls holds the document. Errors: AlreadyAppealed."""
    if appealed(conn, document_id) is not None:
        raise AlreadyAppealed
    conn.execute(insert(appeals), {"document_id": document_id, "at": at, "rejected_by": rejected_by})
    say(conn, document_id, at=at, who=who, kind="appeal", text=text)


def appealed(conn: Connection, document_id: str) -> Appeal | None:
    """Return the appeal against the rejection of a document, open or closed, or None."""
    row = conn.execute(select(appeals).where(appeals.c.document_id == document_id)).one_or_none()
    return None if row is None else Appeal(row.at, row.rejected_by, row.closed_at)


def close_appeal(conn: Connection, document_id: str, at: dt.datetime) -> None:
    """Close the appeal against the rejection of a document, if one is open: somebody decided on it."""
    still_open = appeals.c.closed_at.is_(None)
    conn.execute(update(appeals).where(appeals.c.document_id == document_id, still_open).values(closed_at=at))


def waiting(conn: Connection, document_ids: Collection[str]) -> dict[str, Waiting]:
    """Return what is open about these documents; a question goes before an appeal, for only its partner can answer.

    An appeal is open while the document is rejected, a question while nobody has decided on document or appeal.
    """
    said, state = messages.c, documents.c.state
    rejected, undecided = state == State.REJECTED.value, state.in_([State.REVIEW.value, State.FAILED.value])
    unheard = select(appeals).where(appeals.c.document_id == documents.c.id, appeals.c.closed_at.is_(None)).exists()
    last = (
        select(said.document_id, func.max(said.sequence).label("sequence"))
        .where(said.document_id.in_(_IDS), said.kind.in_(["question", "answer"]))
        .group_by(said.document_id)
        .subquery()
    )
    asked = (
        select(said.document_id, literal("question").label("what"))
        .join(last, (last.c.document_id == said.document_id) & (last.c.sequence == said.sequence))
        .join(documents, documents.c.id == said.document_id)
        .where(said.kind == "question", or_(undecided, and_(rejected, unheard)))
    )
    appealing = select(documents.c.id, literal("appeal").label("what")).where(
        documents.c.id.in_(_IDS), rejected, unheard
    )
    rows = conn.execute(union_all(asked, appealing), {"ids": list(document_ids)}).all()
    return {row.document_id: row.what for row in sorted(rows, key=lambda row: str(row.what))}
