"""Who may sign in: adding people, checking passwords (argon2id), and slowing down who guesses."""

import datetime as dt
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.exc import IntegrityError

from portal.inputs import NotThere
from runtime.app import App
from store import partners, people
from store.engine import reading
from store.people import Person, Role, Session

SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
BY_NAME, BY_ADDRESS = 10, 50
"""Attempts for one name, and from one address, that may fail within people.WINDOW."""


class Refused(Exception):
    """Raised where somebody cannot be signed in: one answer for all reasons."""


class TooMany(Exception):
    """Raised where too many attempts failed lately."""


def add(
    app: App, name: str, role: Role, partner_id: str | None = None, *, password: str | None = None, who: str
) -> tuple[Person, str]:
    """Add somebody, and return them and their password, a new one where none is given. Errors: NotThere."""
    if (role == "partner") != (partner_id is not None):
        raise NotThere("Whoever has the role partner signs in for one, and nobody else does: --partner ID.")
    chosen = _chosen(password)
    try:
        with app.engine.begin() as conn:
            if partner_id is not None and partners.partner(conn, partner_id) is None:
                raise NotThere(f"There is no partner {partner_id}.")
            return people.add(conn, name, role, partner_id, _hasher().hash(chosen), who=who, at=_now()), chosen
    except IntegrityError as error:
        raise NotThere(f"Somebody signs in as {name} already.") from error


def set_password(app: App, name: str, password: str | None, who: str) -> str:
    """Give somebody another password, and return it. Errors: NotThere."""
    chosen = _chosen(password)
    with app.engine.begin() as conn:
        people.set_password(conn, _there(people.named(conn, name), name), _hasher().hash(chosen), who=who, at=_now())
    return chosen


def end(app: App, name: str, who: str) -> None:
    """Let somebody sign in no more. Errors: NotThere."""
    with app.engine.begin() as conn:
        people.end(conn, _there(people.named(conn, name), name), who=who, at=_now())


def sign_in(app: App, name: str, password: str, address: str) -> Session:
    """Begin a session for whoever knows name and password. Errors: Refused, TooMany.

    Names that nobody has take as long as wrong passwords.
    """
    at, by_name, by_address = _now(), f"name {name.strip().casefold()}", f"address {address}"
    with reading(app.engine) as conn:
        if people.refused(conn, by_name, at) >= BY_NAME or people.refused(conn, by_address, at) >= BY_ADDRESS:
            raise TooMany
        person = people.named(conn, name)
    known = person is not None and person.ended_at is None
    stored = person.password if person is not None and known else _nobodys()
    if not _matches(stored, password) or person is None or not known:
        with app.engine.begin() as conn:
            people.refuse(conn, (by_name, by_address), at)
        raise Refused
    with app.engine.begin() as conn:
        if _hasher().check_needs_rehash(person.password):
            people.set_password(conn, person, _hasher().hash(password), who=person.name, at=at)
        return people.sign_in(conn, person, at)


def _matches(stored: str, password: str) -> bool:
    try:
        return len(password) <= LONGEST and _hasher().verify(stored, password)
    except VerificationError:
        return False


def _chosen(password: str | None) -> str:
    chosen = password or secrets.token_urlsafe(15)
    if not SHORTEST <= len(chosen) <= LONGEST:
        raise NotThere(f"A password has {SHORTEST} to {LONGEST} characters.")
    return chosen


def _there(person: Person | None, name: str) -> Person:
    if person is None:
        raise NotThere(f"Nobody signs in as {name}.")
    return person


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_urlsafe(32))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
