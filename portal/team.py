"""How the team does, and how well values are read: figures and plots over what people decided."""

import datetime as dt

from fastapi import FastAPI, Request, Response

from portal.access import OPERATOR, By, access
from portal.pages import page
from portal.waiting import seconds_now
from runtime.app import App
from store import decisions, lists, rulebooks
from store.engine import reading
from store.lists import View
from workers.settling import BERLIN

DAYS = 30
"""The days that figures are taken over."""
MOST = 12
"""Bars of a plot: those with the highest rates."""


def install(made: FastAPI, app: App) -> None:
    """Add the route."""

    @made.get("/team", openapi_extra=access(OPERATOR), include_in_schema=False)
    def team(request: Request, by: By) -> Response:
        """Show figures of the team, and how often what was read was wrong."""
        now, at = seconds_now(), dt.datetime.now(dt.UTC)
        morning = dt.datetime.combine(at.astimezone(BERLIN).date(), dt.time(), BERLIN)
        since = at - dt.timedelta(days=DAYS)
        with reading(app.engine) as conn:
            groups = lists.groups(conn, View(now, by.person.name), now)
            figures, today = decisions.figures(conn, since), decisions.decided(conn, morning)
            sellers = {one.id: one.name for one in rulebooks.live(conn, app.rulebook).distributors}
            rates = {kind: found[:MOST] for kind, found in decisions.rates(conn, since).items()}
        return page(
            request, "team.html", groups=groups, figures=figures, today=today, rates=rates, days=DAYS, now=now,
            names={"seller_key": sellers, "rung": {}, "source": {}},
        )  # fmt: skip
