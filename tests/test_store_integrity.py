"""The checker of what is stored: a healthy store has no fault, and each fault that is planted is found, and only it."""

import datetime as dt
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sample_uploads import DAY, STRANGER, invoice, opened
from sqlalchemy import Connection, Table, delete, insert, select, text, update

from model.state import State
from runtime.app import App
from store import blobs, documents, queue
from store.engine import reading
from store.integrity import INVARIANTS, Violation, check, counts
from store.tables import (
    accruals,
    attempts,
    audit,
    bonus_units,
    deliveries,
    entries,
    history,
    postings,
    results,
)
from store.tables import documents as rows
from store.tables_search import terms
from store.tables_waiting import waiting
from workers import steps
from workers.lanes import working

OLD = time.time() - 2 * 3600


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Give a store with documents in every final state, which no test changes for good."""
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    app = opened(tmp_path_factory.mktemp("store"), url)
    uploads = [
        (invoice("R1"), "P1"),
        (invoice("R1"), "P1"),
        (invoice("R1", note="once more"), "P2"),
        (invoice("G1", preceding="R1", phones=1), "P1"),
        (invoice("R2", seller=STRANGER), "P2"),
        (invoice("R3", partner="P2"), "P2"),
        (b"nothing that could be read", "P1"),
    ]
    with working(app, len(uploads)) as (_, bell):
        made = [steps.accept(app, data, "invoice.xml", partner, DAY) for data, partner in uploads]
        bell.ring()
        _until_quiet(app)
        steps.supersede(app, made[5].id, [(invoice("R3", partner="P2", phones=5), "better.xml")], DAY, "tests")
        bell.ring()
        _until_quiet(app)
    blobs.put(app.blobs, b"what the engines said of the last one")
    yield app
    app.close()


@pytest.fixture
def conn(app: App) -> Iterator[Connection]:
    """Give a connection whose transaction is taken back at the end."""
    with app.engine.connect() as conn, conn.begin() as transaction:
        yield conn
        transaction.rollback()


def _until_quiet(app: App) -> None:
    for _ in range(600):
        with reading(app.engine) as conn:
            if not any(depth.waiting for depth in queue.depths(conn).values()):
                return
        time.sleep(0.05)
    raise TimeoutError


def _one(conn: Connection, state: State) -> str:
    query = select(rows.c.id).where(rows.c.state == state.value).order_by(rows.c.acceptance)
    return str(conn.execute(query).scalars().first())


@contextmanager
def _freely(conn: Connection, table: Table) -> Iterator[None]:
    """Let the rows of an append-only table be changed for a while."""
    if conn.dialect.name == "postgresql":
        conn.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        yield
        conn.execute(text(f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {table.name}_append_only"))
        return
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    triggers = conn.execute(query, {"name": table.name}).all()
    for trigger in triggers:
        conn.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        conn.execute(text(trigger.sql))


def _without_keys(conn: Connection, table: Table) -> None:
    """Let this transaction write rows that refer to nothing."""
    if conn.dialect.name == "sqlite":
        conn.execute(text("PRAGMA defer_foreign_keys = ON"))
        return
    for key in table.foreign_key_constraints:
        conn.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT {key.name}"))


def _copy(conn: Connection, table: Table, **values: Any) -> None:
    """Insert the first row of a table once more, but for these values."""
    row = conn.execute(select(table).order_by(*table.primary_key).limit(1)).mappings().one()
    conn.execute(insert(table), dict(row) | values)


def _at(**values: Any) -> dict[str, Any]:
    return {"at": dt.datetime.now(dt.UTC), "who": "tests", "why": "", **values}


def _lost_row(conn: Connection) -> None:
    lost = _one(conn, State.FAILED)
    for table in (history, attempts, results, waiting, audit):
        column = table.c.about if table is audit else table.c.document_id
        if table is audit:
            with _freely(conn, audit):
                conn.execute(delete(audit).where(column == lost))
        else:
            conn.execute(delete(table).where(column == lost))
    accepted = select(rows.c.acceptance).where(rows.c.id == lost).scalar_subquery()
    conn.execute(delete(terms).where(terms.c.acceptance == accepted))
    conn.execute(delete(rows).where(rows.c.id == lost))


def _forbidden_move(conn: Connection) -> None:
    moved = _one(conn, State.SUPERSEDED)
    conn.execute(update(rows).where(rows.c.id == moved).values(state="approved"))
    step = {"document_id": moved, "sequence": 99, "from_state": "superseded", "to_state": "approved"}
    last = len(documents.steps(conn, moved))
    conn.execute(insert(history), _at(**step | {"sequence": last + 1}))
    conn.execute(insert(audit), _at(what="document approved", about=moved))


def _broken_chain(conn: Connection) -> None:
    approved = _one(conn, State.APPROVED)
    conn.execute(
        update(history).where(history.c.document_id == approved, history.c.sequence == 3).values(from_state="received")
    )


def _missing_step(conn: Connection) -> None:
    first = (history.c.document_id == _one(conn, State.FAILED)) & (history.c.sequence == 1)
    step = conn.execute(select(history).where(first)).one()
    conn.execute(delete(history).where(first))
    with _freely(conn, audit):
        noted = (audit.c.about == step.document_id) & (audit.c.what == f"document {step.to_state}")
        conn.execute(delete(audit).where(noted))


def _another_state(conn: Connection) -> None:
    conn.execute(update(rows).where(rows.c.id == _one(conn, State.REJECTED)).values(state="review"))


def _failed_without_code(conn: Connection) -> None:
    conn.execute(update(rows).where(rows.c.state == "failed").values(error_code=None))


def _doubled_accrual(conn: Connection) -> None:
    """Book what one document earned for another one too: a whole entry, balanced and in order."""
    other = _one(conn, State.REJECTED)
    last = conn.execute(select(entries.c.position).order_by(entries.c.position.desc())).scalars().first()
    assert last is not None
    conn.execute(text("UPDATE counters SET value = value + 1 WHERE name = 'ledger'"))
    _copy(conn, entries, position=last + 1, document_id=other, key=f"{other}:1")
    _copy(conn, accruals, entry=last + 1)
    partner = documents.get(conn, other).partner_id
    for row in conn.execute(select(postings).where(postings.c.entry == 1)).mappings().all():
        account = row["account"] if row["account"].startswith("programme") else f"partner:{partner}:payable"
        conn.execute(insert(postings), dict(row) | {"entry": last + 1, "account": account})


def _unheld_unit(conn: Connection) -> None:
    conn.execute(delete(bonus_units).where(bonus_units.c.unit == 1))


def _unaccrued_unit(conn: Connection) -> None:
    _copy(conn, bonus_units, unit=50)


def _unbalanced(conn: Connection) -> None:
    conn.execute(insert(postings), {"entry": 1, "sequence": 3, "account": "programme:bonus", "amount": 1, "balance": 1})


def _misposted(conn: Connection) -> None:
    for sign, account in ((1, "partner:P1:payable"), (-1, "programme:bonus")):
        conn.execute(
            insert(postings), {"entry": 1, "sequence": 5 + sign, "account": account, "amount": sign, "balance": sign}
        )


def _lost_entry(conn: Connection) -> None:
    """Take the last entry out of the ledger, with the units that it gave: it is as if it never was, but was counted."""
    last = conn.execute(select(entries).order_by(entries.c.position.desc()).limit(1)).one()
    with _freely(conn, accruals), _freely(conn, postings), _freely(conn, entries):
        conn.execute(delete(accruals).where(accruals.c.entry == last.position))
        conn.execute(delete(postings).where(postings.c.entry == last.position))
        conn.execute(delete(entries).where(entries.c.position == last.position))
    conn.execute(delete(bonus_units).where(bonus_units.c.document_id == last.document_id))


def _another_key(conn: Connection) -> None:
    with _freely(conn, entries):
        conn.execute(update(entries).where(entries.c.position == 1).values(key=entries.c.key + "0"))


def _another_moment(conn: Connection) -> None:
    with _freely(conn, entries):
        earlier = conn.execute(select(entries.c.booked_at)).scalars().all()[0] - dt.timedelta(microseconds=1)
        conn.execute(update(entries).where(entries.c.position == 1).values(booked_at=earlier))


def _swapped(conn: Connection) -> None:
    """Let two entries, with all that belongs to them, stand in each other's place."""
    with _freely(conn, accruals), _freely(conn, postings), _freely(conn, entries):
        for table in (postings, accruals):
            _without_keys(conn, table)
        for table, column in (
            (entries, entries.c.position),
            (postings, postings.c.entry),
            (accruals, accruals.c.entry),
        ):
            for old, new in ((1, 1001), (2, 1), (1001, 2)):
                conn.execute(update(table).where(column == old).values({column.name: new}))


def _changeable(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(text("ALTER TABLE postings DISABLE TRIGGER postings_append_only"))
    else:
        conn.execute(text("DROP TRIGGER postings_no_update"))


def _orphan_row(conn: Connection) -> None:
    _without_keys(conn, results)
    _copy(conn, results, document_id="nobody")


def _orphan_posting(conn: Connection) -> None:
    _without_keys(conn, postings)
    for sign, account in ((1, "partner:P1:payable"), (-1, "programme:bonus")):
        row = {"entry": 777, "sequence": 5 + sign, "account": account, "amount": sign, "balance": sign}
        conn.execute(insert(postings), row)


def _lost_tape(conn: Connection) -> None:
    _copy(conn, results, stage="read", sequence=50, body="ab" * 32)


def _lost_delivery(conn: Connection) -> None:
    document = documents.move(
        conn, _one(conn, State.APPROVED), State.EXTRACTED, at=dt.datetime.now(dt.UTC), who="tests", why=""
    )
    queue.enqueue(conn, document, "judge")
    conn.execute(delete(deliveries))


def _waiting(conn: Connection) -> None:
    queue.enqueue(conn, documents.get(conn, _one(conn, State.APPROVED)), "judge")


def _open_attempt(conn: Connection) -> None:
    _copy(conn, attempts, sequence=50, ended_at=None, outcome=None)


def _unaudited(conn: Connection) -> None:
    with _freely(conn, audit):
        conn.execute(delete(audit).where(audit.c.what == "document approved"))


def _audited_only(conn: Connection) -> None:
    conn.execute(insert(audit), _at(what="document approved", about=_one(conn, State.REJECTED)))


PLANTS: dict[str, tuple[Callable[[Connection], None], set[str]]] = {
    "a lost row": (_lost_row, {"I1"}),
    "a forbidden move": (_forbidden_move, {"I2"}),
    "a broken chain": (_broken_chain, {"I2"}),
    "a missing step": (_missing_step, {"I2"}),
    "another state": (_another_state, {"I2"}),
    "a failure without its code": (_failed_without_code, {"I2"}),
    "a doubled accrual": (_doubled_accrual, {"I3", "I4"}),
    "a unit not held": (_unheld_unit, {"I3"}),
    "a unit not accrued": (_unaccrued_unit, {"I3"}),
    "an unbalanced entry": (_unbalanced, {"I4"}),
    "a misposted entry": (_misposted, {"I4"}),
    "a lost entry": (_lost_entry, {"I4"}),
    "another key": (_another_key, {"I4"}),
    "another moment": (_another_moment, {"I4"}),
    "swapped entries": (_swapped, {"I4"}),
    "a missing trigger": (_changeable, {"I4"}),
    "an orphan row": (_orphan_row, {"I5"}),
    "an orphan posting": (_orphan_posting, {"I5"}),
    "a lost tape": (_lost_tape, {"I5"}),
    "a lost delivery": (_lost_delivery, {"I8"}),
    "a document under way": (_waiting, {"I8"}),
    "an open attempt": (_open_attempt, {"I8"}),
    "a move not audited": (_unaudited, {"I11"}),
    "an audit of no move": (_audited_only, {"I11"}),
}


def _check(app: App, **options: bool) -> list[Violation]:
    with reading(app.engine) as conn:
        return list(check(conn, app.blobs, **options))


def test_a_healthy_store_breaks_nothing(app: App) -> None:
    assert _check(app, quiet=True) == []
    with reading(app.engine) as conn:
        states = set(conn.execute(select(rows.c.state)).scalars())
        checked = counts(conn)
    assert states == {"approved", "rejected", "failed", "superseded"}
    assert checked.keys() == INVARIANTS.keys()
    assert [name for name, count in checked.items() if count == 0] == ["I8"]
    assert checked["I1"] == 8
    assert checked["I5"] == 7


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_found_and_only_that(app: App, conn: Connection, name: str) -> None:
    plant, broken = PLANTS[name]
    plant(conn)
    found = list(check(conn, app.blobs, quick=True, quiet=True))
    assert {violation.invariant for violation in found} == broken, found
    assert all(violation.what and violation.about for violation in found)


def test_what_is_under_way_is_found_only_where_all_must_be_quiet(app: App, conn: Connection) -> None:
    _waiting(conn)
    _open_attempt(conn)
    assert list(check(conn, app.blobs, quick=True)) == []


@pytest.fixture
def place(app: App, tmp_path: Path) -> Path:
    """Give a copy of the blobs, to be changed."""
    assert isinstance(app.blobs, Path)
    shutil.copytree(app.blobs, tmp_path / "blobs")
    return tmp_path / "blobs"


def _blob(app: App, place: Path) -> tuple[str, Path]:
    """Return the approved document's id and the path of its blob in this place."""
    with reading(app.engine) as conn:
        document = documents.get(conn, _one(conn, State.APPROVED))
    return document.id, place / document.digest[:2] / document.digest[2:4] / document.digest


def _found(app: App, place: Path, *, quick: bool = False) -> list[tuple[str, str]]:
    with reading(app.engine) as conn:
        return [(one.invariant, one.about) for one in check(conn, place, quick=quick, quiet=True)]


def test_a_deleted_blob_is_found(app: App, place: Path) -> None:
    _, path = _blob(app, place)
    path.unlink()
    with reading(app.engine) as conn:
        (found,) = check(conn, place, quick=True)
        assert documents.get(conn, found.about).digest == path.name
    assert (found.invariant, found.what) == ("I1", f"blob {path.name} is not there")


def test_a_changed_byte_is_found_where_blobs_are_read(app: App, place: Path) -> None:
    _, path = _blob(app, place)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert [name for name, _ in _found(app, place)] == ["I1"]
    assert _found(app, place, quick=True) == []


def test_a_cut_blob_is_found_without_reading_it(app: App, place: Path) -> None:
    _, path = _blob(app, place)
    path.write_bytes(path.read_bytes()[:-1])
    assert [name for name, _ in _found(app, place, quick=True)] == ["I1"]


def test_an_orphan_blob_is_found_once_it_is_old(app: App, place: Path) -> None:
    digest = blobs.put(place, b"nobody's")
    assert _found(app, place) == []
    os.utime(place / digest[:2] / digest[2:4] / digest, (OLD, OLD))
    assert _found(app, place) == [("I5", digest)]


def test_a_temporary_file_is_found_once_it_is_old(app: App, place: Path) -> None:
    left = place / "tmp" / "left"
    left.write_bytes(b"half a")
    assert _found(app, place) == []
    os.utime(left, (OLD, OLD))
    assert _found(app, place) == [("I5", "left")]


def test_the_command_tells_what_it_checked_and_what_it_found(tmp_path: Path) -> None:
    app = opened(tmp_path)
    document = steps.accept(app, invoice(), "invoice.xml", "P1", DAY)
    steps.run(app, document.id)
    app.close()
    command = ["cashback", "check", "--data", str(tmp_path / "var"), "--rulebook", str(tmp_path / "rulebook")]
    healthy = subprocess.run([*command, "--json"], capture_output=True, check=False, text=True)
    told = [json.loads(line) for line in healthy.stdout.splitlines()]
    assert (healthy.returncode, {one["invariant"] for one in told}) == (0, set(INVARIANTS))
    blobs.delete(app.blobs, document.digest)
    broken = subprocess.run([*command, "--json"], capture_output=True, check=False, text=True)
    first = json.loads(broken.stdout.splitlines()[0])
    assert (broken.returncode, first["rows"]) == (1, 1)
    assert first["violations"] == [
        {"invariant": "I1", "what": f"blob {document.digest} is not there", "about": document.id}
    ]
    shown = subprocess.run([*command, "--quick"], capture_output=True, check=False, text=True)
    assert document.id in shown.stdout
