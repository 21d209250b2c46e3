"""The lists of operators: what waits for a person, what was rejected without one, and the way through them.

Filters and order stand in the address, together with the second at which the list was opened. A document that is opened
from a list keeps that address and its place in it: that is its walk, and what comes next is the next in it.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_args
from urllib.parse import parse_qsl, quote, unquote, urlencode

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse

from portal import jsonout
from portal.access import OPERATOR, By, access
from portal.pages import language_of, page
from portal.pictures import Pictures, drawn
from portal.problems import Problem
from portal.reviewing import visible
from runtime.app import App
from store import lists, results, rulebooks, waiting
from store.engine import reading
from store.lists import DAY, ORDERS, Key, Tab, View
from store.waiting import CLAIM

ROWS = 50
"""Documents on one page of a list."""
AGES, AMOUNTS = (1, 2, 7, 30), (50, 100, 500, 1000)
"""Days and euros that a list can be filtered by."""
WALK = "walk"
"""The cookie that keeps the walk of the document opened last, for forms that say nothing of it."""
_LONGEST = 200


def install(made: FastAPI, app: App, pictures: Pictures) -> None:
    """Add the routes."""
    _lists(made, app)
    _peeking(made, app, pictures)
    _presence(made, app)


def _lists(made: FastAPI, app: App) -> None:
    @made.get("/review", openapi_extra=access(OPERATOR), include_in_schema=False)
    def review(request: Request, by: By) -> Response:
        """List what waits for a person, or what was rejected."""
        now = seconds_now()
        view, given = view_of(request.query_params, by.person.name, now), request.query_params
        after = key_of(given["after"]) if "after" in given else None
        with reading(app.engine) as conn:
            found = lists.page(conn, view, now, after=after, limit=ROWS + 1)
            names = lists.names(conn, {one.partner_id for one in found})
            groups, choices = lists.groups(conn, view, now), lists.choices(conn, view)
        more = address(view, after=spelt(found[ROWS - 1].key)) if len(found) > ROWS else None
        shown = {"rows": found[:ROWS], "names": names, "groups": groups, "choices": choices, "more": more}
        return page(
            request, "queue.html", **shown, **_shared(app, view, now), done=given.get("done"),
            happened=given.get("said"),
            ended="ended" in given, earlier=after is not None, walk=lambda one: walk(view, one.key),
        )  # fmt: skip

    @made.get("/review/counts", openapi_extra=access(OPERATOR), include_in_schema=False)
    def counts(request: Request, by: By) -> Response:
        """Tell how much is in a list now, how much came since it was opened, and who has what open: a part of it."""
        now = seconds_now()
        view = view_of(request.query_params, by.person.name, now)
        with reading(app.engine) as conn:
            shown = {"groups": lists.groups(conn, view, now), "arrived": lists.arrived(conn, view, now)}
            faces = lists.faces(conn, now)
        answer = page(request, "counts.html", **shown, faces=faces, **_shared(app, view, now))
        mark = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers={"ETag": mark})
        answer.headers["ETag"] = mark
        return answer


def _peeking(made: FastAPI, app: App, pictures: Pictures) -> None:
    @made.get("/review/peek/{document_id}", openapi_extra=access(OPERATOR), include_in_schema=False)
    def peek(request: Request, document_id: str, by: By) -> Response:
        """Show the question that a document puts, and its place: a part of the list."""
        document, now = visible(app, document_id, None), seconds_now()
        view = view_of(request.query_params, by.person.name, now)
        with reading(app.engine) as conn:
            read, judged = results.reading(conn, document.id), results.judgement(conn, document.id)
            rows = lists.of(conn, view, now, [document.id])
            names = lists.names(conn, [document.partner_id])
        reasons = [jsonout.reason(one, read, language_of(request)) for one in judged.reasons[:3]] if judged else []
        places = [place for one in reasons for place in one["evidence"] if "box" in place][:1]
        return page(
            request, "peek.html", document=document, row=rows[0] if rows else None, reasons=reasons, places=places,
            pictures=dict(drawn(pictures, document, [place["page"] for place in places])), names=names,
            read=read, walk=walk(view, rows[0].key) if rows else "", **_shared(app, view, now),
        )  # fmt: skip


def _presence(made: FastAPI, app: App) -> None:
    @made.post("/review/{document_id}/seen", openapi_extra=access(OPERATOR), include_in_schema=False)
    def seen(document_id: str, by: By) -> Response:
        """Say that a document still is open; the answer is the name of whoever has it."""
        visible(app, document_id, None)
        with app.engine.begin() as conn:
            holder = waiting.see(conn, document_id, by.person.name, _now())
        return Response(holder, media_type="text/plain")

    @made.post("/review/{document_id}/take", openapi_extra=access(OPERATOR), include_in_schema=False)
    def take(document_id: str, by: By, on: Annotated[str, Form(alias=WALK, max_length=2000)] = "") -> Response:
        """Take a document over that somebody else has open."""
        visible(app, document_id, None)
        with app.engine.begin() as conn:
            waiting.take_over(conn, document_id, by.person.name, _now())
        return RedirectResponse(f"/review/{document_id}?{checked(on, by.person.name)}", 303)


# ---------- views and walks in addresses ----------


def view_of(given: Any, me: str, now: int) -> View:
    """Return the list that an address asks for. Errors: Problem `bad_request`."""
    values: dict[str, Any] = {"at": now, "me": me}
    for name in ("reason", "distributor", "partner", "source"):
        if given.get(name):
            values[name] = given[name][:_LONGEST]
    for name in ("at", "days", "least"):
        if given.get(name):
            values[name] = _number(given[name])
    for name, allowed in (("tab", get_args(Tab)), ("order", ORDERS)):
        if given.get(name):
            if given[name] not in allowed:
                raise Problem("bad_request")
            values[name] = given[name]
    return View(**values | {"mine": bool(given.get("mine"))})


def address(view: View, **changes: Any) -> str:
    """Return a list's query, with some of it changed or added; None leaves a part out."""
    usual = View(0, "")
    parts = {one.name: getattr(view, one.name) for one in fields(view) if one.name != "me"}
    parts = {name: value for name, value in parts.items() if value != getattr(usual, name)} | changes
    said = {name: "1" if value is True else value for name, value in parts.items() if value not in (None, False)}
    return urlencode(said)


def spelt(key: Key) -> str:
    """Return a place in an order as an address names it."""
    return f"{key.first}:{key.second}:{key.document_id}"


def key_of(text: str) -> Key:
    """Return the place that an address names. Errors: Problem `bad_request`."""
    first, _, rest = text.rpartition(":")
    first, _, second = first.rpartition(":")
    return Key(first, _number(second), rest)


def walk(view: View, key: Key) -> str:
    """Return the walk of a document in a list: the list's query and the place."""
    return address(view, place=spelt(key))


def walk_of(request: Request, document_id: str, me: str) -> str:
    """Return the walk on which a document was opened, by its address or the cookie; "" for none."""
    if "place" in request.query_params:
        return checked(str(request.query_params), me)
    kept = unquote(request.cookies.get(WALK, ""))
    return checked(kept, me) if kept.endswith(quote(f":{document_id}", safe="")) else ""


def checked(said: str, me: str) -> str:
    """Return a walk that a form or cookie named, in our own words. Errors: Problem `bad_request`."""
    given = dict(parse_qsl(said))
    return walk(view_of(given, me, seconds_now()), key_of(given["place"])) if "place" in given else ""


def back(app: App, document_id: str, on: str, me: str) -> str:
    """Return a walk as it was at a document that it has left, so that it goes on from there again."""
    now = seconds_now()
    view = view_of(dict(parse_qsl(on)), me, now)
    with reading(app.engine) as conn:
        found = lists.of(conn, view, now, [document_id])
    return walk(view, found[0].key) if found else checked(on, me)


@dataclass(frozen=True, slots=True)
class Next:
    """Where a walk leads: the address of the next document, or of the list's end."""

    address: str
    document_id: str | None


def following(app: App, on: str, me: str) -> Next:
    """Return what comes next on a walk; without one, the most urgent document that waits."""
    now = seconds_now()
    given = dict(parse_qsl(on))
    view = view_of(given, me, now)
    with reading(app.engine) as conn:
        found = lists.following(conn, view, now, key_of(given["place"]) if "place" in given else Key("", -(2**62), ""))
    if found is None:
        return Next(f"/review?{address(view, ended=1)}", None)
    return Next(f"/review/{found.document_id}?{walk(view, found.key)}", found.document_id)


def keep(answer: Response, on: str) -> None:
    """Have the browser keep a walk."""
    if on:
        answer.set_cookie(WALK, quote(on), path="/review", secure=True, httponly=True, samesite="lax")


def seconds_now() -> int:
    """Return this moment in seconds since 1970."""
    return waiting.seconds(_now())


def _shared(app: App, view: View, now: int) -> dict[str, Any]:
    """Return what all parts of a list are shown with."""
    with reading(app.engine) as conn:
        distributors = rulebooks.live(conn, app.rulebook).distributors
    return {
        "view": view,
        "query": address(view),
        "to": lambda **changes: "/review?" + address(view, **({"at": None} | changes)),
        "now": now,
        "DAY": DAY,
        "sellers": {one.id: one.name for one in distributors},
        "orders": ORDERS,
        "ages": AGES,
        "amounts": AMOUNTS,
        "claim": CLAIM,
    }


def _number(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or len(text) > 19:
        raise Problem("bad_request")
    return int(text)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
