"""Other systems that are told of each entry, and what they have yet to be told: the outbox of the ledger.

A notice is made in the transaction that books the entry, one for each webhook. Each webhook is told in the order of the
ledger: what waits is not overtaken, what was given up is.
"""

import datetime as dt
import secrets
from base64 import b64encode
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update

from store import audit
from store.tables import notices, webhooks

LEASE = dt.timedelta(seconds=60)
"""How long one who sends a notice has it to itself."""
BACKOFF = dt.timedelta(seconds=10)
"""The wait after the first attempt; twice as long after each further one, up to LONGEST."""
LONGEST = dt.timedelta(hours=6)
MOST_ATTEMPTS = 14
"""After so many attempts, over a bit more than a day, a notice is given up."""

_LIVE = select(webhooks.c.id).where(webhooks.c.ended_at.is_(None)).order_by(webhooks.c.id)
_FIRST = (
    select(notices)
    .where(
        notices.c.webhook_id == bindparam("webhook"),
        notices.c.state == "waiting",
        notices.c.entry
        == select(func.min(notices.c.entry))
        .where(notices.c.webhook_id == bindparam("webhook"), notices.c.state == "waiting")
        .scalar_subquery(),
        notices.c.due_at <= bindparam("now"),
    )
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a system listens, the secret that notices to it are signed with, since when, and until when."""

    id: str
    url: str
    secret: str
    made_at: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a webhook is to be told: the position of the entry; `attempts` counts this one; `trouble` of the last."""

    webhook_id: str
    entry: int
    attempts: int
    trouble: str | None


def add(conn: Connection, url: str, who: str, at: dt.datetime) -> Webhook:
    """Have another system told of each entry from now on."""
    secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    made = Webhook(secrets.token_hex(6), url, secret, at, None)
    conn.execute(insert(webhooks), {"id": made.id, "url": url, "secret": secret, "made_at": at})
    audit.record(conn, at=at, who=who, what="webhook added", about=made.id, why=url)
    return made


def end(conn: Connection, webhook_id: str, who: str, at: dt.datetime) -> bool:
    """Tell a system nothing any more, nor what it has yet to be told; whether it was told until now."""
    mine = update(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.ended_at.is_(None))
    if not conn.execute(mine.values(ended_at=at)).rowcount:
        return False
    waiting = update(notices).where(notices.c.webhook_id == webhook_id, notices.c.state == "waiting")
    conn.execute(waiting.values(state="dead", ended_at=at, trouble="the webhook was removed"))
    audit.record(conn, at=at, who=who, what="webhook removed", about=webhook_id, why="")
    return True


def every(conn: Connection) -> tuple[Webhook, ...]:
    """Return all webhooks that are told, the oldest first."""
    query = select(webhooks).where(webhooks.c.ended_at.is_(None)).order_by(webhooks.c.made_at)
    return tuple(Webhook(**row) for row in conn.execute(query).mappings())


def announce(conn: Connection, entry: int, at: dt.datetime) -> None:
    """Have every webhook told of an entry, in the transaction that books it."""
    rows = [
        {"webhook_id": one, "entry": entry, "state": "waiting", "attempts": 0, "due_at": at}
        for one in conn.execute(_LIVE).scalars()
    ]
    if rows:
        conn.execute(insert(notices), rows)


def claim(conn: Connection, webhook_id: str, now: dt.datetime) -> Notice | None:
    """Return the next notice to a webhook if it is due, and have nobody else send it for a while."""
    row = conn.execute(_FIRST, {"webhook": webhook_id, "now": now}).one_or_none()
    if row is None:
        return None
    _set(conn, row.webhook_id, row.entry, attempts=row.attempts + 1, due_at=now + LEASE)
    return Notice(row.webhook_id, row.entry, row.attempts + 1, row.trouble)


def delivered(conn: Connection, notice: Notice, at: dt.datetime) -> None:
    """Write down that a webhook took a notice."""
    _set(conn, notice.webhook_id, notice.entry, state="delivered", ended_at=at, trouble=None)


def failed(conn: Connection, notice: Notice, why: str, at: dt.datetime) -> bool:
    """Write down why a notice was not taken, to be tried again or given up; whether it is tried again."""
    if notice.attempts >= MOST_ATTEMPTS:
        _set(conn, notice.webhook_id, notice.entry, state="dead", ended_at=at, trouble=why)
        return False
    wait = min(BACKOFF * 2 ** (notice.attempts - 1), LONGEST)
    _set(conn, notice.webhook_id, notice.entry, due_at=at + wait, trouble=why)
    return True


def dead(conn: Connection) -> tuple[Notice, ...]:
    """Return the notices that were given up, in the order of the ledger."""
    query = select(notices).where(notices.c.state == "dead").order_by(notices.c.entry, notices.c.webhook_id)
    return tuple(Notice(row.webhook_id, row.entry, row.attempts, row.trouble) for row in conn.execute(query))


def retry(conn: Connection, at: dt.datetime) -> int:
    """Have what was given up tried again, for webhooks that are told still; return how many notices these are."""
    live = update(notices).where(notices.c.state == "dead", notices.c.webhook_id.in_(_LIVE.order_by(None)))
    return conn.execute(live.values(state="waiting", attempts=0, due_at=at, ended_at=None)).rowcount


def counts(conn: Connection) -> dict[str, int]:
    """Return how many notices wait and how many were given up."""
    query = select(notices.c.state, func.count()).where(notices.c.state != "delivered").group_by(notices.c.state)
    found = {state: int(count) for state, count in conn.execute(query).all()}
    return {state: found.get(state, 0) for state in ("waiting", "dead")}


def _set(conn: Connection, webhook_id: str, entry: int, **values: object) -> None:
    this = update(notices).where(notices.c.webhook_id == webhook_id, notices.c.entry == entry)
    conn.execute(this.values(**values))
