"""The pages of a partner: upload, what became of each invoice, balance, status."""

import datetime as dt
from itertools import groupby
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from pipeline.intake import MAX_BYTES
from portal import noticing, standings, statements, uploading
from portal.access import PARTNER, By, access
from portal.api import summary
from portal.explained import explained
from portal.inputs import NotThere
from portal.owning import owned
from portal.pages import language_of, page
from portal.pictures import Pictures
from portal.problems import Problem
from portal.rows import rows_of
from portal.uploading import Ring
from programme.tiers import last_day
from runtime.app import App
from store import documents, rulebooks
from store.engine import reading
from workers.settling import today

ROWS = 25
"""Invoices on one page of the list."""
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
        return page(
            request, "invoices.html", left=uploading.left(app, by.partner), **shown,
            certificate_ends=lambda: noticing.near(told.standing.certified_until, on),
        )  # fmt: skip

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
        return explained(app, pictures, request, document_id, by.partner)


def _money(made: FastAPI, app: App) -> None:
    @made.get("/balance", openapi_extra=access(PARTNER), include_in_schema=False)
    def balance(request: Request, by: By, first: dt.date | None = None, last: dt.date | None = None) -> Response:
        """Show the balance and what moved it, in a quarter or other days."""
        of = _statement(app, by.partner, first, last)
        return page(
            request, "balance.html", of=of, words=statements.WORDS[language_of(request)], before=_quarter(of.first),
            months=[(month, list(moved)) for month, moved in groupby(of.movements, lambda one: one.day.replace(day=1))],
        )  # fmt: skip

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
        with reading(app.engine) as conn:
            products = rulebooks.live(conn, app.rulebook).catalogue.products
        rates = [(one.model, rate) for one in products if one.bonus_eligible for rate in one.rates if rate.covers(on)]
        certificates = [(one, last_day(one)) for one in stands.certificates]
        return page(request, "status.html", told=told, on=on, certificates=certificates, rates=rates, **sentences)


def _statement(app: App, partner_id: str, first: dt.date | None, last: dt.date | None) -> Any:
    try:
        return statements.find(app, partner_id, first, last)
    except NotThere as error:
        raise Problem("bad_request") from error


def _quarter(first: dt.date) -> tuple[dt.date, dt.date]:
    """Return the days of the quarter before a day."""
    return statements.period(None, first - dt.timedelta(days=1))
