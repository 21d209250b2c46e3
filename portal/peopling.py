"""People as an admin looks after them: who may sign in, in what role, when they last did, and their sessions."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from portal import people
from portal.access import ADMIN, By, access
from portal.admin import Fields, admin_page, now
from portal.inputs import NotThere
from portal.problems import Problem
from runtime.app import App
from store import audit
from store import people as stored
from store.engine import reading
from store.people import ROLES, LastAdmin, Person


def install(made: FastAPI, app: App) -> None:
    """Add the routes."""

    @made.get("/people", openapi_extra=access(ADMIN), include_in_schema=False)
    def show(request: Request) -> Response:
        """List who may sign in, or could."""
        return _shown(app, request)

    @made.post("/people", openapi_extra=access(ADMIN), include_in_schema=False)
    def add(request: Request, by: By, fields: Fields) -> Response:
        """Let somebody sign in; their password is shown this once."""
        role = next((one for one in ROLES if one == fields.get("role")), None)
        if role is None or "name" not in fields:
            raise Problem("bad_request")
        try:
            person, password = people.add(app, fields["name"][:200], role, fields.get("partner_id"), who=by.person.name)
        except NotThere as error:
            return _shown(app, request, wrong=str(error), typed=fields)
        return _shown(app, request, secret=(person.name, password))

    @made.post("/people/{person_id}/{act}", openapi_extra=access(ADMIN), include_in_schema=False)
    def do(request: Request, person_id: str, act: str, by: By, fields: Fields) -> Response:
        """End somebody, their sessions, give them another role or password."""
        with reading(app.engine) as conn:
            person = stored.get(conn, person_id)
        if person is None or act not in {*_ACTS, "password"}:
            raise Problem("not_found")
        if act == "password":
            password = people.set_password(app, person.name, None, by.person.name)
            return _shown(app, request, secret=(person.name, password))
        try:
            _ACTS[act](app, person, fields, by.person.name)
        except LastAdmin:
            return _shown(app, request, refused="last")
        return RedirectResponse("/people", 303)


def _end(app: App, person: Person, _fields: Mapping[str, str], who: str) -> None:
    with app.engine.begin() as conn:
        stored.end(conn, person, who=who, at=now())


def _sessions(app: App, person: Person, _fields: Mapping[str, str], who: str) -> None:
    with app.engine.begin() as conn:
        stored.sign_out_everywhere(conn, person)
        audit.record(conn, at=now(), who=who, what="sessions ended", about=person.name, why="")


def _role(app: App, person: Person, fields: Mapping[str, str], who: str) -> None:
    """Change a role; partners sign in for one company, and stay what they are."""
    role = next((one for one in ROLES if one == fields.get("role") and one != "partner"), None)
    if role is None or person.role == "partner":
        raise Problem("bad_request")
    with app.engine.begin() as conn:
        stored.set_role(conn, person, role, who=who, at=now())


_ACTS: dict[str, Callable[[App, Person, Mapping[str, str], str], None]] = {
    "end": _end,
    "sessions": _sessions,
    "role": _role,
}


def _shown(app: App, request: Request, **more: Any) -> Response:
    told = {"wrong": None, "typed": {}, "secret": None, "refused": None} | more
    with reading(app.engine) as conn:
        values = {
            "people": stored.every(conn),
            "seen": audit.last_of(conn, "signed in"),
            "sessions": stored.session_counts(conn, now()),
            "roles": ROLES,
        }
        status = 409 if told["refused"] else 422 if told["wrong"] else 200
        return admin_page(request, conn, "people.html", status, **(values | told))
