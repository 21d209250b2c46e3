"""What is owed is held while no certificate covers the day, and released when one does again."""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sample_store import NOW
from sample_uploads import opened
from sqlalchemy import Connection

from model.case import Certificate
from model.ledger import Entry, Posting
from programme.ledger import PROGRAMME, held, payable, payment
from runtime.app import App
from store import accounts, partners
from store.engine import reading
from workers.keeping import is_due, keeping
from workers.settling import settle

LAST = dt.date(2026, 6, 30)


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    """Give an app in which P1, certified until LAST, and P2, never certified, are owed 42 EUR each."""
    app = opened(tmp_path, database_url)
    app = _with(app, certification_required=True)
    with app.engine.begin() as conn:
        first = partners.partner(conn, "P1")
        assert first is not None
        certified = (Certificate(valid_from=dt.date(2025, 1, 1), valid_to=LAST),)
        partners.import_partners(conn, [first.model_copy(update={"certifications": certified})], "tests", NOW)
        for partner_id in ("P1", "P2"):
            _owe(conn, partner_id, Decimal(42))
    yield app
    app.close()


def _with(app: App, **rules: object) -> App:
    programme = app.rulebook.programme.model_copy(update=rules)
    return replace(app, rulebook=app.rulebook.model_copy(update={"programme": programme}))


def _owe(conn: Connection, partner_id: str, amount: Decimal) -> None:
    sides = (
        Posting(account=payable(partner_id), amount=amount),
        Posting(account=PROGRAMME, amount=-amount),
    )
    key = f"{partner_id}:{amount}"
    accounts.append(conn, Entry(key=key, partner_id=partner_id, memo="bonus", postings=sides), NOW)


def _held(app: App) -> list[int]:
    with reading(app.engine) as conn:
        balances = accounts.balances(conn)
    return [int(balances.get(held(one), 0)) for one in ("P1", "P2")]


def _memos(app: App) -> list[str]:
    with reading(app.engine) as conn:
        return [str(entry.memo) for _, entry in accounts.ledger(conn)][2:]


def test_booking_alone_holds_nothing(app: App) -> None:
    assert (_held(app), _memos(app)) == ([0, 0], [])


def test_what_no_certificate_covers_is_held_until_one_does(app: App) -> None:
    assert settle(app, LAST) == 1
    assert _held(app) == [0, 42]
    assert settle(app, LAST + dt.timedelta(days=1)) == 1
    assert _held(app) == [42, 42]
    assert settle(app, LAST + dt.timedelta(days=1)) == 0
    with app.engine.begin() as conn:
        _owe(conn, "P1", Decimal(8))
    assert settle(app, LAST + dt.timedelta(days=2), ["P1"]) == 1
    assert _held(app) == [50, 42]
    assert settle(app, LAST) == 1
    assert (_held(app), _memos(app)) == ([0, 42], ["hold", "hold", "bonus", "hold", "release"])


def test_days_of_grace_are_given_to_who_was_certified(app: App) -> None:
    lenient = _with(app, certificate_grace_days=10)
    assert settle(lenient, LAST + dt.timedelta(days=10)) == 1
    assert _held(app) == [0, 42]
    assert settle(lenient, LAST + dt.timedelta(days=11)) == 1
    assert _held(app) == [42, 42]


def test_without_a_required_certificate_all_is_released(app: App) -> None:
    assert settle(app, LAST + dt.timedelta(days=1)) == 2
    assert settle(_with(app, certification_required=False), LAST + dt.timedelta(days=1)) == 2
    assert _held(app) == [0, 0]


def test_what_a_partner_owes_is_not_held(app: App) -> None:
    with app.engine.begin() as conn:
        accounts.append(conn, payment("P2", "x", Decimal(50)), NOW)
    assert settle(app, LAST, ["P2"]) == 0
    assert _held(app) == [0, 0]


def test_a_process_that_runs_settles_by_itself(app: App) -> None:
    until = time.monotonic() + 60
    with keeping(app):
        while _held(app)[1] == 0 and time.monotonic() < until:
            time.sleep(0.05)
    assert _held(app)[1] == 42


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2026-06-30T12:00", True),
        ("2026-06-30T12:00", "2026-06-30T12:59", False),
        ("2026-06-30T12:00", "2026-06-30T13:00", True),
        ("2026-06-30T21:50", "2026-06-30T21:59", False),
        ("2026-06-30T21:50", "2026-06-30T22:00", True),
        ("2026-12-31T22:50", "2026-12-31T22:59", False),
        ("2026-12-31T22:50", "2026-12-31T23:00", True),
    ],
)
def test_accounts_are_settled_every_hour_and_when_a_day_begins_in_berlin(
    last: str | None,
    now: str,
    due: bool,  # noqa: FBT001 (a row of the table)
) -> None:
    moments = [None if one is None else dt.datetime.fromisoformat(f"{one}+00:00") for one in (last, now)]
    assert moments[1] is not None
    assert is_due(moments[0], moments[1]) is due
