"""`cashback ledger statement`: a statement on the terminal, on standard output or in a file."""

import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType

from model.money import money
from model.statement import Statement
from portal import printing, statements
from portal.inputs import NotThere
from portal.statements import WORDS, Form, Language
from runtime.app import App
from workers.settling import today

_FORMS: tuple[Form, ...] = ("html", "pdf", "csv", "xlsx", "json")
_BINARY = frozenset({"pdf", "xlsx"})


def find(app: App, partner_id: str, first: dt.datetime | None, last: dt.datetime | None) -> Statement:
    """Return the statement that the options choose. Errors: NotThere."""
    return statements.find(app, partner_id, first.date() if first else None, last.date() if last else None)


def form(given: str | None, output: Path | None, *, as_json: bool) -> Form | None:
    """Return the form that is wanted: as said, or by the name of the file; None: a table. Errors: NotThere."""
    named = output.suffix.removeprefix(".").lower() if output else None
    wanted = given or ("json" if as_json else named)
    if wanted is None:
        return None
    found = next((one for one in _FORMS if one == wanted), None)
    if found is None:
        raise NotThere(f"{output}: a statement is written as {', '.join(_FORMS)}; --format says which.")
    return found


def write(of: Statement, wanted: Form, language: Language, output: Path | None) -> None:
    """Write a statement to a file, or to standard output. Errors: NotThere where a terminal cannot show it, OSError."""
    if output is None and wanted in _BINARY and sys.stdout.isatty():
        raise NotThere(f"A terminal cannot show {wanted.upper()}: --output FILE writes it there.")
    made = _made(of, wanted, language)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(made)
    else:
        output.write_bytes(made)


def told(of: Statement, language: Language) -> Iterator[RenderableType]:
    """Yield what people see on the terminal."""
    words = WORDS[language]
    heads = (words["day"], words["what"], words["invoice"], words["line"], ">" + words["amount"])
    rows = []
    for one in of.movements:
        units = ", ".join(f"{unit.quantity} x {unit.model}" for unit in one.units)
        amount = one.amount if one.amount or not one.moved else one.moved
        rows.append((one.day.isoformat(), words[one.memo], one.number or "", units, money(amount)))
    title = f"{words['title']} {of.partner.id} {of.partner.name}, {of.first} - {of.last}"
    yield printing.table(title, heads, rows)
    yield ""
    sums = [("opening", of.opening), ("earned", of.earned), ("taken_back", of.taken_back), ("paid", -of.paid)]
    lines = [(words[name], money(amount)) for name, amount in [*sums, ("closing", of.closing), ("held", of.held)]]
    yield printing.table("", ("", ">EUR"), lines)


def _made(of: Statement, wanted: Form, language: Language) -> bytes:
    match wanted:
        case "html":
            return statements.html(of, language, today()).encode()
        case "pdf":
            return statements.pdf(of, language, today())
        case "csv":
            return statements.as_csv(of).encode("utf-8-sig")
        case "xlsx":
            return statements.xlsx(of, language)
        case "json":
            return (json.dumps(statements.as_json(of), ensure_ascii=False) + "\n").encode()
