"""The audit: one row per change of state, import or other act that matters, with who and why. Only ever appended to."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from store.tables import audit


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the audit: at that moment `who` did `what` to `about` (an id), because of `why`."""

    position: int
    at: dt.datetime
    who: str
    what: str
    about: str
    why: str


def record(conn: Connection, *, at: dt.datetime, who: str, what: str, about: str, why: str) -> None:
    """Append one act."""
    conn.execute(insert(audit), {"at": at, "who": who, "what": what, "about": about, "why": why})


def acts(conn: Connection, about: str | None = None, since: int = 0) -> tuple[Act, ...]:
    """Return the acts after a position in order: all, or those about one document or partner."""
    query = select(audit).where(audit.c.position > since).order_by(audit.c.position)
    if about is not None:
        query = query.where(audit.c.about == about)
    return tuple(Act(**row) for row in conn.execute(query).mappings())
