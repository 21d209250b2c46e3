from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from store import schema
from store.engine import open_engine, reading
from store.tables import metadata


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    return new_database(migrated=False)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_engine(url)
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


def test_those_that_open_an_empty_database_at_once_all_find_it_ready(url: str) -> None:
    start = Barrier(4)

    def open_and_upgrade(_: int) -> str | None:
        engine = open_engine(url)
        start.wait()
        schema.upgrade(engine)
        found = schema.revision(engine)
        engine.dispose()
        return found

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(open_and_upgrade, range(4))) == {schema.REVISION}


def test_the_revision_known_to_the_code_is_the_latest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION
