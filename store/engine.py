"""Opening the database: SQLite or PostgreSQL, with what each needs to be durable."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

BUSY = 30_000
"""Milliseconds that a writer waits on SQLite for another one."""
IDLE = 30_000
"""Milliseconds after which PostgreSQL ends an idle transaction, so that no frozen process holds up the others."""
CONNECTIONS = 10
"""How many connections to PostgreSQL one process has at most; another thread waits for one of them."""

_READS = "cashback_reads"
_READING: dict[str, dict[str, Any]] = {
    "sqlite": {_READS: True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""The options of a connection that sees one state of the database."""


def open_engine(url: str, *, durable: bool = True) -> Engine:
    """Open the database behind this URL: sqlite:///... or postgresql://...

    Without `durable` a SQLite database does not wait for the disk: for copies that nobody keeps.

    No error tells the values of a statement: they may be secrets, and end in logs.

    On SQLite `engine.begin()` takes the write lock at once, for a reader cannot be promoted while another one writes.
    On PostgreSQL a writing transaction is READ COMMITTED and waits for the rows that it holds. Errors:
    sqlalchemy.exc.ArgumentError for what is no URL.
    """
    target = make_url(url)
    if target.get_backend_name() == "postgresql":
        return _open_postgresql(target)
    engine = create_engine(target, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    if not durable:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees one state of the database and takes no write lock."""
    with engine.connect() as conn:
        conn.execution_options(**_READING[engine.dialect.name])
        with conn.begin():
            yield conn


def _open_postgresql(target: URL) -> Engine:
    """Open a PostgreSQL through psycopg; connections that a restart of the server cut are noticed and replaced."""
    engine = create_engine(
        target.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE}")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Make SQLite durable and strict. Its driver is kept from opening transactions by itself: `_begin_sqlite` does."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY}")
    _log_ahead(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Without this, INSERT OR REPLACE deletes rows behind the back of the triggers that forbid it.
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.close()


def _log_ahead(cursor: sqlite3.Cursor) -> None:
    """Turn the write-ahead log on, which the file then keeps.

    The change upgrades a read lock, for which SQLite does not wait: of two that open a new file at once one is refused
    at once and has to come again (https://sqlite.org/rescode.html#busy).
    """
    until = time.monotonic() + BUSY / 1000
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_sqlite(conn: Connection) -> None:
    """Begin a transaction, with the write lock unless it only reads."""
    conn.exec_driver_sql("BEGIN" if conn.get_execution_options().get(_READS) else "BEGIN IMMEDIATE")
