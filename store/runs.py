"""Runs: documents that are processed again, chosen once, and what each was before.

A run is as durable as an upload: it notes how far it has put its documents into the queue, and whoever takes it up goes
on from there.
"""

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from model.invoice import Value
from model.money import ZERO
from model.state import OUTCOMES, State
from store.documents import Document, document
from store.queue import Stage
from store.tables import (
    attempts,
    counters,
    deliveries,
    documents,
    entries,
    judgements,
    postings,
    results,
    run_documents,
    runs,
)
from store.tables_erasures import erasures

JUDGED_ONCE = OUTCOMES | {State.FAILED}
"""States of documents that can be processed again."""
PAGE = 500
"""Documents that are put into the queue in one transaction."""


class Selection(Value):
    """Which documents are processed again: those that meet every condition that is given.

    `since` and `until` are days of acceptance (Europe/Berlin), both included; `issued_since` and `issued_until` bound
    the issue date, if one was read. `reason` is one of the last judgement, or the error of a failed document,
    `version` that of the extractor that read it last.
    """

    states: tuple[State, ...] = ()
    reason: str | None = Field(default=None, pattern=r"^[a-z_]+$")
    distributor: str | None = None
    partner: str | None = None
    partners: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    issued_since: dt.date | None = None
    issued_until: dt.date | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run: `reached` is the last acceptance number that was put into the queue, `up_to` the last there was."""

    id: str
    stage: Stage
    selection: Selection
    rulebook: str
    who: str
    up_to: int
    reached: int
    started_at: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a document stands: its state, the codes of its reasons or its error, and what is booked for it in EUR."""

    state: State
    codes: str
    amount: Decimal


def start(conn: Connection, stage: Stage, selection: Selection, *, rulebook: str, who: str, at: dt.datetime) -> Run:
    """Begin a run over the documents accepted so far."""
    up_to = conn.execute(select(counters.c.value).where(counters.c.name == "acceptance")).scalar_one()
    run = Run(secrets.token_hex(6), stage, selection, rulebook, who, up_to, 0, at, None)
    conn.execute(
        insert(runs),
        {
            "id": run.id,
            "stage": stage,
            "selection": selection.model_dump_json(exclude_defaults=True),
            "rulebook": rulebook,
            "who": who,
            "up_to": up_to,
            "reached": 0,
            "started_at": at,
        },
    )
    return run


def get(conn: Connection, run_id: str) -> Run:
    """Return a run. Errors: sqlalchemy.exc.NoResultFound."""
    row = conn.execute(select(runs).where(runs.c.id == run_id)).one()
    return Run(**(dict(row._mapping) | {"selection": Selection.model_validate_json(row.selection)}))  # noqa: SLF001 (public in SQLAlchemy)


def hold(conn: Connection, run_id: str) -> Run:
    """Return a run, and keep others from going on with it until this transaction ends."""
    conn.execute(select(runs.c.id).where(runs.c.id == run_id).with_for_update())
    return get(conn, run_id)


def open_runs(conn: Connection) -> tuple[Run, ...]:
    """Return the runs that have not ended, the oldest first."""
    query = select(runs.c.id).where(runs.c.ended_at.is_(None)).order_by(runs.c.started_at)
    return tuple(get(conn, run_id) for run_id in conn.execute(query).scalars().all())


def chosen(conn: Connection, run: Run) -> tuple[Document, ...]:
    """Return the next documents of a run that are not in the queue yet, in the order of acceptance; () if all are."""
    following = documents.c.acceptance.between(run.reached + 1, run.up_to)
    query = select(documents).where(following, _met(run.selection)).order_by(documents.c.acceptance).limit(PAGE)
    return tuple(document(dict(row)) for row in conn.execute(query).mappings())


def found(conn: Connection, selection: Selection) -> tuple[str, ...]:
    """Return the ids of the documents that a selection finds."""
    return tuple(conn.execute(select(documents.c.id).where(_met(selection))).scalars())


def count(conn: Connection, selection: Selection) -> int:
    """Return how many documents a selection finds."""
    return conn.execute(select(func.count()).select_from(documents).where(_met(selection))).scalar_one()


def note(conn: Connection, run: Run, page: Iterable[Document]) -> None:
    """Write down where documents of a run stand before it."""
    noted = list(page)
    found = standings(conn, [one.id for one in noted])
    rows = [
        {
            "run_id": run.id,
            "document_id": one.id,
            "state_before": found[one.id].state.value,
            "codes_before": found[one.id].codes,
            "amount_before": found[one.id].amount,
        }
        for one in noted
    ]
    if rows:
        conn.execute(insert(run_documents), rows)


def reach(conn: Connection, run: Run, acceptance: int) -> None:
    """Write down how far the documents of a run were put into the queue."""
    conn.execute(update(runs).where(runs.c.id == run.id).values(reached=acceptance))


def left(conn: Connection, run: Run) -> int:
    """Return how many documents of a run are still in the queue."""
    return conn.execute(select(func.count()).select_from(deliveries).where(deliveries.c.run_id == run.id)).scalar_one()


def progress(conn: Connection, run_id: str) -> tuple[int, int]:
    """Return how many documents a run has so far, and how many of them are still in the queue, in one query."""
    of = (run_documents, deliveries)
    counts = [select(func.count()).select_from(one).where(one.c.run_id == run_id).scalar_subquery() for one in of]
    row = conn.execute(select(*counts)).one()
    return row[0], row[1]


def end(conn: Connection, run: Run, at: dt.datetime) -> None:
    """Write down that a run has ended."""
    conn.execute(update(runs).where(runs.c.id == run.id).values(ended_at=at))


def members(conn: Connection, run: Run) -> dict[str, Standing]:
    """Return where each document of a run stood before it, by id."""
    rows = conn.execute(select(run_documents).where(run_documents.c.run_id == run.id))
    return {row.document_id: Standing(State(row.state_before), row.codes_before, row.amount_before) for row in rows}


def standings(conn: Connection, ids: Iterable[str]) -> dict[str, Standing]:
    """Return where documents stand, by id; those that are not there are left out."""
    found: dict[str, Standing] = {}
    wanted = list(ids)
    for at in range(0, len(wanted), PAGE):
        part = wanted[at : at + PAGE]
        amounts = {row.document_id: row.amount for row in conn.execute(_AMOUNTS, {"ids": part})}
        found |= {
            row.id: Standing(State(row.state), row.error_code or row.codes or "", amounts.get(row.id) or ZERO)
            for row in conn.execute(_STATES, {"ids": part})
        }
    return found


def troubles(conn: Connection, run: Run) -> dict[str, str]:
    """Return what came of judged documents of a run that could not be read again, by id: they stay as they were."""
    last = (
        select(attempts.c.document_id, func.max(attempts.c.sequence).label("sequence"))
        .where(attempts.c.began_at >= run.started_at)
        .group_by(attempts.c.document_id)
        .subquery()
    )
    rows = conn.execute(
        select(attempts.c.document_id, attempts.c.outcome)
        .join(last, and_(last.c.document_id == attempts.c.document_id, last.c.sequence == attempts.c.sequence))
        .join(run_documents, run_documents.c.document_id == attempts.c.document_id)
        .where(
            run_documents.c.run_id == run.id,
            run_documents.c.state_before != State.FAILED.value,
            attempts.c.outcome.not_in([state.value for state in State]),
        )
    )
    return {row.document_id: row.outcome for row in rows}


_IDS = bindparam("ids", type_=Text, expanding=True)
_CODES = (
    select(judgements.c.codes)
    .where(judgements.c.document_id == documents.c.id)
    .order_by(judgements.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
)
_VERSION = (
    select(results.c.version)
    .where(results.c.document_id == documents.c.id, results.c.stage == "extract")
    .order_by(results.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
)
_STATES = select(documents.c.id, documents.c.state, documents.c.error_code, _CODES.label("codes")).where(
    documents.c.id.in_(_IDS)
)
_AMOUNTS = (
    select(entries.c.document_id, func.sum(postings.c.amount).label("amount"))
    .join(postings, postings.c.entry == entries.c.position)
    .join(documents, documents.c.id == entries.c.document_id)
    .where(
        entries.c.document_id.in_(_IDS), postings.c.account == literal("partner:") + documents.c.partner_id + ":payable"
    )
    .group_by(entries.c.document_id)
)


def _met(selection: Selection) -> ColumnElement[bool]:
    """Return the condition that a document meets which is to be processed again."""
    states = selection.states or tuple(JUDGED_ONCE)
    conditions: list[ColumnElement[bool]] = [
        documents.c.state.in_([state.value for state in states]),
        documents.c.id.not_in(select(erasures.c.document_id)),
    ]
    if selection.partner is not None:
        conditions.append(documents.c.partner_id == selection.partner)
    if selection.partners:
        conditions.append(documents.c.partner_id.in_(selection.partners))
    if selection.distributor is not None:
        conditions.append(documents.c.seller_key == selection.distributor)
    if selection.since is not None:
        conditions.append(documents.c.accepted_on >= selection.since)
    if selection.until is not None:
        conditions.append(documents.c.accepted_on <= selection.until)
    undated = documents.c.issue_date.is_(None)
    if selection.issued_since is not None:
        conditions.append(or_(undated, documents.c.issue_date >= selection.issued_since))
    if selection.issued_until is not None:
        conditions.append(or_(undated, documents.c.issue_date <= selection.issued_until))
    if selection.reason is not None:
        among = (", " + _CODES + ",").contains(f", {selection.reason},")
        conditions.append(or_(documents.c.error_code == selection.reason, among))
    if selection.version is not None:
        conditions.append(literal(selection.version) == _VERSION)
    return and_(true(), *conditions)
