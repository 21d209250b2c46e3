"""The application's role on PostgreSQL: it does its work, and cannot change what is booked."""

from pathlib import Path

import pytest
from sample_uploads import DAY, invoice, opened
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fixtures.servers import Postgres
from store import accounts, chain, schema
from store.engine import open_engine, reading
from workers import steps

FORBIDDEN = (
    "UPDATE entries SET memo = 'bonus'",
    "DELETE FROM postings",
    "TRUNCATE accruals",
    "UPDATE audit SET who = 'nobody'",
    "DROP TRIGGER entries_append_only ON entries",
    "ALTER TABLE entries DISABLE TRIGGER ALL",
    "ALTER TABLE entries ADD COLUMN more TEXT",
    "SET session_replication_role = replica",
    "DROP TABLE entries",
)


def test_the_role_books_and_cannot_change_what_is_booked(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    owner = open_engine(url)
    with owner.begin() as conn:
        conn.execute(text('DROP ROLE IF EXISTS "the app\'s"'))
        conn.execute(text('CREATE ROLE "the app\'s" LOGIN'))
    schema.grant(owner, "the app's")
    schema.grant(owner, "the app's")
    app = opened(tmp_path, url.replace("postgres@", "the%20app%27s@"))
    with reading(app.engine) as conn:
        assert conn.execute(text("SELECT current_user")).scalar_one() == "the app's"
    old = steps.run(app, steps.accept(app, invoice("R1"), "a.xml", "P1", DAY).id)
    (new,) = steps.supersede(app, old.id, [(invoice("R1", phones=2), "b.xml")], DAY, "P1")
    steps.run(app, new.id)
    with reading(app.engine) as conn:
        assert str(accounts.owed(conn, "P1")) == "28.00"
        assert list(chain.verify(conn)) == []
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), app.engine.begin() as conn:
            conn.execute(text(statement))
    app.close()
    owner.dispose()


def test_sqlite_knows_no_roles(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    with pytest.raises(schema.NotPostgres):
        schema.grant(engine, "somebody")
    engine.dispose()
