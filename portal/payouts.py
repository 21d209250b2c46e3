"""Payouts in two steps: what another system paid is prepared by one admin and booked by another one."""

import tempfile
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from portal import paying
from portal.access import ADMIN, By, access
from portal.admin import Fields, File, admin_page, now
from portal.paying import PaymentsInvalid
from portal.problems import Problem
from runtime.app import App
from store import partners, payments
from store.engine import reading

ROWS = 50
"""Lists on one page."""


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""

    @made.get("/payouts", openapi_extra=access(ADMIN), include_in_schema=False)
    def show(request: Request) -> Response:
        """List what was prepared, booked and refused, the last first."""
        return _shown(app, request)

    @made.post("/payouts", openapi_extra=access(ADMIN), include_in_schema=False)
    def prepare(request: Request, by: By, file: File) -> Response:
        """Prepare the payments of a file."""
        name, data = file
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / ("payments.json" if name.lower().endswith(".json") else "payments.csv")
            kept.write_bytes(data)
            try:
                prepared = paying.prepare(app, kept, by.person.name)
            except (PaymentsInvalid, UnicodeDecodeError) as error:
                told = error.faults if isinstance(error, PaymentsInvalid) else (str(error),)
                return _shown(app, request, faults=[one.replace(str(kept), name) for one in told])
        return _shown(app, request, warnings=prepared.warnings, skipped=prepared.skipped)

    @made.post("/payouts/{list_id}/{act}", openapi_extra=access(ADMIN), include_in_schema=False)
    def decide(request: Request, list_id: str, act: str, by: By, fields: Fields) -> Response:
        """Book a list that another person prepared, or refuse it."""
        try:
            _decide(app, list_id, act, by.person.name, fields.get("why", ""))
        except payments.SamePerson:
            return _shown(app, request, refused="own")
        except payments.Decided:
            return _shown(app, request, refused="closed")
        return RedirectResponse("/payouts", 303)


def _decide(app: App, list_id: str, act: str, who: str, why: str) -> None:
    """Decide on a list. Errors: payments.SamePerson, payments.Decided, Problem."""
    try:
        with app.engine.begin() as conn:
            if act == "book":
                payments.book(conn, list_id, who, now())
            elif act == "refuse":
                payments.refuse(conn, list_id, who, why, now())
            else:
                raise Problem("not_found")
    except LookupError as error:
        raise Problem("not_found") from error


def _shown(
    app: App, request: Request, *, faults: list[str] | None = None, refused: str | None = None,
    warnings: tuple[str, ...] = (), skipped: int = 0,
) -> Response:  # fmt: skip
    with reading(app.engine) as conn:
        lists = payments.latest(conn, ROWS)
        ids = {payment.partner_id for one in lists for payment in one.payments}
        names = {one.id: one.name for one in partners.some(conn, ids)}
        status = 409 if refused else 422 if faults else 200
        told = {"faults": faults or [], "refused": refused, "warnings": warnings, "skipped": skipped}
        return admin_page(request, conn, "payouts.html", status, lists=lists, names=names, **told)
