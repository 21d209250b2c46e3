import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from sample_store import NOW, accepted, database
from sqlalchemy import Connection, Engine, text

from model.ledger import Accrual
from programme.ledger import difference, payment
from store import accounts, chain
from store.chain import Head
from store.engine import reading


@pytest.fixture
def engine(new_database: Callable[..., str]) -> Iterator[Engine]:
    opened = database(new_database())
    yield opened
    opened.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """Give a connection to a ledger of five entries, whose changes are taken back at the end."""
    with engine.connect() as conn, conn.begin() as transaction:
        for number in range(1, 4):
            document = accepted(conn)
            accrual = Accrual(
                distributor_id="acme",
                number=f"R{number}",
                line=0,
                model="D785",
                quantity=2,
                bonus_each=Decimal("14.00"),
            )
            entry = difference(document.id, "P1", 1, (accrual,), ())
            assert entry is not None
            accounts.append(conn, entry, NOW + dt.timedelta(minutes=number))
        accounts.settle(conn, "P1", NOW, covered=False)
        accounts.append(conn, payment("P1", "17", Decimal("50.00")), NOW)
        yield conn
        transaction.rollback()


def _freely(conn: Connection, *statements: str) -> None:
    """Change append-only tables, as somebody would who owns the database."""
    for table in ("entries", "postings", "accruals"):
        if conn.dialect.name == "postgresql":
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            for verb in ("update", "delete"):
                conn.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
    for statement in statements:
        conn.execute(text(statement))


CHANGES = {
    "a byte of a key": ("UPDATE entries SET key = '!' || substr(key, 2) WHERE position = 2", {2}),
    "a memo": ("UPDATE entries SET memo = 'reversal' WHERE position = 3", {3}),
    "the partner": ("UPDATE entries SET partner_id = 'P2' WHERE position = 4", {4}),
    "a cent": ("UPDATE postings SET amount = amount + 1 WHERE entry = 2 AND sequence = 1", {2}),
    "two sides": ("UPDATE postings SET amount = amount * 2 WHERE entry = 2", {2}),
    "a balance": ("UPDATE postings SET balance = 0 WHERE entry = 2 AND sequence = 1", {2, 3}),
    "an account": ("UPDATE postings SET account = 'partner:P2:payable' WHERE entry = 2 AND sequence = 1", {2, 3}),
    "a quantity": ("UPDATE accruals SET quantity = 3 WHERE entry = 1", {1}),
    "a lost accrual": ("DELETE FROM accruals WHERE entry = 1", {1}),
    "a lost posting": ("DELETE FROM postings WHERE entry = 5 AND sequence = 2", {5}),
    "two swapped rows": ("UPDATE accruals SET number = 'R' || (5 - entry) WHERE entry IN (2, 3)", {2, 3}),
    "a hash": ("UPDATE entries SET hash = 'f' || substr(hash, 2) || 'f' WHERE position = 2", {2, 3}),
}


def test_what_was_booked_is_whole(conn: Connection) -> None:
    assert list(chain.verify(conn)) == []
    assert list(chain.verify(conn, chain.head(conn))) == []
    assert chain.head(conn).position == 5
    assert accounts.owed(conn, "P1") == Decimal("34.00")


def test_signs_that_part_values_are_sealed_within_them(conn: Connection) -> None:
    document = accepted(conn)
    accrual = Accrual(
        distributor_id="a\\c\nme", number="R\\n\n1", line=0, model="D\t785", quantity=1, bonus_each=Decimal("14.00")
    )
    entry = difference(document.id, "P1", 1, (accrual,), ())
    assert entry is not None
    accounts.append(conn, entry, NOW + dt.timedelta(minutes=9))
    assert list(chain.verify(conn)) == []
    _freely(conn, "UPDATE accruals SET number = 'R\\\\n\\n1' WHERE entry = 6")
    assert [fault.position for fault in chain.verify(conn)] == [6]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_where_it_was_made(conn: Connection, name: str) -> None:
    statement, positions = CHANGES[name]
    _freely(conn, statement)
    assert {fault.position for fault in chain.verify(conn)} == positions


def test_a_missing_entry_is_found(conn: Connection) -> None:
    _freely(conn, "DELETE FROM postings WHERE entry = 4", "DELETE FROM entries WHERE position = 4")
    assert [fault.what for fault in chain.verify(conn)][:1] == ["it follows on entry 3"]


def test_the_last_entries_are_missed_by_the_counter_or_else_by_a_noted_head(conn: Connection) -> None:
    noted = chain.head(conn)
    _freely(conn, "DELETE FROM postings WHERE entry = 5", "DELETE FROM entries WHERE position = 5")
    assert [(fault.position, fault.what) for fault in chain.verify(conn)] == [(5, "the ledger ends at entry 4")]
    conn.execute(text("UPDATE counters SET value = 4 WHERE name = 'ledger'"))
    assert list(chain.verify(conn)) == []
    assert [fault.position for fault in chain.verify(conn, noted)] == [5]


def test_a_ledger_that_was_written_anew_is_not_the_one_that_was_noted(conn: Connection) -> None:
    noted = chain.head(conn)
    assert [fault.position for fault in chain.verify(conn, Head(noted.position, "0" * 64))] == [5]


def test_several_processes_find_what_one_finds(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "_LONG", 4)
    monkeypatch.setattr(chain, "_AT_ONCE", 2)
    with engine.begin() as conn:
        for number in range(1, 13):
            document = accepted(conn)
            accrual = Accrual(
                distributor_id="acme", number=f"R{number}", line=0, model="D785", quantity=1, bonus_each=Decimal(14)
            )
            entry = difference(document.id, "P1", 1, (accrual,), ())
            assert entry is not None
            accounts.append(conn, entry, NOW)
    with reading(engine) as conn:
        assert list(chain.verify(conn, processes=3)) == []
    with engine.begin() as conn:
        _freely(
            conn,
            "UPDATE postings SET balance = 0 WHERE entry = 4 AND sequence = 1",  # the last of the first stretch
            "DELETE FROM postings WHERE entry = 8",
            "DELETE FROM accruals WHERE entry = 8",
            "DELETE FROM entries WHERE position = 8",
            "UPDATE accruals SET quantity = 2 WHERE entry = 11",
        )
    with reading(engine) as conn:
        found = list(chain.verify(conn, processes=3))
        assert found == list(chain.verify(conn))
    assert {fault.position for fault in found} == {4, 5, 9, 11}


def test_a_check_that_takes_long_keeps_its_state_of_the_ledger(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "_LONG", 0)
    with engine.begin() as conn:
        accounts.append(conn, payment("P1", "17", Decimal("50.00")), NOW)
    with reading(engine) as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 100"))
        assert list(chain.verify(conn, processes=2)) == []
        assert chain.head(conn).position == 1


def test_moments_never_go_back(conn: Connection) -> None:
    moments = conn.execute(text("SELECT booked_at FROM entries ORDER BY position")).scalars().all()
    assert moments == sorted(moments)
