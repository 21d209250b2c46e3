"""What the pages of the administration share: their frame, forms with many fields, files that are taken in."""

import datetime as dt
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.datastructures import UploadFile

from portal.access import Caller
from portal.pages import page
from portal.problems import Problem
from store import checks
from workers.settling import today

LARGEST = 10 * 10**6
"""Bytes of a file with a table."""
_LONGEST = 5000
"""Characters of a field."""


def admin_page(request: Request, conn: Connection, name: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """Return a page of the administration, which says above all else if ledger or audit were changed."""
    caller: Caller = request.state.caller
    broken = [one for one in checks.last(conn).values() if one.fault]
    shown = {"broken": broken, "may": caller.person.role == "admin", "me": caller.person.name}
    return page(request, name, status, **(shown | values))


async def _fields(request: Request) -> dict[str, str]:
    """Read the fields of a form; what is left empty is left out."""
    form = await request.form()
    return {key: text.strip()[:_LONGEST] for key, text in form.items() if isinstance(text, str) and text.strip()}


async def _file(request: Request) -> tuple[str, bytes]:
    """Read the one file of a form: its name and its bytes. Errors: Problem."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST:
        raise Problem("too_large")
    sent = (await request.form()).get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise Problem("no_file")
    return sent.filename, await sent.read()


Fields = Annotated[dict[str, str], Depends(_fields)]
"""A parameter of a route: what its form says."""
File = Annotated[tuple[str, bytes], Depends(_file)]
"""A parameter of a route: the file of its form."""


def day_of(text: str | None) -> dt.date:
    """Return the day that a page is asked for, today where it says none. Errors: Problem."""
    if not text:
        return today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Problem("bad_request") from error


def now() -> dt.datetime:
    """Return this moment."""
    return dt.datetime.now(dt.UTC)


def download(text: str, name: str) -> dict[str, Any]:
    """Return what a response with a file to save is made of."""
    kind = "application/json" if name.endswith("json") else "text/csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return {"content": text, "media_type": f"{kind}; charset=utf-8", "headers": headers}
