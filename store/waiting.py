"""What waits for people, one row a document: written down where its state is, read by `store.lists`."""

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from store import audit
from store.tables_waiting import presences, samples, waiting

Shelf = Literal["open", "rejected", "hidden"]
FAILED, SAMPLE, AGAIN, APPEAL = "failed", "sample", "again", "appeal"
"""Reasons that are no codes of findings: it failed; it is a sample of approvals; it was ruled on when it was judged
otherwise; its partner does not accept the rejection (never written down here, but found in `appeals`)."""
CLAIM = 90
"""Seconds for which a document is believed to be open where it was opened."""

_ROW = select(waiting).where(waiting.c.document_id == bindparam("document"))
_DROP = delete(waiting).where(waiting.c.document_id == bindparam("document"))
_HIDE = update(waiting).where(waiting.c.document_id == bindparam("document")).values(shelf="hidden")


@dataclass(frozen=True, slots=True)
class Waits:
    """What a list shows of a document; `since` is whole seconds since 1970."""

    document_id: str
    shelf: Shelf
    state: str
    reason: str
    stake: Decimal | None
    since: int
    partner_id: str
    seller_key: str | None
    seller: str | None
    title: str
    media_type: str | None


def seconds(at: dt.datetime) -> int:
    """Return a moment in whole seconds since 1970."""
    return int(at.timestamp())


def note(conn: Connection, row: Waits) -> None:
    """Write down that a document waits. One that waited in the same state goes on waiting since then."""
    old = conn.execute(_ROW, {"document": row.document_id}).one_or_none()
    new = asdict(row)
    if old is None:
        conn.execute(insert(waiting), new | {"until": None, "put_by": None})
        return
    if old.state == row.state:
        del new["since"]
    conn.execute(update(waiting).where(waiting.c.document_id == row.document_id).values(new))


def hide(conn: Connection, document_id: str) -> None:
    """Keep a document off the lists until what it comes to is noted."""
    conn.execute(_HIDE, {"document": document_id})


def drop(conn: Connection, document_id: str) -> None:
    """Write down that a document waits for nobody."""
    conn.execute(_DROP, {"document": document_id})


def put_back(conn: Connection, document_id: str, until: dt.datetime, who: str) -> bool:
    """Hide a document from the others' list until then; whether it waited."""
    values = {"until": seconds(until), "put_by": who}
    done = conn.execute(update(waiting).where(waiting.c.document_id == document_id).values(values))
    conn.execute(delete(presences).where(presences.c.document_id == document_id))
    return done.rowcount == 1


def price(conn: Connection, document_id: str, stake: Decimal) -> None:
    """Write down what a document is worth."""
    conn.execute(update(waiting).where(waiting.c.document_id == document_id).values(stake=stake))


def reason(conn: Connection, document_id: str) -> str | None:
    """Return why a document waits, None if it waits for nobody."""
    return conn.execute(select(waiting.c.reason).where(waiting.c.document_id == document_id)).scalar_one_or_none()


def unpriced(conn: Connection, limit: int) -> tuple[str, ...]:
    """Return up to `limit` documents of which it is not known what they are worth, those that wait first."""
    query = select(waiting.c.document_id).where(waiting.c.stake.is_(None)).order_by(waiting.c.shelf == "rejected")
    return tuple(conn.execute(query.limit(limit)).scalars())


# ---------- who is here ----------


def see(conn: Connection, document_id: str, who: str, at: dt.datetime) -> str:
    """Claim a document for whoever has it open, unless somebody else has; return who has it."""
    row = {"document_id": document_id, "who": who, "until": seconds(at) + CLAIM}
    free = or_(presences.c.who == who, presences.c.until <= seconds(at))
    mine = update(presences).where(presences.c.document_id == document_id, free).values(who=who, until=row["until"])
    if conn.execute(mine).rowcount:
        return who
    held = holder(conn, document_id, at)
    if held is None:
        conn.execute(insert(presences), row)
    return held or who


def holder(conn: Connection, document_id: str, at: dt.datetime) -> str | None:
    """Return who has a document open, or None."""
    query = select(presences.c.who).where(presences.c.document_id == document_id, presences.c.until > seconds(at))
    return conn.execute(query).scalar_one_or_none()


def take_over(conn: Connection, document_id: str, who: str, at: dt.datetime) -> None:
    """Claim a document that somebody else has open; the audit tells so."""
    held = holder(conn, document_id, at)
    if held is not None and held != who:
        audit.record(conn, at=at, who=who, what="document taken over", about=document_id, why=f"{held} had it open")
    conn.execute(delete(presences).where(presences.c.document_id == document_id))
    see(conn, document_id, who, at)


def leave(conn: Connection, document_id: str, who: str) -> None:
    """Give up a claim."""
    conn.execute(delete(presences).where(presences.c.document_id == document_id, presences.c.who == who))


# ---------- samples ----------


def is_drawn(document_id: str, percent: Decimal) -> bool:
    """Whether an approval belongs to the sample: by its id alone, so that it is the same however often it is judged."""
    number = int.from_bytes(hashlib.sha256(document_id.encode()).digest()[:8])
    return Decimal(number) * 100 < percent * 2**64


def draw(conn: Connection, document_id: str, at: dt.datetime) -> bool:
    """Draw a document into the sample; whether a person still has to look at it."""
    row = conn.execute(select(samples.c.checked_at).where(samples.c.document_id == document_id)).one_or_none()
    if row is None:
        values = {"document_id": document_id, "drawn_at": at, "checked_at": None, "agreed": None}
        conn.execute(insert(samples), values)
    return row is None or row.checked_at is None


def check_sample(conn: Connection, document_id: str, at: dt.datetime | None, *, agreed: bool | None) -> None:
    """Write down whether a person agreed with an approval of the sample; None: it is to be looked at still."""
    conn.execute(update(samples).where(samples.c.document_id == document_id).values(checked_at=at, agreed=agreed))
