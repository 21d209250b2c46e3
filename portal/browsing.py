"""What operators look through: all documents, by state, and by number, partner or id."""

from fastapi import FastAPI, Request, Response

from model.state import State
from portal.access import OPERATOR, access
from portal.pages import page
from portal.problems import Problem
from portal.rows import rows_of
from runtime.app import App
from store import documents
from store.engine import reading

ROWS = 50
"""Documents on one page."""
STATES = tuple(state.value for state in State)


def install(made: FastAPI, app: App) -> None:
    """Add the route."""

    @made.get("/documents", openapi_extra=access(OPERATOR), include_in_schema=False)
    def browse(request: Request, state: str = "", q: str = "", before: int | None = None) -> Response:
        """List documents, the last ones first."""
        if state and state not in STATES:
            raise Problem("bad_request")
        wanted = State(state) if state else None
        with reading(app.engine) as conn:
            found = documents.search(conn, q.strip()[:200], state=wanted, before=before, limit=ROWS + 1)
            rows = rows_of(conn, app, found[:ROWS])
        last = found[ROWS - 1].acceptance if len(found) > ROWS else None
        more = str(request.url.include_query_params(before=last).query) if last else ""
        shown = {"found": rows, "state": state, "states": STATES, "q": q}
        return page(request, "documents.html", more=f"/documents?{more}" if more else None, **shown)
