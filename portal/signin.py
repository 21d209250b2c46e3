"""Signing in and out, and what a browser keeps: the session, the language, the colours."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from portal import pages, people
from portal.access import COOKIE, PUBLIC, SIGNED_IN, By, SignedOut, access, current, is_from_here
from portal.pages import KEYS, LANGUAGE, SCHEME, page
from portal.problems import Problem
from runtime.app import App
from store import people as stored

HOME = {"partner": "/invoices", "operator": "/review", "admin": "/review"}
"""Where whoever signed in goes first, by role."""
_REMEMBERED = 365 * 24 * 3600
Text = Annotated[str, Form(max_length=1000)]


class Choice(BaseModel):
    """What a browser is to remember, and where to go on."""

    language: Literal["de", "en"] | None = None
    scheme: Literal["light", "dark"] | None = None
    keys: Literal["on", "off"] | None = None
    next: Annotated[str, Field(max_length=1000)] = ""


def install(made: FastAPI, app: App) -> None:
    """Add the routes, and send whoever has to sign in there."""
    _ask_first(made)
    _signing_in(made, app)
    _signing_out(made, app)
    _keeping(made)


def _ask_first(made: FastAPI) -> None:
    @made.exception_handler(SignedOut)
    async def sign_in_first(request: Request, _error: SignedOut) -> Response:
        if "hx-request" in request.headers:
            return Response(status_code=401, headers={"HX-Redirect": "/signin"})
        path = request.url.path
        if request.method != "GET":
            # Whoever was about to decide comes back to that document; other forms have no page of their own.
            path = "/".join(path.split("/")[:3]) if path.startswith("/review/") else ""
        return RedirectResponse(f"/signin?next={quote(path)}" if path else "/signin", 303)


def _signing_in(made: FastAPI, app: App) -> None:
    @made.get("/", openapi_extra=access(PUBLIC), include_in_schema=False)
    def start(request: Request) -> Response:
        """Go where whoever asks belongs."""
        session = current(app, request)
        return RedirectResponse("/signin" if session is None else _home(session), 303)

    @made.get("/signin", openapi_extra=access(PUBLIC), include_in_schema=False)
    def ask(request: Request, next: str = "") -> Response:  # noqa: A002 (the name in the address)
        """Show the form."""
        session = current(app, request)
        if session is not None:
            return RedirectResponse(_home(session), 303)
        return page(request, "signin.html", name="", next=_own(next), wrong=None)

    @made.post("/signin", openapi_extra=access(PUBLIC), include_in_schema=False)
    def sign_in(
        request: Request,
        name: Text = "",
        password: Text = "",
        next: Text = "",  # noqa: A002 (the field's name)
    ) -> Response:
        """Begin a session."""
        if not is_from_here(request):
            raise Problem("forbidden")
        address = request.client.host if request.client else ""
        try:
            session = people.sign_in(app, name, password, address)
        except people.Refused:
            return _again(request, name, next, "wrong", 422)
        except people.TooMany:
            return _again(request, name, next, "too_many", 429)
        answer = RedirectResponse(_own(next) or _home(session), 303)
        answer.set_cookie(COOKIE, session.token, path="/", secure=True, httponly=True, samesite="lax")
        return answer


def _signing_out(made: FastAPI, app: App) -> None:
    @made.post("/signout", openapi_extra=access(SIGNED_IN), include_in_schema=False)
    def sign_out(by: By) -> Response:
        """End the session."""
        if by.session is not None:
            with app.engine.begin() as conn:
                stored.sign_out(conn, by.session)
        answer = RedirectResponse("/signin", 303)
        answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return answer


def _keeping(made: FastAPI) -> None:
    @made.post("/language", openapi_extra=access(PUBLIC), include_in_schema=False)
    def choose(request: Request, choice: Annotated[Choice, Form()]) -> Response:
        """Remember language, colours, or whether single keys do anything, in the browser."""
        if not is_from_here(request):
            raise Problem("forbidden")
        answer = RedirectResponse(_own(choice.next) or "/", 303)
        for name, value in ((LANGUAGE, choice.language), (SCHEME, choice.scheme), (KEYS, choice.keys)):
            if value is not None:
                answer.set_cookie(name, value, max_age=_REMEMBERED, secure=True, httponly=True, samesite="lax")
        return answer

    @made.get("/static/{name}", openapi_extra=access(PUBLIC), include_in_schema=False)
    def static(name: str) -> Response:
        """Give out a file of the pages, which a browser may keep: its address changes with it."""
        if name not in pages.STATIC:
            raise Problem("not_found")
        kind = _KINDS[name.rpartition(".")[2]]
        return Response(
            pages.static(name)[0], media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"}
        )


_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}


def _again(request: Request, name: str, then: str, wrong: str, status: int) -> HTMLResponse:
    return page(request, "signin.html", status, name=name, next=_own(then), wrong=wrong)


def _home(session: stored.Session) -> str:
    return HOME[session.person.role]


def _own(address: str) -> str:
    """Return an address if it is a path of ours, else nothing."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else ""
