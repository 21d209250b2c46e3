"""Opening the database: SQLite or PostgreSQL, with what each needs to be durable."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

BUSY = 30_000
"""Milliseconds that a writer waits on SQLite for another one."""

_READS = "cashback_reads"


def open_engine(url: str, *, durable: bool = True) -> Engine:
    """Open the database behind this URL.

    Without `durable` a SQLite database does not wait for the disk: for copies that nobody keeps.

    On SQLite `engine.begin()` takes the write lock at once, for a reader cannot be promoted while another one writes.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        if not durable:
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees one state of the database and takes no write lock."""
    with engine.execution_options(**{_READS: True}).begin() as conn:
        yield conn


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
