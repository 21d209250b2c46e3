"""The rulebooks that went live: the last one is what all processes judge by, however long they have been running.

Where none did, that of the settings holds. The first that is kept is that one, as it was before the first change.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from programme.rulebook import Rulebook, parse, version_line
from store.tables_drafts import rulebooks

_NUMBER = select(func.max(rulebooks.c.number))
_LAST = select(rulebooks.c.versions).where(rulebooks.c.number == _NUMBER.scalar_subquery())


@dataclass(frozen=True, slots=True)
class Version:
    """A rulebook that went live: its number from 1, the versions of its files, who drafted it, why, and when."""

    number: int
    versions: str
    who: str
    why: str
    at: dt.datetime


def number(conn: Connection) -> int:
    """Return the number of the rulebook that holds, 0 for that of the settings."""
    return conn.execute(_NUMBER).scalar_one() or 0


def live(conn: Connection, given: Rulebook) -> Rulebook:
    """Return the rulebook that holds: the last one that went live, `given` where none did."""
    versions = conn.execute(_LAST).scalar_one_or_none()
    if versions is None:
        return given
    known = _KNOWN.get(versions)
    if known is None:
        known = parse(json.loads(content(conn, number(conn)))).rulebook
        _KNOWN.clear()
        _KNOWN[versions] = known
    return known


def content(conn: Connection, of: int) -> str:
    """Return what a rulebook holds: the texts of its files by name, as JSON."""
    found: str = conn.execute(select(rulebooks.c.content).where(rulebooks.c.number == of)).scalar_one()
    return found


def has(conn: Connection, versions: str) -> bool:
    """Whether a rulebook of these versions ever went live."""
    return conn.execute(select(rulebooks.c.number).where(rulebooks.c.versions == versions).limit(1)).first() is not None


def every(conn: Connection) -> tuple[Version, ...]:
    """Return all rulebooks that went live, the last one first."""
    columns = (rulebooks.c.number, rulebooks.c.versions, rulebooks.c.who, rulebooks.c.why, rulebooks.c.at)
    return tuple(Version(*row) for row in conn.execute(select(*columns).order_by(rulebooks.c.number.desc())))


def add(conn: Connection, texts: Mapping[str, str], *, who: str, why: str, at: dt.datetime) -> int:
    """Have a rulebook hold from now on; return its number. Errors: RulebookInvalid.

    Whoever calls holds the counter of the ledger, so that nothing is judged by the old one behind its back.
    """
    made = parse(texts).rulebook
    following = number(conn) + 1
    row = {"number": following, "versions": version_line(made.versions), "content": json.dumps(dict(texts))}
    conn.execute(insert(rulebooks), row | {"who": who, "why": why, "at": at})
    return following


_KNOWN: dict[str, Rulebook] = {}
"""The rulebook that holds, by its versions: it is read from the database once."""
