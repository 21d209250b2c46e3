"""Statements: what they add up to, and that they show what others wrote as nothing but text."""

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
from sample_pages import INVOICE, encoded, gray
from sample_uploads import DAY, invoice, opened
from sqlalchemy import text
from typer.testing import CliRunner

from extractors import images
from model.contents import Unreadable
from model.statement import Statement
from portal import statements
from portal.cli import app as command
from portal.inputs import NotThere
from programme.ledger import payment
from runtime.app import App
from store import accounts, journal, partners
from store.engine import reading
from store.statements import BERLIN, statement
from workers import steps

HOSTILE = "=cmd|' /C calc'!A0 <b>.xml"
Q1 = (dt.date(2026, 1, 1), dt.date(2026, 3, 31))


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    """Give a store in which P1 earned, gave back, had a document replaced, was paid and is held."""
    app = opened(tmp_path, database_url)
    for number, phones, name in (("RE-1", 3, "one.xml"), ("RE-2", 9, HOSTILE)):
        steps.run(app, steps.accept(app, invoice(number, phones=phones, day=phones), name, "P1", DAY).id)
    steps.run(app, steps.accept(app, invoice("GS-1", phones=1, preceding="RE-1", day=20), "back.xml", "P1", DAY).id)
    old = steps.run(app, steps.accept(app, invoice("RE-3", phones=4, day=30), "old.xml", "P1", DAY).id)
    (new,) = steps.supersede(app, old.id, [(invoice("RE-3", phones=2, day=30), "new.xml")], DAY, "P1")
    steps.run(app, new.id)
    with app.engine.begin() as conn:
        accounts.append(conn, payment("P1", "7", Decimal("100.00")), dt.datetime.now(dt.UTC))
        accounts.settle(conn, "P1", dt.datetime.now(dt.UTC), covered=False)
    yield app
    app.close()


def _statement(app: App, first: dt.date, last: dt.date) -> Statement:
    with reading(app.engine) as conn:
        partner = partners.partner(conn, "P1")
        assert partner is not None
        return statement(conn, partner, first, last)


def _this(app: App) -> Statement:
    today = dt.datetime.now(BERLIN).date()
    return _statement(app, today - dt.timedelta(days=1), today + dt.timedelta(days=1))


def test_it_adds_up_to_the_ledger(app: App) -> None:
    of = _this(app)
    assert (of.opening, of.earned, of.taken_back, of.paid) == (
        Decimal(0), (3 + 9 + 4 + 2) * Decimal(14), -5 * Decimal(14), Decimal(100),
    )  # fmt: skip
    assert of.closing == of.opening + of.earned + of.taken_back - of.paid == 13 * Decimal(14) - 100
    assert of.held == of.closing
    for one in of.movements:
        assert one.document_id is None or one.amount == sum((unit.amount for unit in one.units), Decimal(0))
    with reading(app.engine) as conn:
        assert [one.key for one in of.movements] == [one.entry.key for one in journal.booked(conn)]
        assert accounts.owed(conn, "P1") == of.closing


def test_each_amount_is_traced_to_document_page_line_model_and_rate(app: App) -> None:
    first, *_ = _this(app).movements
    (unit,) = first.units
    assert (first.number, first.file_name, first.memo) == ("RE-1", "one.xml", "bonus")
    assert (unit.page, unit.line, unit.model, unit.quantity, unit.bonus_each) == (1, "1", "D785", 3, Decimal("14.00"))


def test_a_day_begins_and_ends_at_midnight_in_berlin(app: App) -> None:
    """In winter 23:00 UTC, in summer 22:00; the entries of one day lie before the next one's opening balance."""
    moments = ["2026-03-28 22:59:59.999999", "2026-03-28 23:00:00", "2026-03-29 21:59:59", "2026-03-29 22:00:00"]
    moments += ["2026-10-25 22:59:59", "2026-10-25 23:00:00"]
    with app.engine.begin() as conn:
        for table in ("entries",):
            if conn.dialect.name == "postgresql":
                conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            else:
                conn.execute(text(f"DROP TRIGGER {table}_no_update"))
        for position in range(1, 9):
            at = dt.datetime.fromisoformat(moments[min(position, len(moments)) - 1]).replace(tzinfo=dt.UTC)
            value = at if conn.dialect.name == "postgresql" else f"{at:%Y-%m-%d %H:%M:%S.%f}"
            conn.execute(
                text("UPDATE entries SET booked_at = :at WHERE position = :one"), {"at": value, "one": position}
            )
    days = [
        dt.date(2026, 3, 28),
        dt.date(2026, 3, 29),
        dt.date(2026, 3, 30),
        dt.date(2026, 10, 25),
        dt.date(2026, 10, 26),
    ]
    each = [_statement(app, day, day) for day in days]
    assert [[one.position for one in of.movements] for of in each] == [[1], [2, 3], [4], [5], [6, 7, 8]]
    assert all(before.closing == after.opening for before, after in pairwise(each))
    assert all(one.day == of.first for of in each for one in of.movements)


def test_what_others_wrote_is_no_formula_and_no_markup(app: App) -> None:
    of = _this(app)
    rows = list(csv.reader(io.StringIO(statements.as_csv(of))))
    assert rows[0] == list(statements.COLUMNS)
    assert rows[2][5] == f"'{HOSTILE}"
    assert rows[1][12] == "42.00"
    page = statements.html(of, "de", DAY)
    assert "=cmd|&#39; /C calc&#39;!A0 &lt;b&gt;.xml" in page
    assert "<b>" not in page
    with zipfile.ZipFile(io.BytesIO(statements.xlsx(of, "en"))) as book:
        sheet, strings = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=cmd|" in strings
    assert "<v>42</v>" in sheet


SAID = {
    "de": ("Bonusabrechnung", "252,00\xa0€", "-70,00\xa0€", "82,00\xa0€"),
    "en": ("Bonus statement", "€252.00", "-€70.00"),
}


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_pdf_says_the_amounts_in_both_languages(app: App, language: statements.Language) -> None:
    with pypdfium2.PdfDocument(statements.pdf(_this(app), language, DAY)) as made:
        page = made[0].get_textpage()
        said = page.get_text_range()
        page.close()
    assert [words for words in SAID[language] if words.replace("\xa0", " ") not in said.replace("\xa0", " ")] == []


def test_a_process_that_made_a_pdf_still_refuses_pictures_that_are_cut_off(app: App) -> None:
    statements.pdf(_this(app), "de", DAY)
    with pytest.raises(Unreadable):
        images.frame(encoded(gray(INVOICE, 100), "JPEG")[:-900], 1)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (dt.date(2026, 1, 1), None, Q1),
        (None, dt.date(2026, 3, 31), Q1),
        (dt.date(2026, 10, 1), None, (dt.date(2026, 10, 1), dt.date(2026, 12, 31))),
        (dt.date(2026, 5, 7), dt.date(2026, 5, 9), (dt.date(2026, 5, 7), dt.date(2026, 5, 9))),
    ],
)
def test_the_usual_period_is_a_quarter(
    first: dt.date | None, last: dt.date | None, days: tuple[dt.date, dt.date]
) -> None:
    assert statements.period(first, last) == days


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(NotThere):
        statements.period(dt.date(2026, 2, 1), dt.date(2026, 1, 1))


def test_the_command_writes_each_form(tmp_path: Path) -> None:
    app = opened(tmp_path)
    steps.run(app, steps.accept(app, invoice("RE-1"), "one.xml", "P1", DAY).id)
    options = ["--data", str(app.settings.data), "--rulebook", str(app.rulebook_folder)]
    app.close()
    begins = {"pdf": b"%PDF", "xlsx": b"PK", "html": b"<!doctype", "csv": b"\xef\xbb\xbfposition", "json": b"{"}
    for suffix, begin in begins.items():
        file = tmp_path / f"statement.{suffix}"
        done = CliRunner().invoke(command, ["ledger", "statement", "P1", "--output", str(file), *options])
        assert done.exit_code == 0, done.output
        assert file.read_bytes().startswith(begin)
    said = CliRunner().invoke(command, ["ledger", "statement", "P1", "--json", *options]).stdout
    assert json.loads(said)["closing"] == "42.00"
    assert "42.00" in CliRunner().invoke(command, ["ledger", "statement", "P1", *options]).stdout
