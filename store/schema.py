"""Bringing a database to the schema of this release."""

from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, table, text

from store import tables_batch, tables_erasures, tables_messages, tables_search, tables_waiting, tables_words
from store.engine import reading
from store.tables import metadata
from store.tables_drafts import APPEND_ONLY

REVISION = "0011"
"""The latest migration: a database that says so is left alone, without loading Alembic."""

HOLDERS = (tables_batch, tables_erasures, tables_messages, tables_search, tables_waiting, tables_words)
"""The modules that add tables to those of store.tables."""
_LOCK = 0x6361736862616B
"""The number of the lock on PostgreSQL that one who migrates holds: no other program may take it there."""


class NotPostgres(Exception):
    """Raised where roles are to be granted anything in a database that knows none."""


def upgrade(engine: Engine, to: str = REVISION) -> None:
    """Run the migrations that the database lacks, all in one transaction; one that lacks none is left as it is.

    `to` is an earlier revision for rows of that time. A database of a later release is left alone too: its migrations
    only add what may be empty as long as processes of the release before are running.

    Of several that come at once one migrates, and the others wait and find it done.
    """
    found = revision(engine)
    if found is not None and found >= to:
        return
    # Alembic takes a quarter of a second to import, and hardly any start of a command needs it.
    from alembic import command  # noqa: PLC0415 (as said above)
    from alembic.config import Config  # noqa: PLC0415 (the same)

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        config.attributes["connection"] = conn
        command.upgrade(config, to)


def revision(engine: Engine) -> str | None:
    """Return the database's revision, None for an empty one."""
    with reading(engine) as conn:
        return revision_of(conn)


def revision_of(conn: Connection) -> str | None:
    """Return the revision of the database behind a connection, None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(select(text("version_num")).select_from(table("alembic_version"))).scalar_one_or_none()


def grant(engine: Engine, role: str) -> None:
    """Let a role of PostgreSQL do what the program does, and no more: append-only tables it can add to and read.

    Whoever calls owns the tables and migrates; the role need own nothing. Errors: NotPostgres,
    sqlalchemy.exc.DBAPIError if there is no such role.
    """
    if engine.dialect.name != "postgresql":
        raise NotPostgres
    with engine.begin() as conn:
        to = conn.dialect.identifier_preparer.quote_identifier(role)
        conn.execute(text(f"GRANT USAGE ON SCHEMA public TO {to}"))
        conn.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {to}"))
        conn.execute(text(f"GRANT SELECT ON alembic_version TO {to}"))
        for each in metadata.sorted_tables:
            verbs = "SELECT, INSERT" if each in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
            conn.execute(text(f"REVOKE ALL ON {each.name} FROM {to}"))
            conn.execute(text(f"GRANT {verbs} ON {each.name} TO {to}"))
