"""The audit: one row per change of state, import or other act that matters, with who and why. Only ever appended to."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, text

from store.tables import audit

_KINDS = text(
    "WITH RECURSIVE kinds (what) AS (SELECT min(what) FROM audit UNION ALL"
    " SELECT (SELECT min(audit.what) FROM audit WHERE audit.what > kinds.what) FROM kinds WHERE kinds.what IS NOT NULL)"
    " SELECT what FROM kinds WHERE what IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the audit: at that moment `who` did `what` to `about` (an id), because of `why`."""

    position: int
    at: dt.datetime
    who: str
    what: str
    about: str
    why: str
    old: str | None = None
    new: str | None = None


def record(
    conn: Connection,
    *,
    at: dt.datetime,
    who: str,
    what: str,
    about: str,
    why: str,
    old: str | None = None,
    new: str | None = None,
) -> None:
    """Append one act; `old` and `new` are the value before and after, where it changed one."""
    row = {"at": at, "who": who, "what": what, "about": about, "why": why, "old": old, "new": new}
    conn.execute(insert(audit), row)


def acts(conn: Connection, about: str | None = None, since: int = 0) -> tuple[Act, ...]:
    """Return the acts after a position in order: all, or those about one document or partner."""
    query = select(audit).where(audit.c.position > since).order_by(audit.c.position)
    if about is not None:
        query = query.where(audit.c.about == about)
    return tuple(Act(**row) for row in conn.execute(query).mappings())


def latest(
    conn: Connection, *, who: str = "", what: str = "", about: str = "", before: int | None = None, limit: int
) -> tuple[Act, ...]:
    """Return the acts before a position, the last ones first, of a person, a kind and about something, if given."""
    query = select(audit).order_by(audit.c.position.desc()).limit(limit)
    for column, value in ((audit.c.who, who), (audit.c.what, what), (audit.c.about, about)):
        if value:
            query = query.where(column == value)
    if before is not None:
        query = query.where(audit.c.position < before)
    return tuple(Act(**row) for row in conn.execute(query).mappings())


def kinds(conn: Connection) -> tuple[str, ...]:
    """Return what was ever done, each kind once, by one look into the index for each of them."""
    return tuple(conn.execute(_KINDS).scalars())


def last_of(conn: Connection, what: str) -> dict[str, dt.datetime]:
    """Return when something was done last, by what it was about."""
    rows = conn.execute(select(audit.c.about, func.max(audit.c.at)).where(audit.c.what == what).group_by(audit.c.about))
    return {row[0]: row[1] for row in rows}
