"""The pages of a partner: upload, what became of each invoice, balance, status."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import Connection

from model.invoice import Invoice
from model.judgement import Judgement
from model.ledger import Accrual
from model.money import ZERO
from model.reading import Reading
from model.state import OUTCOMES, State
from pipeline.intake import MAX_BYTES
from portal import standings, statements, uploading
from portal.access import PARTNER, By, access
from portal.api import owned, summary
from portal.inputs import NotThere
from portal.jsonout import Json
from portal.pages import language_of, page
from portal.partner_view import partner_view
from portal.pictures import Pictures, drawn
from portal.problems import Problem
from portal.uploading import Ring
from programme.tiers import last_day
from runtime.app import App
from store import accounts, documents, results
from store.documents import UNFINISHED, Document
from store.engine import reading
from validators.sentences import Language
from workers.settling import today

ROWS = 25
"""Invoices on one page of the list."""
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STAGES = (State.RECEIVED, State.READ, State.EXTRACTED)
"""What a document on its way goes through before its decision."""


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice of the list; what was not read yet is None."""

    document: Document
    seller: str | None
    number: str | None
    earned: Decimal

    @property
    def stage(self) -> int:
        """How many stages are behind a document on its way."""
        return STAGES.index(self.document.state) + 1 if self.document.state in STAGES else len(STAGES)

    @property
    def is_moving(self) -> bool:
        """Whether its decision is still to come."""
        return self.document.state in UNFINISHED


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice as its partner sees it: what it earned, or nothing."""

    identifier: str
    name: str
    quantity: str
    model: str | None = None
    each: Decimal | None = None
    amount: Decimal | None = None


def install(made: FastAPI, app: App, ring: Ring, pictures: Pictures) -> None:
    """Add the routes; `ring` wakes workers after an upload."""
    _uploads(made, app, ring)
    _invoices(made, app)
    _invoice(made, app, pictures)
    _money(made, app)


def _uploads(made: FastAPI, app: App, ring: Ring) -> None:
    @made.post("/documents", openapi_extra=access(PARTNER), include_in_schema=False)
    async def upload(request: Request, by: By) -> Response:
        """Take one file; a browser without script is sent to the page of its invoice."""
        document = await uploading.take(app, ring, request, by.partner)
        address = f"/invoices/{document.id}"
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(address, 303)
        return JSONResponse(summary(document) | {"links": {"self": address}}, 202, {"Location": address})


def _invoices(made: FastAPI, app: App) -> None:
    @made.get("/invoices", openapi_extra=access(PARTNER), include_in_schema=False)
    def invoices(request: Request, by: By, before: str | None = None) -> Response:
        """Show upload, list, balance and status."""
        on = today()
        with reading(app.engine) as conn:
            last = None if before is None else owned(conn, before, by.partner)
            found = documents.latest(conn, by.partner, before=last, limit=ROWS + 1)
            rows = rows_of(conn, app, found[:ROWS])
        told = standings.one(app, by.partner, on)
        more = f"/invoices?before={found[ROWS - 1].id}" if len(found) > ROWS else None
        shown = {"rows": rows, "more": more, "earlier": last is not None, "told": told, "largest": MAX_BYTES // 10**6}
        return page(request, "invoices.html", left=uploading.left(app, by.partner), **shown)

    @made.get("/invoices/moving", openapi_extra=access(PARTNER), include_in_schema=False)
    def moving(request: Request, by: By, ids: str = "") -> Response:
        """Show the rows of these invoices as they are now: a part of the list."""
        wanted = [one for one in ids.split(",") if one][:ROWS]
        with reading(app.engine) as conn:
            rows = rows_of(conn, app, tuple(owned(conn, one, by.partner) for one in wanted))
        return page(request, "rows.html", rows=rows)


def _invoice(made: FastAPI, app: App, pictures: Pictures) -> None:
    @made.get("/invoices/{document_id}", openapi_extra=access(PARTNER), include_in_schema=False)
    def invoice(request: Request, document_id: str, by: By) -> Response:
        """Show what became of one invoice, and why."""
        with reading(app.engine) as conn:
            document = owned(conn, document_id, by.partner)
            (row,) = rows_of(conn, app, (document,))
            read = results.reading(conn, document_id)
            judged = results.judgement(conn, document_id) if document.state in OUTCOMES else None
            steps = documents.steps(conn, document_id)
            successors = documents.successors(conn, document_id) if document.state is State.SUPERSEDED else ()
            booked = accounts.booked(conn, document_id)
        reasons = _reasons(judged, read, language_of(request)) if document.state is not State.APPROVED else []
        numbers = sorted({place["page"] for reason in reasons for place in reason["evidence"] if "box" in place})
        shown = {"row": row, "steps": steps, "successors": successors, "reasons": reasons}
        return page(
            request, "invoice.html", **shown, pictures=dict(drawn(pictures, document, numbers)),
            lines=_lines(read.invoice if read else None, booked),
        )  # fmt: skip


def _money(made: FastAPI, app: App) -> None:
    @made.get("/balance", openapi_extra=access(PARTNER), include_in_schema=False)
    def balance(request: Request, by: By, first: dt.date | None = None, last: dt.date | None = None) -> Response:
        """Show the balance and what moved it, in a quarter or other days."""
        of = _statement(app, by.partner, first, last)
        return page(
            request, "balance.html", of=of, words=statements.WORDS[language_of(request)], before=_quarter(of.first)
        )

    @made.get("/balance/statement.{form}", openapi_extra=access(PARTNER), include_in_schema=False)
    def statement(
        request: Request, form: str, by: By, first: dt.date | None = None, last: dt.date | None = None
    ) -> Response:
        """Give out a statement to be printed or read by a program."""
        of = _statement(app, by.partner, first, last)
        match form:
            case "pdf":
                written, kind = statements.pdf(of, language_of(request), today()), "application/pdf"
            case "csv":
                written, kind = statements.as_csv(of).encode("utf-8-sig"), "text/csv; charset=utf-8"
            case "xlsx":
                written, kind = statements.xlsx(of, language_of(request)), _WORKBOOK
            case _:
                raise Problem("not_found")
        name = f"statement-{of.first}-{of.last}.{form}"
        return Response(written, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    @made.get("/status", openapi_extra=access(PARTNER), include_in_schema=False)
    def status(request: Request, by: By) -> Response:
        """Show tier, certificates, and what is missing for the next tier."""
        on = today()
        told = standings.one(app, by.partner, on)
        language, stands = language_of(request), told.standing
        sentences = {
            name: [standings.sentence(one, language) for one in notices]
            for name, notices in (("warnings", stands.warnings), ("lapses", stands.lapses), ("missing", stands.missing))
        }
        certificates = [(one, last_day(one)) for one in stands.certificates]
        return page(request, "status.html", told=told, on=on, certificates=certificates, **sentences)


def _statement(app: App, partner_id: str, first: dt.date | None, last: dt.date | None) -> Any:
    try:
        return statements.find(app, partner_id, first, last)
    except NotThere as error:
        raise Problem("bad_request") from error


def _quarter(first: dt.date) -> tuple[dt.date, dt.date]:
    """Return the days of the quarter before a day."""
    return statements.period(None, first - dt.timedelta(days=1))


def rows_of(conn: Connection, app: App, found: tuple[Document, ...]) -> list[Row]:
    """Return documents with their sellers and what they earned."""
    earned = accounts.earned(conn, [one.id for one in found])
    heads = results.heads(conn, [one.id for one in found])
    names = {one.id: one.name for one in app.rulebook.distributors}
    rows = []
    for one in found:
        seller, number = heads.get(one.id, (None, None))
        rows.append(Row(one, names.get(one.seller_key or "", seller), number, earned.get(one.id, ZERO)))
    return rows


def _reasons(judged: Judgement | None, read: Reading | None, language: Language) -> list[Json]:
    """Return the reasons, first those that a correction cannot heal."""
    told = partner_view(judged.reasons if judged else (), read, language)
    return sorted(told, key=lambda reason: reason["severity"] != "reject")


def _lines(invoice: Invoice | None, booked: Iterable[Accrual]) -> list[Line]:
    """Return the lines of an invoice, each with what is booked for it."""
    if invoice is None:
        return []
    earned = {one.line: one for one in booked}
    lines = []
    for index, line in enumerate(invoice.lines):
        one = earned.get(index)
        told = (one.model, one.bonus_each, one.quantity * one.bonus_each) if one else (None, None, None)
        quantity = "" if line.quantity is None else f"{line.quantity.normalize():f}"
        lines.append(Line(line.identifier or str(index + 1), line.item_name or "", quantity, *told))
    return lines
