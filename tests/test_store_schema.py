from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from store import schema
from store.engine import open_engine, reading
from store.tables import metadata


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    yield opened
    opened.dispose()


def test_the_migrations_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    schema.upgrade(engine)
    with reading(engine) as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata) == []


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.begin() as conn:
        conn.execute(text("UPDATE counters SET value = 7"))
    schema.upgrade(engine)
    with reading(engine) as conn:
        assert conn.execute(text("SELECT DISTINCT value FROM counters")).scalars().all() == [7]


def test_two_that_open_an_empty_database_at_once_both_find_it_ready(tmp_path: Path) -> None:
    def open_and_upgrade(_: int) -> str | None:
        engine = open_engine(f"sqlite:///{tmp_path / 'db.sqlite3'}")
        schema.upgrade(engine)
        found = schema.revision(engine)
        engine.dispose()
        return found

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(open_and_upgrade, range(4))) == {schema.REVISION}


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


def test_the_revision_known_to_the_code_is_the_latest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30000)]
)
def test_sqlite_is_opened_durable_and_strict(engine: Engine, pragma: str, value: object) -> None:
    with reading(engine) as conn:
        assert conn.execute(text(f"PRAGMA {pragma}")).scalar_one() == value


def test_the_tables_can_be_made_on_postgresql_too() -> None:
    for table in metadata.sorted_tables:
        made = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        assert table.name in made
        assert "DATETIME" not in made
