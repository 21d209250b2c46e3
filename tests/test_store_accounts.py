from collections.abc import Iterator
from decimal import Decimal

import pytest
from sample_store import NOW, accepted, database
from sqlalchemy import Connection, Engine, Table, func, select, text
from sqlalchemy.exc import IntegrityError

from model.ledger import Accrual, Entry, Posting
from store import accounts
from store.documents import Document
from store.engine import reading
from store.tables import APPEND_ONLY, bonus_units

PHONES = Accrual(distributor_id="allnet", number="R1", line=0, model="D785", quantity=3, bonus_each=Decimal("14.00"))
BASES = PHONES.model_copy(update={"line": 1, "model": "M900", "quantity": 1, "bonus_each": Decimal("18.00")})


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as opened:
        yield opened


def _entry(document: Document, number: int, *accruals: Accrual) -> Entry:
    total = sum((a.quantity * a.bonus_each for a in accruals), Decimal(0))
    return Entry(
        key=f"{document.id}/{number}",
        partner_id=document.partner_id,
        document_id=document.id,
        memo="bonus",
        accruals=accruals,
        postings=(
            Posting(account="partner:P1:payable", amount=total),
            Posting(account="programme:bonus", amount=-total),
        ),
    )


def _units(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(bonus_units)).scalar_one()


def test_what_is_booked_is_the_sum_of_the_entries(conn: Connection) -> None:
    document = accepted(conn)
    accounts.append(conn, _entry(document, 1, PHONES, BASES), NOW)
    back = PHONES.model_copy(update={"quantity": -1}), BASES.model_copy(update={"quantity": -1})
    accounts.append(conn, _entry(document, 2, *back), NOW)
    assert accounts.booked(conn, document.id) == (PHONES.model_copy(update={"quantity": 2}),)
    assert accounts.entry_count(conn, document.id) == 2
    assert accounts.balances(conn) == {"partner:P1:payable": Decimal("28.00"), "programme:bonus": Decimal("-28.00")}
    assert accounts.owed(conn, "P1") == Decimal("28.00")
    assert accounts.owed(conn, "P2") == Decimal(0)


def test_each_bonus_unit_is_booked_once_over_all_documents(conn: Connection) -> None:
    first, second = accepted(conn), accepted(conn, partner_id="P2")
    accounts.append(conn, _entry(first, 1, PHONES), NOW)
    assert _units(conn) == 3
    with pytest.raises(IntegrityError), conn.begin_nested():
        accounts.append(conn, _entry(second, 1, PHONES), NOW)
    accounts.append(conn, _entry(first, 2, PHONES.model_copy(update={"quantity": -3})), NOW)
    assert _units(conn) == 0
    accounts.append(conn, _entry(second, 1, PHONES), NOW)
    assert accounts.booked(conn, second.id) == (PHONES,)


def _line(accrual: Accrual) -> accounts.Line:
    return accrual.distributor_id, accrual.number, accrual.line


def test_who_holds_units_of_the_same_lines_is_known(conn: Connection) -> None:
    first, second = accepted(conn), accepted(conn)
    accounts.append(conn, _entry(first, 1, PHONES), NOW)
    assert accounts.holders(conn, second.id, [BASES, PHONES]) == {_line(PHONES): first.id}
    for owed in ([BASES], [PHONES.model_copy(update={"number": "R2"})], []):
        assert accounts.holders(conn, second.id, owed) == {}
    assert accounts.holders(conn, first.id, [PHONES]) == {}
    accounts.append(conn, _entry(first, 2, PHONES.model_copy(update={"quantity": -3})), NOW)
    assert accounts.holders(conn, second.id, [PHONES]) == {}


def test_units_that_are_taken_back_are_taken_back_once_too(conn: Connection) -> None:
    first, second = accepted(conn), accepted(conn)
    credit = PHONES.model_copy(update={"number": "G1", "quantity": -2})
    accounts.append(conn, _entry(first, 1, credit), NOW)
    with pytest.raises(IntegrityError):
        accounts.append(conn, _entry(second, 1, credit), NOW)


def test_a_change_of_model_leaves_the_units_where_they_are(conn: Connection) -> None:
    document = accepted(conn)
    other = PHONES.model_copy(update={"model": "D735", "bonus_each": Decimal("9.50")})
    accounts.append(conn, _entry(document, 1, PHONES), NOW)
    accounts.append(conn, _entry(document, 2, PHONES.model_copy(update={"quantity": -3}), other), NOW)
    assert _units(conn) == 3
    assert accounts.booked(conn, document.id) == (other,)


def test_an_entry_is_booked_once_and_only_if_it_balances(conn: Connection) -> None:
    document = accepted(conn)
    entry = _entry(document, 1, PHONES)
    accounts.append(conn, entry, NOW)
    with pytest.raises(IntegrityError), conn.begin_nested():
        accounts.append(conn, entry, NOW)
    with pytest.raises(accounts.Unbalanced):
        accounts.append(conn, entry.model_copy(update={"key": "x", "postings": entry.postings[:1]}), NOW)
    halves = Posting(account="a", amount=Decimal("0.005")), Posting(account="b", amount=Decimal("-0.005"))
    with pytest.raises(Exception, match="whole number of cents"):
        accounts.append(conn, entry.model_copy(update={"key": "y", "postings": halves}), NOW)


def test_what_is_booked_is_sorted_alike_on_every_database(conn: Connection) -> None:
    document = accepted(conn)
    accruals = tuple(PHONES.model_copy(update={"distributor_id": name}) for name in ("Zeta", "al-so", "alDo", "allnet"))
    accounts.append(conn, _entry(document, 1, *reversed(accruals)), NOW)
    assert accounts.booked(conn, document.id) == accruals
    names = [f"partner:{name}:payable" for name in ("P1", "Zeta", "al-so", "alDo", "allnet")]
    sides = [Posting(account=name, amount=Decimal(n)) for n, name in ((1, names[4]), (-1, names[3]), (1, names[2]))]
    last = Posting(account=names[1], amount=Decimal(-1))
    accounts.append(conn, _entry(document, 2).model_copy(update={"postings": (*sides, last)}), NOW)
    assert list(accounts.balances(conn)) == [*names, "programme:bonus"]


def test_the_ledger_is_read_in_the_order_it_was_booked(conn: Connection) -> None:
    document = accepted(conn)
    first, second = _entry(document, 1, PHONES, BASES), _entry(document, 2, BASES)
    positions = [accounts.append(conn, entry, NOW) for entry in (first, second)]
    assert accounts.ledger(conn) == ((positions[0], first), (positions[1], second))
    assert accounts.ledger(conn, since=positions[0]) == ((positions[1], second),)


CHANGES = {
    "sqlite": ("REPLACE INTO {t} SELECT * FROM {t}",),
    "postgresql": (
        "TRUNCATE {t} CASCADE",
        "INSERT INTO {t} SELECT * FROM {t} ON CONFLICT ({k}) DO UPDATE SET {c} = excluded.{c}",
        "UPDATE {t} SET {c} = {c} WHERE false",
    ),
}
"""What only one database knows, beside UPDATE and DELETE."""


@pytest.mark.parametrize("table", APPEND_ONLY, ids=[table.name for table in APPEND_ONLY])
def test_the_database_refuses_to_change_what_was_booked(engine: Engine, table: Table) -> None:
    with engine.begin() as conn:
        accounts.append(conn, _entry(accepted(conn), 1, PHONES), NOW)
        before = conn.execute(select(table)).all()
    names = {"t": table.name, "c": table.columns.keys()[-1], "k": ", ".join(table.primary_key.columns.keys())}
    for change in ("UPDATE {t} SET {c} = {c}", "DELETE FROM {t}", *CHANGES[engine.dialect.name]):
        with pytest.raises(IntegrityError, match="append-only"), engine.begin() as conn:
            conn.execute(text(change.format(**names)))
    with reading(engine) as conn:
        assert before
        assert conn.execute(select(table)).all() == before
