"""Who may use a route: each says so itself, and one that does not keeps the server from starting.

What a route says is what `guard` lets through; no route looks after that itself.
"""

import datetime as dt
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from portal.problems import Problem
from runtime.app import App
from store import people, tokens
from store.engine import reading
from store.people import Person, Session

PUBLIC, LOCAL, TOKEN = "public", "local", "token"
"""Anybody; a client on this machine; a program with a partner's token."""
SIGNED_IN, PARTNER, OPERATOR, ADMIN = "signed in", "partner", "operator", "admin"
"""Somebody who signed in, in whatever role; a partner; an operator or an admin; an admin."""
_KEY = "x-access"
_ROLES: dict[str, frozenset[str]] = {
    SIGNED_IN: frozenset({"partner", "operator", "admin"}),
    PARTNER: frozenset({"partner"}),
    OPERATOR: frozenset({"operator", "admin"}),
    ADMIN: frozenset({"admin"}),
}
_ALL = frozenset({PUBLIC, LOCAL, TOKEN, *_ROLES})
_HERE = frozenset({"127.0.0.1", "::1", "testclient"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "__Host-session"
"""The cookie of a session: browsers send it to this host alone, and over TLS alone but to their own machine."""
MOST_FIELDS = 20_000
"""Fields of a form: one of an invoice with a thousand lines has some more than five thousand."""
FIELD, HEADER = "csrf", "x-csrf"
"""Where a request says the word of its session: a field of its form, or a header."""


class Undeclared(Exception):
    """Raised at the start for a route that does not say who may use it."""


class SignedOut(Exception):
    """Raised where somebody has to sign in first."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: the partner of a token, or somebody in a session; neither on a public route."""

    partner_id: str | None = None
    session: Session | None = None
    token_id: str | None = None

    @property
    def partner(self) -> str:
        """The partner that a program or a person acts for. Errors: Problem `not_found` for who acts for none."""
        if self.partner_id is None:
            raise Problem("not_found")
        return self.partner_id

    @property
    def person(self) -> Person:
        """Whoever signed in. Errors: SignedOut."""
        if self.session is None:
            raise SignedOut
        return self.session.person


def access(who: str) -> dict[str, Any]:
    """Return what a route says of itself, as its `openapi_extra`."""
    return {_KEY: who}


def declared(route: object) -> str | None:
    """Return what a route says of itself, None for nothing that is known."""
    said = (route.openapi_extra or {}).get(_KEY) if isinstance(route, APIRoute) else None
    return said if said in _ALL else None


def check(made: FastAPI) -> None:
    """Make sure that each route says who may use it. Errors: Undeclared."""
    for route in made.routes:
        if declared(route) is None and getattr(route, "path", None) != made.openapi_url:
            raise Undeclared(getattr(route, "path", str(route)))


def guard(app: App) -> Callable[[Request], Any]:
    """Return what lets a request through to its route, or does not, and notes who makes it. For all routes."""

    async def let_through(request: Request) -> None:
        who = declared(request.scope["route"])
        request.state.caller = Caller()
        if who == PUBLIC:
            return
        if who == LOCAL:
            if request.client is None or request.client.host not in _HERE:
                raise Problem("not_found")
        elif who == TOKEN:
            request.state.caller = await run_in_threadpool(_of_token, app, request)
        else:
            request.state.caller = await _signed_in(app, request, _ROLES[who or ADMIN])

    return let_through


def caller(request: Request) -> Caller:
    """Return who makes a request that was let through."""
    found: Caller = request.state.caller
    return found


By = Annotated[Caller, Depends(caller)]
"""A parameter of a route: who makes the request."""


def current(app: App, request: Request) -> Session | None:
    """Return the session that a request belongs to, and write down that it was used; None: there is none."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    at = dt.datetime.now(dt.UTC)
    with reading(app.engine) as conn:
        found = people.session(conn, token, at)
    if found is None:
        return None
    if found[1]:
        with app.engine.begin() as conn:
            people.use(conn, found[0], at)
    return found[0]


def is_from_here(request: Request) -> bool:
    """Whether a request that changes something was made by a page of ours, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def says_word(session: Session, word: object) -> bool:
    """Whether a form carries the word of its session."""
    return isinstance(word, str) and hmac.compare_digest(word.encode(), session.csrf.encode())


async def _signed_in(app: App, request: Request, roles: frozenset[str]) -> Caller:
    session = await run_in_threadpool(current, app, request)
    if session is None:
        raise SignedOut
    if request.method not in _SAFE and not (is_from_here(request) and await _carries_word(request, session)):
        raise Problem("forbidden")
    if session.person.role not in roles:
        # A page for others is answered as one that does not exist.
        raise Problem("not_found")
    return Caller(session.person.partner_id, session)


async def _carries_word(request: Request, session: Session) -> bool:
    """Look for the word in a header, or in a form that is short; one with files says it in its address."""
    said: object = request.headers.get(HEADER) or request.query_params.get(FIELD)
    if said is None and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        said = (await request.form(max_fields=MOST_FIELDS)).get(FIELD)
    return says_word(session, said)


def _of_token(app: App, request: Request) -> Caller:
    """Return whose token a request carries, and write down that it was used. Errors: Problem `unauthorised`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem("unauthorised")
    at = dt.datetime.now(dt.UTC)
    with reading(app.engine) as conn:
        found = tokens.find(conn, token.strip())
    if found is None:
        raise Problem("unauthorised")
    if tokens.is_new_use(found, at):
        with app.engine.begin() as conn:
            tokens.use(conn, found, at)
    return Caller(found.partner_id, token_id=found.id)
