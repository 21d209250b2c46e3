"""The audit: who did what, when and why, with the value before and after; to be filtered, and given out as a file."""

import csv
import io
from collections.abc import Iterator

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from portal.access import ADMIN, access
from portal.admin import admin_page
from programme.exchange import safe
from runtime.app import App
from store import audit, checks, sealing
from store.audit import Act
from store.engine import reading

ROWS = 100
"""Acts on one page."""
_AT_ONCE = 1000
COLUMNS = ("position", "at", "who", "what", "about", "why", "old", "new")


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""

    @made.get("/audit", openapi_extra=access(ADMIN), include_in_schema=False)
    def show(request: Request, who: str = "", what: str = "", about: str = "", before: int | None = None) -> Response:
        """Show what was done, the last first."""
        chosen = {"who": who.strip()[:200], "what": what[:200], "about": about.strip()[:200]}
        with reading(app.engine) as conn:
            found = audit.latest(conn, **chosen, before=before, limit=ROWS + 1)
            more = found[ROWS - 1].position if len(found) > ROWS else None
            link = str(request.url.include_query_params(before=more).query) if more else None
            values = {"acts": found[:ROWS], "kinds": audit.kinds(conn), "head": sealing.head(conn), "more": link}
            query = request.url.query
            return admin_page(request, conn, "audit.html", **values, **chosen, query=query, checked=checks.last(conn))

    @made.get("/audit/export.csv", openapi_extra=access(ADMIN), include_in_schema=False)
    def export(who: str = "", what: str = "", about: str = "") -> Response:
        """Give out what was done, the last first; the last line is the head of the seals up to now."""
        with app.engine.begin() as conn:
            head = sealing.seal(conn)
        lines = _lines(app, who.strip(), what, about.strip(), f"{head.position}:{head.hash}")
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _lines(app: App, who: str, what: str, about: str, head: str) -> Iterator[str]:
    before: int | None = None
    yield _line(COLUMNS)
    while True:
        with reading(app.engine) as conn:
            found = audit.latest(conn, who=who, what=what, about=about, before=before, limit=_AT_ONCE)
        yield "".join(map(_row, found))
        if len(found) < _AT_ONCE:
            break
        before = found[-1].position
    yield _line(("head", head))


def _row(act: Act) -> str:
    texts = (act.who, act.what, act.about, act.why, act.old or "", act.new or "")
    return _line((str(act.position), act.at.isoformat(), *map(safe, texts)))


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
