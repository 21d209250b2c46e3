"""Filling a store in bulk with documents that have come to their end: `fill`.

One document is sent through the machine, and its rows in every table are copied inside the database, with ids, numbers,
amounts and digests of their own: what lies there is what the machine would have left, all indexes included.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    Text,
    bindparam,
    cast,
    event,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from bench import noop
from programme.fingerprint import fingerprint
from runtime.app import App
from store.engine import open_engine
from store.tables import (
    accruals,
    attempts,
    audit,
    bonus_units,
    claims,
    counters,
    documents,
    entries,
    history,
    judgements,
    postings,
    results,
)
from store.tables_search import terms
from workers import steps
from workers.sandbox import Sandbox
from workers.worker import Worker

PATTERN = 7_654_321
"""The number of the document that is copied: its figures occur in nothing else that belongs to it."""
FIRST = 1_000_000
"""The copy with the acceptance number n has this number plus n."""
CHUNK = 20_000
"""Documents that are filled in at once."""
OF_DOCUMENT = (results, judgements, history, claims, entries, bonus_units, attempts, audit)
OF_ENTRY = (postings, accruals)
_CACHE = 500_000
"""Kibibytes of SQLite's page cache while it is filled."""

Row = dict[str, Any]


def fill(app: App, size: int) -> None:
    """Bring a store to so many documents, the first of which is sent through the machine."""
    with _quick(app.engine) as engine:
        while True:
            with engine.begin() as conn:
                there = conn.execute(select(func.count()).select_from(documents)).scalar_one()
                if there and there < size:
                    _copy(conn, min(CHUNK, size - there))
            if not there:
                _send_pattern(app)
            elif there >= size:
                break
        _tidy(engine)


def _send_pattern(app: App) -> None:
    """Send the document through the machine that is then copied."""
    with Sandbox(1) as sandbox:
        steps.accept(app, noop.prepared(PATTERN), "invoice.xml", noop.MANY, noop.DAY)
        Worker(app, sandbox, lambda *_: None, task=noop.read).turn()


@contextmanager
def _quick(engine: Engine) -> Iterator[Engine]:
    """Open the same database for filling: SQLite waits for no disk and asks for no parent."""
    opened = open_engine(engine.url.render_as_string(hide_password=False), durable=False)
    if engine.dialect.name == "sqlite":
        event.listen(opened, "connect", _prepare_sqlite)
    try:
        yield opened
    finally:
        opened.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    connection.execute("PRAGMA foreign_keys = OFF")


def _tidy(engine: Engine) -> None:
    """Do what PostgreSQL's autovacuum does by and by, and bring SQLite's log into its file."""
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))
        conn.execute(text("CHECKPOINT"))


# ---- copying ---------------------------------------------------------------------------------------------------------


def _copy(conn: Connection, size: int) -> None:
    """Add so many copies."""
    values: dict[str, int] = {row.name: row.value for row in conn.execute(select(counters))}
    first, last = values["acceptance"] + 1, values["acceptance"] + size
    pattern = dict(conn.execute(select(documents).where(documents.c.number == f"R{PATTERN}")).mappings().one())
    rows = (_document(pattern, acceptance) for acceptance in range(first, last + 1))
    conn.execute(insert(documents), sorted(rows, key=lambda row: str(row["id"])))
    within = {"first": first, "last": last, "shift": values["ledger"] - values["acceptance"]}
    for table, row in _of(conn, pattern["id"]):
        _multiply(conn, table, row, pattern, within)
    for name in ("acceptance", "ledger"):
        conn.execute(update(counters).where(counters.c.name == name).values(value=values[name] + size))


def _document(pattern: Row, acceptance: int) -> dict[str, Any]:
    number = FIRST + acceptance
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    told = {"id": digest[:20], "acceptance": acceptance, "place": acceptance, "digest": digest, "number": f"R{number}"}
    return pattern | told | {"content": fingerprint(noop.invoice(number))}


def _of(conn: Connection, document_id: str) -> Iterator[tuple[Table, Row]]:
    """Yield the rows of a document in all tables, entries before what belongs to them."""
    for table in OF_DOCUMENT:
        of = table.c.about if table is audit else table.c.document_id
        for row in conn.execute(select(table).where(of == document_id)).mappings().all():
            yield table, dict(row)
    own = select(terms).join(documents, documents.c.acceptance == terms.c.acceptance)
    for row in conn.execute(own.where(documents.c.id == document_id)).mappings().all():
        yield terms, dict(row)
    for table in OF_ENTRY:
        query = select(table).join(entries, entries.c.position == table.c.entry)
        for row in conn.execute(query.where(entries.c.document_id == document_id)).mappings().all():
            yield table, dict(row)


def _multiply(conn: Connection, table: Table, row: Row, pattern: Row, within: Mapping[str, int]) -> None:
    """Add a row like this one for each new document."""
    columns = [column for column in table.columns if not (table is audit and column.name == "position")]
    values = [_value(table, column, row[column.name], pattern) for column in columns]
    new = select(*values).where(documents.c.acceptance.between(bindparam("first"), bindparam("last")))
    made = insert(table).from_select([column.name for column in columns], new.order_by(documents.c.id))
    conn.execute(made, dict(within))


def _value(table: Table, column: Column[Any], value: Any, pattern: Row) -> ColumnElement[Any]:
    """Return what a column of the copy of a row holds, by the document that it is for."""
    if column.name in ("entry", "position") and table in (entries, *OF_ENTRY):
        return documents.c.acceptance + bindparam("shift", type_=BigInteger)
    if table is terms and column.name == "acceptance":
        return documents.c.acceptance
    if isinstance(value, dt.date):
        return literal(value, column.type)  # SQLite casts a moment to its year
    if not isinstance(value, str):
        return cast(literal(value, column.type), column.type)
    made: ColumnElement[Any] = cast(literal(value, Text), Text)
    for mark, own in _marks(pattern):
        if mark in value:
            made = func.replace(made, mark, own)
    return made


def _marks(pattern: Row) -> Iterator[tuple[str, ColumnElement[Any]]]:
    """Yield what is the document's own in texts, and what stands in its place; longer figures come first."""
    yield pattern["id"], documents.c.id
    yield pattern["digest"], documents.c.digest
    number = documents.c.acceptance + FIRST
    for factor in sorted(noop.figures(1).values(), reverse=True):
        yield str(factor * PATTERN), cast(number * factor, Text)
    yield str(PATTERN), cast(number, Text)
