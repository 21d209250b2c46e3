"""What operators look through: all documents, by what they hold and by filters, each of which can be dropped."""

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response

from model.state import State
from portal.access import OPERATOR, access
from portal.pages import page
from portal.problems import Problem
from portal.rows import rows_of
from runtime.app import App
from store import documents, rulebooks
from store.engine import reading

ROWS = 50
"""Documents on one page."""
STATES = tuple(state.value for state in State)
FILTERS = ("q", "state", "distributor", "partner", "since", "until")
"""What a search can be narrowed down by, in the order in which it is shown."""


def install(made: FastAPI, app: App) -> None:
    """Add the route."""

    @made.get("/documents", openapi_extra=access(OPERATOR), include_in_schema=False)
    def browse(request: Request, before: int | None = None) -> Response:
        """List documents, the last ones first."""
        given = {name: request.query_params.get(name, "").strip()[:200] for name in FILTERS}
        chosen = {name: value for name, value in given.items() if value}
        days = _day(chosen, "since"), _day(chosen, "until")
        if chosen.get("state", STATES[0]) not in STATES:
            raise Problem("bad_request")
        with reading(app.engine) as conn:
            found = documents.look_up(
                conn,
                chosen.get("q", ""),
                state=State(chosen["state"]) if "state" in chosen else None,
                partner_id=chosen.get("partner"),
                seller=chosen.get("distributor"),
                days=days,
                before=before,
                limit=ROWS + 1,
            )
            rows = rows_of(conn, app, found[:ROWS])
            distributors = {one.id: one.name for one in rulebooks.live(conn, app.rulebook).distributors}
        more = address(chosen | {"before": str(found[ROWS - 1].acceptance)}) if len(found) > ROWS else None
        return page(
            request, "documents.html", found=rows, given=given, states=STATES, more=more,
            dropped={name: address(_without(chosen, name)) for name in chosen},
            by_state={one: address(_without(chosen, "state") | {"state": one}) for one in ("", *STATES)},
            distributors=distributors,
        )  # fmt: skip


def address(chosen: Mapping[str, str]) -> str:
    """Return the address of a search."""
    said = urlencode({name: value for name, value in chosen.items() if value})
    return f"/documents?{said}" if said else "/documents"


def _without(chosen: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in chosen.items() if key != name}


def _day(chosen: Mapping[str, str], name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(chosen[name]) if name in chosen else None
    except ValueError as error:
        raise Problem("bad_request") from error
