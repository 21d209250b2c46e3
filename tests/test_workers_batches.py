"""Batches: what a trial tells, a run does; it can be paused, resumed and cancelled, and goes on in another process."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sample_uploads import CATALOGUE, DAY, invoice, opened
from sqlalchemy import select, update

from model.state import State
from programme.rulebook import load
from runtime.app import App
from store import accounts, batches, runs
from store.batches import Batch, BatchState, Group
from store.engine import reading
from store.runs import Selection
from store.tables import deliveries
from store.tables_batch import batches as rows
from workers import reprocess, steps
from workers.batches import Act, go_on, start, steer, try_next
from workers.lanes import working
from workers.sandbox import Sandbox
from workers.worker import Worker, name_of

COUNT = 3


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    """Give documents that were approved by a rulebook of less than the one that holds."""
    app = opened(tmp_path, database_url)
    for number in range(1, COUNT + 1):
        data = invoice(f"R{number}", phones=1, day=number)
        steps.run(app, steps.accept(app, data, "invoice.xml", "P1", DAY).id)
    yield _paying(app, "15.00")
    app.close()


def _paying(app: App, gold: str) -> App:
    rates: list[dict[str, Any]] = json.loads(json.dumps(CATALOGUE))
    rates[0]["bonus"]["gold"] = gold
    (app.rulebook_folder / "catalogue.json").write_text(json.dumps(rates))
    return replace(app, rulebook=load(app.rulebook_folder).rulebook)


def _quiet(_name: str, _document: str) -> None:
    """Wake nobody."""


def _made(app: App, selection: Selection | None = None) -> str:
    with app.engine.begin() as conn:
        rules = reprocess.rules(app, conn)
        return batches.make(conn, "judge", selection or Selection(), rulebook=rules, who="olga", at=reprocess._now())  # noqa: SLF001 (the moment)


def _now(app: App, made: str) -> Batch:
    with reading(app.engine) as conn:
        found = batches.find(conn, made)
    assert found is not None
    return found


def _act(app: App, made: str, act: Act, typed: str = "") -> bool:
    with app.engine.begin() as conn:
        batch = batches.hold(conn, made)
        assert batch is not None
        return start(app, conn, batch, "olga", typed) if act == "start" else steer(conn, batch, act)


def _waiting(app: App) -> int:
    with reading(app.engine) as conn:
        return len(conn.execute(select(deliveries.c.document_id)).all())


def _balance(app: App) -> Decimal:
    with reading(app.engine) as conn:
        return accounts.owed(conn, "P1")


def _work(app: App) -> None:
    """Work until the queue is empty."""
    with working(app) as (worker, _):
        while worker.turn() or _waiting(app):
            pass


def _groups(app: App, made: str) -> tuple[Group, ...]:
    batch = _now(app, made)
    with reading(app.engine) as conn:
        return batches.groups(conn, batch, batch.kind)


def test_a_run_does_what_its_trial_told(app: App) -> None:
    made = _made(app)
    try_next(app, Event())
    tried = _now(app, made)
    assert (tried.state, tried.done, tried.total, tried.kind) == (BatchState.TRIED, COUNT, COUNT, "trial")
    told = _groups(app, made)
    assert told == (Group(State.APPROVED, State.APPROVED, COUNT, Decimal(COUNT), Decimal(0)),)
    assert _balance(app) == 14 * COUNT, "a trial changes nothing"
    assert _act(app, made, "start")
    go_on(app, _quiet)
    assert (_now(app, made).state, _now(app, made).total) == (BatchState.RUNNING, COUNT)
    _work(app)
    go_on(app, _quiet)
    ended = _now(app, made)
    assert (ended.state, ended.kind, ended.done) == (BatchState.ENDED, "run", COUNT)
    assert _groups(app, made) == told
    assert _balance(app) == 15 * COUNT
    with reading(app.engine) as conn:
        assert runs.open_runs(conn) == ()
        assert batches.sums(conn, [ended]) == {made: (COUNT, Decimal(COUNT))}


def test_money_is_taken_back_only_by_who_says_of_how_many(app: App) -> None:
    cheaper = _paying(app, "13.00")
    made = _made(cheaper)
    try_next(cheaper, Event())
    (group,) = _groups(cheaper, made)
    assert (group.count, group.amount, group.taken) == (COUNT, Decimal(-COUNT), Decimal(COUNT))
    for typed in ("", "2", "yes"):
        assert not _act(cheaper, made, "start", typed)
    assert not _act(_paying(app, "12.00"), made, "start", str(COUNT)), "other rules hold than those it was tried by"
    assert _now(cheaper, made).run_id is None
    assert _act(_paying(app, "13.00"), made, "start", f" {COUNT} ")
    assert not _act(cheaper, made, "start", str(COUNT)), "once is enough"


def test_what_changes_nothing_is_not_started(app: App) -> None:
    as_before = _paying(app, "14.00")
    made = _made(as_before)
    try_next(as_before, Event())
    assert (_now(as_before, made).state, _groups(as_before, made)) == (BatchState.TRIED, ())
    assert not _act(as_before, made, "start", "0")


def test_a_pause_keeps_what_nobody_began_and_resuming_goes_on_with_it(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _made(app)
    try_next(app, Event())
    _act(app, made, "start")
    monkeypatch.setattr(runs, "PAGE", 2)
    go_on(app, _quiet)
    with Sandbox(1) as sandbox:
        assert Worker(app, sandbox, _quiet).turn()
    assert _balance(app) == 14 * COUNT + 1
    before = COUNT - 1
    assert _act(app, made, "pause")
    assert not _act(app, made, "pause")
    assert _waiting(app) == 0
    go_on(app, _quiet)
    assert (_waiting(app), _now(app, made).state) == (0, BatchState.PAUSED)
    with reading(app.engine) as conn:
        assert len(runs.open_runs(conn)) == 1
        assert batches.runs_of(conn) == {_now(app, made).run_id}
    assert _act(app, made, "resume")
    go_on(app, _quiet)
    assert _waiting(app) == before
    _work(app)
    go_on(app, _quiet)
    assert _now(app, made).state is BatchState.ENDED
    assert _balance(app) == 15 * COUNT


def test_what_is_cancelled_leaves_the_rest_as_it_was(app: App) -> None:
    made = _made(app)
    try_next(app, Event())
    _act(app, made, "start")
    go_on(app, _quiet)
    assert _act(app, made, "cancel")
    assert _now(app, made).state is BatchState.STOPPING
    go_on(app, _quiet)
    ended = _now(app, made)
    assert (ended.state, _groups(app, made), _waiting(app)) == (BatchState.CANCELLED, (), 0)
    assert _balance(app) == 14 * COUNT
    assert not _act(app, made, "resume")


def test_a_trial_is_taken_over_from_who_is_gone_and_from_nobody_else(app: App) -> None:
    made = _made(app)
    leaving = Event()
    leaving.set()
    try_next(app, leaving)
    assert _now(app, made).state is BatchState.TRYING
    me = name_of(1)
    with app.engine.begin() as conn:
        later = reprocess._now() + batches.HELD  # noqa: SLF001 (the moment)
        conn.execute(update(rows).values(worker=me, held_until=later))
    try_next(app, Event())
    assert _now(app, made).state is BatchState.TRYING, "process 1 of this machine lives, and may be at it"
    with app.engine.begin() as conn:
        conn.execute(update(rows).values(worker=me.rsplit(".", 1)[0] + "1.11"))
    try_next(app, Event())
    assert _now(app, made).state is BatchState.TRIED


def test_a_trial_can_be_cancelled(app: App) -> None:
    made = _made(app)
    assert _act(app, made, "cancel")
    try_next(app, Event())
    assert _now(app, made).state is BatchState.CANCELLED
