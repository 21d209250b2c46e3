"""Statements as people and programs get them: HTML, PDF, CSV and XLSX, in German and English.

Text of others (names of partners, files and invoices) is never taken for a formula or for markup.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel.dates import format_date
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import ImageFile

from model.money import money
from model.statement import Movement, Statement, Unit
from portal.inputs import NotThere
from runtime.app import App
from store import partners
from store import statements as stored
from store.engine import reading
from workers.settling import today

Language = Literal["de", "en"]
Form = Literal["html", "pdf", "csv", "xlsx", "json"]

WORDS: dict[Language, dict[str, str]] = {
    "de": {
        "title": "Bonusabrechnung", "programme": "Partnerprogramm", "page": "Seite", "of": "von", "partner": "Partner",
        "vat": "USt-IdNr.", "made": "Erstellt am", "opening": "Anfangssaldo", "earned": "Gutgeschrieben",
        "taken_back": "Zurückgenommen", "paid": "Ausgezahlt", "closing": "Endsaldo", "held": "davon zurückgehalten",
        "day": "Tag", "what": "Vorgang", "line": "Stelle", "quantity": "Menge", "rate": "Satz", "amount": "Betrag",
        "invoice": "Rechnung", "bonus": "Bonus", "correction": "Korrektur", "reversal": "Storno",
        "returned": "Rückgabe",
        "hold": "Zurückgehalten", "release": "Freigegeben", "payment": "Auszahlung", "return": "Rückläufer",
        "nothing": "In diesem Zeitraum wurde nichts gebucht.", "on_page": "S. {page}, Pos. {line}",
        "on_line": "Pos. {line}",
        "legend": "Alle Beträge in EUR. Jeder Betrag nennt Beleg, Seite, Position, Modell und Satz. Zurückgehalten "
        "wird, was offen ist, solange kein Schulungszertifikat gilt; es wird mit dem nächsten freigegeben.",
    },
    "en": {
        "title": "Bonus statement", "programme": "Partner programme", "page": "Page", "of": "of", "partner": "Partner",
        "vat": "VAT ID", "made": "Made on", "opening": "Opening balance", "earned": "Credited",
        "taken_back": "Taken back", "paid": "Paid", "closing": "Closing balance", "held": "of which held",
        "day": "Day", "what": "What", "line": "Where", "quantity": "Quantity", "rate": "Rate", "amount": "Amount",
        "invoice": "invoice", "bonus": "Bonus", "correction": "Correction", "reversal": "Reversal",
        "returned": "Return", "hold": "Held",
        "release": "Released", "payment": "Payment", "return": "Returned payment",
        "nothing": "Nothing was booked in this period.", "on_page": "p. {page}, line {line}", "on_line": "line {line}",
        "legend": "All amounts in EUR. Each names its document, page, line, model and rate. What is owed is held while "
        "no training certificate is valid, and released with the next one.",
    },
}  # fmt: skip
LOCALES: dict[Language, str] = {"de": "de_DE", "en": "en_GB"}
COLUMNS = (
    "position", "key", "day", "memo", "document_id", "file_name", "number", "page", "line", "model", "quantity",
    "bonus_each", "amount", "moved",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def find(app: App, partner_id: str, first: dt.date | None, last: dt.date | None) -> Statement:
    """Return the statement of a partner; without days that of the quarter that is under way. Errors: NotThere."""
    begin, end = period(first, last)
    with reading(app.engine) as conn:
        partner = partners.partner(conn, partner_id)
        if partner is None:
            raise NotThere(f"There is no partner {partner_id}.")
        return stored.statement(conn, partner, begin, end)


def period(first: dt.date | None, last: dt.date | None) -> tuple[dt.date, dt.date]:
    """Return the days of a statement: those given, else the quarter of the one given, or of today. Errors: NotThere."""
    known = first or last or today()
    begin = first or dt.date(known.year, (known.month - 1) // 3 * 3 + 1, 1)
    following = dt.date(begin.year + begin.month // 10, (begin.month + 2) // 3 * 3 % 12 + 1, 1)
    end = last or following - dt.timedelta(days=1)
    if end < begin:
        raise NotThere(f"A statement cannot end on {end} before it begins on {begin}.")
    return begin, end


def html(of: Statement, language: Language, made_on: dt.date) -> str:
    """Return a statement as a page that needs nothing else."""
    words, partner = WORDS[language], of.partner

    def in_euros(amount: Decimal) -> str:
        return format_currency(amount, "EUR", locale=LOCALES[language])

    place = f"{partner.postal_code or ''} {partner.city or ''}".strip()
    made: str = _page().render(
        statement=of,
        language=language,
        words=words,
        made_on=made_on,
        address="\n".join(filter(None, (partner.name, partner.street, place))),
        money=in_euros,
        day=lambda day: format_date(day, "medium", locale=LOCALES[language]),
        place=lambda unit: _place(unit, words),
    )
    return made


def pdf(of: Statement, language: Language, made_on: dt.date) -> bytes:
    """Return a statement as a PDF on A4. The renderer may fetch nothing, neither files nor addresses."""
    from weasyprint import HTML  # noqa: PLC0415 (slow: only who asks for a PDF loads it)

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # importing WeasyPrint sets it, and uploads cut off would then be accepted

    def refuse(url: str, *_: Any, **__: Any) -> dict[str, Any]:
        raise ValueError(f"a statement refers to nothing: {url}")

    made: bytes = HTML(string=html(of, language, made_on), url_fetcher=refuse).write_pdf()
    return made


def as_csv(of: Statement) -> str:
    """Return a statement as CSV with a heading: one line for each unit, or for a movement without any.

    Amounts are plain numbers with a point. What could be taken for a formula gets an apostrophe before it (OWASP, CSV
    injection).
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(of):
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def xlsx(of: Statement, language: Language) -> bytes:
    """Return a statement as a workbook: numbers and dates are such, text is nothing but text."""
    from xlsxwriter import Workbook  # noqa: PLC0415 (only who asks for a workbook loads it)

    made, words = io.BytesIO(), WORDS[language]
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(made, options) as book:
        sheet = book.add_worksheet(words["title"])
        bold, euros = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sums = (("opening", of.opening), ("earned", of.earned), ("taken_back", of.taken_back), ("paid", -of.paid),
                ("closing", of.closing), ("held", of.held))  # fmt: skip
        sheet.write_string(0, 0, of.partner.name, bold)
        sheet.write_datetime(0, 2, _moment(of.first), date)
        sheet.write_datetime(0, 3, _moment(of.last), date)
        for place, (name, amount) in enumerate(sums, 1):
            sheet.write_string(place, 0, words[name])
            sheet.write_number(place, 2, float(amount), euros)
        head = len(sums) + 2
        for column, name in enumerate(COLUMNS):
            sheet.write_string(head, column, name, bold)
        for place, row in enumerate(rows(of), head + 1):
            for column, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    sheet.write_number(place, column, float(cell), euros)
                elif isinstance(cell, int):
                    sheet.write_number(place, column, cell)
                elif isinstance(cell, dt.date):
                    sheet.write_datetime(place, column, _moment(cell), date)
                elif cell is not None:
                    sheet.write_string(place, column, cell)
        sheet.freeze_panes(head + 1, 0)
        sheet.autofit()
    return made.getvalue()


def as_json(of: Statement) -> dict[str, Any]:
    """Return a statement as JSON; amounts are decimal strings."""
    told = of.model_dump(mode="json", exclude={"partner"})
    sums = {"earned": of.earned, "taken_back": of.taken_back, "paid": of.paid}
    return {"partner_id": of.partner.id, **told, **{name: money(amount) for name, amount in sums.items()}}


def rows(of: Statement) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of CSV and workbook, as COLUMNS: text, Decimal, int, date or None."""
    for one in of.movements:
        if not one.units:
            yield (*_start(one), None, None, None, None, None, one.amount, one.moved)
        for unit in one.units:
            yield (*_start(one), unit.page, unit.line, unit.model, unit.quantity, unit.bonus_each, unit.amount, None)


def _start(one: Movement) -> tuple[Any, ...]:
    return one.position, one.key, one.day, one.memo, one.document_id, one.file_name, one.number


def _place(unit: Unit, words: dict[str, str]) -> str:
    if not unit.line:
        return ""
    return words["on_line" if unit.page is None else "on_page"].format(page=unit.page, line=unit.line)


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _moment(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


@cache
def _page() -> Any:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("statement.html")
