"""The queue of record: which stage each document waits for, who has it, and until when.

A document has one delivery at the most, from its acceptance to its outcome. Whoever works on it leases it: the lease
names a token, and only who still holds that token may write down what came of the work. A lease that is not renewed
ends, and another one takes over. Within a queue fresh uploads come before what is processed again, and partners take
turns: each delivery has a turn one after its partner's last one, but none before the turn that is being served.
"""

import datetime as dt
import secrets
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from sqlalchemy import Boolean, Connection, Row, bindparam, delete, func, insert, or_, select, update

from store.documents import Document
from store.sequences import following
from store.tables import attempts, deliveries

Stage = Literal["read", "ocr", "extract", "judge"]
Queue = Literal["light", "ocr"]
QUEUES: tuple[Queue, ...] = ("light", "ocr")
FRESH, AGAIN = 0, 1
"""Priorities: of uploads, and of what is processed again."""
LEASE = dt.timedelta(seconds=30)
"""A lease that is not renewed ends after this time."""
MOST_ATTEMPTS = 3
"""A stage is begun so often; one that never came to an end then is given up."""
BACKOFF = dt.timedelta(seconds=2)
"""The wait after the first attempt that came to grief; four times as long after each further one."""

_HERE = deliveries.c.document_id == bindparam("document")
_MINE = (_HERE, deliveries.c.token == bindparam("held"))
_FREE = or_(
    deliveries.c.leased_until.is_(None),
    deliveries.c.leased_until <= bindparam("now"),
    # A clock that was ahead and was put right would keep it for as long as it was ahead.
    deliveries.c.leased_until > bindparam("latest"),
)
_DUE = or_(deliveries.c.due_at <= bindparam("now"), deliveries.c.due_at > bindparam("latest"))
_ORDER = (deliveries.c.priority, deliveries.c.turn, deliveries.c.document_id)
_NEXT = (
    select(deliveries)
    .where(
        deliveries.c.queue == bindparam("queue"),
        _FREE,
        _DUE,
        or_(bindparam("judges", type_=Boolean), deliveries.c.stage != "judge"),
    )
    .order_by(*_ORDER)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(deliveries)
    .where(_HERE)
    .values(
        token=bindparam("held"),
        worker=bindparam("by"),
        leased_until=bindparam("until"),
        attempts=deliveries.c.attempts + 1,
    )
)
_BEGIN = following(attempts, attempts.c.document_id).returning(attempts.c.sequence)
_END = (
    update(attempts)
    .where(attempts.c.document_id == bindparam("document"), attempts.c.sequence == bindparam("which"))
    .values(ended_at=bindparam("end"), outcome=bindparam("what"))
)
_END_ALL = (
    update(attempts)
    .where(attempts.c.document_id == bindparam("document"), attempts.c.ended_at.is_(None))
    .values(ended_at=bindparam("end"), outcome=bindparam("what"))
)
_HOLD = select(deliveries).where(_HERE).with_for_update()
_RENEW = update(deliveries).where(*_MINE).values(leased_until=bindparam("until"))
_TURNS = select(
    select(func.max(deliveries.c.turn))
    .where(
        deliveries.c.queue == bindparam("queue"),
        deliveries.c.priority == bindparam("priority"),
        deliveries.c.partner_id == bindparam("partner"),
    )
    .scalar_subquery()
    .label("own"),
    select(func.min(deliveries.c.turn))
    .where(deliveries.c.queue == bindparam("queue"), deliveries.c.priority == bindparam("priority"))
    .scalar_subquery()
    .label("served"),
)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one stage of a document and to write down what came of it.

    `attempt` counts how often this stage was begun, from 1; `run_id` is that of the run that has the document
    processed again, None for an upload; `sequence` is the number of the row in `attempts`.
    """

    document_id: str
    stage: Stage
    queue: Queue
    attempt: int
    token: int
    sequence: int
    priority: int
    run_id: str | None


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits in one queue: how many documents, how many of them are being worked on, since when the oldest."""

    waiting: int
    leased: int
    oldest: dt.datetime | None


class Fenced(Exception):
    """Raised when a lease has ended and the document is another one's: nothing of the work may be written down."""


def now(conn: Connection) -> dt.datetime:
    """Return the moment that leases are measured by: PostgreSQL's, for all machines; on SQLite this machine's."""
    if conn.dialect.name == "postgresql":
        return cast("dt.datetime", conn.execute(select(func.clock_timestamp())).scalar_one())
    return dt.datetime.now(dt.UTC)


def enqueue(
    conn: Connection,
    document: Document,
    stage: Stage,
    queue: Queue = "light",
    *,
    run_id: str | None = None,
    wait: dt.timedelta = dt.timedelta(),
) -> bool:
    """Have a stage of a document worked on, once so much time is over; whether it was not under way already.

    Whoever calls holds the document.
    """
    if conn.execute(_HOLD, {"document": document.id}).one_or_none() is not None:
        return False
    priority, at = FRESH if run_id is None else AGAIN, now(conn)
    conn.execute(
        insert(deliveries),
        {
            "document_id": document.id,
            "stage": stage,
            "queue": queue,
            "priority": priority,
            "partner_id": document.partner_id,
            "turn": _turn(conn, queue, priority, document.partner_id),
            "attempts": 0,
            "due_at": at + wait,
            "queued_at": at,
            "run_id": run_id,
        },
    )
    return True


def hasten(conn: Connection, document_id: str) -> None:
    """Have a delivery worked on without further wait."""
    conn.execute(update(deliveries).where(deliveries.c.document_id == document_id).values(due_at=now(conn)))


def claim(conn: Connection, queue: Queue, worker: str, *, judges: bool = True) -> Lease | None:
    """Lease the delivery of this queue whose turn it is, or None if none is due. The attempt is counted at once.

    Those that wait to be judged are passed over unless the worker `judges`.
    """
    at = now(conn)
    row = conn.execute(_NEXT, _times(at) | {"queue": queue, "judges": judges}).one_or_none()
    if row is None:
        return None
    token = secrets.randbits(62)
    if row.attempts:
        conn.execute(_END_ALL, {"document": row.document_id, "end": at, "what": "lost"})
    conn.execute(_LEASE, {"document": row.document_id, "held": token, "by": worker, "until": at + LEASE})
    begun = {"document_id": row.document_id, "stage": row.stage, "worker": worker, "began_at": at}
    sequence = conn.execute(_BEGIN, begun | {"ended_at": None, "outcome": None}).scalar_one()
    return Lease(
        document_id=row.document_id,
        stage=row.stage,
        queue=row.queue,
        attempt=row.attempts + 1,
        token=token,
        sequence=sequence,
        priority=row.priority,
        run_id=row.run_id,
    )


def renew(conn: Connection, lease: Lease) -> bool:
    """Keep a lease for another while; whether it still holds."""
    values = {"document": lease.document_id, "held": lease.token, "until": now(conn) + LEASE}
    return conn.execute(_RENEW, values).rowcount == 1


def check(conn: Connection, lease: Lease) -> Row[Any]:
    """Return the delivery's row, and make sure that the lease holds until this transaction ends. Errors: Fenced."""
    row = conn.execute(_HOLD, {"document": lease.document_id}).one_or_none()
    if row is None or row.token != lease.token:
        raise Fenced(f"document {lease.document_id} is another worker's")
    return row


def advance(conn: Connection, lease: Lease, stage: Stage) -> Lease:
    """Go on with the next stage under the same lease. Errors: Fenced."""
    check(conn, lease)
    conn.execute(
        update(deliveries).where(deliveries.c.document_id == lease.document_id).values(stage=stage, attempts=1)
    )
    return replace(lease, stage=stage, attempt=1)


def hand_on(conn: Connection, lease: Lease, stage: Stage, queue: Queue) -> None:
    """Give the document to the next stage, for whoever comes first. Errors: Fenced."""
    row = check(conn, lease)
    turn = row.turn if queue == lease.queue else _turn(conn, queue, row.priority, row.partner_id)
    values = {"stage": stage, "queue": queue, "turn": turn, "attempts": 0}
    _let_go(conn, lease, values)
    _end(conn, lease, f"handed on to {stage}")


def put_back(conn: Connection, lease: Lease, why: str, wait: dt.timedelta | None = None) -> None:
    """Give a document back whose stage came to no end. Errors: Fenced.

    With a `wait` it was not at fault, and the attempt does not count; else the wait grows with the attempts.
    """
    tried = check(conn, lease).attempts
    after = BACKOFF * 4 ** (tried - 1) if wait is None else wait
    counted = tried if wait is None else tried - 1
    _let_go(conn, lease, {"due_at": now(conn) + after, "attempts": counted})
    _end(conn, lease, why)


def finish(conn: Connection, lease: Lease, why: str) -> None:
    """Take the delivery out of the queue. Errors: Fenced."""
    check(conn, lease)
    conn.execute(delete(deliveries).where(deliveries.c.document_id == lease.document_id))
    _end(conn, lease, why)


def forget(conn: Connection, document_id: str, why: str, stage: Stage | None = None) -> None:
    """Take a document out of the queue whoever works on it, if it waits for this stage (None: for any)."""
    found = delete(deliveries).where(deliveries.c.document_id == document_id)
    if conn.execute(found if stage is None else found.where(deliveries.c.stage == stage)).rowcount:
        conn.execute(_END_ALL, {"document": document_id, "end": now(conn), "what": why})


def waits(conn: Connection, queue: Queue) -> bool:
    """Whether anything in this queue could be worked on now."""
    query = select(deliveries.c.document_id).where(deliveries.c.queue == bindparam("queue"), _FREE, _DUE).limit(1)
    return conn.execute(query, _times(now(conn)) | {"queue": queue}).one_or_none() is not None


def holders(conn: Connection) -> frozenset[str]:
    """Return the workers that hold leases."""
    query = select(deliveries.c.worker).where(deliveries.c.worker.is_not(None)).distinct()
    return frozenset(str(worker) for worker in conn.execute(query).scalars())


def bury(conn: Connection, worker: str) -> int:
    """End the leases of a worker that is known to be dead, and return how many there were."""
    mourned = update(deliveries).where(deliveries.c.worker == worker)
    return conn.execute(mourned.values(leased_until=None, worker=None, token=None)).rowcount


def depths(conn: Connection) -> dict[Queue, Depth]:
    """Return what waits in each queue."""
    rows = conn.execute(
        select(
            deliveries.c.queue,
            func.count().label("waiting"),
            func.count(deliveries.c.token).label("leased"),
            func.min(deliveries.c.queued_at).label("oldest"),
        ).group_by(deliveries.c.queue)
    )
    found: dict[Queue, Depth] = {row.queue: Depth(row.waiting, row.leased, row.oldest) for row in rows}
    return {queue: found.get(queue, Depth(0, 0, None)) for queue in QUEUES}


def _times(at: dt.datetime) -> dict[str, dt.datetime]:
    return {"now": at, "latest": at + 10 * LEASE}


def _turn(conn: Connection, queue: Queue, priority: int, partner_id: str) -> int:
    row = conn.execute(_TURNS, {"queue": queue, "priority": priority, "partner": partner_id}).one()
    return max(-1 if row.own is None else row.own, (row.served or 0) - 1) + 1


def _let_go(conn: Connection, lease: Lease, values: dict[str, object]) -> None:
    freed = {"token": None, "worker": None, "leased_until": None}
    conn.execute(update(deliveries).where(deliveries.c.document_id == lease.document_id).values(values | freed))


def _end(conn: Connection, lease: Lease, what: str) -> None:
    conn.execute(_END, {"document": lease.document_id, "which": lease.sequence, "end": now(conn), "what": what})
