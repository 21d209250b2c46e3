"""What waits for people is what the states say, however a document came there; also in an older database."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sample_uploads import DAY, invoice, opened
from sqlalchemy import Row, select, update

from model.reading import Reading
from runtime.app import App
from store import accounts, decisions, documents, results, schema, waiting
from store.engine import reading
from store.tables import deliveries
from store.tables_waiting import waiting as rows
from workers import ruling, steps
from workers.judging import judge, price
from workers.sandbox import Sandbox
from workers.worker import Worker


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    made = opened(tmp_path, database_url)
    yield made
    made.close()


def upload(app: App, data: bytes) -> str:
    return steps.run(app, steps.accept(app, data, "invoice.xml", "P1", DAY).id).id


def held(app: App) -> str:
    """Return a document that is held: it claims a device of another one."""
    upload(app, invoice("R1", serial="000413001", day=10))
    return upload(app, invoice("R2", serial="000413001", day=12, phones=4))


def row(app: App, document_id: str) -> Row[Any] | None:
    with reading(app.engine) as conn:
        return conn.execute(select(rows).where(rows.c.document_id == document_id)).one_or_none()


def place(app: App, document_id: str) -> tuple[str, str] | None:
    found = row(app, document_id)
    return None if found is None else (found.shelf, found.reason)


def decide(app: App, document_id: str, outcome: str, who: str = "olga") -> None:
    with reading(app.engine) as conn:
        seen = documents.last_step(conn, document_id)
    made = ruling.decide(
        app, document_id, "approved" if outcome == "approved" else "rejected", who=who, why="seen", seen=seen
    )
    judge(app, made)


def test_each_outcome_has_its_list(app: App) -> None:
    one = held(app)
    found = row(app, one)
    assert found is not None
    assert (found.shelf, found.reason, found.stake) == ("open", "serial_already_claimed", Decimal("56.00"))
    assert (found.title, found.seller, found.seller_key) == ("R2", "ACME Distribution GmbH", "acme")
    copy = upload(app, invoice("R1", serial="000413001", day=10))
    assert place(app, copy) == ("rejected", "duplicate_document")
    stranger = upload(app, invoice("R9", seller="DE100000016", day=20))
    assert place(app, stranger) == ("rejected", "seller_not_authorised")
    broken = upload(app, b"%PDF-1.7 nothing")
    assert place(app, broken) == ("open", "failed")
    assert place(app, upload(app, invoice("R4", day=14))) is None
    steps.supersede(app, copy, [(invoice("R5", day=15), "new.xml")], DAY, "somebody")
    assert place(app, copy) is None


def test_a_decision_takes_a_document_off_the_lists_and_undoing_brings_it_back(app: App) -> None:
    one = held(app)
    before = row(app, one)
    with reading(app.engine) as conn:
        seen = documents.last_step(conn, one)
    ruling.decide(app, one, "rejected", who="olga", why="seen", seen=seen)
    assert place(app, one) == ("hidden", "serial_already_claimed")
    ruling.undo(app, one, "olga")
    assert row(app, one) == before
    decide(app, one, "rejected")
    assert place(app, one) == ("hidden", "serial_already_claimed")
    decide(app, one, "approved")
    assert place(app, one) is None
    ruling.undo(app, one, "olga")
    assert place(app, one) == ("open", "serial_already_claimed")


def test_a_correction_counts_what_is_at_stake_anew(app: App) -> None:
    one = held(app)
    with reading(app.engine) as conn:
        read = results.reading(conn, one)
    assert read is not None
    assert read.invoice is not None
    line = read.invoice.lines[0].model_copy(update={"quantity": Decimal(2), "net_price": Decimal(200)})
    fewer = read.model_copy(update={"invoice": read.invoice.model_copy(update={"lines": (line,)})})
    judge(app, steps.correct(app, one, fewer, who="olga", why="corrected"))
    found = row(app, one)
    assert found is not None
    assert (found.shelf, found.stake) == ("open", Decimal("28.00"))
    decide(app, one, "rejected")
    with reading(app.engine) as conn:
        (rate,) = decisions.rates(conn, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))["rung"]
        assert rate.wrong == wrong(read, fewer)


def wrong(read: Reading, corrected: Reading) -> int:
    """Return of how many values of a reading another one makes something else."""
    assert read.invoice is not None
    assert corrected.invoice is not None
    pairs = {
        "lines.0.quantity": (read.invoice.lines[0].quantity, corrected.invoice.lines[0].quantity),
        "lines.0.net_price": (read.invoice.lines[0].net_price, corrected.invoice.lines[0].net_price),
    }
    return sum(old != new for path, (old, new) in pairs.items() if path in read.evidence)


def test_a_sample_of_approvals_is_looked_at_once(tmp_path: Path, database_url: str) -> None:
    app = opened(tmp_path, database_url, sample=100)
    good, bad = upload(app, invoice("R1", day=10)), upload(app, invoice("R2", day=12, phones=4))
    assert [place(app, one) for one in (good, bad)] == [("open", "sample")] * 2
    decide(app, good, "approved")
    decide(app, bad, "rejected")
    assert place(app, good) is None
    with reading(app.engine) as conn:
        found = decisions.figures(conn, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        assert (found.sampled, found.disagreed, found.decided) == (2, 0.5, 2)
    ruling.undo(app, good, "olga")
    assert place(app, good) == ("open", "sample"), "nobody has agreed any more"
    decide(app, good, "approved")
    with app.engine.begin() as conn:
        assert not waiting.draw(conn, good, dt.datetime.now(dt.UTC))
    app.close()


def test_what_was_stored_before_is_listed_when_the_database_is_brought_up_to_date(app: App) -> None:
    one = held(app)
    copy = upload(app, invoice("R1", serial="000413001", day=10))
    rejected = upload(app, invoice("R9", seller="DE100000016", day=20))
    decide(app, rejected, "rejected")
    broken = upload(app, b"%PDF-1.7 nothing")
    kept = {document_id: row(app, document_id) for document_id in (one, copy, rejected, broken)}
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with app.engine.begin() as conn:
        config.attributes["connection"] = conn
        command.downgrade(config, "0006")
        command.upgrade(config, "head")
    for document_id, before in kept.items():
        assert before is not None
        found = row(app, document_id)
        assert found is not None
        assert (found.shelf, found.state, found.reason) == (before.shelf, before.state, before.reason)
        assert found.stake is None
        assert abs(found.since - before.since) <= 1
    assert price(app, 3) == 3
    assert price(app) == 1
    assert price(app) == 0
    assert [_stake(app, document_id) for document_id in (one, broken)] == [Decimal("56.00"), Decimal(0)]


def _stake(app: App, document_id: str) -> Decimal:
    found = row(app, document_id)
    assert found is not None
    return Decimal(found.stake)


def test_a_decision_that_nobody_books_in_this_process_is_booked_by_another(app: App) -> None:
    one = held(app)
    with reading(app.engine) as conn:
        seen = documents.last_step(conn, one)
    ruling.decide(app, one, "approved", who="olga", why="seen", seen=seen, wait=dt.timedelta())
    with Sandbox(1) as sandbox:
        assert Worker(app, sandbox, lambda *_: None).turn()
    with reading(app.engine) as conn:
        assert documents.get(conn, one).state == "approved"
        assert accounts.earned(conn, [one]) == {one: Decimal("56.00")}


def test_a_decision_waits_before_it_is_booked(app: App) -> None:
    one = held(app)
    with reading(app.engine) as conn:
        seen = documents.last_step(conn, one)
    ruling.decide(app, one, "approved", who="olga", why="seen", seen=seen)
    with Sandbox(1) as sandbox:
        assert not Worker(app, sandbox, lambda *_: None).turn()
        with app.engine.begin() as conn:
            conn.execute(update(deliveries).values(due_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
        assert Worker(app, sandbox, lambda *_: None).turn()
