"""Batches beside the queue's own work: one thread tries out what operators chose, one looks after what they started.

All of it stands in the database: whatever a process was at when it ended, the next one goes on with.
"""

import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Event
from typing import Literal

import structlog
from sqlalchemy import Connection

from runtime.app import App
from store import batches, runs
from store.batches import Batch, BatchState
from store.engine import reading
from store.queue import Queue
from store.runs import Run
from workers import reprocess
from workers.beside import repeated
from workers.reprocess import Report
from workers.worker import lives, name_of

log = structlog.get_logger()

LOOK = 1.0
"""Seconds between two looks."""
TELL = dt.timedelta(seconds=1)
"""How often a trial says how far it is."""
Ring = Callable[[Queue, str], object]
Act = Literal["start", "pause", "resume", "cancel"]
"""What an operator does with a batch that was made."""
WAKE = 4
"""Messages that are sent for what was put into the queue: one wakes one thread."""


class Unwanted(Exception):
    """Raised out of a trial that was cancelled, or that this process has no time left for."""


def attending(app: App, ring: Ring) -> AbstractContextManager[None]:
    """Look after batches while the block runs; `ring` wakes workers for what is put into the queue."""
    acts = (lambda leave: try_next(app, leave), lambda _: go_on(app, ring))
    return repeated(*acts, every=LOOK, trouble="batches could not be looked after")


def start(app: App, conn: Connection, batch: Batch, who: str, typed: str) -> bool:
    """Begin the run of a batch that is held; whether it may begin.

    It may not where it changes nothing or was tried by other rules, nor, where money would be taken back, unless the
    number of documents that it changes was typed.
    """
    groups = batches.groups(conn, batch, "trial")
    count = sum(group.count for group in groups)
    meant = typed.strip() == str(count) or not any(group.taken for group in groups)
    if batch.state is not BatchState.TRIED or not count or not meant or batch.rulebook != reprocess.rules(app, conn):
        return False
    run = reprocess.start(app, conn, batch.selection, batch.stage, who)
    values = {"run_id": run.id, "started_by": who, "started_at": _now(), "done": 0, "total": 0}
    return batches.change(conn, batch, {BatchState.TRIED}, state=BatchState.RUNNING.value, **values)


def steer(conn: Connection, batch: Batch, act: Act) -> bool:
    """Pause, resume or cancel a batch that is held; whether it is where that can be done."""
    if act == "resume":
        return batches.change(conn, batch, {BatchState.PAUSED}, state=BatchState.RUNNING.value)
    if batch.run_id is None:
        ended = {"state": BatchState.CANCELLED.value, "ended_at": _now()}
        return act == "cancel" and batches.change(conn, batch, {BatchState.TRYING, BatchState.TRIED}, **ended)
    run = runs.hold(conn, batch.run_id)
    if act == "pause":
        done = batches.change(conn, batch, {BatchState.RUNNING}, state=BatchState.PAUSED.value)
    else:
        under_way = {BatchState.RUNNING, BatchState.PAUSED}
        done = batches.change(conn, batch, under_way, state=BatchState.STOPPING.value)
    if done:
        batches.hold_back(conn, batch, run)
    if done and act == "cancel":
        batches.forget_waiting(conn, batch)
    return done


def try_next(app: App, leave: Event) -> None:
    """Try out the batch that has waited the longest, if there is one that nobody tries."""
    worker = name_of(os.getpid())
    with app.engine.begin() as conn:
        batch = batches.untried(conn, worker, reprocess.rules(app, conn), _now(), lives)
    if batch is None:
        return
    tried = batch
    told = _now()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if leave.is_set():
            raise Unwanted
        if _now() - told >= TELL:
            told = _now()
            with app.engine.begin() as conn:
                if not batches.advance(conn, tried, worker, (done, total), told):
                    raise Unwanted

    try:
        report = reprocess.preview(app, batch.selection, batch.stage, tell)
    except Unwanted:
        with app.engine.begin() as conn:
            batches.let_go(conn, batch, worker)
    except Exception:
        log.exception("a batch could not be tried", batch=batch.id)
        with app.engine.begin() as conn:
            batches.change(conn, batch, {BatchState.TRYING}, state=BatchState.FAILED.value, ended_at=_now())
    else:
        with app.engine.begin() as conn:
            if batches.advance(conn, batch, worker, (report.count, report.count), _now()):
                values = {"state": BatchState.TRIED.value, "troubles": json.dumps(report.troubles)}
                batches.change(conn, batch, {BatchState.TRYING}, **values)
                batches.save(conn, batch, "trial", _rows(report))


def go_on(app: App, ring: Ring) -> None:
    """Put into the queue what is to be done of started batches, and bring those to their end that are done."""
    with reading(app.engine) as conn:
        begun = batches.in_states(conn, {BatchState.RUNNING, BatchState.STOPPING})
    for batch in begun:
        with reading(app.engine) as conn:
            run = runs.get(conn, batch.run_id or "")
            before = runs.left(conn, run)
        if batch.state is BatchState.RUNNING:
            _fill(app, batch, run)
        with reading(app.engine) as conn:
            run = runs.get(conn, run.id)
            total, left = len(runs.members(conn, run)), batches.open_documents(conn, batch, run)
        if left > before:
            for _ in range(min(WAKE, left)):
                ring("light", "")
        if left or (batch.state is BatchState.RUNNING and run.reached < run.up_to):
            with app.engine.begin() as conn:
                batches.change(conn, batch, {batch.state}, done=total - left, total=total)
        else:
            _close(app, batch, run)


def _fill(app: App, batch: Batch, run: Run) -> None:
    def runs_still(conn: Connection) -> bool:
        found = batches.find(conn, batch.id)
        return found is not None and found.state is BatchState.RUNNING

    more = True
    while more:
        with app.engine.begin() as conn:
            runs.hold(conn, run.id)
            more = runs_still(conn) and batches.give_back(conn, batch, run)
    reprocess.fill(app, run, runs_still)


def _close(app: App, batch: Batch, run: Run) -> None:
    """Write down what came of a run, also of the documents beyond its own that its trial named."""
    with app.engine.begin() as conn:
        own = runs.members(conn, run)
        named = {one.document_id: one.before for one in batches.changes(conn, batch, "trial")}
        report = reprocess.compared(conn, len(own), named | own, Counter(runs.troubles(conn, run).values()))
        ended = BatchState.ENDED if batch.state is BatchState.RUNNING else BatchState.CANCELLED
        values = {"done": report.count, "total": report.count, "troubles": json.dumps(report.troubles)}
        if batches.change(conn, batch, {batch.state}, state=ended.value, ended_at=_now(), **values):
            batches.save(conn, batch, "run", _rows(report))
            runs.end(conn, run, _now())


def _rows(report: Report) -> Iterator[tuple[str, str, runs.Standing, runs.Standing]]:
    return ((one.document_id, one.partner_id, one.before, one.after) for one in report.changes)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
