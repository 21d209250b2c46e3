"""People who sign in to the portal, and their sessions, which live here alone: a cookie holds a name for one."""

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, delete, func, insert, select, update

from store import audit
from store.tables import people, refusals, sessions

Role = Literal["partner", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
IDLE = dt.timedelta(hours=12)
"""A session that was not used for so long is over ..."""
LONGEST = dt.timedelta(days=7)
"""... and each after so long."""
WINDOW = dt.timedelta(minutes=15)
"""How long a refused attempt to sign in counts."""
_NOTED = dt.timedelta(minutes=1)
"""The last use of a session is written down no more often than this."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in; one in the role of a partner does so for `partner_id`."""

    id: str
    name: str
    role: Role
    partner_id: str | None
    password: str
    made_at: dt.datetime
    ended_at: dt.datetime | None


class LastAdmin(Exception):
    """Raised where the last admin would no longer be one."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds; `token` is what its cookie says."""

    person: Person
    token: str

    @property
    def csrf(self) -> str:
        """What a form of this session must carry: nobody who does not know the cookie can make it."""
        return hmac.new(self.token.encode(), b"csrf", hashlib.sha256).hexdigest()


def add(
    conn: Connection, name: str, role: Role, partner_id: str | None, password: str, *, who: str, at: dt.datetime
) -> Person:
    """Add somebody, with the hash of a password.

    Errors: sqlalchemy.exc.IntegrityError if there is one of this name, or no such partner.
    """
    made = Person(secrets.token_hex(8), _spelt(name), role, partner_id, password, at, None)
    conn.execute(
        insert(people),
        {
            "id": made.id,
            "name": made.name,
            "role": role,
            "partner_id": partner_id,
            "password": password,
            "made_at": at,
            "ended_at": None,
        },
    )
    audit.record(conn, at=at, who=who, what="person added", about=made.name, why=f"{role} {partner_id or ''}".strip())
    return made


def named(conn: Connection, name: str) -> Person | None:
    """Return whoever signs in by this name, in whatever case, or None."""
    row = conn.execute(select(people).where(people.c.name == _spelt(name))).one_or_none()
    return None if row is None else Person(*row)


def every(conn: Connection) -> tuple[Person, ...]:
    """Return all people in the order of their names."""
    return tuple(Person(*row) for row in conn.execute(select(people).order_by(people.c.name)))


def set_password(conn: Connection, person: Person, password: str, *, who: str, at: dt.datetime) -> None:
    """Give somebody another password, by its hash, and end their sessions."""
    conn.execute(update(people).where(people.c.id == person.id).values(password=password))
    sign_out_everywhere(conn, person)
    audit.record(conn, at=at, who=who, what="password changed", about=person.name, why="")


def end(conn: Connection, person: Person, *, who: str, at: dt.datetime) -> None:
    """Let somebody sign in no more, and end their sessions. Errors: LastAdmin for one who ends themselves."""
    _keep_an_admin(conn, person, who)
    conn.execute(update(people).where(people.c.id == person.id).values(ended_at=at))
    sign_out_everywhere(conn, person)
    audit.record(conn, at=at, who=who, what="person ended", about=person.name, why="")


def set_role(conn: Connection, person: Person, role: Role, *, who: str, at: dt.datetime) -> None:
    """Give somebody another role, and end their sessions. Errors: LastAdmin."""
    if role != "admin":
        _keep_an_admin(conn, person, person.name)
    conn.execute(update(people).where(people.c.id == person.id).values(role=role))
    sign_out_everywhere(conn, person)
    audit.record(conn, at=at, who=who, what="role changed", about=person.name, why="", old=person.role, new=role)


def get(conn: Connection, person_id: str) -> Person | None:
    """Return somebody, or None if there is nobody of this id."""
    row = conn.execute(select(people).where(people.c.id == person_id)).one_or_none()
    return None if row is None else Person(*row)


def session_counts(conn: Connection, at: dt.datetime) -> dict[str, int]:
    """Return how many sessions that hold each person has, by id."""
    holds = (sessions.c.seen_at > at - IDLE, sessions.c.made_at > at - LONGEST)
    query = select(sessions.c.person_id, func.count()).where(*holds).group_by(sessions.c.person_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def _keep_an_admin(conn: Connection, person: Person, who: str) -> None:
    """Keep the last admin from leaving by themselves; the command line may still end anybody."""
    if person.role != "admin" or person.name != who:
        return
    query = select(people.c.id).where(people.c.role == "admin", people.c.ended_at.is_(None)).with_for_update()
    if set(conn.execute(query).scalars()) <= {person.id}:
        raise LastAdmin(person.name)


def sign_in(conn: Connection, person: Person, at: dt.datetime) -> Session:
    """Begin a session."""
    token = secrets.token_urlsafe(32)
    row = {"digest": _digest(token), "person_id": person.id, "made_at": at, "seen_at": at}
    conn.execute(delete(sessions).where(sessions.c.made_at < at - LONGEST))
    conn.execute(insert(sessions), row)
    audit.record(conn, at=at, who=person.name, what="signed in", about=person.name, why="")
    return Session(person, token)


def session(conn: Connection, token: str, at: dt.datetime) -> tuple[Session, bool] | None:
    """Return the session of a token that holds, and whether its use is to be written down; or None."""
    query = (
        select(*people.c, sessions.c.seen_at)
        .join(sessions, sessions.c.person_id == people.c.id)
        .where(sessions.c.digest == _digest(token), people.c.ended_at.is_(None))
        .where(sessions.c.seen_at > at - IDLE, sessions.c.made_at > at - LONGEST)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else (Session(Person(*row[:-1]), token), at - row.seen_at > _NOTED)


def use(conn: Connection, of: Session, at: dt.datetime) -> None:
    """Write down that a session was used."""
    conn.execute(update(sessions).where(sessions.c.digest == _digest(of.token)).values(seen_at=at))


def sign_out(conn: Connection, of: Session) -> None:
    """End a session."""
    conn.execute(delete(sessions).where(sessions.c.digest == _digest(of.token)))


def sign_out_everywhere(conn: Connection, person: Person) -> None:
    """End all sessions of somebody."""
    conn.execute(delete(sessions).where(sessions.c.person_id == person.id))


def refuse(conn: Connection, subjects: tuple[str, ...], at: dt.datetime) -> None:
    """Take down that an attempt to sign in was refused, for each of what it is counted by."""
    conn.execute(delete(refusals).where(refusals.c.at < at - WINDOW))
    conn.execute(insert(refusals), [{"subject": _digest(one), "at": at} for one in subjects])


def refused(conn: Connection, subject: str, at: dt.datetime) -> int:
    """Return how many attempts were refused lately."""
    lately = (refusals.c.subject == _digest(subject), refusals.c.at > at - WINDOW)
    return conn.execute(select(func.count()).where(*lately)).scalar_one()


def _spelt(name: str) -> str:
    return name.strip().casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
