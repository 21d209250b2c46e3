"""What people ruled on documents: each ruling with who and why, none overwritten; the last one stands."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from model.judgement import Outcome
from store.sequences import following
from store.tables import rulings

_SAVE = following(rulings, rulings.c.document_id)
_LAST = (
    select(rulings)
    .where(rulings.c.document_id == bindparam("document_id"))
    .order_by(rulings.c.sequence.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What `who` ruled, and why; `judged` is outcome and codes of the judgement that it was made upon."""

    outcome: Outcome
    judged: str
    who: str
    why: str


def rule(
    conn: Connection,
    document_id: str,
    outcome: Outcome | None,
    *,
    judged: str,
    who: str,
    why: str,
    at: dt.datetime,
) -> None:
    """Append a ruling on a document; None withdraws the one that stands. Whoever calls holds the document."""
    ruling = {"document_id": document_id, "outcome": outcome, "judged": judged, "who": who, "why": why, "at": at}
    conn.execute(_SAVE, ruling)


def before(conn: Connection, document_id: str) -> Ruling | None:
    """Return the ruling that stood before the last one, or None."""
    query = select(rulings).where(rulings.c.document_id == document_id).order_by(rulings.c.sequence.desc())
    row = conn.execute(query.offset(1).limit(1)).one_or_none()
    if row is None or row.outcome is None:
        return None
    return Ruling(row.outcome, row.judged, row.who, row.why)


def standing(conn: Connection, document_id: str) -> Ruling | None:
    """Return the ruling that stands, or None."""
    row = conn.execute(_LAST, {"document_id": document_id}).one_or_none()
    if row is None or row.outcome is None:
        return None
    return Ruling(row.outcome, row.judged, row.who, row.why)
