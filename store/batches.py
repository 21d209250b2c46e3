"""Batches: what an operator chose to process again, what a trial says of it, its run, and what came of that."""

import datetime as dt
import json
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, case, delete, func, insert, or_, select, type_coerce, update

from model.money import ZERO
from model.state import State
from store import documents, queue, runs
from store.columns import Cents
from store.queue import Stage
from store.runs import JUDGED_ONCE, Run, Selection, Standing
from store.tables import deliveries
from store.tables import documents as of_documents
from store.tables_batch import batch_changes, batch_waiting, batches

Kind = Literal["trial", "run"]
HELD = dt.timedelta(minutes=10)
"""How long a trial belongs to whoever began it without a word of it."""
_PART = 500
"""Documents that are put into the queue, or changes that are written, at once."""


class BatchState(StrEnum):
    """Where a batch stands. One that is `stopping` waits for the documents that are just being worked on."""

    TRYING = "trying"
    TRIED = "tried"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    ENDED = "ended"
    CANCELLED = "cancelled"
    FAILED = "failed"


LIVE = frozenset({BatchState.TRYING, BatchState.RUNNING, BatchState.PAUSED, BatchState.STOPPING})
"""States of batches that somebody works on, or is to work on."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: `done` of `total` documents of what is under way, its trial or its run; `rulebook`: what it is tried by.

    `troubles` counts what could not be processed again, by what came of it.
    """

    id: str
    state: BatchState
    stage: Stage
    selection: Selection
    rulebook: str
    who: str
    made_at: dt.datetime
    done: int
    total: int
    troubles: dict[str, int]
    run_id: str | None
    started_by: str | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None

    @property
    def kind(self) -> Kind:
        """Which changes are known of it: those of its trial, or those of its run."""
        return "run" if self.state in {BatchState.ENDED, BatchState.CANCELLED} and self.run_id else "trial"


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that a batch changes, at its place among the changes."""

    sequence: int
    document_id: str
    partner_id: str
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class Group:
    """All changes from one state to another: how many, what they are worth, and what of it is taken back, in EUR."""

    before: State
    after: State
    count: int
    amount: Decimal
    taken: Decimal


def make(conn: Connection, stage: Stage, selection: Selection, *, rulebook: str, who: str, at: dt.datetime) -> str:
    """Add a batch that waits to be tried, and return its id."""
    made = secrets.token_hex(6)
    row = {
        "id": made, "state": BatchState.TRYING.value, "stage": stage, "rulebook": rulebook, "who": who, "made_at": at,
        "selection": selection.model_dump_json(exclude_defaults=True), "done": 0, "total": 0, "troubles": "{}",
    }  # fmt: skip
    conn.execute(insert(batches), row)
    return made


def find(conn: Connection, batch_id: str) -> Batch | None:
    """Return a batch, or None."""
    row = conn.execute(select(batches).where(batches.c.id == batch_id)).one_or_none()
    return None if row is None else _batch(row)


def hold(conn: Connection, batch_id: str) -> Batch | None:
    """Return a batch, or None, and keep others from changing it until this transaction ends."""
    conn.execute(select(batches.c.id).where(batches.c.id == batch_id).with_for_update())
    return find(conn, batch_id)


def latest(conn: Connection, *, before: Batch | None = None, limit: int) -> tuple[Batch, ...]:
    """Return up to `limit` batches made before one of them, the last ones first."""
    query = select(batches).order_by(batches.c.made_at.desc(), batches.c.id.desc()).limit(limit)
    if before is not None:
        earlier = and_(batches.c.made_at == before.made_at, batches.c.id < before.id)
        query = query.where(or_(batches.c.made_at < before.made_at, earlier))
    return tuple(_batch(row) for row in conn.execute(query))


def in_states(conn: Connection, states: Collection[BatchState]) -> tuple[Batch, ...]:
    """Return the batches in these states, the oldest first."""
    wanted = batches.c.state.in_([state.value for state in states])
    return tuple(_batch(row) for row in conn.execute(select(batches).where(wanted).order_by(batches.c.made_at)))


def runs_of(conn: Connection) -> frozenset[str]:
    """Return the runs that belong to batches which have not ended."""
    wanted = batches.c.state.in_([state.value for state in LIVE])
    return frozenset(conn.execute(select(batches.c.run_id).where(wanted, batches.c.run_id.is_not(None))).scalars())


def change(conn: Connection, batch: Batch, states: Collection[BatchState], **values: object) -> bool:
    """Write down where a batch stands, if it is in one of these states; whether it was."""
    wanted = (batches.c.id == batch.id, batches.c.state.in_([state.value for state in states]))
    return conn.execute(update(batches).where(*wanted).values(values)).rowcount == 1


def untried(
    conn: Connection, worker: str, rulebook: str, at: dt.datetime, lives: Callable[[str], bool]
) -> Batch | None:
    """Return a batch that nobody is trying out, which is this worker's from now on; None if there is none."""
    waiting = batches.c.state == BatchState.TRYING.value
    query = select(batches).where(waiting).order_by(batches.c.made_at).with_for_update(skip_locked=True)
    for row in conn.execute(query).all():
        if row.worker is None or row.held_until < at or not lives(row.worker):
            mine = {"worker": worker, "held_until": at + HELD, "rulebook": rulebook, "done": 0, "total": 0}
            conn.execute(update(batches).where(batches.c.id == row.id).values(mine))
            return find(conn, row.id)
    return None


def advance(conn: Connection, batch: Batch, worker: str, far: tuple[int, int], at: dt.datetime) -> bool:
    """Write down how far a trial is (done, of all); whether it still is this worker's, and wanted."""
    mine = (batches.c.id == batch.id, batches.c.worker == worker, batches.c.state == BatchState.TRYING.value)
    values = {"done": far[0], "total": far[1], "held_until": at + HELD}
    return conn.execute(update(batches).where(*mine).values(values)).rowcount == 1


def let_go(conn: Connection, batch: Batch, worker: str) -> None:
    """Leave a trial to another worker."""
    mine = (batches.c.id == batch.id, batches.c.worker == worker)
    conn.execute(update(batches).where(*mine).values(worker=None, held_until=None))


def save(conn: Connection, batch: Batch, kind: Kind, changes: Iterable[tuple[str, str, Standing, Standing]]) -> None:
    """Keep what a trial or a run changes: document, partner, before and after."""
    rows = [
        {
            "batch_id": batch.id, "kind": kind, "sequence": sequence, "document_id": document_id,
            "partner_id": partner_id, "state_before": before.state.value, "codes_before": before.codes,
            "amount_before": before.amount, "state_after": after.state.value, "codes_after": after.codes,
            "amount_after": after.amount,
        }
        for sequence, (document_id, partner_id, before, after) in enumerate(changes, 1)
    ]  # fmt: skip
    for at in range(0, len(rows), _PART):
        conn.execute(insert(batch_changes), rows[at : at + _PART])


def groups(conn: Connection, batch: Batch, kind: Kind) -> tuple[Group, ...]:
    """Return what a batch changes, by the states before and after; the most documents first."""
    of = batch_changes.c
    amount = of.amount_after - of.amount_before
    less = func.sum(case((of.amount_after < of.amount_before, of.amount_before - of.amount_after), else_=0))
    query = (
        select(
            of.state_before,
            of.state_after,
            func.count().label("number"),
            type_coerce(func.sum(amount), Cents).label("amount"),
            type_coerce(less, Cents).label("taken"),
        )
        .where(of.batch_id == batch.id, of.kind == kind)
        .group_by(of.state_before, of.state_after)
        .order_by(func.count().desc(), of.state_before, of.state_after)
    )
    return tuple(Group(State(row[0]), State(row[1]), row[2], row.amount, row.taken) for row in conn.execute(query))


def sums(conn: Connection, found: Collection[Batch]) -> dict[str, tuple[int, Decimal]]:
    """Return how many documents each of these batches changes, or would, and what that is worth in EUR; by id."""
    of = batch_changes.c
    amount = type_coerce(func.sum(of.amount_after - of.amount_before), Cents)
    query = (
        select(of.batch_id, of.kind, func.count().label("number"), amount.label("amount"))
        .where(of.batch_id.in_([one.id for one in found]))
        .group_by(of.batch_id, of.kind)
    )
    told = {(row.batch_id, row.kind): (row.number, row.amount) for row in conn.execute(query).all()}
    return {one.id: told.get((one.id, one.kind), (0, ZERO)) for one in found}


def changes(
    conn: Connection,
    batch: Batch,
    kind: Kind,
    *,
    between: tuple[State, State] | None = None,
    after: int = 0,
    limit: int | None = None,
) -> tuple[Changed, ...]:
    """Return what a batch changes, in the order of acceptance: all, or from one state to another."""
    of = batch_changes.c
    conditions = [of.batch_id == batch.id, of.kind == kind, of.sequence > after]
    if between is not None:
        conditions += [of.state_before == between[0].value, of.state_after == between[1].value]
    query = select(batch_changes).where(*conditions).order_by(of.sequence).limit(limit)
    return tuple(
        Changed(
            row.sequence,
            row.document_id,
            row.partner_id,
            Standing(State(row.state_before), row.codes_before, row.amount_before),
            Standing(State(row.state_after), row.codes_after, row.amount_after),
        )
        for row in conn.execute(query)
    )


def hold_back(conn: Connection, batch: Batch, run: Run) -> None:
    """Take those documents of a run out of the queue that nobody has begun to work on, and note them."""
    untouched = select(of_documents.c.id).where(of_documents.c.state.in_([state.value for state in JUDGED_ONCE]))
    taken = (
        delete(deliveries)
        .where(
            deliveries.c.run_id == run.id,
            deliveries.c.attempts == 0,
            deliveries.c.token.is_(None),
            # One that was read already waits for its judgement, and is brought to its end.
            deliveries.c.stage.in_({run.stage, "read"}),
            deliveries.c.document_id.in_(untouched),
        )
        .returning(deliveries.c.document_id, deliveries.c.stage)
    )
    rows = [{"batch_id": batch.id, "document_id": row.document_id, "stage": row.stage} for row in conn.execute(taken)]
    if rows:
        conn.execute(insert(batch_waiting), rows)


def give_back(conn: Connection, batch: Batch, run: Run) -> bool:
    """Put documents that were held back into the queue again; whether there are more of them."""
    here = batch_waiting.c.batch_id == batch.id
    query = select(batch_waiting).where(here).order_by(batch_waiting.c.document_id).limit(_PART)
    rows = conn.execute(query).all()
    for row in rows:
        document = documents.hold(conn, row.document_id)
        if document.state in JUDGED_ONCE:
            queue.enqueue(conn, document, row.stage, run_id=run.id)
    conn.execute(delete(batch_waiting).where(here, batch_waiting.c.document_id.in_([row.document_id for row in rows])))
    return len(rows) == _PART


def forget_waiting(conn: Connection, batch: Batch) -> None:
    """Forget what was held back: it stays as it is."""
    conn.execute(delete(batch_waiting).where(batch_waiting.c.batch_id == batch.id))


def open_documents(conn: Connection, batch: Batch, run: Run) -> int:
    """Return how many documents of a run are still to be done, held back or not."""
    held = select(func.count()).select_from(batch_waiting).where(batch_waiting.c.batch_id == batch.id)
    return runs.left(conn, run) + conn.execute(held).scalar_one()


def _batch(row: Row[Any]) -> Batch:
    values = dict(row._mapping)  # noqa: SLF001 (public in SQLAlchemy)
    for of_trial in ("worker", "held_until"):
        del values[of_trial]
    values["state"] = BatchState(row.state)
    values["selection"] = Selection.model_validate_json(row.selection)
    values["troubles"] = json.loads(row.troubles)
    return Batch(**values)
