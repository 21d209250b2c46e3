"""What came of the last check of ledger and audit, so that whoever looks at a page need not wait for one."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from store.chain import Head
from store.tables_drafts import checks


@dataclass(frozen=True, slots=True)
class Check:
    """A check: of what ("ledger" or "audit"), when, up to which head, and the first fault, None for none."""

    name: str
    at: dt.datetime
    position: int
    hash: str
    fault: str | None


def note(conn: Connection, name: str, head: Head, fault: str | None, at: dt.datetime) -> None:
    """Write down what came of a check."""
    conn.execute(delete(checks).where(checks.c.name == name))
    row = {"name": name, "at": at, "position": head.position, "hash": head.hash, "fault": fault}
    conn.execute(insert(checks), row)


def last(conn: Connection) -> dict[str, Check]:
    """Return the last checks by name."""
    return {row.name: Check(*row) for row in conn.execute(select(checks))}
