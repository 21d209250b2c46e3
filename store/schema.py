"""Bringing a database to the schema of this release."""

from pathlib import Path

from sqlalchemy import Engine, func, inspect, select, table, text

from store.engine import reading

REVISION = "0004"
"""The latest migration: a database that says so is left alone, without loading Alembic."""

_LOCK = 0x6361736862616B
"""The number of the lock on PostgreSQL that one who migrates holds: no other program may take it there."""


def upgrade(engine: Engine) -> None:
    """Run the migrations that the database lacks, all in one transaction; one that lacks none is left as it is.

    Of several that come at once one migrates, and the others wait and find it done.
    """
    if revision(engine) == REVISION:
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
        command.upgrade(config, "head")


def revision(engine: Engine) -> str | None:
    """Return the database's revision, None for an empty one."""
    with reading(engine) as conn:
        if not inspect(conn).has_table("alembic_version"):
            return None
        return conn.execute(select(text("version_num")).select_from(table("alembic_version"))).scalar_one_or_none()
