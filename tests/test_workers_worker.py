"""A worker: what it does with what waits, and what becomes of it when things go wrong."""

import datetime as dt
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from sample_pages import INVOICE, gray, scanned
from sample_uploads import DAY, invoice, opened
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from model.state import State
from runtime.app import App
from store import accounts, blobs, documents, queue, results
from store.bucket import Bucket
from store.documents import Document
from store.engine import reading
from store.tables import attempts, deliveries
from workers import steps
from workers.lanes import working
from workers.reader import Read, read
from workers.sandbox import Sandbox
from workers.worker import Worker, lives, name_of, sweep


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = opened(tmp_path, database_url)
    yield app
    app.close()


@pytest.fixture
def rung() -> list[str]:
    return []


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(1) as opened:
        yield opened


@pytest.fixture
def hands(app: App, sandbox: Sandbox, rung: list[str]) -> Worker:
    return Worker(app, sandbox, lambda name, _: rung.append(name))


def _accept(app: App, data: bytes | None = None, name: str = "invoice.xml") -> Document:
    return steps.accept(app, invoice() if data is None else data, name, "P1", DAY)


def _now_due(app: App) -> None:
    with app.engine.begin() as conn:
        conn.execute(update(deliveries).values(due_at=queue.now(conn)))


def _state(app: App, document: Document) -> tuple[State, str | None]:
    with reading(app.engine) as conn:
        found = documents.get(conn, document.id)
    return found.state, found.error_code


def _outcomes(app: App, document: Document) -> list[str | None]:
    with reading(app.engine) as conn:
        query = select(attempts.c.outcome).where(attempts.c.document_id == document.id).order_by(attempts.c.sequence)
        return list(conn.execute(query).scalars())


def _quiet(app: App) -> bool:
    with reading(app.engine) as conn:
        return all(depth.waiting == 0 for depth in queue.depths(conn).values())


def _deadly(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: FBT001 (a task)
    if name == "deadly":
        os.kill(os.getpid(), signal.SIGSEGV)
    return read(data, name, ocr, tape)


def _slow(data: bytes, name: str, ocr: bool, tape: bytes | None) -> Read:  # noqa: FBT001 (a task)
    time.sleep(2)
    return read(data, name, ocr, tape)


def test_a_document_is_read_judged_and_accrued_in_one_turn(app: App, hands: Worker) -> None:
    document = _accept(app)
    assert hands.turn()
    assert _state(app, document) == (State.APPROVED, None)
    assert _quiet(app)
    assert not hands.turn()
    assert _outcomes(app, document) == ["approved"]


def test_a_scan_goes_to_the_other_queue_and_what_was_read_of_it_is_kept(
    app: App, hands: Worker, rung: list[str]
) -> None:
    document = _accept(app, scanned(gray(INVOICE, 200)), "scan.pdf")
    assert hands.turn()
    assert (_state(app, document)[0], rung) == (State.RECEIVED, ["ocr"])
    assert hands.turn()
    assert _state(app, document)[0] in {State.REVIEW, State.REJECTED}
    assert _outcomes(app, document)[0] == "handed on to ocr"
    with reading(app.engine) as conn:
        tape = results.tape(conn, document.digest)
    assert tape is not None
    assert len(blobs.read(app.blobs, tape)) > 1000


def test_no_more_than_so_many_threads_take_scans(app: App, sandbox: Sandbox) -> None:
    hands = Worker(app, sandbox, lambda *_: None)
    for _ in range(hands.ocr._initial_value):  # type: ignore[attr-defined]  # noqa: SLF001 (all slots are taken)
        hands.ocr.acquire()
    scan = _accept(app, scanned(gray(INVOICE, 100)), "scan.pdf")
    assert hands.turn()
    assert not hands.turn()
    other = _accept(app)
    assert hands.turn()
    assert (_state(app, other)[0], _state(app, scan)[0]) == (State.APPROVED, State.RECEIVED)


def test_a_document_that_kills_its_reader_three_times_fails_and_the_others_go_on(app: App, sandbox: Sandbox) -> None:
    hands = Worker(app, sandbox, lambda *_: None, task=_deadly)
    deadly, good = _accept(app, name="deadly"), _accept(app, invoice("R2", phones=2))
    for _ in range(queue.MOST_ATTEMPTS):
        _now_due(app)
        while hands.turn():
            pass
    assert _state(app, deadly) == (State.FAILED, "crashed"), "at once, for no other attempt is to come"
    assert _state(app, good) == (State.APPROVED, None)
    assert _outcomes(app, deadly) == ["its process died"] * 2 + ["crashed"]
    assert _quiet(app)


def test_a_fault_of_ours_is_tried_again_and_then_given_up(
    app: App, hands: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("ours")

    document = _accept(app)
    monkeypatch.setattr("workers.judging.judgement_on", fail)
    assert hands.turn()
    assert _state(app, document)[0] is State.EXTRACTED
    assert not hands.turn(), "it waits a while"
    monkeypatch.undo()
    _now_due(app)
    assert hands.turn()
    assert _state(app, document) == (State.APPROVED, None)
    assert _outcomes(app, document) == ["RuntimeError", "approved"]


def test_the_judgement_is_tried_as_often_as_any_stage_however_often_reading_was(
    app: App, hands: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("ours")

    document = _accept(app)
    with app.engine.begin() as conn:
        conn.execute(update(deliveries).values(attempts=queue.MOST_ATTEMPTS - 1))
    monkeypatch.setattr("workers.judging.judgement_on", fail)
    tried = 0
    while _state(app, document)[0] is not State.FAILED:
        assert hands.turn()
        tried += 1
        _now_due(app)
    assert (tried, _state(app, document)[1]) == (queue.MOST_ATTEMPTS, "crashed")


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (OperationalError("", {}, Exception("the database restarts")), False),
        (OSError("disk full"), False),
        (FileNotFoundError("the blob is gone"), True),
    ],
)
def test_what_the_surroundings_do_does_not_count(
    app: App, hands: Worker, monkeypatch: pytest.MonkeyPatch, error: Exception, *, counted: bool
) -> None:
    def fail(*_: object) -> None:
        raise error

    _accept(app)
    monkeypatch.setattr(blobs, "read", fail)
    assert hands.turn()
    with reading(app.engine) as conn:
        row = conn.execute(select(deliveries)).one()
    assert row.attempts == (1 if counted else 0)
    assert row.due_at > dt.datetime.now(dt.UTC)


def test_a_worker_that_lost_its_lease_writes_nothing(app: App, sandbox: Sandbox) -> None:
    """As one that was frozen for longer than its lease lasts."""
    hands = Worker(app, sandbox, lambda *_: None, task=_slow)
    document = _accept(app)
    frozen = Thread(target=hands.turn)
    frozen.start()
    _until(lambda: _leased(app))
    with app.engine.begin() as conn:
        conn.execute(update(deliveries).values(leased_until=queue.now(conn)))
    other = Worker(app, sandbox, lambda *_: None, name="other")
    with app.engine.begin() as conn:
        lease = queue.claim(conn, "light", other.name)
    frozen.join()
    assert lease is not None
    assert _state(app, document)[0] is State.RECEIVED
    with reading(app.engine) as conn:
        assert results.latest(conn, document.id) is None
    steps.take(app, document, read(invoice(), "a.xml"), lease)
    assert _state(app, document)[0] is State.EXTRACTED


def test_a_worker_that_is_to_leave_gives_back_what_it_works_on(app: App, sandbox: Sandbox) -> None:
    hands = Worker(app, sandbox, lambda *_: None, task=_slow)
    document = _accept(app)
    thread = Thread(target=hands.turn)
    thread.start()
    _until(lambda: _leased(app))
    began = time.monotonic()
    hands.leaving.set()
    thread.join()
    assert time.monotonic() - began < 1.5
    assert _outcomes(app, document) == ["the worker left"]
    with reading(app.engine) as conn:
        row = conn.execute(select(deliveries)).one()
        assert queue.waits(conn, "light")
    assert (row.attempts, row.token) == (0, None)
    assert not hands.turn()


def test_what_a_dead_worker_of_this_machine_holds_is_swept_up(app: App, hands: Worker) -> None:
    _accept(app)
    process = subprocess.Popen(["/bin/sleep", "300"])
    name = name_of(process.pid)
    with app.engine.begin() as conn:
        queue.claim(conn, "light", name)
    assert lives(name)
    assert sweep(app) == ()
    process.kill()
    process.wait()
    assert not lives(name)
    assert lives("elsewhere/boot/pid:[1]/1/1.0"), "of another machine nobody here can tell"
    assert sweep(app) == ("light",)
    assert hands.turn()
    assert _quiet(app)


def test_the_threads_of_one_process_bring_everything_to_its_end(app: App) -> None:
    with working(app) as (_, bell):
        accepted = [_accept(app, invoice(f"R{n}", phones=1, day=n + 1)) for n in range(12)]
        bell.ring()
        _until(lambda: _quiet(app))
    assert {_state(app, document)[0] for document in accepted} == {State.APPROVED}
    with reading(app.engine) as conn:
        assert len(accounts.ledger(conn)) == 12


def test_idle_threads_look_by_themselves(app: App) -> None:
    with working(app, 1):
        document = _accept(app)
        _until(lambda: _quiet(app))
    assert _state(app, document)[0] is State.APPROVED


def test_a_database_that_cannot_be_asked_for_a_while_does_not_end_the_threads(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Event()
    claim = queue.claim

    def unsteady(*args: object, **named: object) -> object:
        if not failing.is_set():
            failing.set()
            raise OperationalError("", {}, Exception("gone"))
        return claim(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(queue, "claim", unsteady)
    with working(app, 1):
        document = _accept(app)
        _until(lambda: _quiet(app))
    assert failing.is_set()
    assert _state(app, document)[0] is State.APPROVED


def test_a_document_whose_worker_died_too_often_is_given_up_unread(app: App, hands: Worker) -> None:
    document = _accept(app)
    with app.engine.begin() as conn:
        conn.execute(update(deliveries).values(attempts=queue.MOST_ATTEMPTS))
    assert hands.turn()
    assert _state(app, document) == (State.FAILED, "crashed")


def _leased(app: App) -> bool:
    with reading(app.engine) as conn:
        return queue.depths(conn)["light"].leased == 1


def _until(true: Callable[[], bool], within: float = 60) -> None:
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_files_may_lie_in_a_bucket(app: App, bucket: Bucket) -> None:
    away = replace(app, blobs=bucket)
    with working(away, 1):
        document = steps.accept(away, invoice(), "a.xml", "P1", DAY)
        _until(lambda: _quiet(away))
    assert _state(away, document)[0] is State.APPROVED
    assert [blob.digest for blob in blobs.listed(bucket)] == [document.digest]
