"""Bringing a database to the schema of this release."""

from pathlib import Path

from sqlalchemy import Engine, inspect, select, table, text

from store.engine import reading

REVISION = "0003"
"""The latest migration: a database that says so is left alone, without loading Alembic."""


def upgrade(engine: Engine) -> None:
    """Run the migrations that the database lacks, all in one transaction; one that lacks none is left as it is."""
    if revision(engine) == REVISION:
        return
    # Alembic takes a quarter of a second to import, and hardly any start of a command needs it.
    from alembic import command  # noqa: PLC0415 (as said above)
    from alembic.config import Config  # noqa: PLC0415 (the same)

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def revision(engine: Engine) -> str | None:
    """Return the database's revision, None for an empty one."""
    with reading(engine) as conn:
        if not inspect(conn).has_table("alembic_version"):
            return None
        return conn.execute(select(text("version_num")).select_from(table("alembic_version"))).scalar_one_or_none()
