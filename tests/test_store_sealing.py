"""Seals of the audit: what is changed, taken out or added behind them is found, and late acts are sealed too."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, delete, text, update

from store import audit, sealing
from store.engine import open_engine, reading
from store.invariants import RULES
from store.schema import upgrade
from store.tables import audit as acts
from store.tables_drafts import audit_seals

AT = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    engine = open_engine(database_url)
    upgrade(engine)
    with engine.begin() as conn:
        for number in range(3):
            audit.record(conn, at=AT, who="adam", what="did", about=f"P{number}", why="so", old=None, new="ü\n\\n")
        assert sealing.seal(conn).position == 3
        yield conn
    engine.dispose()


def freely(conn: Connection) -> None:
    """Take away what keeps rows from being changed, as whoever owns the database could."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET session_replication_role = replica"))
        for table in ("audit", "audit_seals"):
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    else:
        conn.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in ("audit", "audit_seals"):
            for verb in ("update", "delete"):
                conn.execute(text(f"DROP TRIGGER {table}_no_{verb}"))


def broken(conn: Connection) -> list[str]:
    rules = [rule for rule in RULES if rule.invariant == "I11" and "seal" in str(rule.query)]
    found = [rule.what.format_map(row) for rule in rules for row in conn.execute(rule.query).mappings()]
    return [fault.what for fault in sealing.verify(conn)] + found


def test_acts_are_sealed_once_and_in_order(conn: Connection) -> None:
    assert broken(conn) == []
    before = sealing.head(conn)
    assert sealing.seal(conn) == before
    audit.record(conn, at=AT, who="adam", what="did", about="P4", why="")
    after = sealing.seal(conn)
    assert (after.position, after.hash != before.hash) == (4, True)
    assert broken(conn) == []


@pytest.mark.parametrize("column", ["who", "what", "about", "why", "old", "new", "at"])
def test_a_changed_act_is_found(conn: Connection, column: str) -> None:
    freely(conn)
    value = AT + dt.timedelta(seconds=1) if column == "at" else "other"
    conn.execute(update(acts).where(acts.c.about == "P1").values({column: value}))
    assert broken(conn) == ["its seal is not that of what stands there"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda conn: conn.execute(delete(audit_seals).where(audit_seals.c.sequence == 3)), "3 was given out last"),
        (lambda conn: conn.execute(delete(audit_seals).where(audit_seals.c.sequence == 2)), "seal 3 follows on 1"),
    ],
)
def test_a_missing_seal_is_found(conn: Connection, change: Callable[[Connection], object], told: str) -> None:
    freely(conn)
    change(conn)
    assert any(told in one for one in broken(conn))


def test_a_missing_act_is_found(conn: Connection) -> None:
    freely(conn)
    if conn.dialect.name == "sqlite":
        conn.execute(text("PRAGMA defer_foreign_keys = ON"))
    conn.execute(delete(acts).where(acts.c.about == "P1"))
    assert "it was sealed and is gone" in broken(conn)
    conn.rollback()


def test_the_database_itself_keeps_seals(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade(engine)
    with engine.begin() as conn:
        audit.record(conn, at=AT, who="adam", what="did", about="P", why="")
        sealing.seal(conn)
    for statement in ("UPDATE audit_seals SET hash = ''", "DELETE FROM audit_seals"):
        with pytest.raises(Exception, match="append-only"), engine.begin() as conn:
            conn.execute(text(statement))
    with reading(engine) as conn:
        assert sealing.head(conn).position == 1
    engine.dispose()
