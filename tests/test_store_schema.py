import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from programme.ledger import payment
from store import accounts, chain, schema
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


OLD_LEDGER = """
INSERT INTO partners (id) VALUES ('P1');
INSERT INTO documents
  (id, acceptance, place, partner_id, file_name, digest, size, accepted_on, accepted_at, state)
VALUES ('doc', 1, 1, 'P1', 'a.pdf', '00', 1, '2026-09-15', '2026-09-15 08:00:00', 'approved');
INSERT INTO entries (position, key, document_id, memo, booked_at) VALUES
  (1, 'doc:1', 'doc', 'bonus', '2026-09-15 08:00:00.000000'),
  (2, 'doc:2', 'doc', 'correction', '2026-09-16 08:00:00.000001');
INSERT INTO postings (entry, sequence, account, amount) VALUES
  (1, 1, 'partner:P1:payable', 2800), (1, 2, 'programme:bonus', -2800),
  (2, 1, 'partner:P1:payable', -1400), (2, 2, 'programme:bonus', 1400);
INSERT INTO accruals (entry, sequence, distributor_id, number, line, model, quantity, bonus_each) VALUES
  (1, 1, 'acme', 'R1', 0, 'D785', 2, 1400), (2, 1, 'acme', 'R1', 0, 'D785', -1, 1400);
UPDATE counters SET value = 2 WHERE name = 'ledger'
"""


def test_a_ledger_of_an_earlier_release_is_sealed_and_guarded_as_a_new_one_is(engine: Engine) -> None:
    _migrate(engine, "0003")
    with engine.begin() as conn:
        for statement in OLD_LEDGER.split(";"):
            conn.execute(text(statement.replace(":", r"\:")))
    schema.upgrade(engine)
    with engine.begin() as conn:
        assert list(chain.verify(conn)) == []
        assert (accounts.owed(conn, "P1"), chain.head(conn).position) == (Decimal("14.00"), 2)
        accounts.append(conn, payment("P1", "17", Decimal("14.00")), dt.datetime.now(dt.UTC))
        assert list(chain.verify(conn)) == []
        assert accounts.owed(conn, "P1") == 0
    for table in ("entries", "postings"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as conn:
            conn.execute(text(f"DELETE FROM {table}"))  # noqa: S608 (names of our own)


def _migrate(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, revision)


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
