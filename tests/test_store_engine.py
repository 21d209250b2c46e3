from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sample_store import NOW, accepted, database
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from fixtures.servers import Postgres
from model.state import State
from store import counters, documents
from store.engine import open_engine, reading
from store.tables import claims

SOON = 0.2
"""Seconds in which whatever waits for nothing is done."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def postgresql(postgres: Postgres) -> Iterator[Engine]:
    url = postgres.new_database()
    opened = database(url)
    yield opened
    opened.dispose()
    postgres.drop(url)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def _done(future: "Future[Any]") -> bool:
    return bool(wait([future], SOON).done)


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30000)]
)
def test_sqlite_is_opened_durable_and_strict(tmp_path: Path, pragma: str, value: object) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    with reading(engine) as conn:
        assert conn.execute(text(f"PRAGMA {pragma}")).scalar_one() == value
    engine.dispose()


def test_many_that_open_a_new_file_at_the_same_moment_wait_for_each_other(tmp_path: Path) -> None:
    def open_at_once(path: Path, start: Barrier) -> None:
        engine = open_engine(f"sqlite:///{path}")
        start.wait()
        with engine.begin():
            pass
        engine.dispose()

    with ThreadPoolExecutor(4) as threads:
        for turn in range(40):
            start = Barrier(4)
            list(threads.map(open_at_once, [tmp_path / str(turn)] * 4, [start] * 4))


def test_what_is_no_url_of_a_database_is_refused() -> None:
    with pytest.raises(ArgumentError):
        open_engine("var/cashback.sqlite3")


def test_a_reader_sees_one_state_while_others_write(engine: Engine) -> None:
    with reading(engine) as conn:
        assert documents.listing(conn) == ()
        with engine.begin() as writer:
            accepted(writer)
        assert documents.listing(conn) == ()
    with reading(engine) as conn:
        assert len(documents.listing(conn)) == 1


def test_a_reader_takes_no_lock(engine: Engine, threads: ThreadPoolExecutor) -> None:
    def write() -> None:
        with engine.begin() as conn:
            accepted(conn)

    with reading(engine) as conn:
        documents.listing(conn)
        assert _done(threads.submit(write))


def test_a_reader_cannot_write(postgresql: Engine) -> None:
    with pytest.raises(DBAPIError, match="read-only"), reading(postgresql) as conn:
        accepted(conn)
    with postgresql.begin() as conn:
        accepted(conn)


def test_one_holds_a_counter_until_its_transaction_ends(engine: Engine, threads: ThreadPoolExecutor) -> None:
    def hold() -> int:
        with engine.begin() as conn:
            counters.hold(conn, "ledger")
            return counters.following(conn, "ledger")

    with engine.begin() as conn:
        counters.hold(conn, "ledger")
        second = threads.submit(hold)
        assert not _done(second)
        assert counters.following(conn, "ledger") == 1
    assert second.result() == 2


def test_one_holds_a_document_until_its_transaction_ends(engine: Engine, threads: ThreadPoolExecutor) -> None:
    def hold(document_id: str) -> State:
        with engine.begin() as conn:
            return documents.hold(conn, document_id).state

    with engine.begin() as conn:
        document, other = accepted(conn), accepted(conn)
    with engine.begin() as conn:
        documents.hold(conn, document.id)
        second, beside = threads.submit(hold, document.id), threads.submit(hold, other.id)
        assert not _done(second)
        assert _done(beside) == (engine.dialect.name == "postgresql"), "SQLite has one writer at a time"
        documents.move(conn, document.id, State.READ, at=NOW, who="tests", why="")
    assert second.result() is State.READ
    assert beside.result() is State.RECEIVED


def test_two_that_wrote_about_a_document_before_they_hold_it_do_not_block_each_other(
    postgresql: Engine, threads: ThreadPoolExecutor
) -> None:
    with postgresql.begin() as conn:
        document = accepted(conn)
    both_wrote = Barrier(2, timeout=10)

    def write_and_hold(serial: str) -> None:
        with postgresql.begin() as conn:
            row = {"serial": serial, "document_id": document.id, "printed": serial, "frees": False}
            conn.execute(insert(claims), row)
            both_wrote.wait()
            documents.hold(conn, document.id)

    list(threads.map(write_and_hold, ("A", "B")))


def test_a_higher_number_is_never_seen_before_a_lower_one(engine: Engine, threads: ThreadPoolExecutor) -> None:
    def upload(_: int) -> None:
        with engine.begin() as conn:
            accepted(conn)

    def look(conn: Connection) -> list[int]:
        return [document.acceptance for document in documents.listing(conn)]

    uploads = [threads.submit(upload, turn) for turn in range(60)]
    while not all(upload.done() for upload in uploads):
        with reading(engine) as conn:
            seen = look(conn)
        assert seen == list(range(1, len(seen) + 1))
    with reading(engine) as conn:
        assert look(conn) == list(range(1, 61))


def test_connections_that_a_restart_of_the_server_cut_are_replaced(postgresql: Engine, postgres: Postgres) -> None:
    with postgresql.begin() as conn:
        document = accepted(conn)
    postgres.kill()
    try:
        with pytest.raises(OperationalError), postgresql.begin():
            pass
    finally:
        postgres.restart()
    with postgresql.begin() as conn:
        assert documents.get(conn, document.id) == document


def test_a_frozen_process_holds_up_the_others_for_a_while_only(
    postgresql: Engine, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold() -> None:
        with postgresql.begin() as conn:
            counters.hold(conn, "ledger")

    monkeypatch.setattr("store.engine.IDLE", 500)
    engine = open_engine(postgresql.url.render_as_string(hide_password=False))
    with engine.connect() as frozen:
        counters.hold(frozen, "ledger")
        second = threads.submit(hold)
        assert not _done(second)
        second.result(timeout=10)
        with pytest.raises(DBAPIError, match="idle-in-transaction"):
            counters.following(frozen, "ledger")
    engine.dispose()
