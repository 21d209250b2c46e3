"""Seals of the audit: each a hash over an act and the seal before, so that no act can be changed, or taken out, unseen.

Acts are sealed shortly after they were written, by whoever holds the counter `seals`: transactions that write them wait
for nobody. A check names an act that has no seal though later ones have.
"""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection, func, insert, select, update

from programme.ledger import sealed
from store import counters
from store.chain import Fault, Head
from store.tables import audit
from store.tables import counters as counters_
from store.tables_drafts import audit_seals

LATE = 10_000
"""Positions behind the last one sealed in which an act may still appear: its transaction ended later than others."""
_AT_ONCE = 1000


def seal(conn: Connection, at_most: int = 20_000) -> Head:
    """Seal the acts that are there and have no seal, and return the last seal."""
    counters.hold(conn, "seals")
    last = head(conn)
    reached = conn.execute(select(func.max(audit_seals.c.position))).scalar_one() or 0
    done = select(audit_seals.c.position).where(audit_seals.c.position == audit.c.position).exists()
    due = select(audit).where(audit.c.position > reached - LATE, ~done).order_by(audit.c.position).limit(at_most)
    rows = []
    for act in conn.execute(due).all():
        last = Head(last.position + 1, _sealed(last.hash, act))
        rows.append({"sequence": last.position, "position": act.position, "hash": last.hash})
    if rows:
        conn.execute(insert(audit_seals), rows)
        conn.execute(update(counters_).where(counters_.c.name == "seals").values(value=last.position))
    return last


def head(conn: Connection) -> Head:
    """Return the last seal: its number and hash."""
    query = select(audit_seals.c.sequence, audit_seals.c.hash).order_by(audit_seals.c.sequence.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return Head(0, "") if row is None else Head(row.sequence, row.hash)


def verify(conn: Connection) -> Iterator[Fault]:
    """Yield what is wrong with the audit; a fault names the position of the act."""
    before, expected, reached = "", 1, 0
    query = (
        select(audit_seals.c.sequence, audit_seals.c.hash, audit_seals.c.position.label("of"), *audit.c)
        .outerjoin(audit, audit.c.position == audit_seals.c.position)
        .order_by(audit_seals.c.sequence)
    )
    for row in conn.execute(query, execution_options={"yield_per": _AT_ONCE}):
        if row.sequence != expected:
            yield Fault(row.of, f"its seal {row.sequence} follows on {expected - 1}")
        if row.position is None:
            yield Fault(row.of, "it was sealed and is gone")
        elif _sealed(before, row) != row.hash:
            yield Fault(row.of, "its seal is not that of what stands there")
        before, expected, reached = row.hash, row.sequence + 1, max(reached, row.of)
    without = ~select(audit_seals.c.position).where(audit_seals.c.position == audit.c.position).exists()
    for position in conn.execute(select(audit.c.position).where(without, audit.c.position < reached - LATE)).scalars():
        yield Fault(position, "it has no seal")


def _sealed(before: str, act: object) -> str:
    """Return the hash over the seal before and the values of an act, each on a line."""
    moment = act.at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")  # type: ignore[attr-defined]
    told = [getattr(act, name) or "" for name in ("who", "what", "about", "why", "old", "new")]
    return sealed((before, str(act.position), moment, *told))  # type: ignore[attr-defined]
